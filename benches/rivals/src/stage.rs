//! A world at a scale: facts, changes with the questions that show them, and what to ask.

use anyhow::{Result, bail};
use floe_benches::workload::flat::{Flat, FlatFact};
use floe_benches::workload::folders::{FolderFact, Folders};
use floe_benches::workload::github::GitHub;
use floe_benches::workload::{Change, Fact, SplitMix, Value, World};
use rustc_hash::FxHashMap;

use crate::numbers::Numbers;

/// The worlds there are.
pub(crate) const WORLDS: [&str; 3] = ["flat", "folders", "github"];

/// May this actor do this to that?
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    /// Who asks.
    pub actor: Value,
    /// What for.
    pub action: &'static str,
    /// On what.
    pub resource: Value,
}

/// To which resources of a type may this actor do this?
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    /// Who asks.
    pub actor: Value,
    /// What for.
    pub action: &'static str,
    /// The type of the resources.
    pub kind: &'static str,
}

/// A change set, and a question whose answer may depend on it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// What changes at once.
    pub changes: Vec<Change<Fact>>,
    /// What is asked when it has changed.
    pub probe: Check,
}

/// Steps of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Steps {
    /// What changes.
    pub label: &'static str,
    /// One after the other.
    pub steps: Vec<Step>,
}

/// A world at a scale.
pub(crate) struct Stage {
    /// The name of the world.
    pub world: &'static str,
    /// The policy as Floe takes it.
    pub policy: &'static str,
    /// The facts before the first step.
    pub facts: Vec<Fact>,
    /// What happens.
    pub steps: Vec<Steps>,
    /// Actions and types that are asked about one resource at a time.
    pub checks: Vec<(&'static str, &'static str)>,
    /// Actions and types that are listed.
    pub lists: Vec<(&'static str, &'static str)>,
    /// Every id that occurs.
    pub numbers: Numbers,
}

impl Stage {
    /// The world of this name with about so many facts, and so many steps of each kind.
    pub(crate) fn build(world: &str, scale: u32, steps: usize) -> Result<Stage> {
        match world {
            "flat" => Ok(flat(scale, steps)),
            "folders" => Ok(folders(scale, steps)),
            "github" => Ok(github(scale, steps)),
            _ => bail!("no world `{world}`; there are {}", WORLDS.join(", ")),
        }
    }

    fn new(
        world: &impl World,
        steps: Vec<Steps>,
        checks: &[(&'static str, &'static str)],
        lists: &[(&'static str, &'static str)],
    ) -> Stage {
        let facts: Vec<Fact> = world.facts().collect();
        let mut numbers = Numbers::default();
        let sets = steps.iter().flat_map(|steps| &steps.steps);
        let later = sets.flat_map(|step| step.changes.iter().map(|change| &change.fact));
        facts
            .iter()
            .chain(later)
            .for_each(|fact| numbers.meet(fact));
        Stage {
            world: world.name(),
            policy: world.policy(),
            facts,
            steps,
            checks: checks.to_vec(),
            lists: lists.to_vec(),
            numbers,
        }
    }

    /// Any value of a type.
    pub(crate) fn any(&self, kind: &'static str, random: &mut SplitMix) -> Value {
        let number = random.below(self.numbers.count(kind));
        self.numbers.value(kind, number)
    }
}

/// 50 members and 100 repositories for each organization: lists have 100 ids.
fn flat(scale: u32, steps: usize) -> Stage {
    let world = Flat::at(scale);
    let steps = world.moves().take(steps).map(|change| {
        let FlatFact::Member { user, org, .. } = change.fact else {
            unreachable!("only memberships change")
        };
        let probe = check(user, "read", 'r', org * world.repos);
        let changes = vec![change.map(FlatFact::text)];
        Step { changes, probe }
    });
    let steps = Steps {
        label: "membership",
        steps: steps.collect(),
    };
    let checks = [("read", "Repository"), ("write", "Repository")];
    Stage::new(&world, vec![steps], &checks, &[("read", "Repository")])
}

