//! One rule over parts under way: its atoms, its conditions, and which of them have to
//! wait for the request.

use rustc_hash::FxHashSet;
use smallvec::{SmallVec, smallvec};

use crate::ir::TypeSet;
use crate::ir::core::{CompareOp, Literal, Term, VariableId};
use crate::ir::part::{
    Condition, Mode, PartAtom, PartId, PartLiteral, PartRule, PartTerm, PartVariable, Slot,
};
use crate::source::Text;

use super::instances::Instance;
use super::residue::{Residues, Variant, plain};

/// A condition over the terms of a rule under way.
#[derive(Clone, Debug)]
enum Demand {
    Compare(CompareOp, PartTerm, PartTerm),
    Absent(PartId, Vec<Option<PartTerm>>),
}

impl Demand {
    fn terms(&self) -> Vec<&PartTerm> {
        match self {
            Demand::Compare(_, a, b) => vec![a, b],
            Demand::Absent(_, args) => args.iter().flatten().collect(),
        }
    }

    fn terms_mut(&mut self) -> Vec<&mut PartTerm> {
        match self {
            Demand::Compare(_, a, b) => vec![a, b],
            Demand::Absent(_, args) => args.iter_mut().flatten().collect(),
        }
    }
}

/// A finished rule and the variables its own conditions leave unlistable (in the head?).
pub(super) struct Finished {
    pub(super) rule: PartRule,
    pub(super) introduced: Vec<(VariableId, bool)>,
}

/// A rule under way.
pub(super) struct Draft<'r, 'a> {
    pub(super) from: &'r Residues<'a>,
    index: usize,
    instance: &'r Instance,
    variables: Vec<PartVariable>,
    /// Which of the variables a positive atom binds.
    bound: SmallVec<[bool; 8]>,
    /// The core variable each stands for, hidden columns aside.
    core: SmallVec<[Option<VariableId>; 8]>,
    /// Per core variable, its number.
    numbers: SmallVec<[Option<u32>; 8]>,
    positive: Vec<PartLiteral>,
    /// Type tests; they are on bound variables and never wait.
    tests: Vec<PartLiteral>,
    /// Conditions with whether this rule introduces them.
    demands: Vec<(Demand, bool)>,
}

impl<'r, 'a> Draft<'r, 'a> {
    pub(super) fn new(from: &'r Residues<'a>, index: usize) -> Draft<'r, 'a> {
        let instance = &from.instances[index];
        let variables = from.core.rule(instance.rule).variables.len();
        Draft {
            from,
            index,
            instance,
            variables: Vec::with_capacity(variables),
            bound: SmallVec::new(),
            core: SmallVec::new(),
            numbers: smallvec![None; variables],
            positive: Vec::with_capacity(instance.body.len()),
            tests: Vec::new(),
            demands: Vec::new(),
        }
    }

