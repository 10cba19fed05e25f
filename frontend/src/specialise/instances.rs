//! Rule instances: every way the body of a core rule can be made of cells.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::ir::core::{Atom, Core, Literal, PredicateId, RuleId, Term, VariableId};
use crate::ir::part::Feed;
use crate::ir::{Entry, Signature, TypeTable, Value};
use crate::limits::Limits;

use super::binding::{Binding, Resolved};
use super::cells::{CellConstants, CellId, Cells, Frame, Shape};
use super::partition::{Class, Partitions};

/// One way to make a rule's body of cells.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub(super) rule: RuleId,
    /// One per positive atom, in order.
    pub(super) body: SmallVec<[CellId; 4]>,
    pub(super) head: CellId,
    pub(super) binding: Binding,
    /// Values that a variable must not have, since they belong to another cell of the head.
    pub(super) excluded: Vec<(VariableId, Value)>,
}

/// More cells or instances than [`Limits`] allow.
pub(super) struct TooMany(pub(super) RuleId);

/// A positive atom: its rule and its place among the positive atoms there.
type Reader = (RuleId, usize);

/// Atoms that can read a cell.
#[derive(Default)]
struct Readers {
    /// By class of the key argument and literal at the literal position (`None`: none).
    exact: FxHashMap<(PredicateId, Option<Class>, Option<Value>), Vec<Reader>>,
    /// By class of the key argument alone.
    class: FxHashMap<(PredicateId, Option<Class>), Vec<Reader>>,
    /// All of a predicate.
    all: FxHashMap<PredicateId, Vec<Reader>>,
}

/// The fixpoint over cells and instances.
pub(super) struct Instantiation<'a, 'c> {
    pub(super) core: &'a Core,
    pub(super) types: &'a TypeTable,
    pub(super) partitions: &'a Partitions,
    pub(super) limits: &'a Limits,
    pub(super) cells: &'c mut Cells<'a>,
    pub(super) found: Vec<Instance>,
    /// Variables of what has been found.
    pub(super) held: usize,
    /// Variables of the matches tried.
    pub(super) tried: usize,
}

/// Variables that may be tried for each that may be held.
const TRIES: usize = 4;

