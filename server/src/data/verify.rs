//! Whether a data directory holds what it should, and whether what is served is that.
//!
//! Three things are compared: every value on disk with its checksum, the facts on disk with
//! those in memory, and every row that is kept beside the facts with what follows from them,
//! derived by other means.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use floe_engine::store::Store;

use crate::control::Far;
use crate::environment::Environment;
use crate::environment::engine::{Audit, Config, Difference, Progress, ReadBack};

/// How often it is said how far it is.
const NOW_AND_THEN: Duration = Duration::from_millis(300);

/// What a look at everything has found, in lines, and whether all is as it should be.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) wrong: bool,
    pub(crate) lines: String,
}

impl Found {
    fn wrong(&mut self, line: &str) {
        self.wrong = true;
        self.lines += line;
        self.lines.push('\n');
    }

    /// The line about what was sound, before all others.
    fn sound(&mut self, environments: usize) {
        if !self.wrong {
            let s = if environments == 1 { "" } else { "s" };
            let line = format!("{environments} environment{s}, every checksum is right\n");
            self.lines.insert_str(0, &line);
        }
    }
}

/// Holds everything stored against its checksums.
///
/// # Errors
/// It cannot be read.
pub(crate) fn checksums(store: &Store) -> Result<Found, String> {
    let mut found = Found::default();
    if let Err(why) = store.verify() {
        found.wrong(&why.to_string());
        return Ok(found);
    }
    let names = store.environments().map_err(|why| why.to_string())?;
    found.sound(names.len());
    Ok(found)
}

/// Holds everything stored against its checksums, the facts of these environments against
/// those that are stored, and what is kept beside them against what follows from them.
///
/// # Errors
/// Nobody wants to know any more.
pub(crate) fn verify(
    store: &Store,
    environments: impl Iterator<Item = Result<Arc<Environment>, String>>,
    far: Far<'_>,
) -> Result<Found, String> {
    let mut found = Found::default();
    if let Err(why) = store.verify_beside_facts() {
        found.wrong(&why.to_string());
    }
    let mut count = 0;
    for environment in environments {
        match environment {
            Ok(environment) => one(&environment, &mut found, far)?,
            Err(why) => found.wrong(&why),
        }
        count += 1;
    }
    found.sound(count);
    Ok(found)
}

/// The same for a directory that no server has open: relations are kept for the purpose,
/// so that each fact is derived from in both ways.
///
/// # Errors
/// Nobody wants to know any more.
pub(crate) fn verify_closed(store: &Store, far: Far<'_>) -> Result<Found, String> {
    let config = Config {
        on_demand_below: 0,
        ..Config::default()
    };
    let mut found = Found::default();
    let names = match store.environments() {
        Ok(names) => names,
        Err(why) => {
            found.wrong(&why.to_string());
            return Ok(found);
        }
    };
    let open = |id| {
        let opened = Environment::open(store, id, &config);
        opened.map(Arc::new)
    };
    verify(store, names.into_iter().map(open), far)
}

fn one(environment: &Environment, found: &mut Found, far: Far<'_>) -> Result<(), String> {
    let id = environment.id();
    let gone = || "nobody waits for the outcome".to_owned();
    if !far(format!("environment {id}: reading back what is on disk")) {
        return Err(gone());
    }
    let engine = environment.engine();
    let facts = match engine.read_back() {
        Ok(Some(read)) => as_on_disk(read),
        Ok(None) => Ok(format!("{} facts", engine.stats().facts)),
        Err(why) => Err(why.to_string()),
    };

    let mut last = Instant::now();
    let mut left = false;
    let audit = engine.audit(&mut |progress: Progress| {
        if last.elapsed() < NOW_AND_THEN {
            return ControlFlow::Continue(());
        }
        last = Instant::now();
        let Progress { done, parts, rows } = progress;
        left = !far(format!(
            "environment {id}: {rows} rows derived again, {done} of {parts} relations done"
        ));
        if left {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    if left {
        return Err(gone());
    }
    let rows = match audit {
        Ok(audit) => as_it_follows(audit),
        Err(why) => Err(format!("it cannot be told what follows from them: {why:?}")),
    };

    found.wrong |= facts.is_err() || rows.is_err();
    let either = |said: Result<String, String>| said.unwrap_or_else(|wrong| wrong);
    let (facts, rows) = (either(facts), either(rows));
    found.lines += &format!("environment {id}: {facts}; {rows}\n");
    Ok(())
}

/// What was read back, in words; an error if it is not what is served.
fn as_on_disk(read: ReadBack) -> Result<String, String> {
    let ReadBack { epoch, facts, .. } = read;
    if let Some((served, stored)) = read.policies {
        return Err(format!(
            "version {served} of the policy is in force, and version {stored} on disk, as of \
             epoch {epoch}"
        ));
    }
    if read.differences == 0 {
        return Ok(format!("{facts} facts, as they are on disk"));
    }
    let (kept, other) = ("is served and not on disk", "is on disk and not served");
    Err(format!(
        "{} facts differ from those on disk as of epoch {epoch}{}; restart the server: what is \
         on disk is what was acknowledged",
        read.differences,
        example(read.example, kept, other),
    ))
}

/// What was derived again, in words; an error if it is not what is kept.
fn as_it_follows(audit: Audit) -> Result<String, String> {
    let Audit { parts, rows, .. } = audit;
    if parts == 0 {
        return Ok("nothing is kept beside them".to_owned());
    }
    if audit.differences == 0 {
        return Ok(format!(
            "{rows} rows of {parts} relations, as they follow from them"
        ));
    }
    let (kept, other) = ("is kept and does not follow", "follows and is not kept");
    Err(format!(
        "{} rows differ from what follows from them{}; restart the server: relations are \
         derived anew",
        audit.differences,
        example(audit.example, kept, other),
    ))
}

/// A row that one of both sides has.
fn example(row: Option<Difference>, kept: &str, other: &str) -> String {
    let Some(row) = row else {
        return String::new();
    };
    let args = row.row.iter().map(|(ty, id)| format!("{ty}:{id}"));
    let args: Vec<String> = args.collect();
    let which = if row.kept { kept } else { other };
    format!(", as {}({}), which {which}", row.predicate, args.join(", "))
}
