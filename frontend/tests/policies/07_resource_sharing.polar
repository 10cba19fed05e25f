actor User {}

resource Album {
  roles = ["guest", "host"];
  permissions = ["watch", "share"];

  "guest" if "host";
  "watch" if "guest";
  "share" if "host";
}

test "hosts may hand out the guest role" {
  setup {
    has_role(User{"ola"}, "host", Album{"trip"});
    has_role(User{"kim"}, "guest", Album{"trip"});
  }
  assert allow(User{"ola"}, "share", Album{"trip"});
  assert allow(User{"kim"}, "watch", Album{"trip"});
  assert_not allow(User{"kim"}, "share", Album{"trip"});
}
