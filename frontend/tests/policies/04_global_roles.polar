actor Person {}

global {
  roles = ["root", "auditor"];
  permissions = ["open_tenant", "read_stats"];

  "auditor" if "root";
  "read_stats" if "auditor";
  "open_tenant" if "root";
}

resource Tenant {
  roles = ["member", "observer"];
  permissions = ["look", "change"];

  "observer" if global "auditor";
  "look" if "observer";
  "look" if "member";
  "change" if "member";
  "change" if global "open_tenant";
}

test "global names work everywhere" {
  setup {
    has_role(Person{"rik"}, "root");
    has_role(Person{"eva"}, "auditor");
    has_role(Person{"tom"}, "member", Tenant{"t1"});
  }
  assert allow(Person{"eva"}, "look", Tenant{"t1"});
  assert allow(Person{"eva"}, "look", Tenant{"never-seen"});
  assert_not allow(Person{"eva"}, "change", Tenant{"t1"});
  assert allow(Person{"rik"}, "change", Tenant{"t9"});
  assert allow(Person{"rik"}, "open_tenant");
  assert has_permission(Person{"eva"}, "read_stats");
  assert_not allow(Person{"tom"}, "read_stats");
  assert_not allow(Person{"tom"}, "look", Tenant{"t2"});
}
