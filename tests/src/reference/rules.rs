//! Rules made ready for joining, and the judging of conditions.

use std::cell::RefCell;
use std::cmp::Ordering::{Equal, Greater, Less};
use std::collections::BTreeSet;

use floe_frontend::ir::core::{self, CompareOp, Literal, PredicateId, RuleId, Term, VariableId};
use floe_frontend::ir::{self, Entry, Program, TypeId};

use super::model::Model;
use super::pattern::{Arg, Condition, Known, Pattern};
use crate::question::CannotAnswer;
use crate::value::{Fact, Value};

/// A predicate and terms.
pub(super) type Atom = (PredicateId, Vec<Arg>);

/// A rule before anything is joined. A fact is a rule without atoms.
pub(super) struct Rule {
    pub(super) head: Atom,
    pub(super) atoms: Vec<Atom>,
    pub(super) start: Pattern,
}

/// The rules of a policy and facts, at one moment.
pub(super) struct Rules<'p> {
    pub(super) program: &'p Program,
    pub(super) rules: Vec<Rule>,
    /// Predicates of which nothing can ever hold.
    empty: BTreeSet<PredicateId>,
    now: i64,
    /// Negated atoms being judged: one that needs itself has no answer.
    judging: RefCell<Vec<Atom>>,
}

impl<'p> Rules<'p> {
    pub(super) fn new(program: &'p Program, facts: impl Iterator<Item = Fact>, now: i64) -> Self {
        let mut ready = Rules {
            program,
            rules: Vec::new(),
            empty: empty(program),
            now,
            judging: RefCell::default(),
        };
        let rules = program.core.rules.iter().enumerate();
        let mut rules: Vec<Rule> = rules
            .filter_map(|(i, rule)| ready.rule(RuleId(i as u32), rule))
            .collect();
        rules.extend(facts.filter_map(|fact| {
            // What the policy does not mention can change nothing.
            let predicate = program.core.find(&fact.predicate, fact.args.len())?;
            let args = fact.args.iter().map(|value| ready.known(value)).collect();
            Some(Rule {
                head: (predicate, args),
                atoms: Vec::new(),
                start: Pattern::default(),
            })
        }));
        ready.rules = rules;
        ready
    }

    /// Whether any rule negates anything.
    pub(super) fn negate(&self) -> bool {
        let mut bodies = self.program.core.rules.iter().flat_map(|rule| &rule.body);
        bodies.any(|literal| matches!(literal, Literal::Negative(_)))
    }

    pub(super) fn known(&self, value: &Value) -> Arg {
        let class = self.program.types.classify(&value.ty);
        Arg::Known(Known {
            class,
            value: value.clone(),
        })
    }

    /// `None` if the rule can never hold, since a variable of it can have no value.
    fn rule(&self, id: RuleId, rule: &core::Rule) -> Option<Rule> {
        let mut atoms = Vec::new();
        let mut start = start(rule);
        let mut inner = BTreeSet::new();
        for (place, literal) in rule.body.iter().enumerate() {
            let args = terms(literal).into_iter().map(|term| match term {
                Term::Variable(v) if is_inner(rule, place, *v) => {
                    inner.insert(v.0 as usize);
                    Arg::Inner(*v)
                }
                _ => self.term(term),
            });
            let args: Vec<Arg> = args.collect();
            match (literal, &args[..]) {
                (Literal::Positive(atom), _) => atoms.push((atom.predicate, args)),
                (Literal::Negative(atom), _) if self.empty.contains(&atom.predicate) => {}
                // What equals the time has a value.
                (Literal::Compare(CompareOp::Eq, ..), [Arg::Open(v), now @ Arg::Known(_)])
                | (Literal::Compare(CompareOp::Eq, ..), [now @ Arg::Known(_), Arg::Open(v)]) => {
                    let variable = start.args[*v].clone();
                    if !start.equate(variable, now.clone()) {
                        return None;
                    }
                }
                _ => {
                    let args = args.iter().map(|arg| start.look(arg).clone()).collect();
                    let condition = Condition::Waiting(id, place, args);
                    start.conditions.insert(condition);
                }
            }
        }
        let args = rule.head.args.iter().map(|term| self.term(term)).collect();
        (start.types.iter().enumerate())
            .all(|(v, types)| !types.is_empty() || inner.contains(&v))
            .then_some(Rule {
                head: (rule.head.predicate, args),
                atoms,
                start,
            })
    }

    fn term(&self, term: &Term) -> Arg {
        match term {
            Term::Variable(v) => Arg::Open(v.0 as usize),
            Term::Value(value) => self.known(&Value::constant(value, &self.program.types)),
            Term::Now => self.known(&Value::integer(self.now)),
        }
    }

