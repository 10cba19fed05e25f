actor User {}
resource Payment { roles = ["accountant"]; permissions = ["approve"]; relations = { issuer: User }; }

has_permission(u: User, "approve", p: Payment) if
  has_role(u, "accountant", p) and
  issuer matches User and
  has_relation(p, "issuer", issuer) and
  u != issuer;

test "nobody approves his own payment" {
  setup {
    has_role(User{"a"}, "accountant", Payment{"1"});
    has_role(User{"b"}, "accountant", Payment{"1"});
    has_relation(Payment{"1"}, "issuer", User{"a"});
  }
  assert_not allow(User{"a"}, "approve", Payment{"1"});
  assert allow(User{"b"}, "approve", Payment{"1"});
}
