actor Viewer {}
resource App { roles = ["anonymous", "paid-member"]; }
resource Film { roles = ["anonymous", "paid-member"]; permissions = ["watch"]; relations = { app: App }; }

has_relation(_: Film, "app", _: App) if true;
has_role(_: Actor, "anonymous", _: Film) if true;

has_role(v: Actor, role: String, f: Film) if
  app matches App and
  has_role(v, role, app) and
  has_relation(f, "app", app);

allow(v: Actor, "watch", f: Film) if
  has_role(v, "anonymous", f) and is_free(f, true);
allow(v: Actor, "watch", f: Film) if
  has_role(v, "paid-member", f);

test "every film belongs to every app" {
  setup {
    has_role(Viewer{"rich"}, "paid-member", App{"the-app"});
    is_free(Film{"old"}, true);
    is_free(Film{"new"}, false);
  }
  assert allow(Viewer{"poor"}, "watch", Film{"old"});
  assert_not allow(Viewer{"poor"}, "watch", Film{"new"});
  assert allow(Viewer{"rich"}, "watch", Film{"new"});
  assert allow(Viewer{"rich"}, "watch", Film{"not-even-known"});
}
