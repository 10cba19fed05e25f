actor User {}
resource Org { roles = ["mod", "member"]; "member" if "mod"; }
resource Account { relations = { org: Org, owner: User }; }
resource Field {}

field_of(Field{"nick"}, _: Account);
field_of(Field{"mail"}, _: Account);

allow_field(u: User, "write", a: Account, f: Field) if
  org matches Org and
  has_relation(a, "org", org) and
  has_role(u, "mod", org) and
  f = Field{"nick"} and
  field_of(f, a);

allow_field(u: User, "write", a: Account, _: Field) if
  has_relation(a, "owner", u);

allow_field(u: User, "read", a: Account, f: Field) if
  org matches Org and
  has_relation(a, "org", org) and
  has_role(u, "member", org) and
  field_of(f, a);

test "four-argument rules" {
  setup {
    has_relation(Account{"acc"}, "org", Org{"o"});
    has_relation(Account{"acc"}, "owner", User{"own"});
    has_role(User{"mod"}, "mod", Org{"o"});
  }
  assert allow_field(User{"mod"}, "write", Account{"acc"}, f: Field) iff f in [Field{"nick"}];
  assert allow_field(User{"mod"}, "read", Account{"acc"}, f: Field) iff
    f in [Field{"nick"}, Field{"mail"}];
  assert allow_field(User{"own"}, "write", Account{"acc"}, Field{"mail"});
  assert allow_field(User{"own"}, "write", Account{"acc"}, Field{"not-listed-anywhere"});
  assert field_of(Field{"mail"}, Account{"brand-new"});
}
