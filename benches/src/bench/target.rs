//! What can be measured.

use std::fmt;

use crate::workload::{Answer, Change, Fact, Question};

/// Why a target cannot go on, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(pub String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// Rows that are kept, and what they cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grants {
    /// How many rows of output relations are kept.
    pub rows: u64,
    /// Bytes of the index that has them.
    pub bytes: u64,
    /// How many changes of such rows there have been.
    pub deltas: u64,
}

/// Something with the policy of a world in force that takes changes and answers questions,
/// several at a time.
pub trait Target: Sync {
    /// Makes these changes, all at once, and returns when the next question sees them.
    ///
    /// # Errors
    /// They are refused.
    fn apply(&self, changes: Vec<Change<Fact>>) -> Result<(), Failure>;

    /// Answers a question as things are now.
    ///
    /// # Errors
    /// There is no answer.
    fn ask(&self, question: &Question) -> Result<Answer, Failure>;

    /// Puts a policy in force and returns when the next question is answered by it.
    ///
    /// # Errors
    /// It is refused.
    fn policy(&self, polar: &str) -> Result<(), Failure>;

    /// Resident memory of the process that answers, in bytes.
    fn memory(&self) -> u64;

    /// What is kept beside the facts, if that can be known.
    fn grants(&self) -> Option<Grants>;

    /// Ends and begins again with what is on disk, and returns when questions are answered;
    /// false if nothing outlives this target.
    ///
    /// # Errors
    /// It does not come back.
    fn restart(&mut self) -> Result<bool, Failure>;
}
