//! Many durations of the same thing.

use std::time::{Duration, Instant};

use super::Figures;

/// Durations, kept one by one so that any percentile can be asked for.
#[derive(Clone, Debug, Default)]
pub struct Latency(Vec<Duration>);

impl Latency {
    /// Times one call and keeps its duration.
    pub fn time<R>(&mut self, what: impl FnOnce() -> R) -> R {
        let start = Instant::now();
        let result = what();
        self.0.push(start.elapsed());
        result
    }

    /// Keeps a duration measured elsewhere.
    pub fn push(&mut self, duration: Duration) {
        self.0.push(duration);
    }

    /// The duration that this share of all stays below: 0.5 is the median.
    #[must_use]
    pub fn quantile(&mut self, share: f64) -> Duration {
        self.0.sort_unstable();
        let last = self.0.len().saturating_sub(1);
        let at = (share * self.0.len() as f64) as usize;
        self.0.get(at.min(last)).copied().unwrap_or_default()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts median, 99th percentile and maximum among the figures, in microseconds.
    pub fn put(&mut self, figures: &mut Figures, name: &str) {
        for (suffix, share) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
            let micros = self.quantile(share).as_secs_f64() * 1e6;
            figures.put(&format!("{name} {suffix}"), micros);
        }
    }

    /// Median and 99th percentile, for people.
    #[must_use]
    pub fn shown(&mut self) -> String {
        format!("{:.1?} / {:.1?}", self.quantile(0.5), self.quantile(0.99))
    }
}
