//! `POST /evaluate_query`: every solution of a conjunction.

use std::collections::{BTreeSet, HashMap};

use floe_frontend::ir::ABSTRACT;

use super::context;
use super::query::MOST_ROWS;
use crate::config::Settings;
use crate::environment::Meter;
use crate::environment::engine::{
    Asking, Atom, Binding, CannotAnswer, Exceeded, Term, Unanswered, Value,
};
use crate::http::{Call, Reply};
use crate::wire::{Conjunction, Constraint, Failure, Listed, Named, Text, canonical, cut, parse};

/// Combinations of given ids beyond this many are no light question.
const LIGHT_CHOICES: usize = 64;

/// `POST /evaluate_query`
pub(crate) fn evaluate_query(call: &Call, meter: &Meter) -> Result<Reply, Failure> {
    let asked: Conjunction<'_> = parse(call.body())?;
    let facts = context(call, asked.context_facts.as_ref())?;
    within_bounds(&asked, &call.server().settings)?;
    let question = Question::new(&asked, call.server().settings.limits_argument.0)?;
    let moment = call.environment.moment();
    let rows = moment.ask(&facts, meter, |asking| question.solve(asking, meter))?;
    let named = |row: Vec<Option<String>>| -> Named {
        let names = question.variables.iter().map(|v| v.name.to_owned());
        names.zip(row).collect()
    };
    let results: Vec<Named> = rows.into_iter().map(named).collect();
    Reply::at(&moment, &Listed { results })
}

/// Refuses what would take long to plan, whatever the facts are.
fn within_bounds(asked: &Conjunction<'_>, settings: &Settings) -> Result<(), Failure> {
    let calls = 1 + asked.calls.as_ref().map_or(0, Vec::len);
    let variables = asked.constraints.0.len();
    for (field, found, most) in [
        ("calls", calls, settings.limits_query_calls),
        ("constraints", variables, settings.limits_query_variables),
    ] {
        if found as u64 > most {
            let what = match field {
                "calls" => "predicates, the first included,",
                _ => "variables",
            };
            let why = format!("{field}: {found} {what} are more than the {most} allowed");
            return Err(Failure::too_large(why));
        }
    }
    Ok(())
}

/// A conjunction whose variables are numbered in the order that answers are sorted by.
struct Question<'a> {
    atoms: Vec<(&'a str, Vec<usize>)>,
    variables: Vec<Variable<'a>>,
}

struct Variable<'a> {
    name: &'a str,
    ty: &'a str,
    /// In canonical form, each once.
    ids: Option<Vec<String>>,
    used: bool,
}

impl<'a> Question<'a> {
    /// Ids may have so many bytes.
    fn new(asked: &'a Conjunction<'_>, most: u64) -> Result<Question<'a>, Failure> {
        let constraints = asked.constraints.0.iter();
        let mut numbering = Numbering {
            constraints: constraints.map(|(name, c)| (&**name, c)).collect(),
            numbers: HashMap::new(),
            variables: Vec::new(),
            most,
        };
        let calls = asked.calls.as_deref().unwrap_or_default();
        let mut atoms = Vec::new();
        for (name, args) in std::iter::once(&asked.predicate).chain(calls) {
            let args = args.iter().map(|arg| numbering.variable(arg, true));
            atoms.push((&**name, args.collect::<Result<_, _>>()?));
        }
        for (name, _) in &asked.constraints.0 {
            numbering.variable(name, false)?;
        }
        Ok(Question {
            atoms,
            variables: numbering.variables,
        })
    }
}

/// Variables, numbered as they are mentioned.
struct Numbering<'a> {
    constraints: HashMap<&'a str, &'a Constraint<'a>>,
    numbers: HashMap<&'a str, usize>,
    variables: Vec<Variable<'a>>,
    /// Bytes of an id.
    most: u64,
}

impl<'a> Numbering<'a> {
    /// The number of a variable.
    fn variable(&mut self, name: &'a str, used: bool) -> Result<usize, Failure> {
        if let Some(known) = self.numbers.get(name) {
            return Ok(*known);
        }
        let Some(constraint) = self.constraints.get(name) else {
            return Err(Failure::bad(format!(
                "constraints: variable `{}` is used and not constrained",
                cut(name)
            )));
        };
        let ty = &*constraint.ty;
        let wrong = |why: String| Failure::bad(format!("constraints.{}: {why}", cut(name)));
        if ty.is_empty() {
            return Err(wrong("its type is empty".to_owned()));
        }
        if ABSTRACT.contains(&ty) {
            return Err(wrong(format!(
                "`{ty}` is abstract; a variable has one concrete type"
            )));
        }
        let most = self.most;
        let canonical = |id: &Text<'_>| match id.len() as u64 > most {
            true => Err(wrong(format!(
                "the id {} has more than the {most} bytes allowed",
                cut(id)
            ))),
            false => canonical(ty, id).map_err(|why| wrong(why.to_string())),
        };
        let ids = constraint.ids.as_ref().map(|ids| {
            let canonical = ids.iter().map(canonical);
            canonical.collect::<Result<BTreeSet<String>, _>>()
        });
        let ids = ids.transpose()?;
        self.variables.push(Variable {
            name,
            ty,
            ids: ids.map(|ids| ids.into_iter().collect()),
            used,
        });
        let number = self.variables.len() - 1;
        self.numbers.insert(name, number);
        Ok(number)
    }
}

