//! Facts from a file into the default environment.

use std::path::Path;
use std::time::Instant;

use crate::environment::Environment;
use crate::environment::engine::ChangeSet;
use crate::ndjson::Lines;

/// Facts that go in at once.
const BATCH: usize = 50_000;

/// Stores all facts of a file, one JSON object per line, and says how many.
///
/// # Errors
/// The file cannot be read, or a line is no fact that the policy admits.
pub(super) fn load(environment: &Environment, path: &Path) -> Result<String, String> {
    let began = Instant::now();
    let mut lines = Lines::open(path)?;
    let mut total = 0;
    loop {
        let mut set = ChangeSet::new();
        let first = lines.number() + 1;
        while set.len() < BATCH {
            let Some(fact) = lines.next_fact()? else {
                break;
            };
            fact.insert_into(&mut set);
        }
        if set.is_empty() {
            break;
        }
        let applied = environment.engine().apply(&set);
        let applied = applied.map_err(|why| {
            let last = lines.number();
            format!("{}: lines {first} to {last}: {why}", path.display())
        })?;
        total += applied.changed;
    }
    let took = began.elapsed();
    Ok(format!("{total} facts stored in {took:.1?}\n"))
}
