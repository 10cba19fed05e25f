actor Employee {}

resource Clinic {
  roles = ["owner", "staff"];
  permissions = ["view", "invite", "calendar.edit", "invoice.void"];

  "staff" if "owner";

  "view" if "staff";
  "calendar.edit" if "staff";
  "invite" if "owner";
  "invoice.void" if "owner";
}

test "owners are staff, staff are not owners" {
  setup {
    has_role(Employee{"pia"}, "owner", Clinic{"north"});
    has_role(Employee{"lu"}, "staff", Clinic{"north"});
  }
  assert allow(Employee{"pia"}, "calendar.edit", Clinic{"north"});
  assert allow(Employee{"pia"}, "invoice.void", Clinic{"north"});
  assert allow(Employee{"lu"}, "view", Clinic{"north"});
  assert_not allow(Employee{"lu"}, "invite", Clinic{"north"});
  assert_not allow(Employee{"pia"}, "view", Clinic{"south"});
}