impl Question<'_> {
    /// All solutions, sorted: one entry for each variable, `None` for every value of its
    /// type. A variable with given ids is each of them in turn, so it is never open.
    fn solve(
        &self,
        asking: &mut Asking<'_>,
        meter: &Meter,
    ) -> Result<BTreeSet<Vec<Option<String>>>, Unanswered> {
        let exceeded = |what| Err(Unanswered::Cannot(CannotAnswer::Exceeded(what)));
        let given = |used: bool| {
            let of = self
                .variables
                .iter()
                .enumerate()
                .filter(move |(_, v)| v.used == used);
            of.filter_map(|(at, v)| Some((at, v.ids.as_ref()?)))
        };
        let inner: Vec<(usize, &Vec<String>)> = given(true).collect();
        let outer: Vec<(usize, &Vec<String>)> = given(false).collect();
        let ways = |lists: &[(usize, &Vec<String>)]| {
            let lengths = lists.iter().map(|(_, ids)| ids.len());
            lengths.fold(1_usize, usize::saturating_mul)
        };
        if meter.light && ways(&inner).saturating_add(ways(&outer)) > LIGHT_CHOICES {
            return exceeded(Exceeded::Steps);
        }
        let mut rows = BTreeSet::new();
        let mut bytes = 0;
        let mut choice = Choice::first(&inner);
        while let Some(chosen) = &choice {
            meter.check()?;
            for row in self.solve_one(asking, chosen)? {
                let mut rest = Choice::first(&outer);
                while let Some(other) = &rest {
                    meter.check()?;
                    let mut row = row.clone();
                    for (at, id) in other.ids() {
                        row[at] = Some(id.to_owned());
                    }
                    bytes += row_bytes(&row);
                    rows.insert(row);
                    if rows.len() > MOST_ROWS || bytes > meter.bytes {
                        return exceeded(Exceeded::Bytes);
                    }
                    rest = rest.and_then(Choice::next);
                }
            }
            choice = choice.and_then(Choice::next);
        }
        Ok(rows)
    }

    /// The solutions with given ids chosen.
    fn solve_one(
        &self,
        asking: &mut Asking<'_>,
        chosen: &Choice<'_>,
    ) -> Result<Vec<Vec<Option<String>>>, Unanswered> {
        let mut given: Vec<Option<&str>> = vec![None; self.variables.len()];
        for (at, id) in chosen.ids() {
            given[at] = Some(id);
        }
        // Bindings come in the order of first mention.
        let mut open: Vec<usize> = Vec::new();
        let mut atoms = Vec::new();
        for (predicate, args) in &self.atoms {
            let term = |&v: &usize| {
                let Variable { name, ty, .. } = &self.variables[v];
                match given[v] {
                    Some(id) => Term::Value(Value::from((*ty, id))),
                    None => {
                        if !open.contains(&v) {
                            open.push(v);
                        }
                        Term::Variable { name, ty: Some(ty) }
                    }
                }
            };
            atoms.push(Atom {
                predicate,
                args: args.iter().map(term).collect(),
            });
        }
        let solutions = asking.query(&atoms)?;
        let fixed: Vec<Option<String>> = given.iter().map(|id| id.map(str::to_owned)).collect();
        let row = |bindings: Vec<Binding>| {
            let mut row = fixed.clone();
            for (v, binding) in open.iter().zip(bindings) {
                row[*v] = match binding {
                    Binding::Every(_) => None,
                    Binding::Value(_, id) => Some(id),
                };
            }
            row
        };
        Ok(solutions.into_iter().map(row).collect())
    }
}

/// What a row takes, and the same again for its answer.
fn row_bytes(row: &[Option<String>]) -> u64 {
    let ids: usize = row.iter().flatten().map(String::len).sum();
    2 * (ids + size_of_val(row)) as u64
}

/// One id of each list.
struct Choice<'l> {
    lists: &'l [(usize, &'l Vec<String>)],
    at: Vec<usize>,
}

impl<'l> Choice<'l> {
    /// `None` if a list is empty: there is nothing to choose.
    fn first(lists: &'l [(usize, &'l Vec<String>)]) -> Option<Choice<'l>> {
        let all = lists.iter().all(|(_, ids)| !ids.is_empty());
        all.then(|| Choice {
            lists,
            at: vec![0; lists.len()],
        })
    }

    fn next(mut self) -> Option<Choice<'l>> {
        for (at, (_, ids)) in self.at.iter_mut().zip(self.lists) {
            *at += 1;
            if *at < ids.len() {
                return Some(self);
            }
            *at = 0;
        }
        None
    }

    /// Variables and what they are.
    fn ids(&self) -> impl Iterator<Item = (usize, &str)> {
        let pairs = self.lists.iter().zip(&self.at);
        pairs.map(|((v, ids), at)| (*v, ids[*at].as_str()))
    }
}
