actor User {}

resource Claim {
  roles = ["handler"];
  permissions = ["view", "approve", "archive"];
  relations = { claimant: User };

  "view" if "handler";
  "view" if "claimant";
  "approve" if "handler" and has_status(resource, "submitted");
}

has_permission(u: User, "archive", c: Claim) if
  has_role(u, "handler", c) and
  has_status(c, s) and
  s in ["approved", "rejected"] and
  is_locked(c, false);

test "the state decides" {
  setup {
    has_role(User{"h"}, "handler", Claim{"1"});
    has_role(User{"h"}, "handler", Claim{"2"});
    has_role(User{"h"}, "handler", Claim{"3"});
    has_status(Claim{"1"}, "submitted");
    has_status(Claim{"2"}, "approved");
    has_status(Claim{"3"}, "rejected");
    is_locked(Claim{"2"}, false);
    is_locked(Claim{"3"}, true);
  }
  assert allow(User{"h"}, a: String, Claim{"1"}) iff a in ["view", "approve"];
  assert allow(User{"h"}, a: String, Claim{"2"}) iff a in ["view", "archive"];
  assert allow(User{"h"}, a: String, Claim{"3"}) iff a in ["view"];
}
