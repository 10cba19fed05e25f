actor User {}
resource Forum { permissions = ["post"]; roles = ["member"]; "post" if "member"; }

allow(u: User, action: String, thing: Resource) if
  not suspended(u) and
  not (t matches Integer and banned_until(u, t) and @current_unix_time < t) and
  has_permission(u, action, thing);

test "suspended and banned users lose everything" {
  setup {
    has_role(User{"ok"}, "member", Forum{"f"});
    has_role(User{"sus"}, "member", Forum{"f"});
    has_role(User{"ban"}, "member", Forum{"f"});
    has_role(User{"past"}, "member", Forum{"f"});
    suspended(User{"sus"});
    banned_until(User{"ban"}, 9999999999);
    banned_until(User{"past"}, 1000000000);
  }
  assert allow(User{"ok"}, "post", Forum{"f"});
  assert_not allow(User{"sus"}, "post", Forum{"f"});
  assert_not allow(User{"ban"}, "post", Forum{"f"});
  assert allow(User{"past"}, "post", Forum{"f"});
  assert has_permission(User{"sus"}, "post", Forum{"f"});
}
