actor User {}
global { roles = ["chief"]; }
resource Zone { roles = ["warden"]; permissions = ["close"]; relations = { part_of: Zone };
  "warden" if "warden" on "part_of";
  "close" if "warden";
}

has_permission(u: User, "close", Zone{"whole-country"}) if has_role(u, "chief");
has_role(u: User, "warden", Zone{"harbour"}) if has_role(u, "warden", Zone{"port"});

test "one special zone" {
  setup {
    has_role(User{"c"}, "chief");
    has_role(User{"w"}, "warden", Zone{"port"});
    has_relation(Zone{"pier"}, "part_of", Zone{"harbour"});
  }
  assert allow(User{"c"}, "close", z: Zone) iff z in [Zone{"whole-country"}];
  assert allow(User{"w"}, "close", z: Zone) iff z in [Zone{"port"}, Zone{"harbour"}, Zone{"pier"}];
}
