//! What a request may cost (spec 9.4): exceeding it is an error, never a shorter answer.

use std::fmt;

use super::CannotAnswer;

/// Ceilings of one request.
#[derive(Clone, Copy)]
pub struct Budget<'r> {
    /// Rows read, joined or derived on the way.
    pub steps: u64,
    /// Bytes of everything that is kept until the answer is there.
    pub bytes: u64,
    /// Whether the request's time is over; asked now and then.
    pub expired: Option<&'r dyn Fn() -> bool>,
}

impl Budget<'_> {
    /// No ceilings.
    #[must_use]
    pub fn unlimited() -> Budget<'static> {
        Budget {
            steps: u64::MAX,
            bytes: u64::MAX,
            expired: None,
        }
    }
}

impl fmt::Debug for Budget<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("steps", &self.steps)
            .field("bytes", &self.bytes)
            .field("timed", &self.expired.is_some())
            .finish()
    }
}

/// Which ceiling a request has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exceeded {
    /// [`Budget::steps`]
    Steps,
    /// [`Budget::bytes`]
    Bytes,
    /// [`Budget::expired`]
    Time,
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Exceeded::Steps => "the request takes too many steps",
            Exceeded::Bytes => "the request needs too much memory",
            Exceeded::Time => "the request takes too long",
        })
    }
}

/// Steps between two looks at the clock.
const BETWEEN_LOOKS: u64 = 1024;

/// What is left of a budget.
pub(super) struct Meter<'r> {
    budget: Budget<'r>,
    steps: u64,
    bytes: u64,
    next_look: u64,
}

impl<'r> Meter<'r> {
    pub(super) fn new(budget: Budget<'r>) -> Meter<'r> {
        Meter {
            budget,
            steps: 0,
            bytes: 0,
            next_look: BETWEEN_LOOKS,
        }
    }

    /// One more row was looked at.
    pub(super) fn step(&mut self) -> Result<(), CannotAnswer> {
        self.spend(1)
    }

    /// As many steps as so much work is worth.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), CannotAnswer> {
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps > self.budget.steps {
            return Err(CannotAnswer::Exceeded(Exceeded::Steps));
        }
        if self.steps >= self.next_look {
            return self.look();
        }
        Ok(())
    }

    /// So many more words are kept.
    pub(super) fn keep(&mut self, words: usize) -> Result<(), CannotAnswer> {
        self.bytes += 4 * words as u64;
        if self.bytes > self.budget.bytes {
            return Err(CannotAnswer::Exceeded(Exceeded::Bytes));
        }
        Ok(())
    }

    /// So many words are kept for a moment, beside what is kept anyway.
    pub(super) fn hold(&mut self, words: usize) -> Result<(), CannotAnswer> {
        if self.bytes + 4 * words as u64 > self.budget.bytes {
            return Err(CannotAnswer::Exceeded(Exceeded::Bytes));
        }
        Ok(())
    }

    #[cold]
    fn look(&mut self) -> Result<(), CannotAnswer> {
        self.next_look = self.steps + BETWEEN_LOOKS;
        match self.budget.expired {
            Some(expired) if expired() => Err(CannotAnswer::Exceeded(Exceeded::Time)),
            _ => Ok(()),
        }
    }

    /// Steps taken so far.
    pub(super) fn steps(&self) -> u64 {
        self.steps
    }
}
