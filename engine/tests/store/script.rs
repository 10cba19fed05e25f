//! Environments that change by a script, and what they have to be at every epoch.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use floe_engine::catalog::{Arg, Catalog, ChangeSet, Cursor, FactSet, Vocabulary};
use floe_engine::store::{Journal, Loaded, Record, Store, StoreError, record};
use floe_engine::value::{Interner, Limits, Symbols};
use floe_frontend::source::Sources;

use super::disk::Disk;

pub(crate) const ENVIRONMENTS: usize = 2;
/// What promises are made of: the changes of each environment, and what comes and goes
/// beside them.
pub(crate) const PROMISES: usize = ENVIRONMENTS + 1;

/// The policy of all environments; its version is a comment.
pub(crate) fn policy(version: u64) -> String {
    format!(
        "actor User {{}}\n\
         declare left(User); declare right(User);\n\
         declare note(User, String, Integer, Boolean);\n\
         # version {version}\n"
    )
}

/// What an environment is: facts as text, the version of its policy, its policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Digest {
    pub(crate) facts: BTreeSet<String>,
    pub(crate) version: u64,
    pub(crate) policy: Vec<u8>,
}

impl Digest {
    pub(crate) fn of(loaded: &Loaded) -> Digest {
        Digest {
            facts: facts(&loaded.facts, loaded.interner.symbols()),
            version: loaded.policy_version,
            policy: loaded.policy.clone(),
        }
    }

    /// Whether no change set is there by half: each brings a left and a right.
    pub(crate) fn is_whole(&self) -> bool {
        let side = |name: &str| -> BTreeSet<String> {
            let of = |f: &String| f.strip_prefix(name).map(str::to_owned);
            self.facts.iter().filter_map(of).collect()
        };
        side("left") == side("right")
    }
}

fn facts(facts: &FactSet, symbols: &Symbols) -> BTreeSet<String> {
    let snapshot = facts.snapshot();
    let (mut cursor, mut all) = (Cursor::default(), BTreeSet::new());
    loop {
        let before = all.len();
        for fact in snapshot.slice(&mut cursor, 1000) {
            let name = facts.predicate(fact.relation).0;
            let args = fact.row.iter().map(|s| {
                let ty = symbols.type_name(symbols.type_of(*s));
                format!("{ty}:{}", symbols.id(*s))
            });
            let args: Vec<String> = args.collect();
            all.insert(format!("{name}({})", args.join(", ")));
        }
        if all.len() == before {
            return all;
        }
    }
}

/// An environment with its journal, as the engine has it.
pub(crate) struct World {
    journal: Journal,
    catalog: Catalog,
    interner: Interner,
    facts: FactSet,
    epoch: u64,
    version: u64,
}

impl World {
    pub(crate) fn open(store: &Store, name: &str) -> Result<(World, Digest), StoreError> {
        let (journal, loaded) = store.load(name, &Limits::default())?;
        let digest = Digest::of(&loaded);
        let mut sources = Sources::new();
        let text = String::from_utf8(loaded.policy).expect("the policy is text");
        sources.add("policy.polar", text);
        let compiled = floe_frontend::compile(&sources, &floe_frontend::Limits::default());
        let program = Arc::new(compiled.program.expect("a sound policy"));
        let mut interner = loaded.interner;
        let vocabulary = Vocabulary::intern(&program, &mut interner).expect("there is room");
        let world = World {
            journal,
            catalog: Catalog::new(program, vocabulary),
            interner,
            facts: loaded.facts,
            epoch: loaded.epoch,
            version: loaded.policy_version,
        };
        Ok((world, digest))
    }