    /// Collects atoms and conditions; false if one of them can never hold.
    pub(super) fn body(&mut self, choice: &[PartId]) -> bool {
        let rule = self.from.core.rule(self.instance.rule);
        let positives = rule.body.iter().filter_map(|l| match l {
            Literal::Positive(atom) => Some(atom),
            _ => None,
        });
        for (atom, &part) in positives.zip(choice) {
            let args: Vec<PartTerm> = atom.args.iter().map(|t| self.term(t)).collect();
            let data = self.from.out.part(part);
            for i in data.stored() {
                if let PartTerm::Variable(v) = args[i] {
                    self.bound[v as usize] = true;
                }
            }
            let hidden: Vec<PartTerm> = data
                .hidden
                .iter()
                .map(|t| self.fresh("hidden", t, true))
                .collect();
            let any = self.from.types.any();
            let open: Vec<PartTerm> = data
                .open
                .iter()
                .map(|name| self.fresh(name, any, false))
                .collect();
            let inherit = |slot: &Slot| match slot {
                Slot::Argument(i) => args[*i as usize].clone(),
                Slot::Hidden(j) => hidden[*j as usize].clone(),
                Slot::Open(k) => open[*k as usize].clone(),
                Slot::Value(value) => PartTerm::Value(value.clone()),
                Slot::Now => PartTerm::Now,
            };
            for condition in plain(&data.residue) {
                let demand = match condition {
                    Condition::Compare(op, a, b) => Demand::Compare(*op, inherit(a), inherit(b)),
                    Condition::Absent(part, slots) => Demand::Absent(
                        *part,
                        slots.iter().map(|s| s.as_ref().map(inherit)).collect(),
                    ),
                };
                self.demands.push((demand, false));
            }
            self.positive
                .push(PartLiteral::Positive(PartAtom { part, args, hidden }));
        }
        let mut negation = 0;
        for literal in &rule.body {
            match literal {
                Literal::Positive(_) => {}
                Literal::Compare(op, a, b) => {
                    let (a, b) = (self.term(a), self.term(b));
                    self.demands.push((Demand::Compare(*op, a, b), true));
                }
                Literal::Negative(atom) => {
                    let args: Vec<Option<PartTerm>> = atom
                        .args
                        .iter()
                        .map(|t| (!self.is_existential(t)).then(|| self.term(t)))
                        .collect();
                    for cell in &self.from.negated[self.index][negation] {
                        for &part in &self.from.parts[cell.0 as usize] {
                            self.demands
                                .push((Demand::Absent(part, args.clone()), true));
                        }
                    }
                    negation += 1;
                }
            }
        }
        let vocabulary = self.from.vocabulary;
        for (v, value) in &self.instance.excluded {
            let (v, value) = (
                self.term(&Term::Variable(*v)),
                PartTerm::Value(vocabulary.value(*value).clone()),
            );
            self.demands
                .push((Demand::Compare(CompareOp::Ne, v, value), false));
        }
        for v in 0..rule.variables.len() as u32 {
            let v = VariableId(v);
            let binding = &self.instance.binding;
            if binding.root(v) == v
                && binding.constant(v).is_none()
                && binding.needs_type_test(v, vocabulary)
            {
                let types = vocabulary.types(binding.types(v)).clone();
                let term = self.term(&Term::Variable(v));
                self.tests.push(PartLiteral::HasType(term, types));
            }
        }
        self.substitute_time();
        self.fold()
    }

    /// Whether the variable stands in one negated atom and nowhere else.
    fn is_existential(&self, term: &Term) -> bool {
        let Term::Variable(v) = term else {
            return false;
        };
        let rule = self.from.core.rule(self.instance.rule);
        let within = |args: &[Term]| args.iter().filter(|a| *a == term).count();
        let uses: usize = rule
            .body
            .iter()
            .map(|l| match l {
                Literal::Positive(a) | Literal::Negative(a) => within(&a.args),
                Literal::Compare(_, a, b) => usize::from(a == term) + usize::from(b == term),
            })
            .sum();
        uses + within(&rule.head.args) == 1 && self.instance.binding.constant(*v).is_none()
    }

    fn term(&mut self, term: &Term) -> PartTerm {
        let v = match term {
            Term::Value(value) => return PartTerm::Value(value.clone()),
            Term::Now => return PartTerm::Now,
            Term::Variable(v) => *v,
        };
        let binding = &self.instance.binding;
        if let Some(value) = binding.constant(v) {
            return PartTerm::Value(self.from.vocabulary.value(value).clone());
        }
        let root = binding.root(v);
        if let Some(n) = self.numbers[root.0 as usize] {
            return PartTerm::Variable(n);
        }
        let rule = self.from.core.rule(self.instance.rule);
        let name = rule.variable(root).name.clone();
        let types = self.from.vocabulary.types(binding.types(root)).clone();
        let n = self.push(name, types, false, Some(root));
        self.numbers[root.0 as usize] = Some(n);
        PartTerm::Variable(n)
    }

    fn fresh(&mut self, name: &str, types: &TypeSet, bound: bool) -> PartTerm {
        PartTerm::Variable(self.push(name.into(), types.clone(), bound, None))
    }

    fn push(&mut self, name: Text, types: TypeSet, bound: bool, core: Option<VariableId>) -> u32 {
        self.variables.push(PartVariable { name, types });
        self.bound.push(bound);
        self.core.push(core);
        self.variables.len() as u32 - 1
    }

    fn is_unbound(&self, term: &PartTerm) -> bool {
        matches!(term, PartTerm::Variable(v) if !self.bound[*v as usize])
    }