    /// What a rule says once its atoms are joined, if its conditions allow it.
    pub(super) fn conclude(
        &self,
        rule: &Rule,
        mut joined: Pattern,
        judge: &Model,
    ) -> Option<(PredicateId, Pattern)> {
        let (predicate, args) = &rule.head;
        let stuck = |rule, literal, place| self.unbound(rule, literal, place);
        if !self.settle(&mut joined, judge) {
            return None;
        }
        // Not where a question alone says that two values are one: a rule knows nothing of that.
        let mut possible = true;
        joined.conditions.retain(|condition| match condition {
            Condition::Waiting(rule, literal, args) if *predicate != QUESTION => {
                let holds = self.with_itself(*rule, *literal, args);
                possible &= holds != Some(false);
                holds.is_none()
            }
            _ => true,
        });
        possible.then(|| (*predicate, joined.project(args, stuck)))
    }

    /// Judges every condition that can be judged; `false` if one fails.
    fn settle(&self, pattern: &mut Pattern, judge: &Model) -> bool {
        for condition in std::mem::take(&mut pattern.conditions) {
            let verdict = match &condition {
                Condition::Waiting(rule, literal, args) if !args.iter().any(is_open) => {
                    self.judge(*rule, *literal, args, judge)
                }
                _ => {
                    pattern.conditions.insert(condition);
                    continue;
                }
            };
            match verdict {
                Ok(true) => {}
                Ok(false) => return false,
                Err(why) => _ = pattern.conditions.insert(Condition::Stuck(why)),
            }
        }
        true
    }

    /// What comparing an open value with itself says of every value, if it does.
    fn with_itself(&self, rule: RuleId, literal: usize, args: &[Arg]) -> Option<bool> {
        let (Literal::Compare(op, ..), [Arg::Open(a), Arg::Open(b)]) =
            (&self.program.core.rule(rule).body[literal], args)
        else {
            return None;
        };
        match op {
            CompareOp::Eq if a == b => Some(true),
            CompareOp::Ne | CompareOp::Lt | CompareOp::Gt if a == b => Some(false),
            _ => None,
        }
    }

    fn judge(
        &self,
        rule: RuleId,
        literal: usize,
        args: &[Arg],
        judge: &Model,
    ) -> Result<bool, CannotAnswer> {
        let rule = self.program.core.rule(rule);
        match (&rule.body[literal], args) {
            (Literal::Compare(op, ..), [Arg::Known(a), Arg::Known(b)]) => Ok(compare(*op, a, b)),
            (Literal::Negative(atom), args) => {
                let opened = args.iter().map(|arg| match arg {
                    Arg::Inner(v) => Arg::Open(v.0 as usize),
                    other => other.clone(),
                });
                let atom = (atom.predicate, opened.collect());
                if self.judging.borrow().contains(&atom) {
                    return Err(CannotAnswer::Undefined);
                }
                self.judging.borrow_mut().push(atom.clone());
                let exists = self.exists(&atom, &start(rule), judge);
                self.judging.borrow_mut().pop();
                exists.map(|exists| !exists)
            }
            _ => unreachable!("only comparisons of two and negated atoms become conditions"),
        }
    }

    /// Whether the model has a row like this. An error if that hangs on a value that
    /// nothing can supply.
    pub(super) fn exists(
        &self,
        atom: &Atom,
        start: &Pattern,
        model: &Model,
    ) -> Result<bool, CannotAnswer> {
        let mut unsure = BTreeSet::new();
        for mut row in model.joined(start, atom) {
            if self.settle(&mut row, model) {
                match self.hopeless(&row) {
                    None => return Ok(true),
                    why => unsure.extend(why),
                }
            }
        }
        unsure.pop_first().map_or(Ok(false), Err)
    }

    /// Why a pattern with conditions left cannot be listed.
    pub(super) fn hopeless(&self, pattern: &Pattern) -> Option<CannotAnswer> {
        let why = |condition: &Condition| match condition {
            Condition::Stuck(why) => why.clone(),
            Condition::Waiting(rule, literal, args) => {
                let open = args.iter().position(is_open);
                self.unbound(*rule, *literal, open.expect("it waits for something"))
            }
        };
        pattern.conditions.iter().map(why).min()
    }

    /// Names the variable at this place of a literal.
    fn unbound(&self, rule: RuleId, literal: usize, place: usize) -> CannotAnswer {
        let rule = self.program.core.rule(rule);
        let variable = terms(&rule.body[literal])[place].variable();
        let variable = rule.variable(variable.expect("only variables are ever open"));
        CannotAnswer::Unbound {
            variable: variable.name.clone(),
            rule: rule.span,
        }
    }
}

