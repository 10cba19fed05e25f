//! Folders by hand: as the policy is written, and with the recursion separated.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use differential_dataflow::VecCollection;
use differential_dataflow::input::Input;
use differential_dataflow::operators::iterate::Variable;
use differential_dataflow::operators::join::join_traces;
use timely::container::{CapacityContainerBuilder, PushInto};
use timely::order::Product;
use timely::worker::Worker;

use super::index::{Ledger, Row, Settle};
use super::{Hosted, Inlet, settle_into};
use crate::workload::Change;
pub use crate::workload::folders::ACTIONS;
use crate::workload::folders::FolderFact;

/// What goes round the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recursion {
    /// Pairs of a user (with a role) and a node: the rule as written.
    AsWritten,
    /// Pairs of a node and what lies above it; shares are joined outside.
    Separated,
}

/// A folder, or a document: marked by the highest bit.
pub type Node = u32;
/// A user, and whether as an editor.
type Holder = (u32, bool);

/// Marks a node as a document.
pub const DOCUMENT: Node = 1 << 31;
/// What a slot tells apart beside the user: the action and the type.
const SLOTS: u32 = 2 * ACTIONS.len() as u32;

/// The slot of a user, an action (numbered as in [`ACTIONS`]) and a type.
#[must_use]
pub fn slot(user: u32, action: u32, document: bool) -> u32 {
    user * SLOTS + 2 * action + u32::from(document)
}

/// What follows for one node: editors read and write, viewers read.
fn grants((user, editor): Holder, node: Node) -> impl Iterator<Item = Row> {
    let document = node & DOCUMENT != 0;
    (0..=u32::from(editor)).map(move |action| (slot(user, action, document), node & !DOCUMENT))
}

/// The dataflow of the world of folders.
pub struct FolderFlow {
    shares: Inlet<(u32, Holder)>,
    edges: Inlet<(Node, Node)>,
    ledger: Rc<RefCell<Ledger>>,
}

impl FolderFlow {
    /// Builds the dataflow; epochs are published through `visible`.
    pub fn build(
        worker: &mut Worker,
        recursion: Recursion,
        settle: Settle,
        visible: Arc<AtomicU64>,
    ) -> FolderFlow {
        let ledger = Rc::new(RefCell::new(Ledger::new(settle, visible)));
        worker.dataflow::<u64, _, _>(|scope| {
            let (shares_in, shares) = scope.new_collection();
            let (edges_in, edges) = scope.new_collection();
            let rows = match recursion {
                Recursion::AsWritten => as_written(shares, edges),
                Recursion::Separated => separated(shares, edges),
            };
            settle_into(rows.inner, &ledger);
            FolderFlow {
                shares: shares_in,
                edges: edges_in,
                ledger,
            }
        })
    }
}

/// Shares go down the tree, user by user.
fn as_written<'scope>(
    shares: VecCollection<'scope, u64, (u32, Holder), i64>,
    edges: VecCollection<'scope, u64, (Node, Node), i64>,
) -> VecCollection<'scope, u64, Row, i64> {
    let outer = shares.scope();
    let held = outer.iterative::<u32, _, _>(|inner| {
        let shares = shares.enter(inner);
        let below = edges.enter(inner).map(|(node, up)| (up, node));
        let (variable, held) = Variable::new(inner, Product::new(0, 1));
        let held = shares
            .concat(
                held.arrange_by_key()
                    .join_core(below.arrange_by_key(), |_, &holder, &node| {
                        Some((node, holder))
                    }),
            )
            .distinct_core::<i64>();
        variable.set(held.clone());
        held.leave(outer)
    });
    held.flat_map(|(node, holder)| grants(holder, node))
}

/// The tree is closed by itself, then shares are joined with all that lies below.
fn separated<'scope>(
    shares: VecCollection<'scope, u64, (u32, Holder), i64>,
    edges: VecCollection<'scope, u64, (Node, Node), i64>,
) -> VecCollection<'scope, u64, Row, i64> {
    let below = closure(edges).map(|(node, above)| (above, node));
    let own = shares
        .clone()
        .flat_map(|(node, holder)| grants(holder, node));
    let inherited = join_traces::<_, _, _, _, CapacityContainerBuilder<Vec<(Row, u64, i64)>>>(
        below.arrange_by_key_named("Below"),
        shares.arrange_by_key_named("Shares"),
        "Inherit",
        |_, &node, &holder, time, &here, &there, out| {
            for row in grants(holder, node) {
                out.push_into((row, time, here * there));
            }
        },
    );
    VecCollection::new(inherited).concat(own)
}

/// What lies above each node, at any distance; not the node itself.
fn closure<'scope>(
    edges: VecCollection<'scope, u64, (Node, Node), i64>,
) -> VecCollection<'scope, u64, (Node, Node), i64> {
    let outer = edges.scope();
    outer.iterative::<u32, _, _>(|inner| {
        let edges = edges.enter(inner);
        let below = edges.clone().map(|(node, up)| (up, node));
        let (variable, above) = Variable::new(inner, Product::new(0, 1));
        let above = edges
            .concat(
                above
                    .arrange_by_key_named("Above")
                    .join_core(below.arrange_by_key_named("Edges"), |_, &above, &node| {
                        Some((node, above))
                    }),
            )
            .distinct_core::<i64>();
        variable.set(above.clone());
        above.leave(outer)
    })
}

impl Hosted for FolderFlow {
    type Fact = FolderFact;

    fn feed(&mut self, change: Change<FolderFact>) {
        let diff = change.diff();
        match change.fact {
            FolderFact::Share {
                user,
                editor,
                folder,
            } => self.shares.update((folder, (user, editor)), diff),
            FolderFact::Parent { child, parent } => self.edges.update((child, parent), diff),
            FolderFact::Document { document, folder } => {
                self.edges.update((document | DOCUMENT, folder), diff);
            }
        }
    }

    fn advance(&mut self, epoch: u64) {
        self.shares.advance_to(epoch);
        self.shares.flush();
        self.edges.advance_to(epoch);
        self.edges.flush();
    }

    fn ledger(&self) -> &Rc<RefCell<Ledger>> {
        &self.ledger
    }
}
