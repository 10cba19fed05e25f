//! What the index holds and takes.

use super::Index;

/// Sizes, for metrics. Gathered shard by shard, so not of one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Rows that hold.
    pub rows: u64,
    /// Sets, those of second tables not counted.
    pub entries: u64,
    /// Rows with more than one derivation.
    pub extra_rows: u64,
    /// Changes not yet folded into their sets.
    pub pending: u64,
    /// Bytes of everything, the following three included.
    pub bytes: u64,
    /// Bytes of counts above one.
    pub extra_bytes: u64,
    /// Bytes of pending changes.
    pub pending_bytes: u64,
    /// Bytes of second tables.
    pub reverse_bytes: u64,
}

impl Index {
    /// Counts what it holds, which takes time in proportion to its entries.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        for relation in &self.relations {
            stats.rows += relation.rows();
            for (i, table) in relation.tables().enumerate() {
                let mut bytes = 0;
                table.each_shard(|shard| {
                    bytes += shard.bytes() + size_of_val(shard) as u64;
                    shard.each_entry(|entry| {
                        let (_, extra, pending) = entry.census();
                        let [sets, counts, changes] = entry.bytes();
                        stats.extra_rows += extra;
                        stats.pending += pending;
                        stats.extra_bytes += counts;
                        stats.pending_bytes += changes;
                        bytes += sets + counts + changes;
                        stats.entries += u64::from(i == 0);
                    });
                });
                stats.bytes += bytes;
                stats.reverse_bytes += if i == 0 { 0 } else { bytes };
            }
        }
        stats
    }
}
