//! The one thread that changes the index.

use std::sync::Arc;

use floe_frontend::ir::part::PartId;

use crate::value::{Sym, Symbols};

use super::owed::Negative;
use super::relation::Relation;
use super::runs::Runs;
use super::{Epochs, Index, PartShape};

/// Entries that need not be settled while more changes wait; their lists take some 20 MB.
const LEFT: usize = 1 << 18;

/// An index being filled, which nobody can read yet: changes settle as they come.
pub struct Load(Writer);

/// Changes the index, epoch by epoch.
pub struct Writer {
    index: Arc<Index>,
    runs: Runs,
}

impl Load {
    /// An empty index for rows of these parts.
    #[must_use]
    pub fn new(parts: &[(PartId, PartShape)], symbols: &Arc<Symbols>) -> Load {
        Load::following(parts, symbols, &Arc::default())
    }

    /// An empty index that is to follow others of the same environment.
    #[must_use]
    pub fn following(
        parts: &[(PartId, PartShape)],
        symbols: &Arc<Symbols>,
        epochs: &Arc<Epochs>,
    ) -> Load {
        let index = Index::new(parts, Arc::clone(symbols), Arc::clone(epochs));
        Load(Writer {
            runs: Runs::new(index.relations.len()),
            index: Arc::new(index),
        })
    }

    /// Changes the number of derivations of a row of a part the index was made for.
    ///
    /// # Panics
    /// The index was not made for the part, or the row is not as wide as its shape.
    pub fn add(&mut self, part: PartId, row: &[Sym], diff: i64) {
        self.0.add(part, row, diff);
    }

    /// Publishes what was loaded as this epoch.
    ///
    /// # Errors
    /// A row has a negative number of derivations.
    pub fn publish(self, epoch: u64) -> Result<(Arc<Index>, Writer), Negative> {
        let mut writer = self.finish(epoch)?;
        writer.publish();
        Ok((Arc::clone(&writer.index), writer))
    }

    /// Ends loading with what holds at this epoch, which [`Writer::publish`] makes visible.
    ///
    /// # Errors
    /// A row has a negative number of derivations.
    pub fn finish(mut self, epoch: u64) -> Result<Writer, Negative> {
        self.0.prepare(epoch)?;
        for table in self.0.index.relations.iter().flat_map(Relation::tables) {
            table.compact();
        }
        Ok(self.0)
    }
}

impl Writer {
    /// What it writes.
    #[must_use]
    pub fn index(&self) -> &Arc<Index> {
        &self.index
    }

    /// Changes the number of derivations of a row, as of the epoch published next. Fastest
    /// when rows come sorted; within an epoch a row may come more than once.
    ///
    /// # Panics
    /// The index was not made for the part, or the row is not as wide as its shape.
    pub fn add(&mut self, part: PartId, row: &[Sym], diff: i64) {
        self.runs.add(&self.index, part, row, diff);
    }

    /// Ends an epoch: what came since the last one is its difference. No reader sees it
    /// before it is published.
    ///
    /// # Errors
    /// A row has a negative number of derivations. Nothing may be published any more: the
    /// index has to be made anew.
    ///
    /// # Panics
    /// The epoch is not newer than the last one.
    pub fn prepare(&mut self, epoch: u64) -> Result<(), Negative> {
        self.runs.finish(&self.index)?;
        self.runs.prepared(&self.index, epoch);
        Ok(())
    }

    /// Makes the epochs visible that have been prepared.
    ///
    /// Afterwards, and once those who wait have been told, call [`Writer::settle`].
    pub fn publish(&mut self) {
        self.index.epochs.publish(self.runs.epoch());
    }

    /// Folds changes that every reader sees into their sets, all that have become so.
    /// Without it they are folded when their entry is touched again, or never.
    pub fn settle(&mut self) {
        self.runs.settle(&self.index, 0);
    }

    /// The same with a few hundred thousand entries left as they are: for when more changes
    /// wait, which touch many of them again and fold them on that occasion.
    pub fn settle_in_passing(&mut self) {
        self.runs.settle(&self.index, LEFT);
    }
}