    /// `v = @current_unix_time` with `v` unbound: what else mentions `v` takes the time.
    fn substitute_time(&mut self) {
        let timed: Vec<(usize, PartTerm)> = self
            .demands
            .iter()
            .enumerate()
            .filter_map(|(i, (d, _))| match d {
                Demand::Compare(CompareOp::Eq, a, PartTerm::Now) if self.is_unbound(a) => {
                    Some((i, a.clone()))
                }
                _ => None,
            })
            .collect();
        if timed.is_empty() {
            return;
        }
        for (at, variable) in &timed {
            for (i, (demand, _)) in self.demands.iter_mut().enumerate() {
                if i != *at {
                    for term in demand.terms_mut() {
                        if term == variable {
                            *term = PartTerm::Now;
                        }
                    }
                }
            }
        }
        let rule = self.from.core.rule(self.instance.rule);
        let head: Vec<PartTerm> = rule.head.args.iter().map(|t| self.term(t)).collect();
        let mut index = 0;
        self.demands.retain(|_| {
            let drop = timed
                .iter()
                .any(|(at, v)| *at == index && !head.contains(v));
            index += 1;
            !drop
        });
    }

    /// Decides conditions on constants; false if one does not hold.
    fn fold(&mut self) -> bool {
        let mut good = true;
        self.demands.retain(|(demand, _)| match demand {
            Demand::Compare(op, PartTerm::Value(a), PartTerm::Value(b)) => {
                good &= crate::desugar::compare(*op, a, b);
                false
            }
            Demand::Compare(op, a, b) if a == b => {
                good &= matches!(op, CompareOp::Eq | CompareOp::Le | CompareOp::Ge);
                false
            }
            _ => true,
        });
        good
    }

    /// Whether a condition has to wait for the request.
    fn waits(&self, demand: &Demand) -> bool {
        let terms = demand.terms();
        if terms
            .iter()
            .any(|t| **t == PartTerm::Now || self.is_unbound(t))
        {
            return true;
        }
        let Demand::Absent(part, _) = demand else {
            return false;
        };
        let part = self.from.out.part(*part);
        part.mode == Mode::Demand || !part.open.is_empty() || part.reads_time(&self.from.out)
    }

    pub(super) fn finish(mut self, demand: bool) -> (Variant, Finished) {
        let rule = self.from.core.rule(self.instance.rule);
        let head: Vec<PartTerm> = rule.head.args.iter().map(|t| self.term(t)).collect();
        let demands = std::mem::take(&mut self.demands);
        let (waiting, ready): (Vec<_>, Vec<_>) = demands
            .into_iter()
            .partition(|(d, _)| !demand && self.waits(d));
        let mut introduced: Vec<(VariableId, bool)> = Vec::new();
        for (d, new) in &waiting {
            // An unbound variable that equals the time is known at request time.
            let timed = matches!(d, Demand::Compare(CompareOp::Eq, _, PartTerm::Now));
            if !*new || timed {
                continue;
            }
            for term in d.terms() {
                if let PartTerm::Variable(v) = term
                    && self.is_unbound(term)
                    && let Some(core) = self.core[*v as usize]
                {
                    introduced.push((core, head.contains(term)));
                }
            }
        }
        let mut body = std::mem::take(&mut self.positive);
        body.append(&mut self.tests);
        for (d, _) in ready {
            let next = match d {
                Demand::Compare(op, a, b) => PartLiteral::Compare(op, a, b),
                Demand::Absent(part, args) => {
                    let any = self.from.types.any();
                    body.extend(self.open_tests(&args));
                    let args = args
                        .into_iter()
                        .map(|a| a.unwrap_or_else(|| self.fresh("_", any, false)))
                        .collect();
                    let hidden = self.from.out.part(part).hidden.clone();
                    let hidden = hidden.iter().map(|t| self.fresh("_", t, false)).collect();
                    PartLiteral::Negative(PartAtom { part, args, hidden })
                }
            };
            body.push(next);
        }
        let waiting: Vec<Demand> = waiting.into_iter().map(|(d, _)| d).collect();
        let (variant, hidden) = self.variant(&head, &waiting, demand);
        self.unique_names();
        (
            variant,
            Finished {
                rule: PartRule {
                    core: self.instance.rule,
                    variables: self.variables,
                    head: PartAtom {
                        part: PartId(u32::MAX),
                        args: head,
                        hidden,
                    },
                    body,
                },
                introduced,
            },
        )
    }

