actor Citizen {}
resource Park {}

has_permission(_: Citizen, "stroll", _: Park);
has_permission(_: Citizen, "found", "Park");
has_permission(c: Citizen, "edit_self", c: Citizen);
has_permission(_: Citizen, "greet", _: Citizen);

test "rules without conditions" {
  assert allow(Citizen{"anyone"}, "stroll", Park{"anywhere"});
  assert allow(Citizen{"anyone"}, "found", "Park");
  assert allow(Citizen{"me"}, "edit_self", Citizen{"me"});
  assert_not allow(Citizen{"me"}, "edit_self", Citizen{"you"});
  assert allow(Citizen{"me"}, "greet", Citizen{"you"});
  assert_not allow(Park{"p"}, "stroll", Park{"p"});
}
