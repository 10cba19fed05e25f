actor User {}

resource Site {
  roles = ["visitor"];
  permissions = ["enter"];
  "enter" if "visitor";
}

has_role(actor: Actor, role: String, site: Site) if
  until matches Integer and
  temporary_role(actor, role, site, until) and
  @current_unix_time < until;

has_permission(_: Actor, "enter", site: Site) if
  opens matches Integer and
  closes matches Integer and
  open_house(site, opens, closes) and
  opens <= @current_unix_time and
  @current_unix_time < closes;

test "grants run out" {
  setup {
    temporary_role(User{"now"}, "visitor", Site{"s"}, 9999999999);
    temporary_role(User{"then"}, "visitor", Site{"s"}, 1000000000);
    open_house(Site{"fair"}, 1000000000, 9999999999);
    open_house(Site{"old"}, 1000000000, 1000000001);
  }
  assert allow(User{"now"}, "enter", Site{"s"});
  assert_not allow(User{"then"}, "enter", Site{"s"});
  assert allow(User{"anybody"}, "enter", Site{"fair"});
  assert_not allow(User{"anybody"}, "enter", Site{"old"});
}