impl<'a> Instantiation<'a, '_> {
    /// Every cell that facts or rules can reach, and every instance that reaches it.
    pub(super) fn run(
        mut self,
        stored: &[Signature],
        context: &[Signature],
    ) -> Result<Vec<Instance>, TooMany> {
        // A context fact of a predicate that no rule reads is an answer to questions about
        // that predicate and nothing else: it needs no part.
        let mut read = vec![false; self.core.predicates.len()];
        for rule in &self.core.rules {
            for atom in positives(&rule.body).chain(negatives(&rule.body)) {
                read[atom.predicate.0 as usize] = true;
            }
        }
        let known: FxHashSet<(PredicateId, &[Entry])> = stored
            .iter()
            .map(|s| (s.predicate, &s.entries[..]))
            .collect();
        for signature in stored {
            self.feed(signature, Feed::Stored);
        }
        for signature in context {
            let fed = known.contains(&(signature.predicate, &signature.entries[..]));
            if read[signature.predicate.0 as usize] && !fed {
                self.feed(signature, Feed::Context);
            }
        }
        let readers = self.readers();
        for (i, rule) in self.core.rules.iter().enumerate() {
            if positives(&rule.body).next().is_none() {
                self.complete(RuleId(i as u32), &[], Binding::new(rule))?;
            }
        }
        let mut next = 0;
        let mut users = Vec::new();
        while next < self.cells.len() {
            let cell = CellId(next as u32);
            next += 1;
            users.clear();
            readers.of(cell, self.cells, self.partitions, &mut users);
            for &(rule, pinned) in &users {
                let body: Vec<&'a Atom> = positives(&self.core.rule(rule).body).collect();
                self.charge(rule)?;
                let mut binding = Binding::new(self.core.rule(rule));
                if !binding.match_positive(body[pinned], self.cells, cell) {
                    continue;
                }
                let mut chosen = vec![cell; body.len()];
                self.extend(rule, &body, 0, pinned, cell, binding, &mut chosen)?;
            }
        }
        Ok(self.found)
    }

    /// Counts one match tried.
    fn charge(&mut self, rule: RuleId) -> Result<(), TooMany> {
        self.tried += 1 + self.core.rule(rule).variables.len();
        if self.tried / TRIES > self.limits.part_variables {
            return Err(TooMany(rule));
        }
        Ok(())
    }

    /// Chooses cells for the atoms from `at` on. Atoms before the pinned one take older
    /// cells only, so that no instance is found twice.
    #[expect(
        clippy::too_many_arguments,
        reason = "the state of one backtracking search"
    )]
    fn extend(
        &mut self,
        rule: RuleId,
        body: &[&'a Atom],
        at: usize,
        pinned: usize,
        newest: CellId,
        binding: Binding,
        chosen: &mut Vec<CellId>,
    ) -> Result<(), TooMany> {
        if at == body.len() {
            return self.complete(rule, chosen, binding);
        }
        if at == pinned {
            return self.extend(rule, body, at + 1, pinned, newest, binding, chosen);
        }
        let mut candidates = Vec::new();
        self.candidates(body[at], &binding, &mut candidates);
        for cell in candidates {
            if cell > newest || (cell == newest && at < pinned) {
                continue;
            }
            self.charge(rule)?;
            let mut next = binding.clone();
            if next.match_positive(body[at], self.cells, cell) {
                chosen[at] = cell;
                self.extend(rule, body, at + 1, pinned, newest, next, chosen)?;
            }
        }
        Ok(())
    }

    fn candidates(&self, atom: &Atom, binding: &Binding, found: &mut Vec<CellId>) {
        candidates(
            self.cells,
            self.partitions,
            self.types,
            atom,
            binding,
            found,
        );
    }

    /// Enters an instance for every cell its head falls into.
    fn complete(&mut self, rule: RuleId, body: &[CellId], binding: Binding) -> Result<(), TooMany> {
        let head: &'a Atom = &self.core.rule(rule).head;
        // Every unbound or bound variable must be able to have a value at all.
        for v in 0..self.core.rule(rule).variables.len() {
            if binding.types(VariableId(v as u32)).is_empty() {
                return Ok(());
            }
        }
        let mut partial = vec![(SmallVec::new(), binding)];
        for (i, arg) in head.args.iter().enumerate() {
            let mut next = Vec::with_capacity(partial.len());
            for (columns, binding) in partial {
                self.head_column(head.predicate, i, arg, columns, binding, &mut next);
            }
            partial = next;
        }
        for (columns, binding) in partial {
            let frame = self.cells.intern_frame(Frame {
                predicate: head.predicate,
                columns,
            });
            self.head_constants(rule, body, head, frame, binding)?;
        }
        Ok(())
    }

    fn head_column(
        &self,
        predicate: PredicateId,
        position: usize,
        arg: &Term,
        mut columns: SmallVec<[Shape; 4]>,
        binding: Binding,
        out: &mut Vec<(SmallVec<[Shape; 4]>, Binding)>,
    ) {
        match binding.resolve(arg) {
            // The head of a core rule carries no time.
            None => {}
            Some(Resolved::Value(value)) => {
                let class = self.partitions.class(predicate, position, value.ty());
                columns.push(Shape::Stored(class));
                out.push((columns, binding));
            }
            Some(Resolved::Unbound(v)) => {
                columns.push(Shape::Every(binding.types(v).clone(), v.0));
                out.push((columns, binding));
            }
            Some(Resolved::Stored(v)) => {
                let classes = self
                    .partitions
                    .meeting(predicate, position, &binding.possible(v));
                let mut restricted =
                    |mut columns: SmallVec<[Shape; 4]>, mut binding: Binding, class: Class| {
                        if binding.restrict(v, self.partitions.types(predicate, position, class)) {
                            columns.push(Shape::Stored(class));
                            out.push((columns, binding));
                        }
                    };
                let Some((last, others)) = classes.split_last() else {
                    return;
                };
                for class in others {
                    restricted(columns.clone(), binding.clone(), *class);
                }
                restricted(columns, binding, *last);
            }
        }
    }

    /// Splits by the constants of the head's frame.
    fn head_constants(
        &mut self,
        rule: RuleId,
        body: &[CellId],
        head: &Atom,
        frame: super::cells::FrameId,
        binding: Binding,
    ) -> Result<(), TooMany> {
        let mut partial = vec![(CellConstants::new(), binding, Vec::new())];
        for (i, arg) in head.args.iter().enumerate() {
            let split = self.cells.constants.of(frame, i).clone();
            if split.is_empty() {
                partial
                    .iter_mut()
                    .for_each(|(constants, _, _)| constants.push(None));
                continue;
            }
            let mut next = Vec::with_capacity(partial.len());
            for (mut constants, binding, mut excluded) in partial {
                match binding.resolve(arg) {
                    Some(Resolved::Value(value)) => {
                        let known = split.binary_search(value).is_ok();
                        constants.push(known.then(|| value.clone()));
                    }
                    Some(Resolved::Stored(v)) => {
                        let mut rest: Vec<(VariableId, Value)> = excluded.clone();
                        for value in split.iter().filter(|c| !binding.excludes(v, c)) {
                            let mut one = binding.clone();
                            if one.set_constant(v, value) {
                                let mut constants = constants.clone();
                                constants.push(Some(value.clone()));
                                next.push((constants, one, excluded.clone()));
                                rest.push((v, value.clone()));
                            }
                        }
                        excluded = rest;
                        constants.push(None);
                    }
                    Some(Resolved::Unbound(_)) | None => constants.push(None),
                }
                next.push((constants, binding, excluded));
            }
            partial = next;
        }
        for (constants, binding, excluded) in partial {
            let cell = self.cells.intern(frame, constants, Feed::Rules);
            self.found.push(Instance {
                rule,
                body: body.into(),
                head: cell,
                binding,
                excluded,
            });
            self.held += 1 + self.core.rule(rule).variables.len();
            self.charge(rule)?;
            if self.cells.len() > self.limits.parts
                || self.found.len() > self.limits.part_rules
                || self.held > self.limits.part_variables
            {
                return Err(TooMany(rule));
            }
        }
        Ok(())
    }

    /// Cells that facts of a signature belong to.
    fn feed(&mut self, signature: &Signature, feed: Feed) {
        let classes: Vec<Vec<Class>> = signature
            .entries
            .iter()
            .enumerate()
            .map(|(i, entry)| {
                let admitted = match entry {
                    Entry::Exactly(_) => self.types.only(crate::ir::TypeId::STRING),
                    Entry::Types(types) => types.clone(),
                };
                self.partitions.meeting(signature.predicate, i, &admitted)
            })
            .collect();
        each_choice(&classes, &mut |columns| {
            // Beyond the limit the loop over rules reports it.
            if self.cells.len() > self.limits.parts {
                return;
            }
            let frame = self.cells.intern_frame(Frame {
                predicate: signature.predicate,
                columns: columns.iter().map(|&&c| Shape::Stored(c)).collect(),
            });
            let split: Vec<Vec<Option<Value>>> = signature
                .entries
                .iter()
                .enumerate()
                .map(|(i, entry)| {
                    let split = self.cells.constants.of(frame, i);
                    match entry {
                        Entry::Exactly(text) => {
                            let value = Value::String(text.clone());
                            vec![split.binary_search(&value).is_ok().then_some(value)]
                        }
                        Entry::Types(types) => {
                            let own = split.iter().filter(|v| types.has(v.ty()));
                            own.map(|v| Some(v.clone())).chain([None]).collect()
                        }
                    }
                })
                .collect();
            each_choice(&split, &mut |constants| {
                let constants = constants.iter().map(|&c| c.clone()).collect();
                self.cells.intern(frame, constants, feed);
            });
        });
    }

    fn readers(&self) -> Readers {
        let mut readers = Readers::default();
        for (r, rule) in self.core.rules.iter().enumerate() {
            let binding = Binding::new(rule);
            for (i, atom) in positives(&rule.body).enumerate() {
                let reader = (RuleId(r as u32), i);
                let predicate = atom.predicate;
                readers.all.entry(predicate).or_default().push(reader);
                let literal = self
                    .cells
                    .literal_position(predicate)
                    .and_then(|p| binding.argument_constant(&atom.args[p]))
                    .filter(|v| super::cells::splits(v));
                let mut enter = |class: Option<Class>| {
                    let key = (predicate, class, literal.cloned());
                    readers.exact.entry(key).or_default().push(reader);
                    readers
                        .class
                        .entry((predicate, class))
                        .or_default()
                        .push(reader);
                };
                let key = self.partitions.key(predicate);
                match atom.args.get(key) {
                    None => enter(None),
                    Some(arg) => {
                        let types = binding.argument_types(arg, self.types);
                        for class in self.partitions.meeting(predicate, key, &types) {
                            enter(Some(class));
                        }
                    }
                }
            }
        }
        readers
    }
}