/// Folders in folders, most facts being documents in the lowest.
fn folders(scale: u32, steps: usize) -> Stage {
    let world = Folders {
        window: 4,
        ..Folders::at(scale)
    };
    let above = Above::of(&world);
    let text = |change: Change<FolderFact>| change.map(FolderFact::text);
    let shares = world.shares().take(steps).map(|change| {
        let FolderFact::Share { user, folder, .. } = change.fact else {
            unreachable!("a share is a share")
        };
        let probe = check(user, "read", 'f', folder);
        let changes = vec![text(change)];
        Step { changes, probe }
    });
    let documents = world.new_documents().take(steps).map(|change| {
        let FolderFact::Document { document, folder } = change.fact else {
            unreachable!("a document is a document")
        };
        let probe = check(above.viewer(folder), "read", 'd', document);
        let changes = vec![text(change)];
        Step { changes, probe }
    });
    let moves = world.moves().take(steps.div_ceil(4)).map(|pair| {
        let FolderFact::Parent { child, parent } = pair[1].fact else {
            unreachable!("a move is of parents")
        };
        let probe = check(above.viewer(parent), "read", 'f', child);
        let changes = pair.map(text).to_vec();
        Step { changes, probe }
    });
    let steps = [
        ("share", shares.collect()),
        ("document", documents.collect()),
        ("move", moves.collect()),
    ];
    let steps = steps.map(|(label, steps)| Steps { label, steps });
    let checks = [
        ("read", "Document"),
        ("write", "Document"),
        ("read", "Folder"),
    ];
    let lists = [("write", "Document"), ("read", "Document")];
    Stage::new(&world, steps.to_vec(), &checks, &lists)
}

/// Organizations, nested teams, repositories and issues; whatever happens there, in turns.
fn github(scale: u32, steps: usize) -> Stage {
    let world = GitHub::at(scale);
    // Somebody in each team, and something that each team has a share of.
    let (mut members, mut shares) = (FxHashMap::default(), FxHashMap::default());
    for fact in world.facts().filter(|fact| fact.predicate == "has_role") {
        if let [actor, _, place] = &fact.args[..] {
            match (actor.kind, place.kind) {
                ("User", "Team") => _ = members.insert(place.clone(), actor.clone()),
                ("Team", "Repository") => _ = shares.insert(actor.clone(), place.clone()),
                _ => {}
            }
        }
    }
    let anyone = Value::numbered("User", 'u', 0);
    let anything = Value::numbered("Repository", 'r', 0);
    let steps = world.updates().take(steps).map(|changes| {
        let args = changes.iter().flat_map(|change| &change.fact.args);
        let of = |kind: &str| args.clone().find(|value| value.kind == kind).cloned();
        let team = of("Team");
        let (member, shared) = (
            |team: &Value| members.get(team),
            |team: &Value| shares.get(team),
        );
        let actor = of("User").or_else(|| team.as_ref().and_then(member).cloned());
        let resource = of("Issue").or_else(|| of("Repository"));
        let resource = resource.or_else(|| team.as_ref().and_then(shared).cloned());
        let resource = resource.unwrap_or_else(|| anything.clone());
        let action = if resource.kind == "Issue" {
            "comment"
        } else {
            "push"
        };
        let probe = Check {
            actor: actor.unwrap_or_else(|| anyone.clone()),
            action,
            resource,
        };
        Step { changes, probe }
    });
    let steps = Steps {
        label: "update",
        steps: steps.collect(),
    };
    let checks = [
        ("push", "Repository"),
        ("read", "Repository"),
        ("comment", "Issue"),
    ];
    let lists = [("push", "Repository"), ("read", "Repository")];
    Stage::new(&world, vec![steps], &checks, &lists)
}

fn check(user: u32, action: &'static str, letter: char, resource: u32) -> Check {
    let kind = match letter {
        'r' => "Repository",
        'f' => "Folder",
        _ => "Document",
    };
    Check {
        actor: Value::numbered("User", 'u', user),
        action,
        resource: Value::numbered(kind, letter, resource),
    }
}

/// Who views what in a world of folders before its first step.
struct Above {
    parents: FxHashMap<u32, u32>,
    viewers: FxHashMap<u32, u32>,
}

impl Above {
    fn of(world: &Folders) -> Above {
        let (mut parents, mut viewers) = (FxHashMap::default(), FxHashMap::default());
        for fact in world.rows() {
            match fact {
                FolderFact::Parent { child, parent } => {
                    parents.insert(child, parent);
                }
                FolderFact::Share { user, folder, .. } => {
                    viewers.insert(folder, user);
                }
                FolderFact::Document { .. } => {}
            }
        }
        Above { parents, viewers }
    }

    /// Somebody who may read the folder; the first user, who may not, if nobody may.
    fn viewer(&self, folder: u32) -> u32 {
        let mut at = Some(folder);
        while let Some(folder) = at {
            if let Some(&user) = self.viewers.get(&folder) {
                return user;
            }
            at = self.parents.get(&folder).copied();
        }
        0
    }
}
