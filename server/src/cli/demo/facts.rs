//! The facts of the demonstration: four organizations, always the same.

use serde_json::{Value, json};

const ORGANIZATIONS: [&str; 4] = ["acme", "globex", "initech", "umbrella"];
const TEAMS: [&str; 8] = [
    "engineering",
    "backend",
    "storage",
    "frontend",
    "design",
    "operations",
    "security",
    "docs",
];
/// The team around each, by its place in `TEAMS`.
const PARENTS: [(usize, usize); 5] = [(1, 0), (2, 1), (3, 0), (6, 5), (7, 4)];
const REPOSITORIES: usize = 50;
const MEMBERS: usize = 100;
const ISSUES: usize = 5;

/// Every fact, as the API takes it.
pub(super) fn all() -> Vec<Value> {
    let mut facts = Vec::new();
    for (number, organization) in ORGANIZATIONS.into_iter().enumerate() {
        teams(organization, &mut facts);
        people(number, organization, &mut facts);
        repositories(number, organization, &mut facts);
    }
    facts.extend([
        has_role(("User", "ann"), "owner", ("Organization", "acme")),
        has_role(("User", "bob"), "member", ("Team", "acme/storage")),
        has_role(("User", "eve"), "reader", ("Repository", "globex/repo-7")),
    ]);
    facts
}

fn teams(organization: &str, facts: &mut Vec<Value>) {
    let name = |team: usize| format!("{organization}/{}", TEAMS[team]);
    for team in 0..TEAMS.len() {
        let around = ("Organization", organization);
        facts.push(has_relation(("Team", &name(team)), "organization", around));
    }
    for (team, parent) in PARENTS {
        let (team, parent) = (name(team), name(parent));
        facts.push(has_relation(("Team", &team), "parent", ("Team", &parent)));
    }
}

fn people(number: usize, organization: &str, facts: &mut Vec<Value>) {
    for member in 0..MEMBERS {
        let user = user(number, member);
        let user = ("User", &*user);
        let role = if member == 0 { "owner" } else { "member" };
        facts.push(has_role(user, role, ("Organization", organization)));
        let team = format!("{organization}/{}", TEAMS[member % TEAMS.len()]);
        let role = if member < TEAMS.len() {
            "maintainer"
        } else {
            "member"
        };
        facts.push(has_role(user, role, ("Team", &team)));
    }
}

fn repositories(number: usize, organization: &str, facts: &mut Vec<Value>) {
    for n in 0..REPOSITORIES {
        let name = format!("{organization}/repo-{n}");
        let repository = ("Repository", &*name);
        let around = ("Organization", organization);
        facts.push(has_relation(repository, "organization", around));
        let team = format!("{organization}/{}", TEAMS[n % TEAMS.len()]);
        facts.push(has_role(("Team", &team), "writer", repository));
        let collaborator = user(number, (n * 7) % MEMBERS);
        facts.push(has_role(("User", &collaborator), "triager", repository));
        if n % 25 == 0 {
            facts.push(json!({"predicate": "is_public", "args": [value(repository)]}));
        }
        if n % 25 == 24 {
            facts.push(json!({"predicate": "is_archived", "args": [value(repository)]}));
        }
        for issue in 1..=ISSUES {
            let name = format!("{name}#{issue}");
            let author = user(number, (n + issue * 11) % MEMBERS);
            facts.push(has_relation(("Issue", &name), "repository", repository));
            facts.push(has_relation(("Issue", &name), "author", ("User", &author)));
        }
    }
}

fn user(organization: usize, member: usize) -> String {
    format!("user-{}", organization * MEMBERS + member)
}

/// That somebody has a role.
pub(super) fn has_role(who: (&str, &str), role: &str, on: (&str, &str)) -> Value {
    json!({"predicate": "has_role", "args": [value(who), value(("String", role)), value(on)]})
}

fn has_relation(from: (&str, &str), name: &str, to: (&str, &str)) -> Value {
    json!({"predicate": "has_relation", "args": [value(from), value(("String", name)), value(to)]})
}

fn value((ty, id): (&str, &str)) -> Value {
    json!({"type": ty, "id": id})
}
