actor User {}

resource Shop {
  roles = ["clerk"];
  permissions = ["create_order"];
  "create_order" if "clerk";
}

resource Order {
  permissions = ["view"];
  relations = { shop: Shop };
  "view" if "clerk" on "shop";
}

test "creation is checked on the parent" {
  setup {
    has_role(User{"c"}, "clerk", Shop{"s"});
    has_relation(Order{"1"}, "shop", Shop{"s"});
  }
  assert allow(User{"c"}, "create_order", Shop{"s"});
  assert allow(User{"c"}, "view", Order{"1"});
  assert_not allow(User{"c"}, "create_order", Shop{"other"});
}
