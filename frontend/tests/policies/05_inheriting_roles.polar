actor Human {}

resource Library { roles = ["patron", "keeper"]; }

resource Room {
  roles = ["patron", "keeper"];
  permissions = ["enter", "lock"];
  relations = { library: Library };

  role if role on "library";

  "patron" if "keeper";
  "enter" if "patron";
  "lock" if "keeper";
}

test "each role is inherited as itself" {
  setup {
    has_role(Human{"jo"}, "keeper", Library{"main"});
    has_role(Human{"al"}, "patron", Library{"main"});
    has_relation(Room{"r1"}, "library", Library{"main"});
  }
  assert allow(Human{"jo"}, "lock", Room{"r1"});
  assert allow(Human{"al"}, "enter", Room{"r1"});
  assert_not allow(Human{"al"}, "lock", Room{"r1"});
  assert has_role(Human{"jo"}, role: String, Room{"r1"}) iff role in ["keeper", "patron"];
}
