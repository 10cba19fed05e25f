-- Organizations, nested teams, repositories, issues; roles on repositories are 0 to 3.

-- tables
CREATE TABLE org_member (
  usr integer NOT NULL, org integer NOT NULL, role integer NOT NULL,
  PRIMARY KEY (usr, org, role)
) WITHOUT ROWID;
CREATE TABLE team (id integer PRIMARY KEY, org integer NOT NULL);
CREATE TABLE nested (
  inner_team integer NOT NULL, outer_team integer NOT NULL,
  PRIMARY KEY (inner_team, outer_team)
) WITHOUT ROWID;
CREATE TABLE team_member (
  usr integer NOT NULL, team integer NOT NULL, role integer NOT NULL,
  PRIMARY KEY (usr, team, role)
) WITHOUT ROWID;
CREATE TABLE repository (id integer PRIMARY KEY, org integer NOT NULL);
CREATE TABLE share (
  team integer NOT NULL, repo integer NOT NULL, role integer NOT NULL,
  PRIMARY KEY (team, repo, role)
) WITHOUT ROWID;
CREATE TABLE collaborator (
  usr integer NOT NULL, repo integer NOT NULL, role integer NOT NULL,
  PRIMARY KEY (usr, repo, role)
) WITHOUT ROWID;
CREATE TABLE public (repo integer PRIMARY KEY);
CREATE TABLE archived (repo integer PRIMARY KEY);
CREATE TABLE issue (id integer PRIMARY KEY, repo integer NOT NULL);
CREATE TABLE author (issue integer PRIMARY KEY, usr integer NOT NULL);
CREATE TABLE locked (issue integer PRIMARY KEY);

-- indexes
CREATE INDEX repositories_of ON repository (org, id);
CREATE INDEX issues_of ON issue (repo, id);
CREATE INDEX issues_by ON author (usr, issue);
CREATE INDEX shares_of ON share (repo, team, role);

-- fact has_role(User,"member",Organization)
org_member(usr = $1, org = $2, role = 0)

-- fact has_role(User,"owner",Organization)
org_member(usr = $1, org = $2, role = 1)

-- fact has_relation(Team,"organization",Organization)
team(id = $1, org = $2)

-- fact has_relation(Team,"parent",Team)
nested(inner_team = $1, outer_team = $2)

-- fact has_role(User,"member",Team)
team_member(usr = $1, team = $2, role = 0)

-- fact has_role(User,"maintainer",Team)
team_member(usr = $1, team = $2, role = 1)

-- fact has_relation(Repository,"organization",Organization)
repository(id = $1, org = $2)

-- fact has_role(Team,"reader",Repository)
share(team = $1, repo = $2, role = 0)

-- fact has_role(User,"reader",Repository)
collaborator(usr = $1, repo = $2, role = 0)

-- fact has_role(Team,"triager",Repository)
share(team = $1, repo = $2, role = 1)

-- fact has_role(User,"triager",Repository)
collaborator(usr = $1, repo = $2, role = 1)

-- fact has_role(Team,"writer",Repository)
share(team = $1, repo = $2, role = 2)

-- fact has_role(User,"writer",Repository)
collaborator(usr = $1, repo = $2, role = 2)

-- fact has_role(Team,"admin",Repository)
share(team = $1, repo = $2, role = 3)

-- fact has_role(User,"admin",Repository)
collaborator(usr = $1, repo = $2, role = 3)

-- fact is_public(Repository)
public(repo = $1)

-- fact is_archived(Repository)
archived(repo = $1)

-- fact has_relation(Issue,"repository",Repository)
issue(id = $1, repo = $2)

-- fact has_relation(Issue,"author",User)
author(issue = $1, usr = $2)

-- fact is_locked(Issue)
locked(issue = $1)

