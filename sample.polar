# A wiki: organisations own spaces, spaces hold pages.
# `floe check sample.polar` says whether it is a policy; the tests at the end say what it means.

actor User {}

resource Organization {
  roles = ["admin", "member"];
  permissions = ["invite", "create_space"];

  "member" if "admin";

  "invite" if "admin";
  "create_space" if "member";
}

resource Space {
  roles = ["editor", "reader"];
  permissions = ["rename", "create_page"];
  relations = { organization: Organization };

  "editor" if "admin" on "organization";
  "reader" if "member" on "organization";
  "reader" if "editor";

  "rename" if "admin" on "organization";
  "create_page" if "editor";
}

resource Page {
  roles = ["editor", "reader"];
  permissions = ["read", "comment", "write", "delete"];
  relations = { space: Space, author: User };

  role if role on "space";
  "editor" if "author";
  "reader" if "editor";

  "read" if "reader";
  "read" if is_public(resource); # by anyone, signed in or not
  "write" if "editor";
  "delete" if "author";
  "delete" if "rename" on "space";
}

# Readers of a page may comment on it, unless banned.
has_permission(user: User, "comment", page: Page) if
  has_role(user, "reader", page) and
  not is_banned(user);

test fixture wiki {
  has_role(User{"ann"}, "admin", Organization{"acme"});
  has_role(User{"bob"}, "member", Organization{"acme"});
  has_relation(Space{"handbook"}, "organization", Organization{"acme"});
  has_relation(Page{"welcome"}, "space", Space{"handbook"});
  has_relation(Page{"welcome"}, "author", User{"cleo"});
}

test "roles flow from the organisation to its pages" {
  setup {
    fixture wiki;
  }
  assert allow(User{"ann"}, "write", Page{"welcome"});
  assert allow(User{"bob"}, "read", Page{"welcome"});
  assert_not allow(User{"bob"}, "write", Page{"welcome"});
  assert allow(u: User, "delete", Page{"welcome"}) iff u in [User{"ann"}, User{"cleo"}];
}

test "public pages are for everyone" {
  setup {
    fixture wiki;
    is_public(Page{"welcome"});
  }
  assert allow(User{"passer-by"}, "read", Page{"welcome"});
  assert_not allow(User{"passer-by"}, "write", Page{"welcome"});
}

test "a ban takes comments away, and nothing else" {
  setup {
    fixture wiki;
    is_banned(User{"bob"});
  }
  assert allow(User{"ann"}, "comment", Page{"welcome"});
  assert allow(User{"bob"}, "read", Page{"welcome"});
  assert_not allow(User{"bob"}, "comment", Page{"welcome"});
}
