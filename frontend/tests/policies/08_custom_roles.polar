actor User {}
resource RoleDef {}

resource Project {
  roles = ["owner"];
  permissions = ["view", "rename", "task.create", "task.delete"];
  "view" if "owner";
  "rename" if "owner";
}

has_permission(user: User, action: String, project: Project) if
  custom matches RoleDef and
  has_role(user, custom, project) and
  grants(custom, action);

resource Task {
  permissions = ["delete"];
  relations = { project: Project };
  "delete" if "task.delete" on "project";
}

test "a tenant-defined role grants exactly its actions" {
  setup {
    grants(RoleDef{"cleaner"}, "view");
    grants(RoleDef{"cleaner"}, "task.delete");
    has_role(User{"zoe"}, RoleDef{"cleaner"}, Project{"p"});
    has_relation(Task{"t"}, "project", Project{"p"});
    has_role(User{"max"}, "owner", Project{"p"});
  }
  assert allow(User{"zoe"}, action: String, Project{"p"}) iff action in ["view", "task.delete"];
  assert allow(User{"zoe"}, "delete", Task{"t"});
  assert_not allow(User{"zoe"}, "rename", Project{"p"});
  assert_not allow(User{"max"}, "delete", Task{"t"});
}
