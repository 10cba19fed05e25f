//! Questions that no index answers, or not alone: nothing maintained, facts of a context, and
//! lists whose price is their length.
//!
//! `cargo bench -p floe-benches --bench asked -- --runs 3`; words that begin with `=` choose
//! rows, as in `=flat none`. All questions are text, as the server asks them; lists are what
//! it gets, in the order of their bytes.

use floe_benches::floe::{change_set, program};
use floe_benches::measure::runs::{self, Block};
use floe_benches::measure::{Figures, Latency, Memory};
use floe_benches::workload::flat::Flat;
use floe_benches::workload::folders::Folders;
use floe_benches::workload::{Change, World};
use floe_engine::goal::Budget;
use floe_engine::plan::Maintain;
use floe_engine::value::Value;
use floe_engine::{Config, Engine, Ids};

/// Facts of one change set while loading.
const LOAD: usize = 100_000;
/// Questions of a kind.
const ASKED: u32 = 1_000;

fn main() {
    let columns = vec![
        ("authorize us p50", "authorize p50"),
        ("p99", "authorize p99"),
        ("list us p50", "list p50"),
        ("p99", "list p99"),
        ("ids", "ids"),
        ("index MB", "index"),
        ("MB", "memory"),
    ];
    let kept = Block {
        title: "lists by length",
        rows: vec!["flat 100", "flat 1,000", "flat 10,000"],
        columns: columns.clone(),
    };
    let demand = Block {
        title: "nothing maintained",
        rows: vec!["flat none", "folders none"],
        columns: columns.clone(),
    };
    let context = Block {
        title: "with facts of a context",
        rows: vec!["flat roles", "folders parent"],
        columns,
    };
    runs::report(&[kept, demand, context], measure);
}

fn measure(what: &str, figures: &mut Figures) {
    // A list of 111 folders for each user.
    let folders = Folders {
        depth: 4,
        ..Folders::tall()
    };
    match what {
        "flat 100" => flat(Flat::wide(), Maintain::All, 0, figures),
        "flat 1,000" => flat(of(1_000), Maintain::All, 0, figures),
        "flat 10,000" => flat(of(10_000), Maintain::All, 0, figures),
        "flat none" => flat(Flat::wide(), Maintain::None, 0, figures),
        "folders none" => in_folders(folders, Maintain::None, false, figures),
        "flat roles" => flat(Flat::wide(), Maintain::All, 5, figures),
        _ => in_folders(Folders::tall(), Maintain::All, true, figures),
    }
}

/// Organizations with so many repositories each, 100,000 in all.
fn of(repos: u32) -> Flat {
    Flat {
        orgs: 100_000 / repos,
        repos,
        ..Flat::wide()
    }
}

fn loaded(world: &impl World, maintain: Maintain, figures: &mut Figures) -> Engine {
    let config = Config {
        maintain,
        on_demand_below: 0,
        ..Config::default()
    };
    let program = program(world.policy()).expect("the policy of a world is sound");
    let engine = Engine::start(program, config).expect("an engine starts");
    let mut facts = world.facts().peekable();
    while facts.peek().is_some() {
        let set = change_set(facts.by_ref().take(LOAD).map(Change::insert));
        engine.apply(&set).expect("the facts of a world are sound");
    }
    figures.put("index", engine.stats().index.bytes as f64 / 1e6);
    figures.put("memory", Memory::now().megabytes() as f64);
    engine
}

/// A fact of a context: predicate and arguments.
type Given = (&'static str, Vec<(String, String)>);

/// One question of each kind, and what it is asked with.
struct Question {
    user: String,
    action: &'static str,
    resource: (&'static str, String),
    given: Vec<Given>,
}

fn ask(engine: &Engine, questions: impl Iterator<Item = Question>, figures: &mut Figures) {
    let (mut checks, mut lists) = (Latency::default(), Latency::default());
    for question in questions {
        let Question {
            user,
            action,
            resource: (ty, id),
            given,
        } = &question;
        let rows: Vec<Vec<Value<'_>>> = (given.iter())
            .map(|(_, args)| args.iter().map(|(ty, id)| (&**ty, &**id).into()).collect())
            .collect();
        let facts: Vec<(&str, &[Value<'_>])> = (given.iter().zip(&rows))
            .map(|((predicate, _), row)| (*predicate, &row[..]))
            .collect();
        let (user, resource) = (("User", &**user).into(), (*ty, &**id).into());
        let allowed = checks.time(|| {
            let snapshot = engine.snapshot();
            let asking = snapshot.ask(0, &facts, Budget::unlimited());
            asking
                .expect("sound")
                .authorize(user, action, Some(resource))
        });
        assert_eq!(allowed, Ok(true));
        let listed = lists.time(|| {
            let snapshot = engine.snapshot();
            let asking = snapshot.ask(0, &facts, Budget::unlimited());
            asking.expect("sound").sorted(user, action, ty)
        });
        let ids = match listed.expect("an answer").ids {
            Ids::Ranked(ids) => ids.len(),
            Ids::Texts(ids) => ids.len(),
        };
        figures.put("ids", ids as f64);
    }
    checks.put(figures, "authorize");
    lists.put(figures, "list");
}

fn flat(world: Flat, maintain: Maintain, roles: u32, figures: &mut Figures) {
    let engine = loaded(&world, maintain, figures);
    let question = |i: u32| {
        let user = i.wrapping_mul(2_654_435_761) % world.users();
        // In the grouped order users and repositories of one organization lie together.
        let org = user / world.members;
        let other = |n: u32| (org + n) % world.orgs;
        let role = |n: u32| {
            let args = [
                ("User", format!("u{user}")),
                ("String", "member".to_owned()),
                ("Organization", format!("o{}", other(n))),
            ];
            (
                "has_role",
                args.map(|(ty, id)| (ty.to_owned(), id)).to_vec(),
            )
        };
        Question {
            user: format!("u{user}"),
            action: "read",
            resource: (
                "Repository",
                format!("r{}", org * world.repos + i % world.repos),
            ),
            given: (1..=roles).map(role).collect(),
        }
    };
    ask(&engine, (0..ASKED).map(question), figures);
}

/// With `parent`, each question brings a folder that nobody knows, below one of the user's.
fn in_folders(world: Folders, maintain: Maintain, parent: bool, figures: &mut Figures) {
    let engine = loaded(&world, maintain, figures);
    let mut shares = Vec::new();
    for fact in world.rows() {
        if let floe_benches::workload::folders::FolderFact::Share {
            user,
            editor: true,
            folder,
        } = fact
        {
            shares.push((format!("u{user}"), format!("f{folder}")));
        }
    }
    let questions = shares
        .into_iter()
        .take(ASKED as usize)
        .map(|(user, shared)| {
            let folder = match parent {
                true => "somewhere new".to_owned(),
                false => shared.clone(),
            };
            let given = parent.then(|| {
                let args = [
                    ("Folder", folder.clone()),
                    ("String", "parent".to_owned()),
                    ("Folder", shared),
                ];
                let args = args.map(|(ty, id)| (ty.to_owned(), id));
                ("has_relation", args.to_vec())
            });
            Question {
                user,
                action: "write",
                resource: ("Folder", folder),
                given: given.into_iter().collect(),
            }
        });
    ask(&engine, questions, figures);
}
