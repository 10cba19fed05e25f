actor User {}
resource Flag {}
resource Tenant { roles = ["member"]; permissions = ["use_reports", "use_chat"]; }

flag_for("use_reports", Flag{"reports"});
flag_for("use_chat", Flag{"chat"});

enabled(f: Flag, t: Tenant) if switched_on(f, t);
enabled(f: Flag, _: Tenant) if launched(f);

has_permission(u: User, action: String, t: Tenant) if
  f matches Flag and
  flag_for(action, f) and
  enabled(f, t) and
  has_role(u, "member", t);

test "switch per tenant, then for all" {
  setup {
    has_role(User{"u"}, "member", Tenant{"t1"});
    has_role(User{"u"}, "member", Tenant{"t2"});
    switched_on(Flag{"reports"}, Tenant{"t1"});
    launched(Flag{"chat"});
  }
  assert allow(User{"u"}, a: String, Tenant{"t1"}) iff a in ["use_reports", "use_chat"];
  assert allow(User{"u"}, a: String, Tenant{"t2"}) iff a in ["use_chat"];
  assert_not allow(User{"v"}, "use_chat", Tenant{"t1"});
}
