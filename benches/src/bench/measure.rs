//! One world at one scale, measured once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::pace::{self, Spans};
use super::{Failure, Measured, Target};
use crate::workload::flat::Flat;
use crate::workload::{Answer, Change, Question, World};

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How long each measure takes.
    pub each: Duration,
    /// Questions in a second where latency is measured.
    pub rate: f64,
    /// Changes in a second while latency is measured under a stream.
    pub stream: f64,
}

impl Default for Effort {
    fn default() -> Effort {
        Effort {
            each: Duration::from_secs(2),
            rate: 500.0,
            stream: 100.0,
        }
    }
}

/// Facts of one change set while loading.
const LOAD: usize = 10_000;
/// Updates in a set of the stream.
const SET: usize = 500;
/// Up to so many facts all answers are checked before anything is timed.
const CHECKED: usize = 12_000;
/// Questions that are taken from the world, and asked in turn.
const ASKED: usize = 4_000;

/// The forms of questions, in the order in which they are asked.
const FORMS: [&str; 4] = ["authorize", "list", "actions", "query"];

fn form(question: &Question) -> &'static str {
    match question {
        Question::Authorize { .. } => "authorize",
        Question::List { .. } => "list",
        Question::Actions { .. } => "actions",
        Question::Who { .. } => "query",
    }
}

/// Starts a target with a policy.
pub type Start<'s> = dyn Fn(&str) -> Result<Box<dyn Target>, Failure> + 's;

/// Loads a world into a target that has its policy in force and no facts, checks answers if
/// the world is small, and measures everything there is to measure.
///
/// # Errors
/// The target refuses something, or answers what is wrong.
pub fn measure(
    world: &dyn World,
    target: &mut dyn Target,
    effort: &Effort,
    tell: &dyn Fn(&str),
) -> Result<Measured, Failure> {
    let mut measured = Measured::default();
    tell("load");
    let facts = load(world, target, &mut measured)?;
    if facts <= CHECKED {
        tell("check answers");
        let checked = check(world, target, 0)?;
        measured.put("answers checked", "", checked as f64);
    }
    tell("questions, nothing else going on");
    let questions: Vec<Question> = world.asks().take(ASKED).collect();
    asking(target, &questions, effort, &mut measured)?;
    let forms = forms(&questions);

    tell("single changes");
    let mut updates = world.updates();
    let mut done = 0;
    let mut spans = Spans::new()?;
    let begin = Instant::now();
    while begin.elapsed() < effort.each {
        let update = updates.next().unwrap_or_default();
        done += 1;
        let since = Instant::now();
        target.apply(update)?;
        spans.record(since.elapsed());
    }
    spans.put("change visible", &mut measured);

    tell("a stream of changes");
    let before = target.grants().map(|grants| grants.deltas);
    let (mut changes, mut spent) = (0, Duration::ZERO);
    while spent < effort.each {
        let set: Vec<Change<_>> = updates.by_ref().take(SET).flatten().collect();
        changes += set.len();
        done += SET;
        let since = Instant::now();
        target.apply(set)?;
        spent += since.elapsed();
    }
    let seconds = spent.as_secs_f64();
    measured.put("stream", "facts/s", changes as f64 / seconds);
    if let (Some(before), Some(after)) = (before, target.grants()) {
        let deltas = (after.deltas - before) as f64;
        measured.put("stream, grants", "deltas/s", deltas / seconds);
    }

    tell("questions under a stream");
    let still = AtomicBool::new(true);
    let shared: &dyn Target = target;
    let pause = Duration::from_secs_f64(1.0 / effort.stream);
    done += std::thread::scope(|threads| {
        let writer = threads.spawn(|| {
            let mut written = 0;
            let begin = Instant::now();
            while still.load(Ordering::Relaxed) {
                let Some(update) = updates.next() else { break };
                shared.apply(update)?;
                written += 1;
                let due = begin + pause * written;
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
            }
            Ok(written as usize)
        });
        let outcome = forms.iter().try_for_each(|(name, asked)| {
            let mut turn = asked.iter().cycle();
            let spans = pace::open(effort.each, effort.rate, || match turn.next() {
                Some(question) => shared.ask(question).map(drop),
                None => Ok(()),
            })?;
            spans.put(&format!("{name} streaming"), &mut measured);
            Ok(())
        });
        still.store(false, Ordering::Relaxed);
        let written = writer
            .join()
            .map_err(|_| Failure("a writer died".to_owned()));
        outcome.and(written?)
    })?;

    tell("the policy anew");
    let mut spans = Spans::new()?;
    for nth in 0..3 {
        // Not the same text, so that nobody can tell that nothing changes.
        let policy = format!("{}\n# {nth}\n", world.policy());
        let since = Instant::now();
        target.policy(&policy)?;
        spans.record(since.elapsed());
    }
    spans.put("policy change", &mut measured);

    tell("restart");
    let since = Instant::now();
    if target.restart()? {
        measured.put("restart", "s", since.elapsed().as_secs_f64());
    }
    if facts <= CHECKED {
        tell("check answers again");
        let checked = check(world, target, done)?;
        measured.put("answers checked after", "", checked as f64);
    }
    Ok(measured)
}

