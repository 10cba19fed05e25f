actor User {
  permissions = ["act_as"];
  "act_as" if global "helpdesk";
}

global { roles = ["helpdesk"]; }

resource Account {
  roles = ["holder"];
  permissions = ["show", "close"];
  "show" if "holder";
  "close" if "holder";
}

allow(user: User, action: String, thing: Resource) if
  has_permission(user, action, thing);

allow(user: User, action: String, thing: Resource) if
  other matches User and
  acting_as(user, other) and
  has_permission(user, "act_as", other) and
  has_permission(other, action, thing) and
  action in ["show"];

test "helpdesk sees what the customer sees, and may not close" {
  setup {
    has_role(User{"help"}, "helpdesk");
    has_role(User{"cust"}, "holder", Account{"a1"});
    has_role(User{"else"}, "holder", Account{"a2"});
    acting_as(User{"help"}, User{"cust"});
    acting_as(User{"cust"}, User{"else"});
  }
  assert allow(User{"help"}, "show", Account{"a1"});
  assert_not allow(User{"help"}, "close", Account{"a1"});
  assert_not allow(User{"help"}, "show", Account{"a2"});
  assert_not allow(User{"cust"}, "show", Account{"a2"});
  assert allow(User{"cust"}, "close", Account{"a1"});
}
