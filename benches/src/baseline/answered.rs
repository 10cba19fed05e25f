//! Do the baselines answer what the worlds say?

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::flat::{Emission, FlatFlow};
use super::folders::{FolderFlow, Recursion};
use super::index::{Ids, Settle};
use super::{Hosted, Parked, Stepped, flat, folders};
use crate::workload::flat::{Flat, FlatFact};
use crate::workload::folders::{FolderFact, Folders};
use crate::workload::{Answer, Order, Question, World};

/// The number in an id such as `u17`.
fn number(id: &str) -> u32 {
    id[1..].parse().expect("a letter and a number")
}

/// Asks everything, of an index whose slots are numbered by `slot`.
fn ask<H: Hosted>(
    stepped: &Stepped<H>,
    questions: Vec<(Question, Answer)>,
    actions: &[&str],
    slot: impl Fn(u32, u32, &str) -> u32,
) {
    let ledger = stepped.hosted().ledger().borrow();
    let ids = |user: &str, action: &str, kind: &str| {
        let action = actions.iter().position(|&a| a == action);
        let action = u32::try_from(action.expect("a known action")).expect("few actions");
        ledger.index().ids(slot(number(user), action, kind))
    };
    for (question, answer) in questions {
        let found = match &question {
            Question::Authorize {
                actor,
                action,
                resource,
            } => {
                let ids = ids(&actor.id, action, resource.kind);
                Answer::Allowed(ids.is_some_and(|ids| ids.contains(number(&resource.id))))
            }
            Question::List {
                actor,
                action,
                kind,
            } => {
                let letter = kind.to_lowercase()[..1].to_owned();
                let ids = ids(&actor.id, action, kind).map(Ids::to_vec);
                let ids = ids.unwrap_or_default();
                let mut ids: Vec<String> = ids.iter().map(|id| format!("{letter}{id}")).collect();
                ids.sort_unstable();
                Answer::Ids(ids)
            }
            // The index has no way to say these.
            Question::Actions { .. } | Question::Who { .. } => continue,
        };
        assert_eq!(found, answer, "{question:?}");
    }
}

fn flat_world_is_followed<H: Hosted<Fact = FlatFact>>(mut stepped: Stepped<H>) {
    let world = Flat::small();
    stepped.load(world.rows(), Settle::Held);
    let mut moves = world.moves();
    let mut done = 0;
    for step in [0, 1, 1, 5, 60, 200] {
        stepped.apply(moves.by_ref().take(step));
        done += step;
        ask(
            &stepped,
            world.questions(done),
            &flat::ACTIONS,
            |user, action, _| flat::slot(user, action),
        );
    }
}

fn folder_world_is_followed<H: Hosted<Fact = FolderFact>>(mut stepped: Stepped<H>) {
    let world = Folders::small();
    stepped.load(world.rows(), Settle::Consolidated);
    let mut updates = world.mixed();
    let mut done = 0;
    for step in [0, 1, 1, 2, 7, 30, 100] {
        stepped.apply(updates.by_ref().take(step));
        done += step;
        ask(
            &stepped,
            world.answers(done),
            &folders::ACTIONS,
            |user, action, kind| folders::slot(user, action, kind == "Document"),
        );
    }
}

#[test]
fn flat_by_hand() {
    for emission in [Emission::Sorted, Emission::Plain, Emission::Straight] {
        flat_world_is_followed(Stepped::new(|worker| {
            FlatFlow::build(worker, emission, Settle::Held, Arc::default())
        }));
    }
}

#[test]
fn folders_by_hand() {
    for recursion in [Recursion::AsWritten, Recursion::Separated] {
        folder_world_is_followed(Stepped::new(|worker| {
            FolderFlow::build(worker, recursion, Settle::Held, Arc::default())
        }));
    }
}

#[test]
fn a_parked_worker_wakes_up_for_every_change() {
    let world = Flat::small().ordered(Order::Shuffled);
    let visible = Arc::new(AtomicU64::new(0));
    let publishes = Arc::clone(&visible);
    let parked = Parked::new(visible, move |worker| {
        FlatFlow::build(worker, Emission::Plain, Settle::Held, publishes)
    });
    parked.run(move |stepped| stepped.load(world.rows(), Settle::Held));
    let mut moves = world.moves();
    for _ in 0..50 {
        parked.apply(moves.by_ref().take(1).collect());
        parked.apply_watching(moves.by_ref().take(1).collect());
    }
    parked.run(move |stepped| {
        ask(
            stepped,
            world.questions(100),
            &flat::ACTIONS,
            |user, action, _| flat::slot(user, action),
        );
    });
}
