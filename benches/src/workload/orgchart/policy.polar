# Whoever is above someone, however far, may read what that person writes.

actor User {
  roles = ["superior"];
  permissions = ["review", "promote"];
  relations = { manager: User };

  "superior" if "manager";
  "superior" if "superior" on "manager";

  "review" if "superior";
  "promote" if "manager";
}

resource Report {
  permissions = ["read", "comment", "approve"];
  relations = { author: User, reviewer: User };

  "read" if "author";
  "read" if "reviewer";
  "read" if "superior" on "author" and not is_sealed(resource);
  "comment" if "read" and not is_closed(resource);
  "approve" if "manager" on "author";
}
