//! A clock that jumps (R58): order, durability and epochs know no time, and an answer is
//! one of the time its question brings.

use floe_engine::catalog::ChangeSet;
use floe_engine::goal::Budget;
use floe_engine::store::Store;
use floe_engine::{Engine, OpenError};

use super::directory::Directory;
use super::world::{compile, config, facts};

const POLICY: &str = "actor User {}\nresource Site { permissions = [\"enter\"]; }\n\
    has_permission(u: User, \"enter\", s: Site) if pass(u, s, until) and until matches Integer \
    and @current_unix_time < until;\n";

const NOON: i64 = 1_800_000_000;
const DAY: i64 = 86_400;

fn open(store: &Store, below: u64) -> Engine {
    loop {
        match Engine::open(store, "main", config(below), compile) {
            Err(OpenError::Store(floe_engine::store::StoreError::InUse(_))) => {
                std::thread::yield_now();
            }
            other => return other.unwrap(),
        }
    }
}

fn may_enter(engine: &Engine, now: i64, user: &str) -> bool {
    let snapshot = engine.snapshot();
    let mut asking = snapshot.ask(now, &[], Budget::unlimited()).unwrap();
    let (user, site) = (("User", user).into(), ("Site", "gate").into());
    asking.authorize(user, "enter", Some(site)).unwrap()
}

/// Changes and questions while the clock jumps; `read` is what a question makes of the clock.
/// Returns the first complaint.
fn jumps(below: u64, mut read: impl FnMut(i64) -> i64) -> Result<(), String> {
    // Forward, back, a leap second (the same second twice), before 1970, the ends of time.
    let clocks = [
        NOON,
        NOON + DAY,
        NOON - DAY,
        NOON,
        NOON,
        NOON + 1,
        -1,
        0,
        i64::MAX,
        i64::MIN,
        NOON + 1,
    ];
    let dir = Directory::new(&format!("clock-{below}"));
    let store = Store::open(&dir.0).unwrap();
    store.create("main", POLICY.as_bytes()).unwrap();
    let mut engine = open(&store, below);
    let mut epoch = 0;
    for (step, now) in clocks.into_iter().enumerate() {
        let user = format!("user-{step}");
        let until = NOON + step as i64;
        let mut set = ChangeSet::new();
        let pass = [
            ("User", &*user),
            ("Site", "gate"),
            ("Integer", &until.to_string()),
        ];
        set.insert("pass", pass.map(Into::into));
        let applied = engine.apply(&set).unwrap();
        if applied.epoch <= epoch {
            return Err(format!("epoch {} follows {epoch}", applied.epoch));
        }
        epoch = applied.epoch;
        if step % 4 == 3 {
            let before = (epoch, facts(&engine));
            drop(engine);
            engine = open(&store, below);
            if (engine.snapshot().epoch(), facts(&engine)) != before {
                return Err(format!("after step {step} it starts as something else"));
            }
        }
        // What holds depends on the time of the question, not on those before it.
        for (asked, other) in clocks.into_iter().enumerate() {
            for user in 0..=step {
                let expected = other < NOON + user as i64;
                if may_enter(&engine, read(other), &format!("user-{user}")) != expected {
                    return Err(format!("user {user}, clock {asked}, set to {now}"));
                }
            }
        }
    }
    Ok(())
}

#[test]
fn jumps_of_the_clock_change_answers_and_nothing_else() {
    for below in [0, u64::MAX] {
        jumps(below, |now| now).unwrap();
    }
}

#[test]
fn a_clock_that_never_goes_back_is_noticed() {
    for below in [0, u64::MAX] {
        let mut latest = i64::MIN;
        let complaint = jumps(below, |now| {
            latest = latest.max(now);
            latest
        });
        assert!(complaint.is_err(), "the test would not notice a wrong time");
    }
}
