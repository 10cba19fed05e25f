actor User {}
resource Hotel { roles = ["manager"]; }
resource Guestroom {
  permissions = ["clean", "inspect"];
  relations = { hotel: Hotel, cleaner: User };
  permission if "manager" on "hotel";
  "clean" if "cleaner";
}

test "quantified permission" {
  setup {
    has_relation(Guestroom{"12"}, "hotel", Hotel{"h"});
    has_relation(Guestroom{"12"}, "cleaner", User{"c"});
    has_role(User{"m"}, "manager", Hotel{"h"});
  }
  assert allow(User{"m"}, "clean", Guestroom{"12"});
  assert allow(User{"m"}, "inspect", Guestroom{"12"});
  assert allow(User{"c"}, a: String, Guestroom{"12"}) iff a in ["clean"];
}
