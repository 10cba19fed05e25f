actor User {}
resource Network {}
resource Ledger { roles = ["keeper"]; permissions = ["write"]; }

has_permission(u: User, "write", l: Ledger) if
  has_role(u, "keeper", l) and
  net matches Network and
  from_network(u, net) and
  trusted_network(l, net);

test "with the right request attribute" {
  setup {
    has_role(User{"k"}, "keeper", Ledger{"l"});
    trusted_network(Ledger{"l"}, Network{"office"});
    from_network(User{"k"}, Network{"office"});
  }
  assert allow(User{"k"}, "write", Ledger{"l"});
}

test "without it" {
  setup {
    has_role(User{"k"}, "keeper", Ledger{"l"});
    trusted_network(Ledger{"l"}, Network{"office"});
    from_network(User{"k"}, Network{"cafe"});
  }
  assert_not allow(User{"k"}, "write", Ledger{"l"});
}
