actor User {}

resource Org {
  roles = ["admin", "member", "guest"];
  permissions = ["read", "delete"];

  "read" if "member";
  "delete" if "admin";
  "member" if "admin";
}

resource Repo {
  roles = ["reader"];
  permissions = ["read", "push", "star"];
  relations = { parent: Org };

  "reader" if "member" on "parent";
  "read" if "reader";
  "push" if "admin" on "parent";
  "read" if is_public(resource);
}

has_permission(_: User, "star", _: Repo);
declare score(User, Integer, Boolean);

invited(user: User, org: Org) if has_role(user, "guest", org);