    /// What a negation inherits from a residue as open is not inside the negation, like
    /// variables that nothing else mentions: a test that any value passes mentions it.
    fn open_tests(&self, args: &[Option<PartTerm>]) -> Vec<PartLiteral> {
        let open = |term: &&PartTerm| match term {
            PartTerm::Variable(v) => !self.bound[*v as usize] && self.core[*v as usize].is_none(),
            _ => false,
        };
        let any = self.from.types.any();
        let terms = args.iter().flatten().filter(open);
        terms
            .map(|term| PartLiteral::HasType(term.clone(), any.clone()))
            .collect()
    }

    /// The waiting conditions as a residue in canonical order, with the variables that
    /// become hidden columns.
    fn variant(
        &self,
        head: &[PartTerm],
        waiting: &[Demand],
        demand: bool,
    ) -> (Variant, Vec<PartTerm>) {
        let mut hidden: Vec<PartTerm> = Vec::new();
        let mut open: Vec<PartTerm> = Vec::new();
        // Order by everything but the numbers still to be given, then number in order.
        let mut order: Vec<(Condition, &Demand)> = waiting
            .iter()
            .map(|d| {
                let (mut h, mut o) = (Vec::new(), Vec::new());
                (self.condition(d, head, &mut h, &mut o), d)
            })
            .collect();
        order.sort_by(|a, b| a.0.cmp(&b.0));
        let mut residue: Vec<Condition> = order
            .iter()
            .map(|(_, d)| self.condition(d, head, &mut hidden, &mut open))
            .collect();
        residue.sort();
        residue.dedup();
        let term_types = |t: &PartTerm| match t {
            PartTerm::Variable(v) => self.variables[*v as usize].types.clone(),
            PartTerm::Value(value) => self.from.types.only(value.ty()),
            PartTerm::Now => self.from.types.only(crate::ir::TypeId::INTEGER),
        };
        let name = |t: &PartTerm| match t {
            PartTerm::Variable(v) => self.variables[*v as usize].name.clone(),
            _ => "_".into(),
        };
        let variant = Variant {
            mode: if demand { Mode::Demand } else { Mode::Rows },
            hidden: hidden.iter().map(term_types).collect(),
            open: open.iter().map(name).collect(),
            residue,
        };
        (variant, hidden)
    }

    fn condition(
        &self,
        demand: &Demand,
        head: &[PartTerm],
        hidden: &mut Vec<PartTerm>,
        open: &mut Vec<PartTerm>,
    ) -> Condition {
        let mut slot = |term: &PartTerm| {
            let number = |list: &mut Vec<PartTerm>| {
                let found = list.iter().position(|t| t == term);
                found.unwrap_or_else(|| {
                    list.push(term.clone());
                    list.len() - 1
                }) as u32
            };
            match term {
                PartTerm::Value(value) => Slot::Value(value.clone()),
                PartTerm::Now => Slot::Now,
                PartTerm::Variable(v) => match head.iter().position(|h| h == term) {
                    Some(i) => Slot::Argument(i as u32),
                    None if self.bound[*v as usize] => Slot::Hidden(number(hidden)),
                    None => Slot::Open(number(open)),
                },
            }
        };
        match demand {
            Demand::Compare(op, a, b) => {
                let (a, b) = (slot(a), slot(b));
                // One spelling per condition.
                match op {
                    CompareOp::Gt => Condition::Compare(CompareOp::Lt, b, a),
                    CompareOp::Ge => Condition::Compare(CompareOp::Le, b, a),
                    CompareOp::Ne if a > b => Condition::Compare(CompareOp::Ne, b, a),
                    _ => Condition::Compare(*op, a, b),
                }
            }
            Demand::Absent(part, args) => Condition::Absent(
                *part,
                args.iter().map(|a| a.as_ref().map(&mut slot)).collect(),
            ),
        }
    }

    /// Names are for people and for reading back: no two variables share one.
    fn unique_names(&mut self) {
        // Those of a core rule are unique among themselves.
        if self.core.iter().all(Option::is_some) {
            return;
        }
        let mut seen: FxHashSet<Text> = FxHashSet::default();
        for variable in &mut self.variables {
            let base = variable.name.clone();
            let mut n = 1;
            while !seen.insert(variable.name.clone()) {
                n += 1;
                variable.name = format!("{base}{n}").into();
            }
        }
    }
}
