//! Worlds as tables of slots: how most of them are described.
//!
//! A slot holds at most one fact at a time, and what it holds is a function of its number and
//! of how often it has been changed. So facts and updates need no memory, whatever the size of
//! the world; and since no two slots ever hold the same fact, every update has an effect.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::draw::draw;
use super::oracle::{self, Domain, Oracle};
use super::{
    Answer, Change, Fact, Facts, Question, Questions, Scatter, SplitMix, Update, Updates, World,
};

/// A world made of slots. Whoever implements it is a [`World`].
pub trait Slots: Domain + Copy + Send + Sync + 'static {
    /// A fact as small integers.
    type Row: Copy + Ord + Send + 'static;
    /// The facts, remembered, with answers found without an engine.
    type Model: Oracle + FromIterator<Self::Row>;

    /// See [`World::name`].
    const NAME: &'static str;
    /// See [`World::policy`].
    const POLICY: &'static str;

    /// What everything drawn is drawn from.
    fn seed(&self) -> u64;

    /// The slots, family by family; facts come in this order.
    fn families(&self) -> Vec<Family>;

    /// What a slot holds after it has been changed so often. Different slots hold different
    /// rows, whatever their rounds.
    fn row(&self, family: usize, index: u32, round: u32) -> Option<Self::Row>;

    /// The same fact as text.
    fn text(row: Self::Row) -> Fact;

    /// What is drawn for a slot in a round.
    fn draw(&self, family: usize, index: u32, round: u32) -> SplitMix {
        draw(self.seed(), family, index, round)
    }

    /// What is so of one slot in so many at any time, each time of others.
    fn once_in(&self, times: u32, family: usize, index: u32, round: u32) -> bool {
        (self.draw(family, index, 0).below(times) + round).is_multiple_of(times)
    }
}

/// Facts of a world, remembered: what its oracle walks through.
#[derive(Clone, Debug)]
pub struct Held<R>(BTreeSet<R>);

impl<R: Ord> FromIterator<R> for Held<R> {
    fn from_iter<I: IntoIterator<Item = R>>(rows: I) -> Held<R> {
        Held(rows.into_iter().collect())
    }
}

impl<R: Ord> Held<R> {
    /// Whether this is a fact.
    #[must_use]
    pub fn is(&self, row: R) -> bool {
        self.0.contains(&row)
    }

    /// The facts between two rows, both included.
    pub fn within(&self, rows: RangeInclusive<R>) -> impl Iterator<Item = &R> {
        self.0.range(rows)
    }
}

/// Slots of one form.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// How many there are.
    pub slots: u32,
    /// How many of the updates are theirs, as a weight among all families; zero if they never
    /// change.
    pub pace: u32,
}

impl Family {
    /// So many slots with this share of the updates.
    #[must_use]
    pub fn new(slots: u32, pace: u32) -> Family {
        Family { slots, pace }
    }
}

/// Rows before the first update.
pub fn rows<S: Slots>(world: S) -> impl Iterator<Item = S::Row> + Send {
    let families = world.families().into_iter().enumerate();
    families.flat_map(move |(family, Family { slots, .. })| {
        (0..slots).filter_map(move |index| world.row(family, index, 0))
    })
}

/// What changes, endlessly: the row that goes, if there was one, and the one that comes.
pub fn moves<S: Slots>(world: S) -> impl Iterator<Item = Vec<Change<S::Row>>> + Send {
    let mut turns: Vec<Turn> = (world.families().into_iter().enumerate())
        .filter(|(_, family)| family.slots > 0 && family.pace > 0)
        .map(|(number, family)| Turn {
            number,
            family,
            order: Scatter::new(family.slots, world.seed() ^ number as u64),
            step: 0,
            owed: 0,
        })
        .collect();
    let paces: i64 = turns.iter().map(|turn| i64::from(turn.family.pace)).sum();
    std::iter::repeat_with(move || {
        // Whoever has waited longest for its share is next.
        for turn in &mut turns {
            turn.owed += i64::from(turn.family.pace);
        }
        let next = turns.iter_mut().max_by_key(|turn| turn.owed)?;
        next.owed -= paces;
        Some(next.change(world))
    })
    .map_while(|change| change)
}

/// Where the updates of a family have got to.
struct Turn {
    number: usize,
    family: Family,
    order: Scatter,
    step: u64,
    owed: i64,
}

impl Turn {
    fn change<S: Slots>(&mut self, world: S) -> Vec<Change<S::Row>> {
        loop {
            let slots = u64::from(self.family.slots);
            let index = self.order.at((self.step % slots) as u32);
            let round = (self.step / slots) as u32;
            self.step += 1;
            let before = world.row(self.number, index, round);
            let after = world.row(self.number, index, round + 1);
            if before != after {
                let leaves = before.map(Change::delete);
                return leaves
                    .into_iter()
                    .chain(after.map(Change::insert))
                    .collect();
            }
        }
    }
}

impl<S: Slots> World for S {
    fn name(&self) -> &'static str {
        S::NAME
    }

    fn policy(&self) -> &'static str {
        S::POLICY
    }

    fn facts(&self) -> Facts {
        Box::new(rows(*self).map(S::text))
    }

    fn updates(&self) -> Updates {
        let text = |change: Change<S::Row>| change.map(S::text);
        Box::new(moves(*self).map(move |update| update.into_iter().map(text).collect::<Update>()))
    }

    fn asks(&self) -> Questions {
        oracle::asks(*self)
    }

    fn questions(&self, updates: usize) -> Vec<(Question, Answer)> {
        let mut held: BTreeSet<S::Row> = rows(*self).collect();
        for change in moves(*self).take(updates).flatten() {
            if change.insert {
                held.insert(change.fact);
            } else {
                held.remove(&change.fact);
            }
        }
        let model: S::Model = held.into_iter().collect();
        oracle::questions(self, &model)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;
    use crate::workload::{deny, drive, expiry, files, github, orgchart, saas, wildcards};

    /// Different slots hold different rows, every update has an effect, and a world is about as
    /// large as it was to be.
    fn check<S: Slots + Debug>(make: fn(u32) -> S)
    where
        S::Row: Debug,
    {
        for facts in [1_000, 20_000] {
            let world = make(facts);
            let mut held = BTreeSet::new();
            for row in rows(world) {
                assert!(held.insert(row), "{row:?} twice in {world:?}");
            }
            let size = held.len() as f64 / f64::from(facts);
            assert!((0.75..1.3).contains(&size), "{size} of {facts}: {world:?}");
            for change in moves(world).take(3 * facts as usize).flatten() {
                let fresh = if change.insert {
                    held.insert(change.fact)
                } else {
                    held.remove(&change.fact)
                };
                assert!(fresh, "{change:?} has no effect in {world:?}");
            }
        }
    }

    #[test]
    fn slots_hold_distinct_facts_and_change() {
        check(deny::Deny::at);
        check(drive::Drive::at);
        check(expiry::Expiry::at);
        check(files::Files::at);
        check(github::GitHub::at);
        check(orgchart::OrgChart::at);
        check(saas::Saas::at);
        check(wildcards::Wildcards::at);
    }
}
