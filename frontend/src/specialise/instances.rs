//! Rule instances: every way the body of a core rule can be made of cells.

use smallvec::SmallVec;

use crate::ir::core::{RuleId, VariableId};
use crate::ir::part::Feed;
use crate::limits::Limits;

use super::binding::{Binding, Resolved};
use super::cells::{CellConstants, CellId, Cells, Columns, Frame, FrameId, Shape, splits};
use super::facts::Facts;
use super::matching::Matching;
use super::outline::{Outline, Pattern};
use super::partition::Partitions;
use super::readers::Readers;
use super::vocabulary::{ValueId, Vocabulary};

/// One way to make a rule's body of cells.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) rule: RuleId,
    /// One per positive atom, in order.
    pub(super) body: SmallVec<[CellId; 4]>,
    pub(super) head: CellId,
    pub(super) binding: Binding,
    /// Values that a variable must not have, since they belong to another cell of the head.
    pub(super) excluded: Vec<(VariableId, ValueId)>,
}

/// More cells or instances than [`Limits`] allow.
pub(super) struct TooMany(pub(super) RuleId);

/// The fixpoint over cells and instances: one backtracking search after the other.
pub(super) struct Instantiation<'a, 'c> {
    rules: &'a [Outline],
    partitions: &'a Partitions,
    limits: &'a Limits,
    vocabulary: &'c mut Vocabulary,
    cells: &'c mut Cells<'a>,
    found: Vec<Instance>,
    /// Variables of what has been found.
    held: usize,
    /// Variables of the matches tried.
    tried: usize,
    /// The search under way.
    search: Search,
}

/// How far a search has come.
struct Search {
    rule: RuleId,
    matching: Matching,
    /// The atom that takes the newest cell.
    pinned: usize,
    newest: CellId,
    /// Cells of the atoms so far.
    body: SmallVec<[CellId; 4]>,
    /// Candidates of the atoms so far, one list behind the other.
    candidates: Vec<CellId>,
    /// Columns and constants of the head so far.
    columns: Columns,
    constants: CellConstants,
    excluded: Vec<(VariableId, ValueId)>,
}

/// Variables that may be tried for each that may be held.
const TRIES: usize = 4;

impl<'a, 'c> Instantiation<'a, 'c> {
    pub(super) fn new(
        rules: &'a [Outline],
        partitions: &'a Partitions,
        limits: &'a Limits,
        vocabulary: &'c mut Vocabulary,
        cells: &'c mut Cells<'a>,
    ) -> Self {
        Instantiation {
            rules,
            partitions,
            limits,
            vocabulary,
            cells,
            found: Vec::new(),
            held: 0,
            tried: 0,
            search: Search {
                rule: RuleId(0),
                matching: Matching::default(),
                pinned: 0,
                newest: CellId(0),
                body: SmallVec::new(),
                candidates: Vec::new(),
                columns: SmallVec::new(),
                constants: SmallVec::new(),
                excluded: Vec::new(),
            },
        }
    }

    /// Every cell that facts or rules can reach, and every instance that reaches it.
    pub(super) fn run(mut self, facts: &Facts) -> Result<Vec<Instance>, TooMany> {
        facts.enter(self.vocabulary, self.cells, self.limits);
        let readers = Readers::new(self.rules, self.vocabulary, self.partitions, self.cells);
        for (i, rule) in self.rules.iter().enumerate() {
            if rule.positives.is_empty() {
                self.search.start(RuleId(i as u32), rule, 0, CellId(0));
                self.complete()?;
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
                self.charge(rule)?;
                let pinned = pinned as usize;
                let outline = &self.rules[rule.0 as usize];
                self.search.start(rule, outline, pinned, cell);
                if self.matches(&outline.positives[pinned], cell) {
                    self.extend(0)?;
                }
            }
        }
        Ok(self.found)
    }

    /// Counts one match tried.
    fn charge(&mut self, rule: RuleId) -> Result<(), TooMany> {
        self.tried += 1 + self.variables(rule);
        if self.tried / TRIES > self.limits.part_variables {
            return Err(TooMany(rule));
        }
        Ok(())
    }

    fn variables(&self, rule: RuleId) -> usize {
        self.rules[rule.0 as usize].variables.len()
    }

    fn matches(&mut self, atom: &Pattern, cell: CellId) -> bool {
        let matching = &mut self.search.matching;
        matching.match_positive(atom, self.cells, self.vocabulary, cell)
    }

    /// Chooses cells for the atoms from `at` on. Atoms before the pinned one take older
    /// cells only, so that no instance is found twice.
    fn extend(&mut self, at: usize) -> Result<(), TooMany> {
        let rule = self.search.rule;
        let (pinned, newest) = (self.search.pinned, self.search.newest);
        let body = &self.rules[rule.0 as usize].positives;
        if at == body.len() {
            return self.complete();
        }
        if at == pinned {
            return self.extend(at + 1);
        }
        let first = self.search.candidates.len();
        candidates(
            self.cells,
            self.partitions,
            self.vocabulary,
            &body[at],
            &self.search.matching.binding,
            &mut self.search.candidates,
        );
        for i in first..self.search.candidates.len() {
            let cell = self.search.candidates[i];
            if cell > newest || (cell == newest && at < pinned) {
                continue;
            }
            self.charge(rule)?;
            let mark = self.search.matching.mark();
            if self.matches(&body[at], cell) {
                self.search.body[at] = cell;
                self.extend(at + 1)?;
            }
            self.search.matching.undo(mark);
        }
        self.search.candidates.truncate(first);
        Ok(())
    }

