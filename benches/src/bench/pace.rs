//! How requests are paced: one after the other as fast as they are answered (closed loop), or
//! at fixed times whether or not the one before has been answered (open loop).

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::{Distribution, Failure, Measured};

/// An hour, in nanoseconds: what takes longer is counted as that.
const LONGEST: u64 = 3_600_000_000_000;

/// Durations of the same thing, to three digits.
pub(super) struct Spans(Histogram<u64>);

impl Spans {
    pub(super) fn new() -> Result<Spans, Failure> {
        let histogram = Histogram::new_with_bounds(1, LONGEST, 3);
        Ok(Spans(histogram.map_err(|why| Failure(why.to_string()))?))
    }

    pub(super) fn record(&mut self, span: Duration) {
        self.0.saturating_record(span.as_nanos() as u64);
    }

    /// Puts the percentiles among the figures, in microseconds, and the whole distribution.
    pub(super) fn put(&self, name: &str, measured: &mut Measured) {
        let micros = |share| self.0.value_at_quantile(share) as f64 / 1e3;
        for (suffix, share) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
            // A percentile of fewer calls than that is the maximum by another name.
            if self.0.len() as f64 * (1.0 - share) >= 1.0 {
                measured.put(&format!("{name} {suffix}"), "us", micros(share));
            }
        }
        let shares = [
            0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0,
        ];
        measured.distributions.push(Distribution {
            name: name.to_owned(),
            calls: self.0.len(),
            points: shares.map(|share| [share, micros(share)]).to_vec(),
        });
    }
}

/// Calls again and again for so long, and at least once; how often in a second.
pub(super) fn closed(
    length: Duration,
    mut call: impl FnMut() -> Result<(), Failure>,
) -> Result<f64, Failure> {
    let begin = Instant::now();
    let mut calls = 0_u64;
    loop {
        call()?;
        calls += 1;
        let spent = begin.elapsed();
        if spent >= length {
            return Ok(calls as f64 / spent.as_secs_f64());
        }
    }
}

/// Calls at a fixed rate for so long. A call that has to wait for the one before it has begun
/// when it should have: its time counts from there, so that a pause is seen by all it delays.
pub(super) fn open(
    length: Duration,
    rate: f64,
    mut call: impl FnMut() -> Result<(), Failure>,
) -> Result<Spans, Failure> {
    let mut spans = Spans::new()?;
    let begin = Instant::now();
    let calls = (length.as_secs_f64() * rate).max(1.0) as u64;
    for nth in 0..calls {
        let due = begin + Duration::from_secs_f64(nth as f64 / rate);
        let early = due.checked_duration_since(Instant::now());
        // To wake up late is the machine's doing, to be still busy the target's.
        let since = match early {
            Some(early) => {
                std::thread::sleep(early);
                Instant::now()
            }
            None => due,
        };
        call()?;
        spans.record(since.elapsed());
        // A target that cannot keep up does not keep us for ever.
        if begin.elapsed() > length * 3 {
            break;
        }
    }
    Ok(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_what_was_recorded() {
        let mut spans = Spans::new().expect("a histogram");
        for micros in 1..=100_000 {
            spans.record(Duration::from_micros(micros));
        }
        let mut measured = Measured::default();
        spans.put("x", &mut measured);
        let found: Vec<f64> = measured
            .figures
            .iter()
            .map(|(_, _, value)| *value)
            .collect();
        for (found, expected) in found.iter().zip([50_000.0, 99_000.0, 99_900.0]) {
            assert!(
                (found / expected - 1.0).abs() < 0.002,
                "{found}, not {expected}"
            );
        }
        assert_eq!((found.len(), measured.distributions[0].calls), (3, 100_000));
    }
}
