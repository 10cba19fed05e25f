# Access that ends by itself: memberships, shares, publications, and freezes.

actor User {}

resource Organization {
  roles = ["member"];
  permissions = ["enter"];

  "enter" if "member";
}

has_role(user: User, "member", organization: Organization) if
  until matches Integer and
  member_until(user, organization, until) and
  @current_unix_time < until;

resource Document {
  roles = ["editor", "viewer"];
  permissions = ["read", "write"];
  relations = { organization: Organization };

  "viewer" if "editor";
  "viewer" if "member" on "organization";

  "read" if "viewer";
  "write" if "editor" and not frozen(resource);
}

has_role(user: User, role: String, document: Document) if
  until matches Integer and
  shared_until(user, role, document, until) and
  @current_unix_time < until;

# For everyone, for a while.
has_permission(_: User, "read", document: Document) if
  from matches Integer and
  until matches Integer and
  published(document, from, until) and
  from <= @current_unix_time and
  @current_unix_time < until;

frozen(document: Document) if
  until matches Integer and
  frozen_until(document, until) and
  @current_unix_time < until;
