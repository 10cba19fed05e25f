//! Cells to parts: what a rule demands of unbound columns or of the time becomes the
//! residue of its head (design D3).
//!
//! Components are taken in order, so whatever a negation or an earlier component's
//! residue refers to is finished. Within a recursive component the variants of each cell
//! are found by iteration; where they do not settle the component is left to evaluation
//! on demand ([`Mode::Demand`]).

use rustc_hash::FxHashSet;
use smallvec::{SmallVec, smallvec};

use crate::check::is_open;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::core::{CompareOp, Core, Origin, VariableId};
use crate::ir::part::{
    Column, Condition, Feed, Mode, Part, PartId, PartLiteral, Slot, Strata, Stratum,
};
use crate::ir::{TypeSet, TypeTable};
use crate::limits::Limits;
use crate::source::{Span, Text};

use super::cells::{CellId, Cells, View};
use super::components::Components;
use super::draft::Draft;
use super::instances::Instance;
use super::vocabulary::Vocabulary;

/// What tells the parts of one cell apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Variant {
    pub(super) mode: Mode,
    pub(super) hidden: Vec<TypeSet>,
    pub(super) open: Vec<Text>,
    pub(super) residue: Vec<Condition>,
}

/// A part for each positive atom of an instance.
type Choice = SmallVec<[PartId; 4]>;

/// More parts or rules than [`Limits`] allow.
pub(super) struct TooMany;

/// Builds parts and rules, component by component.
pub(super) struct Residues<'a> {
    pub(super) core: &'a Core,
    pub(super) types: &'a TypeTable,
    pub(super) limits: &'a Limits,
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) cells: &'a Cells<'a>,
    pub(super) instances: &'a [Instance],
    pub(super) negated: &'a [Vec<Vec<CellId>>],
    pub(super) diagnostics: &'a mut Diagnostics,
    pub(super) out: Strata,
    /// Parts of each cell so far.
    pub(super) parts: Vec<SmallVec<[PartId; 2]>>,
    /// Lines and variables W017 has been said of.
    pub(super) warned: FxHashSet<(Span, Text)>,
}

