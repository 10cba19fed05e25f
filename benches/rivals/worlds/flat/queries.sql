-- Organizations with members and repositories; role 0 is a member, 1 an admin.

-- tables
CREATE TABLE membership (
  usr integer NOT NULL, org integer NOT NULL, role integer NOT NULL,
  PRIMARY KEY (usr, org, role)
) WITHOUT ROWID;
CREATE TABLE repository (id integer PRIMARY KEY, org integer NOT NULL);

-- indexes
CREATE INDEX repositories_of ON repository (org, id);

-- fact has_role(User,"member",Organization)
membership(usr = $1, org = $2, role = 0)

-- fact has_role(User,"admin",Organization)
membership(usr = $1, org = $2, role = 1)

-- fact has_relation(Repository,"organization",Organization)
repository(id = $1, org = $2)

-- authorize read Repository
SELECT EXISTS (
  SELECT 1 FROM repository r JOIN membership m ON m.org = r.org
  WHERE r.id = $2 AND m.usr = $1)

-- authorize write Repository
SELECT EXISTS (
  SELECT 1 FROM repository r JOIN membership m ON m.org = r.org
  WHERE r.id = $2 AND m.usr = $1 AND m.role = 1)

-- list read Repository
SELECT id FROM repository WHERE org IN (SELECT org FROM membership WHERE usr = $1)