    pub(crate) fn digest(&self) -> Digest {
        Digest {
            facts: facts(&self.facts, self.interner.symbols()),
            version: self.version,
            policy: policy(self.version).into_bytes(),
        }
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The next change of the script.
    pub(crate) fn step(&mut self, done: impl FnOnce(Result<(), Arc<str>>) + Send + 'static) {
        self.epoch += 1;
        let epoch = self.epoch;
        if epoch.is_multiple_of(13) {
            self.version += 1;
            let version = self.version;
            let source = Some(policy(version).into_bytes().into());
            return self
                .journal
                .append(epoch, Record::Policy { version, source }, done);
        }
        let name = |epoch: u64| format!("user-{epoch:05}-{}", "é".repeat(epoch as usize % 50));
        let (new, old) = (name(epoch), name(epoch.wrapping_sub(7)));
        let mut set = ChangeSet::new();
        set.insert("left", [("User", &*new).into()]);
        set.insert("right", [("User", &*new).into()]);
        let number = (epoch as i64 - 20).to_string();
        let truth = if epoch.is_multiple_of(2) {
            "true"
        } else {
            "false"
        };
        let note = [
            ("User", &*new),
            ("String", "x"),
            ("Integer", &number),
            ("Boolean", truth),
        ];
        set.insert("note", note.map(Into::into));
        if !epoch.is_multiple_of(3) {
            set.delete("left", [Arg::Value(("User", &*old).into())]);
            set.delete("right", [Arg::Value(("User", &*old).into())]);
        }
        let checked = set.check(&self.catalog, self.interner.symbols());
        let checked = checked.expect("the policy admits it");
        let net = checked
            .commit(&mut self.interner, &mut self.facts)
            .expect("there is room");
        let record = Record::Facts(record::of_change(&net, &self.facts));
        self.journal.append(epoch, record, done);
    }

    pub(crate) fn save(&self) -> Result<(), StoreError> {
        let facts = self.facts.snapshot();
        self.journal
            .save(&facts, self.interner.symbols(), self.epoch, self.version)
    }
}

/// What every environment was at every epoch, and what has been promised.
#[derive(Default)]
pub(crate) struct History {
    pub(crate) states: Vec<Vec<Digest>>,
    pub(crate) told: Vec<u64>,
    /// How many times something was begun to come or go.
    pub(crate) passing: u64,
    /// What was wrong with how somebody was told.
    complaint: Option<String>,
}

/// What comes and goes: a setting, as a key does that is made and revoked, and an environment.
/// Each in turn, so that how many times tells what has to be there.
fn pass(store: &Store, times: u64) -> Result<(), StoreError> {
    let name = format!("passing/{}", times / 4);
    match times % 4 {
        0 => store.set(&name, Some(&times.to_le_bytes())),
        1 => store.create("passing", policy(times).as_bytes()),
        2 => store.remove("passing"),
        _ => store.set(&name, None),
    }
}

/// How many times something has come or gone, where a script goes on.
fn passed(store: &Store) -> Result<u64, StoreError> {
    let setting = store.settings("passing/")?.pop();
    let environments = store.environments()?;
    let environment = environments.iter().any(|name| name == "passing");
    let round = setting.and_then(|(name, _)| name["passing/".len()..].parse::<u64>().ok());
    Ok(round.map_or(0, |round| round * 4 + if environment { 2 } else { 3 }))
}

/// Whether that is there which has come and not gone after so many times.
fn has_passed(store: &Store, times: u64) -> Result<bool, StoreError> {
    let settings = store.settings("passing/")?;
    let environments = store.environments()?;
    let last = times / 4 * 4;
    let there = (times > last).then(|| {
        let value = last.to_le_bytes().to_vec();
        (format!("passing/{}", last / 4), value)
    });
    let environment = environments.iter().any(|name| name == "passing");
    Ok(settings == Vec::from_iter(there) && environment == (times % 4 == 2))
}

/// What is wrong with a store that has been opened again.
pub(crate) fn verdict(record: &History, told: &[u64], store: &Store) -> Result<(), String> {
    if let Some(complaint) = &record.complaint {
        return Err(complaint.clone());
    }
    let passed = told[ENVIRONMENTS];
    let mut may_be = passed..=record.passing;
    let passing = may_be.try_fold(false, |any, times| Ok(any || has_passed(store, times)?));
    let passing = passing.map_err(|why: StoreError| why.to_string())?;
    if !passing {
        let begun = record.passing;
        return Err(format!(
            "what has come or gone {passed} to {begun} times is not that"
        ));
    }
    for (i, name) in names().iter().enumerate() {
        let loaded = store.load(name, &Limits::default());
        let (_, loaded) = loaded.map_err(|why| format!("it does not load: {why}"))?;
        if loaded.epoch < told[i] {
            let (found, told) = (loaded.epoch, told[i]);
            return Err(format!(
                "{name}: epoch {told} was acknowledged, {found} is there"
            ));
        }
        let digest = Digest::of(&loaded);
        if !digest.is_whole() {
            return Err(format!("{name}: half a change set"));
        }
        if record.states[i].get(loaded.epoch as usize) != Some(&digest) {
            return Err(format!("{name}: epoch {} is not what it was", loaded.epoch));
        }
    }
    Ok(())
}

pub(crate) fn names() -> [String; ENVIRONMENTS] {
    std::array::from_fn(|i| format!("environment {i}"))
}

/// A new store on this disk with all environments.
pub(crate) fn begin(disk: &Disk) -> Store {
    let store = Store::with_backend("disk", disk.clone()).expect("a sound disk");
    for name in names() {
        store
            .create(&name, policy(1).as_bytes())
            .expect("a sound disk");
    }
    store
}

/// What those who wait for changes have been told.
#[derive(Default)]
struct Outcomes {
    told: [u64; ENVIRONMENTS],
    failed: bool,
    /// Whether it went well behind one that did not.
    late: bool,
}

/// Runs the script: `steps` changes of each environment, in groups that wait together,
/// with snapshots in between. Stops at the first failure of the store.
pub(crate) fn run(
    disk: &Disk,
    store: &Store,
    steps: usize,
) -> Result<History, (History, Box<StoreError>)> {
    let mut record = History::default();
    let mut worlds = Vec::new();
    for name in names() {
        match World::open(store, &name) {
            Ok((world, digest)) => {
                let epoch = world.epoch();
                let mut states = vec![Digest::default(); epoch as usize];
                states.push(digest);
                record.states.push(states);
                record.told.push(epoch);
                worlds.push(world);
            }
            Err(why) => return Err((record, why.into())),
        }
    }
    match passed(store) {
        Ok(times) => record.passing = times,
        Err(why) => return Err((record, why.into())),
    }
    record.told.push(record.passing);
    let outcomes = Arc::new(Mutex::new(Outcomes::default()));
    let mut failed = None;
    for step in 0..steps {
        for (i, world) in worlds.iter_mut().enumerate() {
            let (disk, outcomes, epoch) = (disk.clone(), Arc::clone(&outcomes), world.epoch() + 1);
            world.step(move |outcome| {
                let mut outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
                match outcome {
                    Ok(()) => {
                        disk.told(i, epoch);
                        outcomes.late |= outcomes.failed;
                        outcomes.told[i] = epoch;
                    }
                    Err(_) => outcomes.failed = true,
                }
            });
            record.states[i].push(world.digest());
        }
        // Groups of one to four changes.
        if step % 4 < 2 {
            let waited = worlds.iter().try_for_each(|w| w.journal().wait(w.epoch()));
            if let Err(why) = waited {
                failed = Some(StoreError::Broken(why));
                break;
            }
        }
        if step % 4 == 3 {
            record.passing += 1;
            match pass(store, record.passing - 1) {
                Ok(()) => {
                    disk.told(ENVIRONMENTS, record.passing);
                    record.told[ENVIRONMENTS] = record.passing;
                }
                Err(why) => {
                    failed = Some(why);
                    break;
                }
            }
        }
        if step % 11 == 10
            && let Err(why) = worlds[step % ENVIRONMENTS].save()
        {
            failed = Some(why);
            break;
        }
    }
    for world in &worlds {
        if let Err(why) = world.journal().wait(world.epoch()) {
            failed = Some(StoreError::Broken(why));
        }
    }
    // Everybody has been told when a flush behind them has.
    let (told, hears) = std::sync::mpsc::channel();
    worlds[0].journal().flush(move |_| _ = told.send(()));
    _ = hears.recv();
    let outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
    record.told[..ENVIRONMENTS].copy_from_slice(&outcomes.told);
    let late = "somebody is told that all is well after a failure";
    record.complaint = outcomes.late.then(|| late.to_owned());
    match failed {
        None => Ok(record),
        Some(why) => Err((record, why.into())),
    }
}
