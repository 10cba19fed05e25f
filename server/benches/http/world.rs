//! Organizations with repositories and members, and what is asked of them.

use std::fmt::Write;

/// Members read whatever their organization has.
pub(crate) const POLICY: &str = r#"
actor User {}
resource Organization { roles = ["member"]; }
resource Repository {
  relations = { organization: Organization };
  roles = ["reader"];
  permissions = ["read"];
  "reader" if "member" on "organization";
  "read" if "reader";
}
"#;

/// Organizations of 100 repositories and ten members.
pub(crate) const SMALL: usize = 100;
/// Repositories of each.
pub(crate) const REPOSITORIES: usize = 100;
/// Members of each.
pub(crate) const MEMBERS: usize = 10;

/// A list of facts as JSON, in bodies of a few thousand.
pub(crate) struct Facts {
    pub(crate) bodies: Vec<String>,
    body: String,
    facts: usize,
}

impl Facts {
    const PER_BODY: usize = 5_000;

    /// The organizations that most questions are about.
    pub(crate) fn small() -> Facts {
        let mut facts = Facts {
            bodies: Vec::new(),
            body: String::new(),
            facts: 0,
        };
        for org in 0..SMALL {
            for member in 0..MEMBERS {
                facts.member(&user(org, member), &format!("org{org:03}"));
            }
            for repository in 0..REPOSITORIES {
                facts.repository(&self::repository(org, repository), &format!("org{org:03}"));
            }
        }
        facts.finish()
    }

    /// One organization with so many repositories, in an order that is not theirs, and one
    /// member of it. Another has the repositories between, so that a list of the first is
    /// never a piece of all.
    pub(crate) fn large(name: &str, repositories: usize) -> Facts {
        let mut facts = Facts {
            bodies: Vec::new(),
            body: String::new(),
            facts: 0,
        };
        facts.member(&format!("user-{name}"), name);
        for i in 0..repositories {
            // Coprime to every power of ten.
            let i = i * 7_919 % repositories;
            facts.repository(&listed(name, i), name);
            facts.repository(&format!("{name}-{:07}", 2 * i + 1), "others");
        }
        facts.finish()
    }

    fn member(&mut self, user: &str, org: &str) {
        self.push(format_args!(
            r#"{{"predicate":"has_role","args":[{{"type":"User","id":"{user}"}},{{"type":"String","id":"member"}},{{"type":"Organization","id":"{org}"}}]}}"#
        ));
    }

    fn repository(&mut self, repository: &str, org: &str) {
        self.push(format_args!(
            r#"{{"predicate":"has_relation","args":[{{"type":"Repository","id":"{repository}"}},{{"type":"String","id":"organization"}},{{"type":"Organization","id":"{org}"}}]}}"#
        ));
    }

    fn push(&mut self, fact: std::fmt::Arguments<'_>) {
        self.body.push(if self.body.is_empty() { '[' } else { ',' });
        // Writing to a string does not fail.
        let _ = self.body.write_fmt(fact);
        self.facts += 1;
        if self.facts.is_multiple_of(Facts::PER_BODY) {
            self.body.push(']');
            self.bodies.push(std::mem::take(&mut self.body));
        }
    }

    fn finish(mut self) -> Facts {
        if !self.body.is_empty() {
            self.body.push(']');
            self.bodies.push(std::mem::take(&mut self.body));
        }
        self
    }
}

/// A repository of a large organization, by its place in the list of all.
pub(crate) fn listed(name: &str, place: usize) -> String {
    format!("{name}-{:07}", 2 * place)
}

/// A member of a small organization.
pub(crate) fn user(org: usize, member: usize) -> String {
    format!("user{org:03}-{member:02}")
}

/// A repository of a small organization.
pub(crate) fn repository(org: usize, repository: usize) -> String {
    format!("repo{org:03}-{repository:03}")
}

/// May this user read the repository?
pub(crate) fn authorize(user: &str, repository: &str) -> String {
    format!(
        r#"{{"actor_type":"User","actor_id":"{user}","action":"read","resource_type":"Repository","resource_id":"{repository}","context_facts":[]}}"#
    )
}

/// Which repositories may this user read? With `page`, what stands in the request about it.
pub(crate) fn list(user: &str, page: &str) -> String {
    format!(
        r#"{{"actor_type":"User","actor_id":"{user}","action":"read","resource_type":"Repository","context_facts":[]{page}}}"#
    )
}

/// One more repository of a small organization.
pub(crate) fn insert(number: usize) -> String {
    let org = number % SMALL;
    format!(
        r#"[{{"inserts":[{{"predicate":"has_relation","args":[{{"type":"Repository","id":"new{number:07}"}},{{"type":"String","id":"organization"}},{{"type":"Organization","id":"org{org:03}"}}]}}]}}]"#
    )
}
