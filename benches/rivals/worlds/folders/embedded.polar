# What is shared is shared to the bottom, in the embedded dialect, which has no `role` for
# all roles at once.

allow(actor, action, resource) if has_permission(actor, action, resource);

has_role(user: User, name: String, folder: Folder) if user.holds(name, folder.key);

has_relation(parent: Folder, "parent", child: Folder) if parent in child.related("parent");
has_relation(folder: Folder, "folder", document: Document) if
  folder in document.related("folder");

actor User {}

resource Folder {
  roles = ["editor", "viewer"];
  permissions = ["read", "write"];
  relations = { parent: Folder };

  "viewer" if "viewer" on "parent";
  "editor" if "editor" on "parent";
  "viewer" if "editor";

  "read" if "viewer";
  "write" if "editor";
}

resource Document {
  permissions = ["read", "write"];
  relations = { folder: Folder };

  "read" if "viewer" on "folder";
  "write" if "editor" on "folder";
}
