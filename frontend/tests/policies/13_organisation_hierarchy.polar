actor Worker {
  roles = ["superior"];
  permissions = ["review"];
  relations = { boss: Worker };

  "superior" if "boss";
  "superior" if "superior" on "boss";
  "review" if "superior";
}

resource Report {
  permissions = ["read"];
  relations = { author: Worker };
  "read" if "author";
  "read" if "superior" on "author";
}

test "everyone above the author may read" {
  setup {
    has_relation(Worker{"w"}, "boss", Worker{"m"});
    has_relation(Worker{"m"}, "boss", Worker{"d"});
    has_relation(Worker{"x"}, "boss", Worker{"d"});
    has_relation(Report{"q1"}, "author", Worker{"w"});
  }
  assert allow(p: Worker, "read", Report{"q1"}) iff p in [Worker{"w"}, Worker{"m"}, Worker{"d"}];
  assert allow(Worker{"d"}, "review", Worker{"w"});
  assert_not allow(Worker{"x"}, "review", Worker{"w"});
}