/// What a question concludes, which is a rule without a name.
pub(super) const QUESTION: PredicateId = PredicateId(u32::MAX);

/// Predicates of which nothing can hold: no fact fits a signature, and every rule asks for
/// what can be no fact and no head. That they do not hold is no condition.
fn empty(program: &Program) -> BTreeSet<PredicateId> {
    if program.signatures.is_empty() {
        return BTreeSet::new(); // core rules by themselves say nothing of facts
    }
    let types = |rule: &core::Rule, term: &Term| match term {
        Term::Variable(v) => rule.variable(*v).types.clone(),
        Term::Value(value) => program.types.only(value.ty()),
        Term::Now => program.types.only(TypeId::INTEGER),
    };
    let fits = |rule: &core::Rule, term: &Term, entry: &Entry| match (term, entry) {
        (Term::Value(value), entry) => entry.admits(value),
        (term, Entry::Exactly(_)) => types(rule, term).has(TypeId::STRING),
        (term, Entry::Types(admitted)) => !types(rule, term).and(admitted).is_empty(),
    };
    let signatures = program.signatures.iter().chain(&program.context_signatures);
    let nothing = |entry: &Entry| matches!(entry, Entry::Types(types) if types.is_empty());
    let mut sources: Vec<(PredicateId, Vec<Entry>)> = signatures
        .filter(|s| !s.entries.iter().any(nothing))
        .map(|s| (s.predicate, s.entries.clone()))
        .collect();
    let mut left: Vec<&core::Rule> = program.core.rules.iter().collect();
    let mut before = usize::MAX;
    while left.len() < before {
        before = left.len();
        left.retain(|rule| {
            let is_there = |atom: &core::Atom| {
                let mut alike = sources.iter().filter(|(p, _)| *p == atom.predicate);
                alike.any(|(_, entries)| {
                    let mut pairs = atom.args.iter().zip(entries);
                    pairs.all(|(term, entry)| fits(rule, term, entry))
                })
            };
            let mut body = rule.body.iter();
            let waits = body.any(|l| matches!(l, Literal::Positive(atom) if !is_there(atom)));
            let head = rule.head.args.iter().map(|term| match term {
                Term::Value(ir::Value::String(text)) => Entry::Exactly(text.clone()),
                term => Entry::Types(types(rule, term)),
            });
            if !waits {
                sources.push((rule.head.predicate, head.collect()));
            }
            waits
        });
    }
    let known: BTreeSet<PredicateId> = sources.iter().map(|(p, _)| *p).collect();
    let all = (0..program.core.predicates.len() as u32).map(PredicateId);
    all.filter(|predicate| !known.contains(predicate)).collect()
}

/// All variables open, nothing joined.
fn start(rule: &core::Rule) -> Pattern {
    Pattern {
        args: (0..rule.variables.len()).map(Arg::Open).collect(),
        types: rule.variables.iter().map(|v| v.types.clone()).collect(),
        conditions: BTreeSet::new(),
    }
}

fn is_open(arg: &Arg) -> bool {
    matches!(arg, Arg::Open(_))
}

fn terms(literal: &Literal) -> Vec<&Term> {
    match literal {
        Literal::Positive(atom) | Literal::Negative(atom) => atom.args.iter().collect(),
        Literal::Compare(_, a, b) => vec![a, b],
    }
}

/// Whether the variable occurs in this negated atom and nowhere else.
fn is_inner(rule: &core::Rule, place: usize, variable: VariableId) -> bool {
    let it = |term: &Term| term.variable() == Some(variable);
    let mut others = rule.body.iter().enumerate().filter(|&(i, _)| i != place);
    matches!(rule.body[place], Literal::Negative(_))
        && !rule.head.args.iter().any(it)
        && !others.any(|(_, literal)| terms(literal).into_iter().any(it))
}

/// Equality is of type and id; order is of integers and false of anything else.
fn compare(op: CompareOp, a: &Known, b: &Known) -> bool {
    let number = |known: &Known| {
        let integer = known.class == TypeId::INTEGER;
        integer
            .then(|| known.value.id.parse::<i64>().ok())
            .flatten()
    };
    let order = number(a).zip(number(b)).map(|(a, b)| a.cmp(&b));
    match op {
        CompareOp::Eq => a == b,
        CompareOp::Ne => a != b,
        CompareOp::Lt => order == Some(Less),
        CompareOp::Le => matches!(order, Some(Less | Equal)),
        CompareOp::Gt => order == Some(Greater),
        CompareOp::Ge => matches!(order, Some(Greater | Equal)),
    }
}
