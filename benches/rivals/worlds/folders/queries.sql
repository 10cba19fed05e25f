-- Folders in folders with shares and documents; role 0 is a viewer, 1 an editor.

-- tables
CREATE TABLE share (
  usr integer NOT NULL, folder integer NOT NULL, role integer NOT NULL,
  PRIMARY KEY (usr, folder, role)
) WITHOUT ROWID;
CREATE TABLE placed (child integer PRIMARY KEY, parent integer NOT NULL);
CREATE TABLE document (id integer PRIMARY KEY, folder integer NOT NULL);

-- indexes
CREATE INDEX children_of ON placed (parent, child);
CREATE INDEX documents_in ON document (folder, id);

-- fact has_role(User,"viewer",Folder)
share(usr = $1, folder = $2, role = 0)

-- fact has_role(User,"editor",Folder)
share(usr = $1, folder = $2, role = 1)

-- fact has_relation(Folder,"parent",Folder)
placed(child = $1, parent = $2)

-- fact has_relation(Document,"folder",Folder)
document(id = $1, folder = $2)

-- authorize read Document
WITH RECURSIVE above(folder) AS (
  SELECT folder FROM document WHERE id = $2
  UNION SELECT p.parent FROM above a CROSS JOIN placed p WHERE p.child = a.folder)
SELECT EXISTS (
  SELECT 1 FROM share WHERE usr = $1 AND folder IN (SELECT folder FROM above))

-- authorize write Document
WITH RECURSIVE above(folder) AS (
  SELECT folder FROM document WHERE id = $2
  UNION SELECT p.parent FROM above a CROSS JOIN placed p WHERE p.child = a.folder)
SELECT EXISTS (
  SELECT 1 FROM share WHERE usr = $1 AND role = 1 AND folder IN (SELECT folder FROM above))

-- authorize read Folder
WITH RECURSIVE above(folder) AS (
  SELECT CAST($2 AS integer)
  UNION SELECT p.parent FROM above a CROSS JOIN placed p WHERE p.child = a.folder)
SELECT EXISTS (
  SELECT 1 FROM share WHERE usr = $1 AND folder IN (SELECT folder FROM above))

-- list read Document
WITH RECURSIVE below(folder) AS (
  SELECT folder FROM share WHERE usr = $1
  UNION SELECT p.child FROM below b CROSS JOIN placed p WHERE p.parent = b.folder)
SELECT d.id FROM below b CROSS JOIN document d WHERE d.folder = b.folder

-- list write Document
WITH RECURSIVE below(folder) AS (
  SELECT folder FROM share WHERE usr = $1 AND role = 1
  UNION SELECT p.child FROM below b CROSS JOIN placed p WHERE p.parent = b.folder)
SELECT d.id FROM below b CROSS JOIN document d WHERE d.folder = b.folder