/// Questions of each form, with its name, if there are any.
fn forms(questions: &[Question]) -> Vec<(&'static str, Vec<&Question>)> {
    let of = |name| questions.iter().filter(|q| form(q) == name).collect();
    let forms = FORMS.map(|name| (name, of(name)));
    forms
        .into_iter()
        .filter(|(_, asked): &(_, Vec<_>)| !asked.is_empty())
        .collect()
}

/// Asks these questions again and again, form by form: as fast as they are answered, and at a
/// fixed rate.
///
/// # Errors
/// The target has no answer.
pub fn asking(
    target: &dyn Target,
    questions: &[Question],
    effort: &Effort,
    measured: &mut Measured,
) -> Result<(), Failure> {
    for (name, asked) in forms(questions) {
        let mut turn = asked.iter().cycle();
        let mut ask = || match turn.next() {
            Some(question) => target.ask(question).map(drop),
            None => Ok(()),
        };
        let rate = pace::closed(effort.each, &mut ask)?;
        measured.put(&format!("{name} throughput"), "/s", rate);
        let spans = pace::open(effort.each, effort.rate, &mut ask)?;
        spans.put(&format!("{name} idle"), measured);
    }
    Ok(())
}

/// Returns how many facts there are.
fn load(world: &dyn World, target: &dyn Target, measured: &mut Measured) -> Result<usize, Failure> {
    let before = target.memory();
    let mut facts = world.facts().peekable();
    let mut count = 0;
    let mut spent = Duration::ZERO;
    while facts.peek().is_some() {
        let set: Vec<_> = facts.by_ref().take(LOAD).map(Change::insert).collect();
        count += set.len();
        let since = Instant::now();
        target.apply(set)?;
        spent += since.elapsed();
    }
    measured.put("facts", "", count as f64);
    measured.put("load", "facts/s", count as f64 / spent.as_secs_f64());
    let memory = target.memory().saturating_sub(before) as f64;
    measured.put("memory per fact", "bytes", memory / count as f64);
    if let Some(grants) = target.grants() {
        let rows = grants.rows.max(1) as f64;
        measured.put("grants", "", grants.rows as f64);
        measured.put("memory per grant", "bytes", memory / rows);
        measured.put("index per grant", "bytes", grants.bytes as f64 / rows);
    }
    Ok(count)
}

/// Compares answers with those that are known; how many there are.
fn check(world: &dyn World, target: &dyn Target, updates: usize) -> Result<usize, Failure> {
    let questions = world.questions(updates);
    for (question, known) in &questions {
        let found = target.ask(question)?;
        if found != *known {
            return Err(Failure(format!(
                "{} after {updates} updates: {question:?} is answered {found:?}, not {known:?}",
                world.name()
            )));
        }
    }
    Ok(questions.len())
}

/// One change that moves so many grants: a user who leaves an organization, or joins one, with
/// that many repositories.
///
/// # Errors
/// The target refuses something, or a grant has not moved.
pub fn blast(grants: u32, start: &Start<'_>, effort: &Effort) -> Result<Measured, Failure> {
    let world = Flat {
        orgs: 2,
        members: 10,
        admins: 1,
        repos: grants,
        ..Flat::wide()
    };
    let mut measured = Measured::default();
    let target = start(World::policy(&world))?;
    load(&world, &*target, &mut Measured::default())?;
    let mut spans = Spans::new()?;
    let begin = Instant::now();
    for update in World::updates(&world) {
        let joins = update.iter().any(|change| change.insert);
        let user = update[0].fact.args[0].clone();
        let since = Instant::now();
        target.apply(update)?;
        spans.record(since.elapsed());
        let question = Question::List {
            actor: user,
            action: "read",
            kind: "Repository",
        };
        let (Answer::Ids(ids), expected) = (
            target.ask(&question)?,
            if joins { grants as usize } else { 0 },
        ) else {
            return Err(Failure("a list is answered with a yes or no".to_owned()));
        };
        if ids.len() != expected {
            let found = ids.len();
            return Err(Failure(format!("{found} grants instead of {expected}")));
        }
        if begin.elapsed() > effort.each {
            break;
        }
    }
    measured.put("grants moved", "", f64::from(grants));
    spans.put("change visible", &mut measured);
    Ok(measured)
}
