//! One contestant on one world: the same answers first, then the clock.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use floe_benches::workload::SplitMix;

use crate::contestant::{About, Contestant};
use crate::floe::Floe;
use crate::stage::{Ask, Check, Stage};

/// How long and how much is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Time for each figure, exceeded only by a single call that takes longer.
    pub each: Duration,
    /// How many different questions about one resource.
    pub checks: usize,
    /// How many different lists of each kind.
    pub lists: usize,
}

/// The questions, and the answers that everybody has to give.
pub(crate) struct Reference {
    checks: Vec<Check>,
    lists: Vec<(String, Vec<Ask>)>,
    before: Answers,
    probes: Vec<Vec<bool>>,
    after: Answers,
    /// How many ids a list has, by kind of list: the mean.
    pub lengths: BTreeMap<String, f64>,
}

/// Answers to all questions at one moment.
struct Answers {
    checks: Vec<bool>,
    lists: Vec<Vec<Vec<String>>>,
}

/// Seconds, by what was measured.
pub(crate) type Figures = BTreeMap<String, f64>;

impl Reference {
    /// Asks Floe.
    pub(crate) fn of(stage: &Stage, effort: &Effort) -> Result<Reference> {
        let mut floe = Floe::<false>::start(stage)?;
        let facts = floe.prepare_load(stage)?;
        floe.load(facts)?;
        let mut random = SplitMix::new(7);
        let (mut checks, mut lists) = (Vec::new(), Vec::new());
        for &(action, kind) in &stage.lists {
            let asks = (0..effort.lists).map(|_| Ask {
                actor: stage.any("User", &mut random),
                action,
                kind,
            });
            lists.push((format!("list {action} {kind}"), asks.collect()));
        }
        for nth in 0..effort.checks {
            let (action, kind) = stage.checks[nth % stage.checks.len()];
            let actor = stage.any("User", &mut random);
            let mut resource = stage.any(kind, &mut random);
            // Every second question is about something the actor may do, where there is any.
            if (nth / stage.checks.len()).is_multiple_of(2) {
                let ask = Ask {
                    actor: actor.clone(),
                    action,
                    kind,
                };
                let ids = floe.list(&ask)?;
                let ids = floe.ids(stage, &ask, ids);
                let place = random.below(u32::try_from(ids.len().max(1))?) as usize;
                if let Some(id) = ids.into_iter().nth(place) {
                    resource.id = id.into();
                }
            }
            checks.push(Check {
                actor,
                action,
                resource,
            });
        }
        let before = Answers::of(&mut floe, stage, &checks, &lists)?;
        let mut probes = Vec::new();
        for group in &stage.steps {
            let mut answers = Vec::new();
            for step in &group.steps {
                let change = floe.prepare_change(stage, &step.changes)?;
                floe.change(&change)?;
                answers.push(floe.authorize(&step.probe)?);
            }
            // Otherwise nothing would show that a change was seen at all.
            let both = answers.contains(&true) && answers.contains(&false);
            ensure!(
                both || group.label == "move",
                "all probes of {} answer alike",
                group.label
            );
            probes.push(answers);
        }
        let after = Answers::of(&mut floe, stage, &checks, &lists)?;
        let lengths = lists.iter().zip(&before.lists).map(|((label, _), lists)| {
            let ids: usize = lists.iter().map(Vec::len).sum();
            (label.clone(), ids as f64 / lists.len().max(1) as f64)
        });
        let allowed = before.checks.iter().filter(|&&allowed| allowed).count();
        ensure!(
            allowed > 0 && allowed < checks.len(),
            "all questions answer alike: {allowed} of {} allowed",
            checks.len()
        );
        Ok(Reference {
            lengths: lengths.collect(),
            checks,
            lists,
            before,
            probes,
            after,
        })
    }
}

impl Answers {
    fn of(
        floe: &mut Floe<false>,
        stage: &Stage,
        checks: &[Check],
        lists: &[(String, Vec<Ask>)],
    ) -> Result<Answers> {
        let mut all = Vec::new();
        for (_, asks) in lists {
            let answers = asks.iter().map(|ask| listed(floe, stage, ask, ask));
            all.push(answers.collect::<Result<_>>()?);
        }
        let checks = checks.iter().map(|check| floe.authorize(check));
        Ok(Answers {
            checks: checks.collect::<Result<_>>()?,
            lists: all,
        })
    }
}

/// The ids of a list, in order.
fn listed<C: Contestant>(
    contestant: &mut C,
    stage: &Stage,
    ask: &Ask,
    prepared: &C::Ask,
) -> Result<Vec<String>> {
    let ids = contestant.list(prepared)?;
    let mut ids = contestant.ids(stage, ask, ids);
    ids.sort_unstable();
    Ok(ids)
}

/// Questions in a contestant's terms.
struct Prepared<C: Contestant> {
    checks: Vec<C::Check>,
    lists: Vec<Vec<C::Ask>>,
}

impl<C: Contestant> Prepared<C> {
    fn of(contestant: &mut C, stage: &Stage, reference: &Reference) -> Result<Prepared<C>> {
        let checks = reference.checks.iter();
        let checks = checks.map(|check| contestant.prepare_check(stage, check));
        let checks = checks.collect::<Result<_>>()?;
        let mut lists = Vec::new();
        for (_, asks) in &reference.lists {
            let asks = asks.iter().map(|ask| contestant.prepare_ask(stage, ask));
            lists.push(asks.collect::<Result<_>>()?);
        }
        Ok(Prepared { checks, lists })
    }

