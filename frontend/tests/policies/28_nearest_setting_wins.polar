actor User {}
resource Node { permissions = ["see"]; relations = { parent: Node }; }

has_own_setting(n: Node) if setting(n, _);

effective(n: Node, level: String) if setting(n, level);
effective(n: Node, level: String) if
  p matches Node and
  not has_own_setting(n) and
  has_relation(n, "parent", p) and
  effective(p, level);

has_permission(_: User, "see", n: Node) if effective(n, "open");

test "override stops inheritance" {
  setup {
    setting(Node{"root"}, "open");
    setting(Node{"private"}, "closed");
    has_relation(Node{"a"}, "parent", Node{"root"});
    has_relation(Node{"private"}, "parent", Node{"root"});
    has_relation(Node{"deep"}, "parent", Node{"private"});
  }
  assert allow(User{"u"}, "see", Node{"a"});
  assert_not allow(User{"u"}, "see", Node{"private"});
  assert_not allow(User{"u"}, "see", Node{"deep"});
  assert effective(Node{"deep"}, l: String) iff l in ["closed"];
}
