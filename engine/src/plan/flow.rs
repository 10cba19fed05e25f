//! Flows: one rule as a pipeline of joins over rows of words.
//!
//! A flow starts with the rows of one part, joins others to them, drops what negated
//! parts match, and ends in the columns of its head. Between two steps only variables
//! that are still needed are carried along.

use floe_frontend::ir::core::{CompareOp, RuleId};
use floe_frontend::ir::part::{
    Column as PartColumn, Condition, PartAtom, PartId, PartLiteral, PartRule, PartTerm, Slot,
    Strata,
};
use floe_frontend::ir::{TypeSet, Value};

use super::order::stored_terms;
use super::variable;
use crate::faults::{Fault, has};

/// A column of a row: an index of a word.
pub type Column = usize;

/// What a comparison or an output column takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A word of the row.
    Column(Column),
    /// A constant.
    Value(Value),
}

impl Operand {
    /// The column, if it is one.
    pub(crate) fn column(&self) -> Option<Column> {
        match self {
            Operand::Column(c) => Some(*c),
            Operand::Value(_) => None,
        }
    }
}

/// A condition on one row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// Both columns hold the same value.
    Same(Column, Column),
    /// A comparison; orderings hold between integers only.
    Compare(CompareOp, Operand, Operand),
    /// The value is of one of these types.
    HasType(Operand, TypeSet),
}

/// One step of a flow. Rows before a step are called left.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Joins the rows of a part.
    Join {
        /// The part on the right.
        part: PartId,
        /// Conditions on a right row alone.
        right: Vec<Filter>,
        /// Equal columns, left and right, pair by pair.
        left_key: Vec<Column>,
        /// See `left_key`.
        right_key: Vec<Column>,
        /// Conditions on the joined row: left words, then right words.
        joined: Vec<Filter>,
        /// Words of the joined row to carry on.
        output: Vec<Column>,
    },
    /// Drops left rows that a row of the part matches.
    Without {
        /// The negated part.
        part: PartId,
        /// Conditions on a right row alone.
        right: Vec<Filter>,
        /// Equal columns, left and right, pair by pair.
        left_key: Vec<Column>,
        /// See `left_key`.
        right_key: Vec<Column>,
        /// Conditions on left words, then right words: only pairs that meet them match.
        joined: Vec<Filter>,
        /// Negations of the part's own residue, over left words, then right words: only
        /// pairs that pass them match.
        unless: Vec<Step>,
    },
}

impl Step {
    /// The same join with other words of the joined row; a negation stays as it is.
    pub(crate) fn with_output(&self, words: Vec<Column>) -> Step {
        let mut step = self.clone();
        if let Step::Join { output, .. } = &mut step {
            *output = words;
        }
        step
    }

    /// The columns of the left row by which it drops rows, if it looks at nothing else.
    pub(crate) fn drops_by(&self) -> Option<&[Column]> {
        match self {
            Step::Without {
                left_key,
                joined,
                unless,
                ..
            } if joined.is_empty() && unless.is_empty() => Some(left_key),
            _ => None,
        }
    }

    /// The parts the step reads.
    pub fn reads(&self) -> impl Iterator<Item = PartId> {
        let mut parts = Vec::new();
        self.collect(&mut parts);
        parts.into_iter()
    }

    /// Words of the widest pair that a negation puts side by side.
    fn widest_pair(&self, left: usize, widths: &[usize]) -> usize {
        match self {
            Step::Join { .. } => left,
            // Where equal keys are all there is to it, no pair is formed.
            _ if self.drops_by().is_some() => left,
            Step::Without { part, unless, .. } => {
                let pair = left + widths[part.0 as usize];
                unless
                    .iter()
                    .map(|s| s.widest_pair(pair, widths))
                    .max()
                    .unwrap_or(pair)
            }
        }
    }

    fn collect(&self, parts: &mut Vec<PartId>) {
        match self {
            Step::Join { part, .. } => parts.push(*part),
            Step::Without { part, unless, .. } => {
                parts.push(*part);
                for step in unless {
                    step.collect(parts);
                }
            }
        }
    }
}

/// One rule of a maintained part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The policy rule it comes from.
    pub core: RuleId,
    /// Whose rows it makes.
    pub head: PartId,
    /// Where it starts; `None` for a rule without positive atoms (one row, no words).
    pub source: Option<PartId>,
    /// Conditions on a source row.
    pub filters: Vec<Filter>,
    /// Words of a source row to carry on.
    pub carried: Vec<Column>,
    /// What follows.
    pub steps: Vec<Step>,
    /// Words of a head row.
    pub output: Vec<Operand>,
}

