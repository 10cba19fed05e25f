actor Principal {}
actor Human extends Principal {}
actor Robot extends Principal {}

resource Media {
  roles = ["viewer"];
  permissions = ["view"];
  "view" if "viewer";
}
resource Video extends Media {
  permissions = ["play"];
  "play" if "view";
}

has_permission(_: Human, "applaud", _: Media);

trusted(p: Principal) if vouched(p);

test "supertypes accept subtypes, values stay distinct" {
  setup {
    has_role(Human{"x"}, "viewer", Video{"v"});
    has_role(Robot{"x"}, "viewer", Media{"v"});
    vouched(Robot{"r2"});
  }
  assert allow(Human{"x"}, "play", Video{"v"});
  assert_not allow(Human{"x"}, "view", Media{"v"});
  assert_not allow(Robot{"x"}, "view", Video{"v"});
  assert allow(Human{"y"}, "applaud", Video{"v2"});
  assert_not allow(Robot{"y"}, "applaud", Video{"v2"});
  assert trusted(Robot{"r2"});
  assert_not trusted(p: Principal);
}
