//! Faults that tests switch on to see that tests see them.
//!
//! Without the feature `faults` none of this exists at run time: [`has`] is always false.

macro_rules! faults {
    ($($name:ident,)*) => {
        /// One fault, named after what goes wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "their names say it")]
        pub enum Fault {
            $($name,)*
        }

        /// Every fault.
        pub const ALL: &[Fault] = &[$(Fault::$name,)*];
    };
}

faults! {
    DeletionByPatternLost,
    DeletionOfTypeDeletesAll,
    ContextIgnored,
    WrongJoinColumn,
    RightFiltersDropped,
    SourceFiltersDropped,
    NegatedRuleDead,
    NegationResidueDropped,
    SeedsOfSharersLost,
    BaseOfAnyRelation,
    BaseWhereItMatters,
    OutgrownForgetsFacts,
    NotAskedAgain,
    UnfoldedOnlyMoved,
    SubsumedByAnyPart,
    AntijoinDropped,
    AntijoinAgainstBag,
    LessIsLessOrEqual,
    TypeTestPasses,
    ArrangementsSharedAcrossFilters,
    RetractionLost,
    CountOffByOne,
    NewEntriesSeenTooEarly,
    PendingSeenTooEarly,
    SecondPartOfListLost,
    WildcardPartIgnored,
    LookupIgnoresResidue,
    ActionsRepeated,
    StaleWithContext,
    GoalNegationPasses,
    TimeStandsStill,
    DoubtfulRowsSilent,
    LastAnswerUndelivered,
    FactsOfTheNewestEpoch,
    FirstChangeAfterLoadLost,
    LoadLosesARelation,
}

#[cfg(feature = "faults")]
mod switch {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::Fault;

    const NONE: usize = usize::MAX;
    static PRESENT: AtomicUsize = AtomicUsize::new(NONE);

    /// Switches this fault on and any other off.
    pub fn set(fault: Option<Fault>) {
        PRESENT.store(fault.map_or(NONE, |fault| fault as usize), Ordering::SeqCst);
    }

    /// Whether the fault is on.
    #[must_use]
    pub fn has(fault: Fault) -> bool {
        PRESENT.load(Ordering::Relaxed) == fault as usize
    }
}

#[cfg(feature = "faults")]
pub use switch::{has, set};

/// Never.
#[cfg(not(feature = "faults"))]
#[must_use]
pub const fn has(_fault: Fault) -> bool {
    false
}
