actor User {}

resource Series {
  roles = ["admin", "fan"];
  permissions = ["open", "rename"];
  "fan" if "admin";
  "open" if "fan";
  "rename" if "admin";
}

resource Episode {
  roles = ["admin", "fan"];
  permissions = ["play"];
  relations = { series: Series };
  "admin" if "admin" on "series";
  "fan" if "admin";
  "play" if "fan";
}

has_role(u: User, "fan", s: Series) if
  e matches Episode and
  has_relation(e, "series", s) and
  has_role(u, "fan", e);

test "down and up" {
  setup {
    has_relation(Episode{"e1"}, "series", Series{"s"});
    has_role(User{"a"}, "admin", Series{"s"});
    has_role(User{"f"}, "fan", Episode{"e1"});
  }
  assert allow(User{"a"}, "play", Episode{"e1"});
  assert allow(User{"f"}, "open", Series{"s"});
  assert_not allow(User{"f"}, "rename", Series{"s"});
}