impl Residues<'_> {
    pub(super) fn run(mut self, components: &Components) -> Result<Strata, TooMany> {
        let group_of = |i: &usize| components.of(self.instances[*i].head) as usize;
        let mut order: Vec<usize> = (0..self.instances.len()).collect();
        order.sort_by_key(group_of);
        let mut left = &order[..];
        for (group, cells) in components.groups().enumerate() {
            let count = left.iter().take_while(|i| group_of(i) == group).count();
            let (own, rest) = left.split_at(count);
            left = rest;
            let recursive = own.iter().any(|&i| {
                let mut body = self.instances[i].body.iter();
                body.any(|c| components.of(*c) as usize == group)
            });
            let parts = self.out.parts.len() as u32;
            let rules = self.out.rules.len() as u32;
            let settled = self.component(cells, own, recursive, false)?;
            if !settled {
                self.out.parts.truncate(parts as usize);
                self.out.rules.truncate(rules as usize);
                for cell in cells {
                    self.parts[cell.0 as usize].clear();
                }
                self.component(cells, own, recursive, true)?;
            }
            let parts = parts..self.out.parts.len() as u32;
            let rules = rules..self.out.rules.len() as u32;
            // Rules that can never hold are gone.
            let made = &self.out.rules[rules.start as usize..];
            let reads = made.iter().flat_map(|rule| &rule.body);
            let recursive = reads.into_iter().any(|literal| {
                matches!(literal, PartLiteral::Positive(atom) if parts.contains(&atom.part.0))
            });
            self.out.strata.push(Stratum {
                parts,
                rules,
                recursive,
            });
            self.mark_live(self.out.strata.len() - 1);
        }
        Ok(self.out)
    }

    /// All parts and rules of one component; false if the variants do not settle.
    fn component(
        &mut self,
        cells: &[CellId],
        instances: &[usize],
        recursive: bool,
        demand: bool,
    ) -> Result<bool, TooMany> {
        for &cell in cells {
            if self.cells.get(cell).feed != Feed::Rules {
                let plain = Variant {
                    mode: if demand { Mode::Demand } else { Mode::Rows },
                    hidden: Vec::new(),
                    open: Vec::new(),
                    residue: Vec::new(),
                };
                self.part(cell, plain);
            }
        }
        let mut done: FxHashSet<(usize, Choice)> = FxHashSet::default();
        loop {
            let before = self.out.rules.len();
            for &i in instances {
                let parts = |c: &CellId| self.parts[c.0 as usize].len();
                let ways = self.instances[i]
                    .body
                    .iter()
                    .map(parts)
                    .fold(1, usize::saturating_mul);
                let atoms = self.instances[i].body.len();
                if ways.saturating_mul(atoms) > self.limits.part_variables {
                    return Err(TooMany);
                }
                for choice in self.choices(i) {
                    // Without recursion the first pass is the last: nothing comes twice.
                    if recursive && !done.insert((i, choice.clone())) {
                        continue;
                    }
                    if !self.rule(i, &choice, demand) {
                        return Ok(false);
                    }
                    if self.out.rules.len() > self.limits.part_rules
                        || self.out.parts.len() > self.limits.parts
                    {
                        return Err(TooMany);
                    }
                }
            }
            if !recursive || self.out.rules.len() == before {
                return Ok(true);
            }
        }
    }

    /// Every way to choose a part for each body cell.
    fn choices(&self, instance: usize) -> SmallVec<[Choice; 1]> {
        let mut all: SmallVec<[Choice; 1]> = smallvec![Choice::new()];
        for cell in &self.instances[instance].body {
            let parts = &self.parts[cell.0 as usize];
            if let [only] = parts[..] {
                all.iter_mut().for_each(|c| c.push(only));
                continue;
            }
            all = all
                .into_iter()
                .flat_map(|c| {
                    parts.iter().map(move |p| {
                        let mut c = c.clone();
                        c.push(*p);
                        c
                    })
                })
                .collect();
        }
        all
    }

    /// The part of a cell with this variant, made if need be.
    fn part(&mut self, cell: CellId, variant: Variant) -> PartId {
        let is = |p: &&PartId| {
            let part = self.out.part(**p);
            part.mode == variant.mode
                && part.hidden == variant.hidden
                && part.open == variant.open
                && plain(&part.residue).eq(&variant.residue)
        };
        let known = &self.parts[cell.0 as usize];
        if let Some(&id) = known.iter().find(is) {
            return id;
        }
        let vocabulary = self.vocabulary;
        let frame = self.cells.frame(cell);
        let arity = frame.columns.len();
        let mut residue = variant.residue;
        let mut groups: SmallVec<[(u32, u32); 4]> = SmallVec::new();
        let columns = (0..arity)
            .map(|i| match self.cells.view(cell, i) {
                View::Constant(value) => Column::Constant(vocabulary.value(value).clone()),
                View::Stored(types, except) => Column::Stored(
                    vocabulary.types(types).clone(),
                    vocabulary.shared(except).clone(),
                ),
                View::Every(types, group) => {
                    match groups.iter().find(|(g, _)| *g == group) {
                        Some((_, first)) => residue.push(Condition::Compare(
                            CompareOp::Eq,
                            Slot::Argument(*first),
                            Slot::Argument(i as u32),
                        )),
                        None => groups.push((group, i as u32)),
                    }
                    Column::Every(vocabulary.types(types).clone())
                }
            })
            .collect();
        let id = PartId(self.out.parts.len() as u32);
        // Facts belong to the plain variant, which is made before any rule's.
        let feed = if self.parts[cell.0 as usize].is_empty() {
            self.cells.get(cell).feed
        } else {
            Feed::Rules
        };
        self.out.parts.push(Part {
            predicate: frame.predicate,
            columns,
            hidden: variant.hidden,
            open: variant.open,
            residue,
            feed,
            mode: variant.mode,
            live: false,
        });
        self.parts[cell.0 as usize].push(id);
        id
    }

    /// Makes the rule of one instance over the chosen parts; false where a residue grows
    /// beyond the limit.
    fn rule(&mut self, index: usize, choice: &[PartId], demand: bool) -> bool {
        let instance = &self.instances[index];
        let mut draft = Draft::new(self, index);
        if !draft.body(choice) {
            return true;
        }
        let demand = demand
            || choice
                .iter()
                .any(|p| draft.from.out.part(*p).mode == Mode::Demand);
        let (variant, rule) = draft.finish(demand);
        let limit = self.limits.residue;
        if variant.hidden.len() > limit || variant.residue.len() > limit {
            return false;
        }
        let per_cell = &self.parts[instance.head.0 as usize];
        if per_cell.len() > 4 * limit {
            return false;
        }
        self.warn(instance, &rule.introduced);
        let head = self.part(instance.head, variant);
        let mut rule = rule.rule;
        rule.head.part = head;
        self.out.rules.push(rule);
        true
    }

    /// W017, once per line and variable.
    fn warn(&mut self, instance: &Instance, introduced: &[(VariableId, bool)]) {
        let rule = self.core.rule(instance.rule);
        let Some(span) = rule.span else { return };
        for &(v, in_head) in introduced {
            if rule.origin == Origin::Group && in_head {
                continue;
            }
            // Of those that the rule itself leaves open it was said before.
            if is_open(rule, v) {
                continue;
            }
            let name = &rule.variable(v).name;
            if !self.warned.insert((span, name.clone())) {
                continue;
            }
            let predicate = &self.core.predicate(rule.head.predicate).name;
            let found = if in_head {
                Diagnostic::new(
                    Code::W017,
                    span,
                    format!("`{name}` of `{predicate}` cannot be listed: it has no set of possible values"),
                )
                .label(format!("`{name}` is only compared or negated, nothing binds it"))
                .note(format!("checks that name `{name}` work; a list over it is an error"))
            } else {
                Diagnostic::new(
                    Code::W017,
                    span,
                    format!("`{name}` has no set of possible values"),
                )
                .label(format!("`{name}` is only compared, nothing binds it"))
                .note("a request that needs this rule is an error")
            };
            self.diagnostics
                .push(found.help(format!("add a condition that binds `{name}`")));
        }
    }

    /// Which parts of the newest stratum stored facts can reach.
    fn mark_live(&mut self, stratum: usize) {
        let Stratum { parts, rules, .. } = self.out.strata[stratum].clone();
        for p in parts {
            let part = &mut self.out.parts[p as usize];
            part.live = part.feed == Feed::Stored;
        }
        loop {
            let mut changed = false;
            for r in rules.clone() {
                let rule = &self.out.rules[r as usize];
                let head = rule.head.part.0 as usize;
                let live = rule.body.iter().all(|l| match l {
                    PartLiteral::Positive(atom) => self.out.part(atom.part).live,
                    _ => true,
                });
                if live && !self.out.parts[head].live {
                    self.out.parts[head].live = true;
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }
}

/// A residue without the equalities of unbound columns, which the cell implies.
pub(super) fn plain(residue: &[Condition]) -> impl Iterator<Item = &Condition> {
    residue.iter().filter(|c| {
        !matches!(
            c,
            Condition::Compare(CompareOp::Eq, Slot::Argument(_), Slot::Argument(_))
        )
    })
}
