# Folders in folders in folders, shared with people and with groups in groups.

actor User {}

actor Group {
  roles = ["member"];
  relations = { parent: Group };
}

# Who is in a nested group is in the group around it.
has_role(user: User, "member", group: Group) if
  inner matches Group and
  has_relation(inner, "parent", group) and
  has_role(user, "member", inner);

resource Folder {
  roles = ["owner", "editor", "viewer"];
  permissions = ["read", "write", "share"];
  relations = { parent: Folder };

  role if role on "parent";
  "editor" if "owner";
  "viewer" if "editor";

  "read" if "viewer" and not blocked(actor, resource);
  "write" if "editor" and not blocked(actor, resource);
  "share" if "owner";
}

# What is shared with a group is shared with everyone in it.
has_role(user: User, role: String, folder: Folder) if
  group matches Group and
  has_role(group, role, folder) and
  has_role(user, "member", group);

# Who is kept out of a folder is kept out of everything in it.
blocked(user: User, folder: Folder) if
  above matches Folder and
  has_relation(folder, "parent", above) and
  blocked(user, above);

resource Document {
  roles = ["owner", "editor", "viewer"];
  permissions = ["read", "write", "share"];
  relations = { folder: Folder };

  role if role on "folder";
  "editor" if "owner";
  "viewer" if "editor";

  "read" if is_public(resource); # by anyone who has the link
  "read" if "viewer" and not blocked(actor, resource);
  "write" if "editor" and not blocked(actor, resource);
  "share" if "owner";
}

blocked(user: User, document: Document) if
  folder matches Folder and
  has_relation(document, "folder", folder) and
  blocked(user, folder);
