actor User {}
resource Firm { roles = ["intern", "partner"]; }
resource Canteen {
  roles = ["eater"];
  permissions = ["eat"];
  relations = { firm: Firm };
  "eater" if role on "firm";
  "eat" if "eater";
}

test "whatever the role is" {
  setup {
    has_relation(Canteen{"c"}, "firm", Firm{"f"});
    has_role(User{"i"}, "intern", Firm{"f"});
    has_role(User{"p"}, "partner", Firm{"f"});
  }
  assert allow(User{"i"}, "eat", Canteen{"c"});
  assert allow(User{"p"}, "eat", Canteen{"c"});
  assert_not allow(User{"x"}, "eat", Canteen{"c"});
  assert has_role(User{"p"}, r: String, Canteen{"c"}) iff r in ["eater"];
}
