actor User {}

resource Photo {
  roles = ["friend"];
  permissions = ["view"];
  "view" if is_public(resource);
  "view" if "friend";
}

test "public needs no role" {
  setup {
    is_public(Photo{"cat"});
    has_role(User{"bo"}, "friend", Photo{"wedding"});
  }
  assert allow(User{"anyone"}, "view", Photo{"cat"});
  assert allow(User{"bo"}, "view", Photo{"wedding"});
  assert_not allow(User{"anyone"}, "view", Photo{"wedding"});
}
