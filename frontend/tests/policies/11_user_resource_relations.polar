actor User {}

resource Ticket {
  roles = ["worker"];
  permissions = ["view", "comment", "resolve"];
  relations = { reporter: User, assignee: User, watcher: User };

  "worker" if "assignee";
  "view" if "reporter";
  "view" if "watcher";
  "view" if "worker";
  "comment" if "view";
  "resolve" if "worker";
}

test "different relations, different rights" {
  setup {
    has_relation(Ticket{"7"}, "reporter", User{"r"});
    has_relation(Ticket{"7"}, "assignee", User{"a"});
    has_relation(Ticket{"7"}, "watcher", User{"w"});
  }
  assert allow(User{"r"}, "comment", Ticket{"7"});
  assert_not allow(User{"r"}, "resolve", Ticket{"7"});
  assert allow(User{"a"}, "resolve", Ticket{"7"});
  assert allow(u: User, "view", Ticket{"7"}) iff u in [User{"r"}, User{"a"}, User{"w"}];
}
