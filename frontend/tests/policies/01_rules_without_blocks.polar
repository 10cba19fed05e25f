actor Reader {}
resource Shelf {}

has_permission(r: Reader, "browse", s: Shelf) if
  has_role(r, "visitor", s);

has_permission(r: Reader, "rearrange", s: Shelf) if
  has_role(r, "librarian", s);

has_role(r: Reader, "visitor", s: Shelf) if
  has_role(r, "librarian", s);

has_role(Reader{"ida"}, "librarian", Shelf{"maps"});

test "a policy fact is data too" {
  assert allow(Reader{"ida"}, "browse", Shelf{"maps"});
  assert has_role(Reader{"ida"}, "visitor", Shelf{"maps"});
  assert_not allow(Reader{"ida"}, "browse", Shelf{"atlases"});
}
