//! What the store counts itself: how many changes share a sync.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::registry::Registry;

use crate::environment::engine::Store;

pub(super) fn register(store: &Store, registry: &mut Registry) {
    registry.register_collector(Box::new(OfStore(store.clone())));
}

struct OfStore(Store);

impl Collector for OfStore {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let commits = self.0.commits();
        let counts = [
            (
                "store_commits",
                "Commits of the store, each with one sync",
                commits.transactions,
            ),
            (
                "store_records",
                "Change sets and policies put into the log",
                commits.records,
            ),
        ];
        for (name, text, count) in counts {
            let counter = ConstCounter::new(count);
            let metric = encoder.encode_descriptor(name, text, None, counter.metric_type())?;
            counter.encode(metric)?;
        }
        Ok(())
    }
}

impl fmt::Debug for OfStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the counts of the store")
    }
}
