actor User {}
actor Squad {}

resource Board {
  roles = ["viewer", "editor"];
  permissions = ["read", "write"];
  "viewer" if "editor";
  "read" if "viewer";
  "write" if "editor";
}

in_squad(member: User, squad: Squad) if
  inner matches Squad and
  in_squad(member, inner) and
  part_of(inner, squad);

has_role(user: User, role: String, thing: Resource) if
  squad matches Squad and
  in_squad(user, squad) and
  has_role(squad, role, thing);

test "membership is transitive and survives cycles" {
  setup {
    in_squad(User{"ana"}, Squad{"db"});
    part_of(Squad{"db"}, Squad{"infra"});
    part_of(Squad{"infra"}, Squad{"all"});
    part_of(Squad{"all"}, Squad{"db"});
    has_role(Squad{"all"}, "editor", Board{"plan"});
    has_role(Squad{"infra"}, "viewer", Board{"costs"});
  }
  assert allow(User{"ana"}, "write", Board{"plan"});
  assert allow(User{"ana"}, "read", Board{"costs"});
  assert_not allow(User{"ana"}, "write", Board{"costs"});
  assert allow(Squad{"all"}, "write", Board{"plan"});
  assert in_squad(User{"ana"}, s: Squad) iff s in [Squad{"db"}, Squad{"infra"}, Squad{"all"}];
}