    /// Panics of a comparison that is none: the first answer that differs, and how.
    fn compare(
        &self,
        contestant: &mut C,
        stage: &Stage,
        reference: &Reference,
        expected: &Answers,
        effort: &Effort,
    ) -> Result<usize> {
        let (mut compared, begin) = (0, Instant::now());
        // Slow ones are compared on what the time allows, and on ten questions at least.
        let enough = |compared: usize| compared >= 10 && begin.elapsed() > effort.each * 4;
        for (nth, check) in self.checks.iter().enumerate() {
            let answer = contestant.authorize(check)?;
            same(&reference.checks[nth], &expected.checks[nth], &answer)?;
            compared += 1;
            if enough(compared) {
                break;
            }
        }
        if !C::lists(stage) {
            return Ok(compared);
        }
        for (kind, asks) in self.lists.iter().enumerate() {
            let begin = Instant::now();
            for (nth, prepared) in asks.iter().enumerate() {
                let ask = &reference.lists[kind].1[nth];
                let answer = listed(contestant, stage, ask, prepared)?;
                same(ask, &expected.lists[kind][nth], &answer)?;
                compared += 1;
                if nth > 0 && begin.elapsed() > effort.each * 4 {
                    break;
                }
            }
        }
        Ok(compared)
    }
}

fn same<Q: Debug, A: Debug + PartialEq>(question: &Q, floe: &A, rival: &A) -> Result<()> {
    let cut = |answer: &A| {
        let text = format!("{answer:?}");
        text.chars().take(2_000).collect::<String>()
    };
    ensure!(
        floe == rival,
        "different answers to {question:?}\n  Floe:  {}\n  rival: {}",
        cut(floe),
        cut(rival)
    );
    Ok(())
}

/// The median duration of a call in seconds. Fast calls are timed in batches, since the clock
/// itself takes 25 ns.
fn pace(each: Duration, mut call: impl FnMut(usize) -> Result<()>) -> Result<f64> {
    let begin = Instant::now();
    call(0)?;
    let first = begin.elapsed();
    if first > each {
        return Ok(first.as_secs_f64());
    }
    let batch = Duration::from_micros(20).as_nanos() / first.as_nanos().max(1);
    let batch = usize::try_from(batch)?.clamp(1, 100);
    let (mut samples, mut nth) = (Vec::new(), 1);
    while begin.elapsed() < each && samples.len() < 20_000 {
        let start = Instant::now();
        for _ in 0..batch {
            call(nth)?;
            nth += 1;
        }
        samples.push(start.elapsed().as_secs_f64() / batch as f64);
    }
    Ok(median(&mut samples))
}

/// The value in the middle; not a number if there is none.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// What one contestant did on one world, once.
pub(crate) struct Run {
    /// Who it was.
    pub about: About,
    /// Seconds.
    pub figures: Figures,
    /// Answers that were compared.
    pub compared: usize,
}

/// Loads, compares, measures, changes, compares again.
pub(crate) fn run<C: Contestant>(
    stage: &Stage,
    reference: &Reference,
    effort: &Effort,
) -> Result<Run> {
    let mut contestant = C::start(stage)?;
    let about = contestant.about();
    let named = |what: &str| format!("{} on {}: {what}", about.name, stage.world);
    let mut figures = Figures::new();
    let facts = contestant.prepare_load(stage)?;
    let begin = Instant::now();
    contestant.load(facts).with_context(|| named("load"))?;
    figures.insert("load".to_owned(), begin.elapsed().as_secs_f64());

    let questions = Prepared::of(&mut contestant, stage, reference)?;
    let mut compared = questions
        .compare(&mut contestant, stage, reference, &reference.before, effort)
        .with_context(|| named("before the changes"))?;
    let checks = &questions.checks;
    let time = pace(effort.each, |nth| {
        std::hint::black_box(contestant.authorize(&checks[nth % checks.len()])?);
        Ok(())
    });
    figures.insert("authorize".to_owned(), time?);
    for ((label, _), asks) in reference.lists.iter().zip(&questions.lists) {
        if C::lists(stage) {
            let time = pace(effort.each, |nth| {
                std::hint::black_box(contestant.list(&asks[nth % asks.len()])?);
                Ok(())
            });
            figures.insert(label.clone(), time?);
        }
    }
    for (group, answers) in stage.steps.iter().zip(&reference.probes) {
        let (mut samples, mut rest) = (Vec::new(), Vec::new());
        let begin = Instant::now();
        for (step, expected) in group.steps.iter().zip(answers) {
            if samples.len() > 2 && begin.elapsed() > effort.each {
                rest.extend(step.changes.iter().cloned());
                continue;
            }
            let change = contestant.prepare_change(stage, &step.changes)?;
            let probe = contestant.prepare_check(stage, &step.probe)?;
            let start = Instant::now();
            contestant
                .change(&change)
                .with_context(|| named(group.label))?;
            let answer = contestant.authorize(&probe)?;
            samples.push(start.elapsed().as_secs_f64());
            same(&step, expected, &answer).with_context(|| named(group.label))?;
            compared += 1;
        }
        if !rest.is_empty() {
            let change = contestant.prepare_change(stage, &rest)?;
            contestant
                .change(&change)
                .with_context(|| named(group.label))?;
        }
        figures.insert(format!("change {}", group.label), median(&mut samples));
    }
    compared += questions
        .compare(&mut contestant, stage, reference, &reference.after, effort)
        .with_context(|| named("after the changes"))?;
    Ok(Run {
        about,
        figures,
        compared,
    })
}
