actor User {}
resource Club { roles = ["member", "board"]; "member" if "board"; }
resource Event {
  roles = ["host"];
  permissions = ["see", "join"];
  relations = { club: Club, invitee: User };

  "see" if is_listed(resource) and "member" on "club";
  "see" if "host" or "board" on "club" or "invitee";
  "join" if "see" and ("invitee" or (is_listed(resource) and seats_left(resource, true)));
}

test "and, or, parentheses" {
  setup {
    has_relation(Event{"e"}, "club", Club{"c"});
    has_relation(Event{"s"}, "club", Club{"c"});
    is_listed(Event{"e"});
    seats_left(Event{"e"}, true);
    has_role(User{"m"}, "member", Club{"c"});
    has_role(User{"b"}, "board", Club{"c"});
    has_relation(Event{"s"}, "invitee", User{"i"});
  }
  assert allow(User{"m"}, "see", Event{"e"});
  assert allow(User{"m"}, "join", Event{"e"});
  assert_not allow(User{"m"}, "see", Event{"s"});
  assert allow(User{"b"}, "see", Event{"s"});
  assert_not allow(User{"b"}, "join", Event{"s"});
  assert allow(User{"i"}, "join", Event{"s"});
  assert_not allow(User{"i"}, "see", Event{"e"});
}
