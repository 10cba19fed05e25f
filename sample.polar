# Code hosting: organizations own repositories, teams nest, and repositories have issues.
# `floe check sample.polar` says whether it is a policy; the tests at the end say what it means.

actor User {}

resource Organization {
  roles = ["owner", "member"];
  permissions = ["invite", "create_repository"];

  "member" if "owner";

  "invite" if "owner";
  "create_repository" if "member";
}

# A team is an actor too: repositories are shared with it.
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

test fixture acme {
  has_role(User{"ann"}, "owner", Organization{"acme"});
  has_role(User{"bob"}, "member", Team{"storage"});
  has_relation(Team{"storage"}, "parent", Team{"backend"});
  has_role(Team{"backend"}, "writer", Repository{"api"});
  has_relation(Repository{"api"}, "organization", Organization{"acme"});
  has_relation(Issue{"api#1"}, "repository", Repository{"api"});
  has_relation(Issue{"api#1"}, "author", User{"cleo"});
}

test "roles flow from organizations and teams to repositories" {
  setup {
    fixture acme;
  }
  assert allow(User{"ann"}, "delete", Repository{"api"});
  assert allow(User{"bob"}, "push", Repository{"api"});
  assert_not allow(User{"bob"}, "delete", Repository{"api"});
  assert allow(u: User, "close", Issue{"api#1"}) iff u in [User{"ann"}, User{"bob"}, User{"cleo"}];
}

test "public repositories are for everyone" {
  setup {
    fixture acme;
    is_public(Repository{"api"});
  }
  assert allow(User{"passer-by"}, "read", Repository{"api"});
  assert allow(User{"passer-by"}, "comment", Issue{"api#1"});
  assert_not allow(User{"passer-by"}, "push", Repository{"api"});
}

test "an archive is for reading" {
  setup {
    fixture acme;
    is_archived(Repository{"api"});
  }
  assert allow(User{"bob"}, action: String, Repository{"api"}) iff action = "read";
}
