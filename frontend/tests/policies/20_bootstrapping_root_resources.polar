actor User {}
global {
  roles = ["founder"];
  permissions = ["create_company"];
  "create_company" if "founder";
}
resource Company {}

test "no resource is needed to create the first one" {
  setup { has_role(User{"f"}, "founder"); }
  assert allow(User{"f"}, "create_company");
  assert_not allow(User{"g"}, "create_company");
  assert_not allow(User{"f"}, "create_company", Company{"c"});
}
