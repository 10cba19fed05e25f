//! A program made ready to run: which parts are kept true, and by which joins.
//!
//! Owns: the decision per part (*the cut*, design D7) and, for every rule of a maintained
//! part, the order of its joins with the columns each step needs. Knows no facts, no
//! timely, no symbols: constants stay values of the policy. One file per pass; each pass
//! can be switched off, and the result prints.
//!
//! On exit every maintained part has a flow per rule, and a flow mentions maintained
//! parts only.

mod cut;
mod dead;
mod direct;
mod edges;
mod flow;
mod groups;
mod order;
mod print;
mod recursion;
mod separate;
mod share;
mod subsume;
mod unfold;

use floe_frontend::ir::Program;
use floe_frontend::ir::part::{PartId, PartTerm};

use groups::Groups;

pub use flow::{Body, Column, Filter, Flow, Operand, Step};
pub use recursion::{AsWritten, Closure, ClosureBudget, Recursion};
pub use share::Arrangement;

/// Words of the widest row that is maintained; wider parts are derived on demand.
pub const WIDEST: usize = 16;

/// What to keep in the dataflow (`--maintain`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Maintain {
    /// Everything that can be kept as rows.
    All,
    /// Nothing: every answer is derived when asked.
    None,
    /// What the cost of keeping it is worth; at present the same as `All`.
    #[default]
    Auto,
}

/// Which passes run; all of them unless a test switches one off.
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passes {
    /// Rules that stored facts can never fire are left out.
    pub dead_rules: bool,
    /// Joins start with the smallest binding and follow shared variables; else they run as
    /// written.
    pub join_order: bool,
    /// What rides along in a recursion is joined after it; else it goes round.
    pub separate: bool,
    /// How large the closures of separated recursion may grow.
    pub closures: ClosureBudget,
    /// What several flows need arranged in the same way is arranged once.
    pub share: bool,
    /// What reaches a part by a copy is not derived for it a second time.
    pub subsume: bool,
}

impl Passes {
    /// None of them.
    pub const NONE: Passes = Passes {
        dead_rules: false,
        join_order: false,
        separate: false,
        closures: ClosureBudget::DEFAULT,
        share: false,
        subsume: false,
    };
}

impl Default for Passes {
    fn default() -> Passes {
        Passes {
            dead_rules: true,
            join_order: true,
            separate: true,
            closures: ClosureBudget::DEFAULT,
            share: true,
            subsume: true,
        }
    }
}

/// On which side of the cut a part lies, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Kept true by the dataflow.
    Maintained,
    /// Derived when asked.
    Demand(Why),
}

/// Why a part is derived when asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// `--maintain none`.
    Asked,
    /// Its residue does not settle ([`floe_frontend::ir::part::Mode::Demand`]).
    Unsettled,
    /// Only facts in a request's context can make it non-empty.
    ContextOnly,
    /// A rule that joins its parts shares no variable between them: keeping it would mean
    /// keeping a cross product.
    Product,
    /// A row of it, or a row on the way to it, has more than [`WIDEST`] words.
    Wide,
    /// It reads such a part.
    Reads(PartId),
}

/// A recursive or single group of flows, in order of evaluation.
#[derive(Clone, Debug)]
pub struct Component {
    /// Maintained parts of the stratum.
    pub parts: Vec<PartId>,
    /// Indexes into [`Plan::flows`].
    pub flows: std::ops::Range<usize>,
    /// Whether flows read parts of this very component.
    pub recursive: bool,
}

/// A program ready to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Per part: those of the program, then those that passes have made.
    pub sides: Vec<Side>,
    /// Per part, the arguments stored in its rows, in order; hidden columns follow.
    pub stored: Vec<Vec<usize>>,
    /// Per part, the number of words of a row.
    pub widths: Vec<usize>,
    /// One per rule kept.
    pub flows: Vec<Flow>,
    /// In order of strata.
    pub components: Vec<Component>,
    /// Per part, the part whose facts enter it: itself, unless a pass has put another in
    /// its place.
    pub feeds: Vec<Option<PartId>>,
    /// What the parts behind those of the program are for.
    pub purposes: Vec<String>,
    /// Whether what several flows need arranged in the same way is arranged once.
    pub shares: bool,
    /// How each recursion of the program is evaluated.
    pub recursions: Vec<(Vec<PartId>, Recursion)>,
    /// The closures of those that are separated.
    pub closures: Vec<Closure>,
    /// What the closures have to keep to.
    pub budget: ClosureBudget,
    /// What it was made with.
    made_with: (Maintain, Passes),
}

impl Plan {
    /// Plans a program.
    #[must_use]
    pub fn new(program: &Program, maintain: Maintain, passes: Passes) -> Plan {
        Plan::leaving(program, maintain, passes, &[])
    }

