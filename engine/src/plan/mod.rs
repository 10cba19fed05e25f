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
mod flow;
mod order;
mod print;

use floe_frontend::ir::Program;
use floe_frontend::ir::part::{PartId, PartTerm};

pub use flow::{Column, Filter, Flow, Operand, Step};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passes {
    /// Rules that stored facts can never fire are left out.
    pub dead_rules: bool,
    /// Joins start with the smallest binding and follow shared variables; else they run as
    /// written.
    pub join_order: bool,
}

impl Passes {
    /// None of them.
    pub const NONE: Passes = Passes {
        dead_rules: false,
        join_order: false,
    };
}

impl Default for Passes {
    fn default() -> Passes {
        Passes {
            dead_rules: true,
            join_order: true,
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
    /// Per part of the program.
    pub sides: Vec<Side>,
    /// Per part, the arguments stored in its rows, in order; hidden columns follow.
    pub stored: Vec<Vec<usize>>,
    /// Per part, the number of words of a row.
    pub widths: Vec<usize>,
    /// One per rule kept.
    pub flows: Vec<Flow>,
    /// In order of strata.
    pub components: Vec<Component>,
    /// The most words that any row or intermediate row has.
    pub widest: usize,
}

impl Plan {
    /// Plans a program.
    #[must_use]
    pub fn new(program: &Program, maintain: Maintain, passes: Passes) -> Plan {
        let strata = &program.strata;
        let stored: Vec<Vec<usize>> = strata.parts.iter().map(|p| p.stored().collect()).collect();
        let widths: Vec<usize> = strata
            .parts
            .iter()
            .zip(&stored)
            .map(|(p, s)| s.len() + p.hidden.len())
            .collect();
        let fillable = |part: PartId| !passes.dead_rules || strata.part(part).live;
        let sides = cut::sides(strata, &widths, maintain, passes.join_order, &fillable);
        let mut flows = Vec::new();
        let mut components = Vec::new();
        for stratum in &strata.strata {
            let parts: Vec<PartId> = stratum
                .parts
                .clone()
                .map(PartId)
                .filter(|p| sides[p.0 as usize] == Side::Maintained)
                .collect();
            if parts.is_empty() {
                continue;
            }
            let start = flows.len();
            for r in stratum.rules.clone() {
                let rule = &strata.rules[r as usize];
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
                recursive: stratum.recursive,
            });
        }
        let widest = flows
            .iter()
            .map(|f| f.widest(&widths))
            .chain(widths.iter().copied())
            .max()
            .unwrap_or(0);
        Plan {
            sides,
            stored,
            widths,
            flows,
            components,
            widest,
        }
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
