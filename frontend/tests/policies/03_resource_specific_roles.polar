actor Coder {}

resource Team {
  roles = ["lead", "dev"];
  "dev" if "lead";
}

resource Service {
  roles = ["lead", "dev"];
  permissions = ["deploy", "read_logs"];
  "dev" if "lead";
  "read_logs" if "dev";
  "deploy" if "lead";
}

has_role(c: Coder, role: String, svc: Service) if
  team matches Team and
  has_relation(svc, "run_by", team) and
  has_role(c, role, team);

test "team roles reach services, direct roles add to them" {
  setup {
    has_role(Coder{"mo"}, "dev", Team{"core"});
    has_relation(Service{"auth"}, "run_by", Team{"core"});
    has_relation(Service{"mail"}, "run_by", Team{"web"});
    has_role(Coder{"mo"}, "lead", Service{"mail"});
  }
  assert allow(Coder{"mo"}, "read_logs", Service{"auth"});
  assert_not allow(Coder{"mo"}, "deploy", Service{"auth"});
  assert allow(Coder{"mo"}, "deploy", Service{"mail"});
}
