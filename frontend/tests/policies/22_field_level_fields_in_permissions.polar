actor User {}
resource Org { roles = ["hr", "member"]; "member" if "hr"; }

resource Profile {
  permissions = ["view", "salary.read", "salary.write", "nick.read", "nick.write"];
  relations = { org: Org, self: User };

  "nick.write" if "self";
  "nick.read" if "nick.write";
  "nick.read" if "member" on "org";
  "salary.write" if "hr" on "org";
  "salary.read" if "salary.write";
  "salary.read" if "self";
  "view" if "nick.read";
}

test "fields by name" {
  setup {
    has_relation(Profile{"p"}, "org", Org{"o"});
    has_relation(Profile{"p"}, "self", User{"me"});
    has_role(User{"hr"}, "hr", Org{"o"});
    has_role(User{"col"}, "member", Org{"o"});
  }
  assert allow(User{"me"}, a: String, Profile{"p"}) iff
    a in ["view", "nick.read", "nick.write", "salary.read"];
  assert allow(User{"hr"}, a: String, Profile{"p"}) iff
    a in ["view", "nick.read", "salary.read", "salary.write"];
  assert allow(User{"col"}, a: String, Profile{"p"}) iff a in ["view", "nick.read"];
}
