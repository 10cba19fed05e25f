actor User {}
resource Workspace { roles = ["member", "owner"]; permissions = ["set_default"]; "set_default" if "owner"; }

resource Page {
  roles = ["viewer", "editor"];
  permissions = ["read", "edit"];
  relations = { workspace: Workspace };
  "viewer" if "editor";
  "read" if "viewer";
  "edit" if "editor";
}

has_role(actor: Actor, role: String, page: Page) if
  ws matches Workspace and
  has_relation(page, "workspace", ws) and
  default_role(ws, role) and
  has_role(actor, "member", ws);

test "the workspace decides what members get" {
  setup {
    default_role(Workspace{"open"}, "editor");
    default_role(Workspace{"strict"}, "viewer");
    has_role(User{"u"}, "member", Workspace{"open"});
    has_role(User{"u"}, "member", Workspace{"strict"});
    has_relation(Page{"p1"}, "workspace", Workspace{"open"});
    has_relation(Page{"p2"}, "workspace", Workspace{"strict"});
    has_relation(Page{"p3"}, "workspace", Workspace{"none"});
  }
  assert allow(User{"u"}, "edit", Page{"p1"});
  assert allow(User{"u"}, "read", Page{"p2"});
  assert_not allow(User{"u"}, "edit", Page{"p2"});
  assert_not allow(User{"u"}, "read", Page{"p3"});
}