-- authorize push Repository
WITH RECURSIVE mine(team) AS (
  SELECT team FROM team_member WHERE usr = $1
  UNION SELECT n.outer_team FROM mine m CROSS JOIN nested n WHERE n.inner_team = m.team)
SELECT NOT EXISTS (SELECT 1 FROM archived WHERE repo = $2) AND (
  EXISTS (SELECT 1 FROM collaborator WHERE usr = $1 AND repo = $2 AND role >= 2)
  OR EXISTS (SELECT 1 FROM share WHERE repo = $2 AND role >= 2 AND team IN (SELECT team FROM mine))
  OR EXISTS (
    SELECT 1 FROM repository r JOIN org_member o ON o.org = r.org
    WHERE r.id = $2 AND o.usr = $1 AND o.role = 1))

-- authorize read Repository
WITH RECURSIVE mine(team) AS (
  SELECT team FROM team_member WHERE usr = $1
  UNION SELECT n.outer_team FROM mine m CROSS JOIN nested n WHERE n.inner_team = m.team)
SELECT EXISTS (SELECT 1 FROM public WHERE repo = $2) OR
  EXISTS (SELECT 1 FROM collaborator WHERE usr = $1 AND repo = $2)
  OR EXISTS (SELECT 1 FROM share WHERE repo = $2 AND team IN (SELECT team FROM mine))
  OR EXISTS (
    SELECT 1 FROM repository r JOIN org_member o ON o.org = r.org
    WHERE r.id = $2 AND o.usr = $1 AND o.role = 1)

-- authorize comment Issue
WITH RECURSIVE mine(team) AS (
  SELECT team FROM team_member WHERE usr = $1
  UNION SELECT n.outer_team FROM mine m CROSS JOIN nested n WHERE n.inner_team = m.team),
here(repo) AS (
  SELECT repo FROM issue WHERE id = $2
  AND NOT EXISTS (SELECT 1 FROM locked WHERE issue = $2)
  AND NOT EXISTS (SELECT 1 FROM archived a WHERE a.repo = issue.repo))
SELECT EXISTS (SELECT 1 FROM here CROSS JOIN public p WHERE p.repo = here.repo)
  OR EXISTS (SELECT 1 FROM here CROSS JOIN collaborator c WHERE c.usr = $1 AND c.repo = here.repo)
  OR EXISTS (
    SELECT 1 FROM here CROSS JOIN share s
    WHERE s.repo = here.repo AND s.team IN (SELECT team FROM mine))
  OR EXISTS (
    SELECT 1 FROM here CROSS JOIN repository r CROSS JOIN org_member o
    WHERE r.id = here.repo AND o.org = r.org AND o.usr = $1 AND o.role = 1)

-- list push Repository
WITH RECURSIVE mine(team) AS (
  SELECT team FROM team_member WHERE usr = $1
  UNION SELECT n.outer_team FROM mine m CROSS JOIN nested n WHERE n.inner_team = m.team),
granted(repo) AS (
  SELECT s.repo FROM mine m CROSS JOIN share s WHERE s.team = m.team AND s.role >= 2
  UNION SELECT repo FROM collaborator WHERE usr = $1 AND role >= 2
  UNION SELECT id FROM repository
    WHERE org IN (SELECT org FROM org_member WHERE usr = $1 AND role = 1))
SELECT repo FROM granted g WHERE NOT EXISTS (SELECT 1 FROM archived a WHERE a.repo = g.repo)

-- list read Repository
WITH RECURSIVE mine(team) AS (
  SELECT team FROM team_member WHERE usr = $1
  UNION SELECT n.outer_team FROM mine m CROSS JOIN nested n WHERE n.inner_team = m.team)
SELECT s.repo FROM mine m CROSS JOIN share s WHERE s.team = m.team
UNION SELECT repo FROM collaborator WHERE usr = $1
UNION SELECT id FROM repository
  WHERE org IN (SELECT org FROM org_member WHERE usr = $1 AND role = 1)
UNION SELECT repo FROM public
