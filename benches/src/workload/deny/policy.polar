# What is forbidden outweighs what is granted.

actor User {}

resource Forum {
  roles = ["moderator", "member"];
  permissions = ["read", "write"];

  "member" if "moderator";

  "read" if "member";
  "read" if is_public(resource); # by anyone who is not banned or suspended
  "write" if "member" and not is_archived(resource);
}

resource Post {
  permissions = ["read", "reply", "edit", "remove"];
  relations = { forum: Forum, author: User };

  "read" if "read" on "forum";
  "reply" if "write" on "forum" and not is_locked(resource);
  "edit" if "author" and not is_locked(resource);
  "remove" if "moderator" on "forum";
}

# The only way to be allowed anything: to have the permission, and neither to be suspended
# nor to have it taken away.
allow(user: User, action: String, resource: Resource) if
  has_permission(user, action, resource) and
  not suspended(user) and
  not denied(user, action, resource);

denied(user: User, _action: String, forum: Forum) if
  banned(user, forum);

# What is denied in a forum is denied for its posts.
denied(user: User, action: String, post: Post) if
  forum matches Forum and
  has_relation(post, "forum", forum) and
  denied(user, action, forum);
