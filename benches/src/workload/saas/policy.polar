# Tenants define their own roles: a role is a value, and what it grants is a fact.

actor User {}

resource Role {}

resource Tenant {
  roles = ["owner"];
  permissions = ["configure"];

  "configure" if "owner";
}

resource Project {
  permissions = ["view", "comment", "edit", "invite", "export", "archive"];
  relations = { tenant: Tenant };

  permission if "owner" on "tenant"; # owners may do everything
}

# A role held in a tenant counts for all its projects.
has_permission(user: User, action: String, project: Project) if
  tenant matches Tenant and
  role matches Role and
  has_relation(project, "tenant", tenant) and
  has_role(user, role, tenant) and
  grants(role, action);

# Guests hold a role on one project.
has_permission(user: User, action: String, project: Project) if
  role matches Role and
  has_role(user, role, project) and
  grants(role, action);

resource Task {
  permissions = ["view", "comment", "edit"];
  relations = { project: Project };

  permission if permission on "project";
}
