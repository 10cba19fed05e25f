actor User {}
resource Tag {}
resource Note { roles = ["reader"]; permissions = ["read"]; "read" if "reader"; }

declare tagged(Note, Tag);
declare tagged(User, Tag);

test "declared facts are accepted and do nothing" {
  setup {
    tagged(Note{"n"}, Tag{"red"});
    tagged(User{"u"}, Tag{"vip"});
    has_role(User{"u"}, "reader", Note{"n"});
  }
  assert tagged(Note{"n"}, t: Tag) iff t in [Tag{"red"}];
  assert allow(User{"u"}, "read", Note{"n"});
}
