# A file manager: files in folders, which people and groups have roles on.

actor User {}

actor Group {
  roles = ["member"];
}

resource Folder {
  roles = ["manager", "writer", "reader"];
  permissions = ["list", "add", "move"];
  relations = { parent: Folder };

  role if role on "parent";
  "writer" if "manager";
  "reader" if "writer";

  "list" if "reader";
  "add" if "writer";
  "move" if "manager";
}

resource File {
  roles = ["manager", "writer", "reader"];
  permissions = ["read", "write", "move"];
  relations = { folder: Folder, owner: User };

  role if role on "folder";
  "manager" if "owner";
  "writer" if "manager";
  "reader" if "writer";

  "read" if "reader";
  "write" if "writer";
  "move" if "manager";
}

# What a group may do, everyone in it may.
has_role(user: User, role: String, folder: Folder) if
  group matches Group and
  has_role(group, role, folder) and
  has_role(user, "member", group);
