//! Every world in a small size: Floe's answers are those of the oracle, at first, after
//! updates, and when the facts that are left are loaded anew. No time is measured.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use floe_benches::floe::{ask, change_set, program};
use floe_benches::workload::{Answer, Change, Fact, Question, World, WorldKind, worlds};
use floe_engine::plan::Maintain;
use floe_engine::{Config, Engine};

/// Facts of a world.
const SMALL: u32 = 1_000;

fn engine(world: &dyn World, maintain: Maintain) -> Engine {
    let program = program(world.policy()).expect("the policy of a world has no errors");
    let config = Config {
        maintain,
        on_demand_below: 0,
        ..Config::default()
    };
    Engine::start(program, config).expect("an engine")
}

fn load(engine: &Engine, facts: impl IntoIterator<Item = Fact>) {
    let set = change_set(facts.into_iter().map(Change::insert));
    engine.apply(&set).expect("the policy admits the facts");
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("after 1970").as_secs() as i64
}

#[track_caller]
fn answers(what: &str, engine: &Engine, questions: &[(Question, Answer)]) {
    for (question, answer) in questions {
        let found = ask(engine, question, now());
        assert_eq!(found.as_ref(), Ok(answer), "{what}: {question:?}");
    }
}

fn facts_after(world: &dyn World, updates: usize) -> BTreeSet<Fact> {
    let mut facts: BTreeSet<Fact> = world.facts().collect();
    for change in world.updates().take(updates).flatten() {
        let effect = if change.insert {
            facts.insert(change.fact)
        } else {
            facts.remove(&change.fact)
        };
        assert!(effect, "an update without effect");
    }
    facts
}

/// Questions of all forms, and answers of all sorts: else agreement says little.
fn telling(name: &str, questions: &[(Question, Answer)]) {
    let count = |holds: &dyn Fn(&(Question, Answer)) -> bool| {
        questions.iter().filter(|asked| holds(asked)).count()
    };
    let asked = questions.len();
    let allowed = count(&|(_, answer)| *answer == Answer::Allowed(true));
    let denied = count(&|(_, answer)| *answer == Answer::Allowed(false));
    let listed = count(&|(question, answer)| {
        matches!(question, Question::List { .. }) && *answer != Answer::Ids(Vec::new())
    });
    let actions = count(&|(question, answer)| {
        matches!(question, Question::Actions { .. }) && *answer != Answer::Ids(Vec::new())
    });
    for (what, count) in [("allowed", allowed), ("denied", denied), ("lists", listed)] {
        assert!(count * 20 > asked, "{name}: {count} {what} of {asked}");
    }
    assert!(actions * 50 > asked, "{name}: {actions} actions of {asked}");
}

fn check(kind: &WorldKind) {
    let name = kind.name;
    let world = kind.at(SMALL);
    let kept = engine(&*world, Maintain::Auto);
    load(&kept, world.facts());
    let first = world.questions(0);
    telling(name, &first);
    answers(name, &kept, &first);

    let mut updates = world.updates();
    let mut done = 0;
    for step in [1, 10, 700] {
        for update in updates.by_ref().take(step) {
            kept.apply(&change_set(update)).expect("a sound update");
        }
        done += step;
        let after = world.questions(done);
        answers(&format!("{name} after {done} updates"), &kept, &after);
    }

    let last = world.questions(done);
    for maintain in [Maintain::Auto, Maintain::None] {
        let fresh = engine(&*world, maintain);
        load(&fresh, facts_after(&*world, done));
        let what = format!("{name} built anew, {maintain:?}");
        answers(&what, &fresh, &last);
        assert_eq!(fresh.stats().facts, kept.stats().facts, "{what}");
    }
    let changed = first.iter().zip(&last).filter(|(a, b)| a != b).count();
    assert!(changed > 0, "{name}: no update changes any answer");
}

macro_rules! each {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            let kind = worlds().iter().find(|kind| kind.name == stringify!($name));
            check(kind.expect("a world of this name"));
        })*

        #[test]
        fn every_world_has_its_test() {
            let names: Vec<&str> = worlds().iter().map(|kind| kind.name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

each!(
    flat, folders, github, drive, saas, orgchart, expiry, deny, wildcards, files,
);
