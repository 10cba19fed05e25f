actor User {}
resource Org { roles = ["member"]; }

resource Record {
  roles = ["member"];
  permissions = ["read"];
  "read" if "member";
}

has_role(actor: Actor, role: String, rec: Record) if
  not is_sealed(rec) and
  org matches Org and
  has_relation(rec, "org", org) and
  has_role(actor, role, org);

test "sealing stops inheritance, not direct roles" {
  setup {
    has_role(User{"u"}, "member", Org{"o"});
    has_relation(Record{"open"}, "org", Org{"o"});
    has_relation(Record{"shut"}, "org", Org{"o"});
    has_relation(Record{"mine"}, "org", Org{"o"});
    is_sealed(Record{"shut"});
    is_sealed(Record{"mine"});
    has_role(User{"u"}, "member", Record{"mine"});
  }
  assert allow(User{"u"}, "read", Record{"open"});
  assert_not allow(User{"u"}, "read", Record{"shut"});
  assert allow(User{"u"}, "read", Record{"mine"});
}
