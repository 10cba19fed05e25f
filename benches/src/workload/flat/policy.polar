# Members of an organization work on all its repositories.

actor User {}

resource Organization {
  roles = ["admin", "member"];

  "member" if "admin";
}

resource Repository {
  permissions = ["read", "write", "delete"];
  relations = { organization: Organization };

  "read" if "member" on "organization";
  "write" if "admin" on "organization";
  "delete" if "admin" on "organization";
}
