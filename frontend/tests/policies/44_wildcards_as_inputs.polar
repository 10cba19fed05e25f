actor User {}
resource Org { roles = ["member"]; }
resource Wiki { roles = ["reader"]; permissions = ["read"]; relations = { org: Org };
  "reader" if "member" on "org";
  "read" if "reader";
}

has_role(_: User, "member", Org{"commons"});
has_relation(_: Wiki, "org", o: Org) if hosts_everything(o);
has_role(u: User, "member", o: Org) if not left(u, o) and joined(u, o);

test "unbound results joined with each other" {
  setup {
    has_relation(Wiki{"w"}, "org", Org{"commons"});
    hosts_everything(Org{"giant"});
    joined(User{"j"}, Org{"giant"});
    joined(User{"l"}, Org{"giant"});
    left(User{"l"}, Org{"giant"});
  }
  assert allow(User{"whoever"}, "read", Wiki{"w"});
  assert_not allow(User{"whoever"}, "read", Wiki{"v"});
  assert allow(User{"j"}, "read", Wiki{"v"});
  assert_not allow(User{"l"}, "read", Wiki{"v"});
}
