actor User {}
resource Box {
  roles = ["peek", "own"];
  permissions = ["look", "open", "burn"];
  "peek" if "own";
  "look" if "peek";
  "open" if "own";
}

test fixture people {
  has_role(User{"p"}, "peek", Box{"b"});
  has_role(User{"o"}, "own", Box{"b"});
}

test fixture more_people {
  has_role(User{"q"}, "peek", Box{"b"});
}

test "sets of actions" {
  setup { fixture people; }
  assert allow(User{"p"}, a: String, Box{"b"}) iff a in ["look"];
  assert allow(User{"o"}, a: String, Box{"b"}) iff a in ["open", "look"];
  assert_not allow(User{"n"}, a: String, Box{"b"});
  assert allow(User{"o"}, a: String, Box{"b"});
}

test "sets of people and of boxes" {
  setup {
    fixture people;
    fixture more_people;
    has_role(User{"o"}, "own", Box{"c"});
  }
  assert allow(u: User, "look", Box{"b"}) iff u in [User{"o"}, User{"p"}, User{"q"}];
  assert allow(User{"o"}, "open", x: Box) iff x in [Box{"b"}, Box{"c"}];
  assert allow(u: User, "burn", Box{"b"}) iff u in [];
}
