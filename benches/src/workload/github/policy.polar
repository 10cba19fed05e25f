# Code hosting: organizations own repositories, teams nest, and repositories have issues.

actor User {}

resource Organization {
  roles = ["owner", "member"];
  permissions = ["invite", "create_repository"];

  "member" if "owner";

  "invite" if "owner";
  "create_repository" if "member";
}

actor Team {
  roles = ["maintainer", "member"];
  permissions = ["add_member"];
  relations = { organization: Organization, parent: Team };

  "member" if "maintainer";

  "add_member" if "maintainer";
  "add_member" if "owner" on "organization";
}

# Who is in a nested team is in the team around it.
has_role(user: User, "member", team: Team) if
  inner matches Team and
  has_relation(inner, "parent", team) and
  has_role(user, "member", inner);

resource Repository {
  roles = ["admin", "writer", "triager", "reader"];
  permissions = ["read", "open_issue", "triage", "push", "delete"];
  relations = { organization: Organization };

  "admin" if "owner" on "organization";
  "writer" if "admin";
  "triager" if "writer";
  "reader" if "triager";

  "read" if "reader";
  "read" if is_public(resource); # by anyone, signed in or not
  "open_issue" if "read" and not is_archived(resource);
  "triage" if "triager" and not is_archived(resource);
  "push" if "writer" and not is_archived(resource);
  "delete" if "admin";
}

# What is shared with a team is shared with everyone in it.
has_role(user: User, role: String, repository: Repository) if
  team matches Team and
  has_role(team, role, repository) and
  has_role(user, "member", team);

resource Issue {
  permissions = ["read", "comment", "close"];
  relations = { repository: Repository, author: User };

  "read" if "read" on "repository";
  "comment" if "open_issue" on "repository" and not is_locked(resource);
  "close" if "triage" on "repository";
  "close" if "author";
}
