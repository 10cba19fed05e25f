actor Author {}

resource Magazine { roles = ["editor"]; }

resource Article {
  roles = ["reviewer"];
  permissions = ["see", "amend", "withdraw"];
  relations = { magazine: Magazine, writer: Author };

  "reviewer" if "editor" on "magazine";
  "see" if "reviewer";
  "see" if "writer";
  "amend" if "writer";
  "withdraw" if "writer";
  "withdraw" if "reviewer";
}

test "writers own their articles" {
  setup {
    has_relation(Article{"a1"}, "writer", Author{"nia"});
    has_relation(Article{"a1"}, "magazine", Magazine{"m"});
    has_relation(Article{"a2"}, "magazine", Magazine{"m"});
    has_role(Author{"ed"}, "editor", Magazine{"m"});
  }
  assert allow(Author{"nia"}, "amend", Article{"a1"});
  assert_not allow(Author{"nia"}, "see", Article{"a2"});
  assert allow(Author{"ed"}, "withdraw", Article{"a2"});
  assert_not allow(Author{"ed"}, "amend", Article{"a1"});
}
