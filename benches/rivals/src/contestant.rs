//! What Floe and each rival have to be able to do.

use anyhow::Result;
use floe_benches::workload::{Change, Fact};

use crate::stage::{Ask, Check, Stage};

/// What a contestant did, so that a reader can judge the comparison.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct About {
    /// As it is chosen on the command line.
    pub name: &'static str,
    /// Product and version.
    pub version: String,
    /// The forms of Floe its figures are divided by; none for Floe itself.
    pub against: &'static [&'static str],
    /// Where facts are, and how ids are written.
    pub data: &'static str,
    /// Of which moment an answer is.
    pub freshness: &'static str,
    /// Who evaluates how much of the policy.
    pub completeness: &'static str,
    /// What survives a crash.
    pub durability: &'static str,
    /// What lies between who asks and who answers.
    pub transport: &'static str,
}

/// Something that takes a world's facts and answers its questions.
///
/// Whatever merely translates the world into the contestant's own terms is done by
/// `prepare_*`, which nobody times.
pub(crate) trait Contestant: Sized {
    /// Facts to load.
    type Load;
    /// Changes that belong together.
    type Change;
    /// A question about one resource.
    type Check;
    /// A question about all resources of a type.
    type Ask;
    /// Ids of resources.
    type Ids;

    /// The worlds whose policy it has.
    const WORLDS: &'static [&'static str] = &["flat", "folders"];

    /// Whether it lists, in this world: not where that cannot be done, or takes minutes.
    fn lists(stage: &Stage) -> bool {
        _ = stage;
        true
    }

    /// An empty one that knows the policy.
    fn start(stage: &Stage) -> Result<Self>;
    /// What it is.
    fn about(&mut self) -> About;

    /// All facts in its terms.
    fn prepare_load(&mut self, stage: &Stage) -> Result<Self::Load>;
    /// Changes in its terms.
    fn prepare_change(&mut self, stage: &Stage, changes: &[Change<Fact>]) -> Result<Self::Change>;
    /// A question in its terms.
    fn prepare_check(&mut self, stage: &Stage, check: &Check) -> Result<Self::Check>;
    /// A question in its terms.
    fn prepare_ask(&mut self, stage: &Stage, ask: &Ask) -> Result<Self::Ask>;

    /// Takes the facts in until every question can be answered.
    fn load(&mut self, facts: Self::Load) -> Result<()>;
    /// Applies changes until every answer shows them.
    fn change(&mut self, change: &Self::Change) -> Result<()>;
    /// May the actor do this to the resource?
    fn authorize(&mut self, check: &Self::Check) -> Result<bool>;
    /// Every resource of the type with which the actor may do this, in no order.
    fn list(&mut self, ask: &Self::Ask) -> Result<Self::Ids>;
    /// The ids as text.
    fn ids(&self, stage: &Stage, ask: &Ask, ids: Self::Ids) -> Vec<String>;
}
