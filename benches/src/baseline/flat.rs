//! The flat world by hand: one join.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use differential_dataflow::input::Input;
use differential_dataflow::operators::arrange::{Arranged, TraceAgent};
use differential_dataflow::operators::join::join_traces;
use differential_dataflow::trace::implementations::ValSpine;
use timely::container::{CapacityContainerBuilder, PushInto};
use timely::dataflow::{Scope, Stream};
use timely::worker::Worker;

use super::index::{Ledger, Row, Settle};
use super::{Hosted, Inlet, settle_into};
use crate::workload::Change;
pub use crate::workload::flat::ACTIONS;
use crate::workload::flat::FlatFact;

/// How the join hands its rows on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emission {
    /// `join_core`: every container is sorted and summed before it is sent.
    Sorted,
    /// `join_traces` into plain containers, as the join finds the rows.
    Plain,
    /// From inside the join into the index; possible with one worker only.
    Straight,
    /// As `Sorted`, and made distinct by the dataflow, so that the index need not count.
    Distinct,
}

/// Where the facts of the flat world enter.
pub struct FlatInlets {
    members: Inlet<(u32, (u32, bool))>,
    repositories: Inlet<(u32, u32)>,
}

/// The dataflow of the flat world.
pub struct FlatFlow {
    inlets: FlatInlets,
    ledger: Rc<RefCell<Ledger>>,
}

/// Rows on their way out.
pub type Rows<'scope> = Stream<'scope, u64, Vec<(Row, u64, i64)>>;

/// Repositories of the same organization, once for every role; the slot of a row is the user
/// and the action.
fn grants((user, admin): (u32, bool), repo: u32) -> impl Iterator<Item = Row> {
    let actions = ACTIONS.len() as u32;
    let held = if admin { actions } else { 1 };
    (0..held).map(move |action| (user * actions + action, repo))
}

/// The slot in which the grants of a user and an action lie, actions numbered as in [`ACTIONS`].
#[must_use]
pub fn slot(user: u32, action: u32) -> u32 {
    user * ACTIONS.len() as u32 + action
}

impl FlatInlets {
    /// Hands a change to the input it belongs to.
    pub fn feed(&mut self, change: Change<FlatFact>) {
        let diff = change.diff();
        match change.fact {
            FlatFact::Member { user, admin, org } => {
                self.members.update((org, (user, admin)), diff);
            }
            FlatFact::Repository { repo, org } => self.repositories.update((org, repo), diff),
        }
    }

    /// Closes every epoch below `epoch`.
    pub fn advance(&mut self, epoch: u64) {
        self.members.advance_to(epoch);
        self.members.flush();
        self.repositories.advance_to(epoch);
        self.repositories.flush();
    }
}

/// The join by itself: every grant with its multiplicity, not sorted, not summed.
///
/// Repositories come first: where both sides have many values of a key, a join runs through the
/// values of the second and, for each, through all of the first. So rows of one slot leave
/// together.
pub fn joined(scope: Scope<'_, u64>) -> (FlatInlets, Rows<'_>) {
    let (inlets, members, repositories) = arranged(scope);
    let rows = join_traces::<_, _, _, _, CapacityContainerBuilder<_>>(
        repositories,
        members,
        "Join",
        |_, &repo, &member, time, &here, &there, out| {
            for row in grants(member, repo) {
                out.push_into((row, time, here * there));
            }
        },
    );
    (inlets, rows)
}

/// Members and repositories, each by organization.
fn arranged(scope: Scope<'_, u64>) -> (FlatInlets, ByOrg<'_, (u32, bool)>, ByOrg<'_, u32>) {
    let (members_in, members) = scope.new_collection::<(u32, (u32, bool)), i64>();
    let (repositories_in, repositories) = scope.new_collection::<(u32, u32), i64>();
    let inlets = FlatInlets {
        members: members_in,
        repositories: repositories_in,
    };
    (
        inlets,
        members.arrange_by_key_named("Members"),
        repositories.arrange_by_key_named("Repositories"),
    )
}

/// A relation at rest, by organization.
type ByOrg<'scope, V> = Arranged<'scope, TraceAgent<ValSpine<u32, V, u64, i64>>>;

impl FlatFlow {
    /// Builds the dataflow; epochs are published through `visible`.
    pub fn build(
        worker: &mut Worker,
        emission: Emission,
        settle: Settle,
        visible: Arc<AtomicU64>,
    ) -> FlatFlow {
        let ledger = Rc::new(RefCell::new(Ledger::new(settle, visible)));
        worker.dataflow::<u64, _, _>(|scope| {
            let (inlets, rows) = match emission {
                Emission::Plain => joined(scope),
                Emission::Straight => straight(scope, &ledger),
                Emission::Sorted | Emission::Distinct => {
                    let (inlets, members, repositories) = arranged(scope);
                    let rows =
                        repositories.join_core(members, |_, &repo, &member| grants(member, repo));
                    if emission == Emission::Sorted {
                        (inlets, rows.inner)
                    } else {
                        (inlets, rows.distinct_core::<i64>().inner)
                    }
                }
            };
            settle_into(rows, &ledger);
            FlatFlow { inlets, ledger }
        })
    }
}

/// A join that hands its rows to the index itself, and an empty stream that tells the frontier.
fn straight<'scope>(
    scope: Scope<'scope, u64>,
    ledger: &Rc<RefCell<Ledger>>,
) -> (FlatInlets, Rows<'scope>) {
    assert_eq!(scope.peers(), 1, "rows of other workers cannot be reached");
    let ledger = Rc::clone(ledger);
    let (inlets, members, repositories) = arranged(scope);
    let rows = join_traces::<_, _, _, _, CapacityContainerBuilder<_>>(
        repositories,
        members,
        "Join",
        move |_, &repo, &member, time, &here, &there, _| {
            let mut ledger = ledger.borrow_mut();
            for row in grants(member, repo) {
                ledger.take_one(row, time, here * there);
            }
        },
    );
    (inlets, rows)
}

impl Hosted for FlatFlow {
    type Fact = FlatFact;

    fn feed(&mut self, change: Change<FlatFact>) {
        self.inlets.feed(change);
    }

    fn advance(&mut self, epoch: u64) {
        self.inlets.advance(epoch);
    }

    fn ledger(&self) -> &Rc<RefCell<Ledger>> {
        &self.ledger
    }
}
