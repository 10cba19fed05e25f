actor User {}

resource Vault { roles = ["reader", "curator"]; }

resource Dir {
  roles = ["reader", "curator"];
  relations = { vault: Vault, parent: Dir };
  role if role on "vault";
  role if role on "parent";
}

resource Doc {
  roles = ["reader", "curator"];
  permissions = ["open", "edit"];
  relations = { dir: Dir };
  role if role on "dir";
  "reader" if "curator";
  "open" if "reader";
  "edit" if "curator";
}

test "roles fall through any depth" {
  setup {
    has_role(User{"vi"}, "reader", Vault{"v"});
    has_role(User{"cy"}, "curator", Dir{"b"});
    has_relation(Dir{"a"}, "vault", Vault{"v"});
    has_relation(Dir{"b"}, "parent", Dir{"a"});
    has_relation(Dir{"c"}, "parent", Dir{"b"});
    has_relation(Doc{"d"}, "dir", Dir{"c"});
  }
  assert allow(User{"vi"}, "open", Doc{"d"});
  assert allow(User{"cy"}, "edit", Doc{"d"});
  assert_not allow(User{"vi"}, "edit", Doc{"d"});
  assert_not has_role(User{"cy"}, "curator", Dir{"a"});
}
