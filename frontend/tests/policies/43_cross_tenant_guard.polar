actor User {}
resource Tenant { roles = ["member"]; }
resource Report { roles = ["reader"]; permissions = ["read"]; relations = { tenant: Tenant }; }

has_permission(u: User, "read", r: Report) if
  (has_role(u, "reader", r) or (has_role(u, "member", t) and is_shared(r))) and
  t matches Tenant and
  has_relation(r, "tenant", t) and
  has_role(u, "member", t);

test "a role on the report is not enough" {
  setup {
    has_relation(Report{"r"}, "tenant", Tenant{"a"});
    has_relation(Report{"s"}, "tenant", Tenant{"a"});
    is_shared(Report{"s"});
    has_role(User{"in"}, "member", Tenant{"a"});
    has_role(User{"in"}, "reader", Report{"r"});
    has_role(User{"out"}, "member", Tenant{"b"});
    has_role(User{"out"}, "reader", Report{"r"});
  }
  assert allow(User{"in"}, "read", Report{"r"});
  assert allow(User{"in"}, "read", Report{"s"});
  assert_not allow(User{"out"}, "read", Report{"r"});
  assert_not allow(User{"out"}, "read", Report{"s"});
}
