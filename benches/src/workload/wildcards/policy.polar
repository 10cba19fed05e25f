# Rules that hold for everyone, for everything, or for every action.

actor User {}

global {
  roles = ["admin", "auditor"];
  permissions = ["open_console"];

  "open_console" if "admin";
}

resource Region {
  roles = ["manager"];
  permissions = ["view", "close"];

  permission if global "admin"; # whatever there is to do, in every region
  permission if "manager";
  "view" if global "auditor";
}

resource Store {
  roles = ["manager", "clerk"];
  permissions = ["view", "open", "count", "close"];
  relations = { region: Region };

  permission if global "admin";
  permission if "manager" on "region";
  permission if is_demo(resource); # anything, by anyone
  "view" if global "auditor";
  "view" if is_public(resource); # by anyone
  "clerk" if "manager";
  "view" if "clerk";
  "open" if "clerk";
  "count" if "clerk";
  "close" if "manager";
}

# Inspectors come to every store, for one thing.
has_permission(user: User, action: String, _: Store) if
  inspects(user, action);

resource Product {
  permissions = ["view", "count"];
  relations = { store: Store };

  permission if permission on "store";
  "view" if is_listed(resource); # by anyone
}