/// What a flow does, whoever's rows it makes.
pub type Body = (
    Option<PartId>,
    Vec<Filter>,
    Vec<Column>,
    Vec<Step>,
    Vec<Operand>,
);

impl Flow {
    /// Everything but whose rows it makes, and for which rule.
    #[must_use]
    pub fn body(&self) -> Body {
        (
            self.source,
            self.filters.clone(),
            self.carried.clone(),
            self.steps.clone(),
            self.output.clone(),
        )
    }

    /// The part that it copies as it is, if it does nothing else.
    #[must_use]
    pub fn copied(&self, widths: &[usize]) -> Option<PartId> {
        let source = self.source?;
        let width = widths[source.0 as usize];
        let columns = self.output.iter().map(Operand::column);
        let whole = self.carried.iter().copied().eq(0..width) && columns.eq((0..width).map(Some));
        (whole && self.filters.is_empty() && self.steps.is_empty()).then_some(source)
    }

    /// The parts it reads.
    pub fn reads(&self) -> impl Iterator<Item = PartId> {
        let steps = self.steps.iter().flat_map(Step::reads);
        self.source.into_iter().chain(steps)
    }

    /// The most words any row on the way has.
    #[must_use]
    pub fn widest(&self, widths: &[usize]) -> usize {
        let mut width = self.carried.len();
        let steps = self.steps.iter().map(|step| match step {
            Step::Join { output, .. } => {
                width = output.len();
                width
            }
            Step::Without { .. } => step.widest_pair(width, widths),
        });
        let widest = steps.max().unwrap_or(0);
        widest.max(self.output.len()).max(self.carried.len())
    }
}

/// Builds the flow of a rule, joining its positive atoms in the given order.
pub(super) fn build(
    rule: &PartRule,
    strata: &Strata,
    order: &[usize],
    fillable: &dyn Fn(PartId) -> bool,
) -> Flow {
    let waiting = (0..rule.body.len())
        .filter(|&i| !matches!(rule.body[i], PartLiteral::Positive(_)))
        .collect();
    let mut builder = Builder {
        rule,
        strata,
        fillable,
        waiting,
        left: order.to_vec(),
    };
    builder.flow()
}

struct Builder<'a> {
    rule: &'a PartRule,
    strata: &'a Strata,
    /// Parts that stored facts can fill.
    fillable: &'a dyn Fn(PartId) -> bool,
    /// Literals that are not positive and not done.
    waiting: Vec<usize>,
    /// Positive literals not yet joined, in order.
    left: Vec<usize>,
}

/// What each word of a row holds; `None` for a word no variable names.
type Words = Vec<Option<u32>>;

