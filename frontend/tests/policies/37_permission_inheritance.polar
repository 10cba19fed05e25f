actor User {}
resource Region {
  roles = ["ranger"];
  permissions = ["patrol", "fence"];
  relations = { inside: Region };
  "patrol" if "ranger";
  "fence" if "ranger";
  permission if permission on "inside";
}

test "permissions flow down the map" {
  setup {
    has_role(User{"r"}, "ranger", Region{"land"});
    has_relation(Region{"valley"}, "inside", Region{"land"});
    has_relation(Region{"creek"}, "inside", Region{"valley"});
  }
  assert allow(User{"r"}, a: String, Region{"creek"}) iff a in ["patrol", "fence"];
  assert_not has_role(User{"r"}, "ranger", Region{"creek"});
}
