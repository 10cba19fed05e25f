actor User {}
resource Lab { permissions = ["work"]; roles = ["scientist"]; }

has_permission(u: User, "work", lab: Lab) if
  has_role(u, "scientist", lab) and
  not (
    badge matches String and
    needs_badge(lab, badge) and
    not holds_badge(u, badge)
  );

test "every badge" {
  setup {
    needs_badge(Lab{"laser"}, "eyes");
    needs_badge(Lab{"laser"}, "fire");
    holds_badge(User{"full"}, "eyes");
    holds_badge(User{"full"}, "fire");
    holds_badge(User{"half"}, "eyes");
    has_role(User{"full"}, "scientist", Lab{"laser"});
    has_role(User{"half"}, "scientist", Lab{"laser"});
    has_role(User{"half"}, "scientist", Lab{"kitchen"});
  }
  assert allow(User{"full"}, "work", Lab{"laser"});
  assert_not allow(User{"half"}, "work", Lab{"laser"});
  assert allow(User{"half"}, "work", Lab{"kitchen"});
}
