actor User {}
resource Plan {}
resource Feature {}
resource Company {
  roles = ["member"];
  permissions = ["export"];
}

plan_limit(Plan{"free"}, Feature{"export"}, 0);
plan_limit(Plan{"team"}, Feature{"export"}, 10);

limit_of(c: Company, f: Feature, n: Integer) if
  plan matches Plan and
  subscribed(c, plan) and
  plan_limit(plan, f, n);

below_limit(c: Company, f: Feature) if
  n matches Integer and
  limit_of(c, f, n) and
  used matches Integer and
  consumed(c, f, used) and
  used < n;

has_permission(u: User, "export", c: Company) if
  has_role(u, "member", c) and
  below_limit(c, Feature{"export"});

test "quota per plan" {
  setup {
    subscribed(Company{"a"}, Plan{"team"});
    subscribed(Company{"b"}, Plan{"team"});
    subscribed(Company{"c"}, Plan{"free"});
    consumed(Company{"a"}, Feature{"export"}, 9);
    consumed(Company{"b"}, Feature{"export"}, 10);
    consumed(Company{"c"}, Feature{"export"}, 0);
    has_role(User{"ua"}, "member", Company{"a"});
    has_role(User{"ub"}, "member", Company{"b"});
    has_role(User{"uc"}, "member", Company{"c"});
  }
  assert allow(User{"ua"}, "export", Company{"a"});
  assert_not allow(User{"ub"}, "export", Company{"b"});
  assert_not allow(User{"uc"}, "export", Company{"c"});
  assert_not allow(User{"ua"}, "export", Company{"b"});
  assert limit_of(Company{"a"}, Feature{"export"}, n: Integer) iff n in [10];
}
