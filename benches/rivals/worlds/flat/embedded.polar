# Members of an organization work on all its repositories, in the embedded dialect.

allow(actor, action, resource) if has_permission(actor, action, resource);

has_role(user: User, name: String, organization: Organization) if
  user.holds(name, organization.key);

has_relation(organization: Organization, "organization", repository: Repository) if
  organization in repository.related("organization");

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