    /// The plan in which closures that have outgrown their budget are not built: the
    /// recursions they served are evaluated as written.
    #[must_use]
    pub fn without(&self, program: &Program, outgrown: &[usize]) -> Plan {
        let (maintain, passes) = self.made_with;
        let served = outgrown.iter().flat_map(|&k| &self.closures[k].serves);
        let before = self
            .recursions
            .iter()
            .filter(|(_, how)| how.is_over_budget());
        let before = before.flat_map(|(parts, _)| parts);
        let as_written: Vec<PartId> = served.chain(before).copied().collect();
        Plan::leaving(program, maintain, passes, &as_written)
    }

    /// How many recursions are evaluated as written since their closures are too large.
    #[must_use]
    pub fn outgrown(&self) -> usize {
        let all = self.recursions.iter();
        all.filter(|(_, how)| how.is_over_budget()).count()
    }

    /// Plans a program; the recursions of these parts are not separated.
    fn leaving(
        program: &Program,
        maintain: Maintain,
        passes: Passes,
        as_written: &[PartId],
    ) -> Plan {
        let mut groups = Groups::new(&program.strata);
        let (recursions, closures) = if passes.separate {
            separate::separate(&mut groups, as_written)
        } else {
            (recursion::none_separated(&groups), Vec::new())
        };
        let strata = &groups.strata;
        let stored: Vec<Vec<usize>> = strata.parts.iter().map(|p| p.stored().collect()).collect();
        let widths: Vec<usize> = strata
            .parts
            .iter()
            .zip(&stored)
            .map(|(p, s)| s.len() + p.hidden.len())
            .collect();
        let fillable = |part: PartId| !passes.dead_rules || strata.part(part).live;
        let sides = cut::sides(&groups, &widths, maintain, passes.join_order, &fillable);
        let mut flows = Vec::new();
        let mut components = Vec::new();
        for group in &groups.order {
            let maintained = |p: &PartId| sides[p.0 as usize] == Side::Maintained;
            let parts: Vec<PartId> = group.parts.iter().copied().filter(maintained).collect();
            if parts.is_empty() {
                continue;
            }
            let start = flows.len();
            for rule in &group.rules {
                if sides[rule.head.part.0 as usize] != Side::Maintained {
                    continue;
                }
                if dead::is_dead(rule, &fillable) {
                    continue;
                }
                let order = order::positives(rule, strata, passes.join_order);
                flows.push(flow::build(rule, strata, &order, &fillable));
            }
            components.push(Component {
                parts,
                flows: start..flows.len(),
                recursive: group.recursive,
            });
        }
        let mut plan = Plan {
            sides,
            stored,
            widths,
            flows,
            components,
            feeds: groups.feeds,
            purposes: groups.purposes,
            shares: passes.share,
            recursions,
            closures,
            budget: passes.closures,
            made_with: (maintain, passes),
        };
        if passes.subsume {
            subsume::subsume(&mut plan);
        }
        plan
    }

    /// The most words that any row on the way to these parts has.
    #[must_use]
    pub fn widest(&self, wanted: &[PartId]) -> usize {
        let needed = self.needed(wanted);
        let flows = self.flows.iter().filter(|f| needed[f.head.0 as usize]);
        let parts = self.widths.iter().zip(&needed);
        flows
            .map(|flow| flow.widest(&self.widths))
            .chain(
                parts
                    .filter(|(_, needed)| **needed)
                    .map(|(width, _)| *width),
            )
            .max()
            .unwrap_or(0)
    }

    /// Parts without which those wanted are not to be had.
    pub(crate) fn needed(&self, wanted: &[PartId]) -> Vec<bool> {
        let mut needed = vec![false; self.sides.len()];
        for part in wanted {
            needed[part.0 as usize] = true;
        }
        // Flows come in order of strata; parts of one component need each other.
        for component in self.components.iter().rev() {
            if !component.parts.iter().any(|p| needed[p.0 as usize]) {
                continue;
            }
            for part in &component.parts {
                needed[part.0 as usize] |= component.recursive;
            }
            for flow in &self.flows[component.flows.clone()] {
                if needed[flow.head.0 as usize] {
                    for part in flow.reads() {
                        needed[part.0 as usize] = true;
                    }
                }
            }
        }
        needed
    }

    /// Whether the dataflow keeps the part.
    #[must_use]
    pub fn maintains(&self, part: PartId) -> bool {
        self.sides[part.0 as usize] == Side::Maintained
    }
}

/// The variable a term is, if it is one.
fn variable(term: &PartTerm) -> Option<u32> {
    match term {
        PartTerm::Variable(v) => Some(*v),
        _ => None,
    }
}