impl Builder<'_> {
    fn flow(&mut self) -> Flow {
        let mut filters = Vec::new();
        let mut words: Words = Vec::new();
        let mut source = None;
        if !self.left.is_empty() {
            let first = self.left.remove(0);
            let atom = self.positive(first);
            source = Some(atom.part);
            words = self.words(atom, &mut filters);
        }
        filters.extend(self.ready(&words));
        if has(Fault::SourceFiltersDropped) {
            filters.clear();
        }
        let carried = self.needed(&words);
        words = carried.iter().map(|&c| words[c]).collect();
        let mut steps = Vec::new();
        self.negations(&words, &mut steps);
        while !self.left.is_empty() {
            let next = self.left.remove(0);
            let step = self.join(next, &mut words);
            steps.push(step);
            self.negations(&words, &mut steps);
        }
        debug_assert!(
            self.waiting.is_empty(),
            "conditions of maintained rules are bound"
        );
        let head = stored_terms(&self.rule.head, self.strata);
        Flow {
            core: self.rule.core,
            head: self.rule.head.part,
            source,
            filters,
            carried,
            steps,
            output: head.into_iter().map(|t| operand(t, &words)).collect(),
        }
    }

    fn positive(&self, index: usize) -> &PartAtom {
        match &self.rule.body[index] {
            PartLiteral::Positive(atom) => atom,
            _ => unreachable!("the order lists positive literals"),
        }
    }

    /// The variables of a row of the atom's part; constants and repetitions become filters.
    fn words(&self, atom: &PartAtom, filters: &mut Vec<Filter>) -> Words {
        let mut words: Words = Vec::new();
        for (i, term) in stored_terms(atom, self.strata).into_iter().enumerate() {
            match term {
                PartTerm::Variable(v) => match words.iter().position(|w| *w == Some(*v)) {
                    Some(first) => {
                        filters.push(Filter::Same(first, i));
                        words.push(None);
                    }
                    None => words.push(Some(*v)),
                },
                PartTerm::Value(value) => {
                    let (here, there) = (Operand::Column(i), Operand::Value(value.clone()));
                    filters.push(Filter::Compare(CompareOp::Eq, here, there));
                    words.push(None);
                }
                PartTerm::Now => unreachable!("rows hold no request time"),
            }
        }
        words
    }

    /// Comparisons and type tests whose variables the row holds; they are done with.
    fn ready(&mut self, words: &Words) -> Vec<Filter> {
        let known = |t: &PartTerm| variable(t).is_none_or(|v| words.contains(&Some(v)));
        let mut filters = Vec::new();
        let rule = self.rule;
        self.waiting.retain(|&i| match &rule.body[i] {
            PartLiteral::Compare(op, a, b) if known(a) && known(b) => {
                filters.push(Filter::Compare(*op, operand(a, words), operand(b, words)));
                false
            }
            PartLiteral::HasType(t, types) if known(t) => {
                filters.push(Filter::HasType(operand(t, words), types.clone()));
                false
            }
            _ => true,
        });
        filters
    }

    /// Words that the head, an atom or a condition still to come mentions.
    fn needed(&self, words: &Words) -> Vec<Column> {
        let mut wanted: Vec<u32> = Vec::new();
        let head = &self.rule.head;
        wanted.extend(head.args.iter().chain(&head.hidden).filter_map(variable));
        for &i in self.left.iter().chain(&self.waiting) {
            match &self.rule.body[i] {
                PartLiteral::Positive(atom) | PartLiteral::Negative(atom) => {
                    wanted.extend(atom.args.iter().chain(&atom.hidden).filter_map(variable));
                }
                PartLiteral::Compare(_, a, b) => {
                    wanted.extend([a, b].into_iter().filter_map(variable));
                }
                PartLiteral::HasType(t, _) => wanted.extend(variable(t)),
            }
        }
        (0..words.len())
            .filter(|&c| words[c].is_some_and(|v| wanted.contains(&v)))
            .collect()
    }

    fn join(&mut self, index: usize, words: &mut Words) -> Step {
        let mut right = Vec::new();
        let atom = self.positive(index);
        let part = atom.part;
        let there = self.words(atom, &mut right);
        let (mut left_key, mut right_key) = (Vec::new(), Vec::new());
        let mut row = words.clone();
        for (i, v) in there.iter().enumerate() {
            match v.and_then(|v| words.iter().position(|w| *w == Some(v))) {
                Some(c) => {
                    left_key.push(c);
                    right_key.push(i);
                    row.push(None);
                }
                None => row.push(*v),
            }
        }
        if has(Fault::WrongJoinColumn) && words.len() > 1 {
            for column in &mut left_key {
                *column = (*column + 1) % words.len();
            }
        }
        if has(Fault::RightFiltersDropped) {
            right.clear();
        }
        let joined = self.ready(&row);
        let output = self.needed(&row);
        *words = output.iter().map(|&c| row[c]).collect();
        Step::Join {
            part,
            right,
            left_key,
            right_key,
            joined,
            output,
        }
    }

    /// Negated atoms whose shared variables the row holds.
    fn negations(&mut self, words: &Words, steps: &mut Vec<Step>) {
        let rule = self.rule;
        let last = self.left.is_empty();
        let mut ready = Vec::new();
        self.waiting.retain(|&i| {
            let PartLiteral::Negative(atom) = &rule.body[i] else {
                return true;
            };
            // Variables that later atoms bind are not existential: wait for them.
            let bound_later = |v: u32| {
                self.left.iter().any(|&l| match &rule.body[l] {
                    PartLiteral::Positive(a) => a
                        .args
                        .iter()
                        .chain(&a.hidden)
                        .any(|t| variable(t) == Some(v)),
                    _ => false,
                })
            };
            let waits = atom
                .args
                .iter()
                .filter_map(variable)
                .any(|v| !words.contains(&Some(v)) && bound_later(v));
            if waits && !last {
                return true;
            }
            ready.push(atom);
            false
        });
        for atom in ready {
            let args: Vec<Option<Operand>> = atom
                .args
                .iter()
                .map(|t| match variable(t) {
                    Some(v) if !words.contains(&Some(v)) => None,
                    _ => Some(operand(t, words)),
                })
                .collect();
            let mut step = self.without(atom.part, &args, words.len());
            if let Some(Step::Without { joined, .. }) = &mut step {
                joined.retain(|filter| !self.always_holds(filter, words));
            }
            steps.extend(step);
        }
    }

    /// Whether no row fails a filter, by what its variable can be.
    fn always_holds(&self, filter: &Filter, words: &Words) -> bool {
        let Filter::HasType(Operand::Column(column), types) = filter else {
            return false;
        };
        let variable = words.get(*column).copied().flatten();
        variable.is_some_and(|v| self.rule.variables[v as usize].types.within(types))
    }

    /// The step that drops rows matched by a part; `None` where nothing can match.
    fn without(&self, part: PartId, args: &[Option<Operand>], width: usize) -> Option<Step> {
        if !(self.fillable)(part) {
            return None;
        }
        let data = self.strata.part(part);
        let (mut right, mut joined) = (Vec::new(), Vec::new());
        let (mut left_key, mut right_key) = (Vec::new(), Vec::new());
        // Where each argument of the part is found in the pair, if anywhere.
        let mut place: Vec<Option<Operand>> = Vec::with_capacity(args.len());
        let mut stored = 0;
        for (column, arg) in data.columns.iter().zip(args) {
            match column {
                PartColumn::Constant(value) => {
                    match arg {
                        Some(Operand::Value(v)) if v != value => return None,
                        Some(Operand::Column(c)) => joined.push(Filter::Compare(
                            CompareOp::Eq,
                            Operand::Column(*c),
                            Operand::Value(value.clone()),
                        )),
                        _ => {}
                    }
                    place.push(Some(Operand::Value(value.clone())));
                }
                PartColumn::Stored(..) => {
                    match arg {
                        Some(Operand::Column(c)) => {
                            left_key.push(*c);
                            right_key.push(stored);
                        }
                        Some(value) => right.push(Filter::Compare(
                            CompareOp::Eq,
                            Operand::Column(stored),
                            value.clone(),
                        )),
                        None => {}
                    }
                    place.push(Some(Operand::Column(width + stored)));
                    stored += 1;
                }
                PartColumn::Every(types) => {
                    match arg {
                        Some(Operand::Value(value)) if !types.has(value.ty()) => return None,
                        Some(column @ Operand::Column(_)) => {
                            joined.push(Filter::HasType(column.clone(), types.clone()));
                        }
                        _ => {}
                    }
                    place.push(arg.clone());
                }
            }
        }
        let slot = |slot: &Slot| match slot {
            Slot::Argument(i) => place[*i as usize].clone(),
            Slot::Hidden(j) => Some(Operand::Column(width + stored + *j as usize)),
            Slot::Value(value) => Some(Operand::Value(value.clone())),
            Slot::Open(_) | Slot::Now => None,
        };
        let mut unless = Vec::new();
        let pair = width + stored + data.hidden.len();
        for condition in &data.residue {
            match condition {
                Condition::Compare(op, a, b) => {
                    // Equal unbound columns that the question leaves open can be equal.
                    if let (Some(a), Some(b), false) =
                        (slot(a), slot(b), has(Fault::NegationResidueDropped))
                    {
                        joined.push(Filter::Compare(*op, a, b));
                    }
                }
                Condition::Absent(other, slots) => {
                    let args: Vec<Option<Operand>> =
                        slots.iter().map(|s| s.as_ref().and_then(slot)).collect();
                    unless.extend(self.without(*other, &args, pair));
                }
            }
        }
        Some(Step::Without {
            part,
            right,
            left_key,
            right_key,
            joined,
            unless,
        })
    }
}

fn operand(term: &PartTerm, words: &Words) -> Operand {
    match term {
        PartTerm::Value(value) => Operand::Value(value.clone()),
        PartTerm::Variable(v) => {
            let column = words.iter().position(|w| *w == Some(*v));
            Operand::Column(column.expect("variables are carried as long as they are needed"))
        }
        PartTerm::Now => unreachable!("maintained rules do not read the time"),
    }
}
