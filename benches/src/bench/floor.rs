//! What the machine can do at best, so that figures from different machines can be compared as
//! ratios.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;

use super::pace::{self, Spans};
use super::{Failure, Measured};
use crate::workload::SplitMix;

/// Bytes that are copied at once: more than any cache.
const COPIED: usize = 256 << 20;
/// Entries of the hash table, of 8 bytes each: more than any cache.
const ENTRIES: u32 = 8 << 20;

/// Measures memory (copying), hash probes that miss the caches, and synced appends of 100 bytes
/// to a file in `directory`.
///
/// # Errors
/// There is no room on the disk.
pub fn floor(directory: &Path, each: Duration) -> Result<Measured, Failure> {
    let mut measured = Measured::default();
    let from = vec![1_u8; COPIED];
    let mut to = vec![0_u8; COPIED];
    let copies = pace::closed(each, || {
        to.copy_from_slice(std::hint::black_box(&from));
        std::hint::black_box(&to);
        Ok(())
    })?;
    measured.put("memory copied", "GB/s", copies * COPIED as f64 / 1e9);
    drop((from, to));

    let table: FxHashMap<u32, u32> = (0..ENTRIES).map(|key| (key, !key)).collect();
    let mut random = SplitMix::new(1);
    let keys: Vec<u32> = (0..100_000).map(|_| random.below(2 * ENTRIES)).collect();
    let rounds = pace::closed(each, || {
        let found = keys.iter().filter(|key| table.contains_key(key)).count();
        std::hint::black_box(found);
        Ok(())
    })?;
    let probe = 1e9 / (rounds * keys.len() as f64);
    measured.put("hash probe", "ns", probe);
    drop(table);

    let path = directory.join(format!("floe-floor-{}", std::process::id()));
    let spans = appends(&path, each);
    _ = std::fs::remove_file(&path);
    spans?.put("synced append", &mut measured);
    Ok(measured)
}

fn appends(path: &Path, each: Duration) -> Result<Spans, Failure> {
    let failure = |why: std::io::Error| Failure(format!("{}: {why}", path.display()));
    let mut file = File::create(path).map_err(failure)?;
    let mut spans = Spans::new()?;
    let begin = Instant::now();
    while begin.elapsed() < each {
        let since = Instant::now();
        file.write_all(&[7; 100]).map_err(failure)?;
        file.sync_data().map_err(failure)?;
        spans.record(since.elapsed());
    }
    Ok(spans)
}
