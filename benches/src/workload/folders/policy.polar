# Folders in folders, shared with users; what is shared is shared to the bottom.

actor User {}

resource Folder {
  roles = ["editor", "viewer"];
  permissions = ["read", "write"];
  relations = { parent: Folder };

  role if role on "parent";
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