impl Readers {
    fn of(
        &self,
        cell: CellId,
        cells: &Cells<'_>,
        partitions: &Partitions,
        found: &mut Vec<Reader>,
    ) {
        let frame = cells.frame(cell);
        let predicate = frame.predicate;
        let class = match frame.columns.get(partitions.key(predicate)) {
            Some(Shape::Stored(class)) => Some(*class),
            None => None,
            // Unbound: atoms of every class read it.
            Some(Shape::Every(..)) => {
                found.extend(self.all.get(&predicate).into_iter().flatten());
                return;
            }
        };
        let constant = cells
            .literal_position(predicate)
            .and_then(|i| cells.get(cell).constants[i].clone());
        let Some(constant) = constant else {
            // Any value may stand there: atoms with any literal read it.
            found.extend(self.class.get(&(predicate, class)).into_iter().flatten());
            return;
        };
        for literal in [None, Some(constant)] {
            let key = (predicate, class, literal);
            found.extend(self.exact.get(&key).into_iter().flatten());
        }
    }
}

/// Calls `each` with every way to choose one item from each list.
fn each_choice<'l, T>(lists: &'l [Vec<T>], each: &mut dyn FnMut(&[&'l T])) {
    let mut at = vec![0; lists.len()];
    if lists.iter().any(Vec::is_empty) {
        return;
    }
    let mut chosen: Vec<&T> = lists.iter().map(|l| &l[0]).collect();
    loop {
        each(&chosen);
        // Count up, last list fastest.
        let Some(i) = (0..lists.len()).rev().find(|&i| at[i] + 1 < lists[i].len()) else {
            return;
        };
        at[i] += 1;
        chosen[i] = &lists[i][at[i]];
        for k in i + 1..lists.len() {
            at[k] = 0;
            chosen[k] = &lists[k][0];
        }
    }
}

/// Cells an atom may match under a binding.
pub(super) fn candidates(
    cells: &Cells<'_>,
    partitions: &Partitions,
    types: &TypeTable,
    atom: &Atom,
    binding: &Binding,
    found: &mut Vec<CellId>,
) {
    let key = atom.args.get(partitions.key(atom.predicate));
    let admitted = key.map(|arg| binding.argument_types(arg, types));
    let literal = cells
        .literal_position(atom.predicate)
        .and_then(|p| binding.argument_constant(&atom.args[p]))
        .filter(|v| super::cells::splits(v));
    cells.candidates(atom.predicate, admitted.as_ref(), literal, found);
}

/// The positive atoms of a body, in order.
pub(super) fn positives(body: &[Literal]) -> impl Iterator<Item = &Atom> {
    body.iter().filter_map(|l| match l {
        Literal::Positive(a) => Some(a),
        _ => None,
    })
}

/// The negated atoms of a body, in order.
pub(super) fn negatives(body: &[Literal]) -> impl Iterator<Item = &Atom> {
    body.iter().filter_map(|l| match l {
        Literal::Negative(a) => Some(a),
        _ => None,
    })
}