    /// Enters an instance for every cell the head falls into.
    fn complete(&mut self) -> Result<(), TooMany> {
        // Every unbound or bound variable must be able to have a value at all.
        if self.search.matching.binding.is_empty() {
            return Ok(());
        }
        self.column(0)
    }

    /// Splits the head by type classes, from one column on.
    fn column(&mut self, at: usize) -> Result<(), TooMany> {
        let head = &self.rules[self.search.rule.0 as usize].head;
        let Some(&arg) = head.args.get(at) else {
            let frame = self.cells.intern_frame(Frame {
                predicate: head.predicate,
                columns: SmallVec::from_slice(&self.search.columns),
            });
            return self.constant(frame, 0);
        };
        match self.search.matching.binding.resolve(arg) {
            Resolved::Value(value) => {
                let ty = self.vocabulary.type_of(value);
                let class = self.partitions.class(head.predicate, at, ty);
                self.next_column(at, Shape::Stored(class))
            }
            Resolved::Unbound(v) => {
                let types = self.search.matching.binding.types(v);
                self.next_column(at, Shape::Every(types, v.0))
            }
            Resolved::Stored(v) => {
                let possible = self.search.matching.possible(v, self.vocabulary);
                let predicate = head.predicate;
                let classes = self
                    .partitions
                    .meeting(predicate, at, possible, self.vocabulary);
                for &class in classes.iter() {
                    let mark = self.search.matching.mark();
                    let types = self.partitions.types(predicate, at, class);
                    if self.search.matching.restrict(v, types, self.vocabulary) {
                        self.next_column(at, Shape::Stored(class))?;
                    }
                    self.search.matching.undo(mark);
                }
                Ok(())
            }
        }
    }

    fn next_column(&mut self, at: usize, shape: Shape) -> Result<(), TooMany> {
        self.search.columns.push(shape);
        let done = self.column(at + 1);
        self.search.columns.pop();
        done
    }

    /// Splits by the constants of the head's frame, from one column on.
    fn constant(&mut self, frame: FrameId, at: usize) -> Result<(), TooMany> {
        let head = &self.rules[self.search.rule.0 as usize].head;
        let Some(&arg) = head.args.get(at) else {
            return self.enter(frame);
        };
        let list = self.cells.constants.of(frame, at);
        match self.search.matching.binding.resolve(arg) {
            Resolved::Value(value) => {
                let known = self.vocabulary.contains(list, value);
                self.next_constant(frame, at, known.then_some(value))
            }
            Resolved::Stored(v) => {
                let before = self.search.excluded.len();
                let mut rest: SmallVec<[ValueId; 8]> = SmallVec::new();
                for i in 0..self.vocabulary.listed(list).len() {
                    let value = self.vocabulary.listed(list)[i];
                    let mark = self.search.matching.mark();
                    if self.search.matching.set_constant(v, value, self.vocabulary) {
                        rest.push(value);
                        self.next_constant(frame, at, Some(value))?;
                    }
                    self.search.matching.undo(mark);
                }
                let excluded = rest.into_iter().map(|value| (v, value));
                self.search.excluded.extend(excluded);
                self.next_constant(frame, at, None)?;
                self.search.excluded.truncate(before);
                Ok(())
            }
            Resolved::Unbound(_) => self.next_constant(frame, at, None),
        }
    }

    fn next_constant(
        &mut self,
        frame: FrameId,
        at: usize,
        value: Option<ValueId>,
    ) -> Result<(), TooMany> {
        self.search.constants.push(value);
        let done = self.constant(frame, at + 1);
        self.search.constants.pop();
        done
    }

    /// Enters the instance that the search has come to.
    fn enter(&mut self, frame: FrameId) -> Result<(), TooMany> {
        let constants = SmallVec::from_slice(&self.search.constants);
        let rule = self.search.rule;
        let cell = self.cells.intern(frame, constants, Feed::Rules);
        self.found.push(Instance {
            rule,
            body: SmallVec::from_slice(&self.search.body),
            head: cell,
            binding: self.search.matching.binding.snapshot(),
            excluded: self.search.excluded.clone(),
        });
        self.held += 1 + self.variables(rule);
        self.charge(rule)?;
        if self.cells.len() > self.limits.parts
            || self.found.len() > self.limits.part_rules
            || self.held > self.limits.part_variables
        {
            return Err(TooMany(rule));
        }
        Ok(())
    }
}

impl Search {
    fn start(&mut self, rule: RuleId, outline: &Outline, pinned: usize, newest: CellId) {
        self.rule = rule;
        self.pinned = pinned;
        self.newest = newest;
        self.matching.restart(outline);
        self.body.clear();
        self.body.resize(outline.positives.len(), newest);
        self.candidates.clear();
        self.columns.clear();
        self.constants.clear();
        self.excluded.clear();
    }
}

/// Cells an atom may match under a binding.
pub(super) fn candidates(
    cells: &Cells<'_>,
    partitions: &Partitions,
    vocabulary: &Vocabulary,
    atom: &Pattern,
    binding: &Binding,
    found: &mut Vec<CellId>,
) {
    let key = atom.args.get(partitions.key(atom.predicate));
    let admitted = key.map(|&arg| binding.argument_types(arg, vocabulary));
    let literal = cells
        .literal_position(atom.predicate)
        .and_then(|p| binding.argument_constant(atom.args[p]))
        .filter(|v| splits(vocabulary.value(*v)));
    cells.candidates(atom.predicate, admitted, literal, vocabulary, found);
}
