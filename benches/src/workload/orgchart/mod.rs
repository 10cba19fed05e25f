//! An organization chart: managers of managers of managers, and what people write.
//!
//! Everyone but one has a manager, an older number between an eighth and a quarter of one's
//! own, which makes about six people for each manager and a chart as deep as the logarithm of
//! its size. Everyone writes reports. When someone gets another manager, everything below
//! moves along.

mod answers;

use super::oracle::{self, Domain, Kind};
use super::slots::{Family, Slots};
use super::{Fact, SplitMix, Value};
pub use answers::Model;

/// A fact of the world, as small integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Row {
    /// Someone's manager: who, manager.
    Manager(u32, u32),
    /// Who has written a report: report, user.
    Author(u32, u32),
    /// Who is to review a report: report, user.
    Reviewer(u32, u32),
    /// A report is not for those above its author.
    Sealed(u32),
    /// A report takes no comments.
    Closed(u32),
}

const USER: Kind = Kind {
    actions: &["review", "promote"],
    weight: 1,
    ..oracle::USER
};
const REPORT: Kind = Kind {
    name: "Report",
    letter: 'r',
    actions: &["read", "comment", "approve"],
    weight: 4,
};

/// Reports for each user.
const REPORTS: u32 = 4;

const MANAGER: usize = 0;
const AUTHOR: usize = 1;
const REVIEWER: usize = 2;
const SEALED: usize = 3;
const CLOSED: usize = 4;

/// The shape of the world.
#[derive(Clone, Copy, Debug)]
pub struct OrgChart {
    /// How many users there are, each with four reports.
    pub users: u32,
    /// What everything drawn is drawn from.
    pub seed: u64,
}

impl OrgChart {
    /// With about so many facts.
    #[must_use]
    pub fn at(facts: u32) -> OrgChart {
        OrgChart {
            users: (u64::from(facts) * 10 / 79) as u32 + 1,
            seed: 1,
        }
    }

    fn reports(&self) -> u32 {
        self.users * REPORTS
    }

    fn manager(&self, user: u32, round: u32) -> Option<u32> {
        let below = user.checked_sub(1)?;
        let (first, last) = (below / 8, below / 4);
        Some(first + self.draw(MANAGER, user, round).below(last - first + 1))
    }
}

impl Domain for OrgChart {
    const KINDS: &'static [Kind] = &[USER, REPORT];

    fn count(&self, kind: &Kind) -> u32 {
        match kind.letter {
            'u' => self.users,
            _ => self.reports(),
        }
    }

    /// Someone one, two or three levels above an author, and the author or the report.
    fn related(&self, random: &mut SplitMix) -> (Value, Value) {
        let report = random.below(self.reports());
        let author = self.draw(AUTHOR, report, 0).below(self.users);
        let mut above = author;
        for _ in 0..random.below(4) {
            above = self.manager(above, 0).unwrap_or(above);
        }
        if random.once_in(4) {
            return (USER.value(above), USER.value(author));
        }
        (USER.value(above), REPORT.value(report))
    }
}

impl Slots for OrgChart {
    type Row = Row;
    type Model = Model;

    const NAME: &'static str = "orgchart";
    const POLICY: &'static str = include_str!("policy.polar");

    fn seed(&self) -> u64 {
        self.seed
    }

    fn families(&self) -> Vec<Family> {
        vec![
            Family::new(self.users, 10),
            Family::new(self.reports(), 10),
            Family::new(self.reports(), 20),
            Family::new(self.reports(), 5),
            Family::new(self.reports(), 10),
        ]
    }

    fn row(&self, family: usize, index: u32, round: u32) -> Option<Row> {
        let mut random = self.draw(family, index, round);
        let once_in = |times| self.once_in(times, family, index, round);
        let row = match family {
            MANAGER => Row::Manager(index, self.manager(index, round)?),
            AUTHOR => Row::Author(index, random.below(self.users)),
            REVIEWER => {
                let user = random.below(self.users);
                random.once_in(2).then_some(Row::Reviewer(index, user))?
            }
            SEALED => once_in(10).then_some(Row::Sealed(index))?,
            CLOSED => once_in(8).then_some(Row::Closed(index))?,
            _ => return None,
        };
        Some(row)
    }

    fn text(row: Row) -> Fact {
        let related =
            |report, name, user| Fact::relation(REPORT.value(report), name, USER.value(user));
        match row {
            Row::Manager(user, manager) => {
                Fact::relation(USER.value(user), "manager", USER.value(manager))
            }
            Row::Author(report, user) => related(report, "author", user),
            Row::Reviewer(report, user) => related(report, "reviewer", user),
            Row::Sealed(report) => Fact::new("is_sealed", [REPORT.value(report)]),
            Row::Closed(report) => Fact::new("is_closed", [REPORT.value(report)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_is_as_deep_as_a_logarithm() {
        let chart = OrgChart::at(100_000);
        let depth = |user| std::iter::successors(Some(user), |&u| chart.manager(u, 0)).count();
        let deepest = (0..chart.users).map(depth).max();
        assert!(
            (6..12).contains(&deepest.unwrap_or_default()),
            "{deepest:?}"
        );
    }
}
