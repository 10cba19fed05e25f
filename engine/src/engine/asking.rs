//! Questions of one request, as text.

use floe_frontend::ir::TypeSet;

use super::lookup::{Listed, Lookup};
use super::snapshot::Snapshot;
use crate::goal::{
    Argument, Atom, Budget, CannotAnswer, Context, Evaluation, Exceeded, Item, Listing, Request,
};
use crate::value::{BadValue, Locals, Ranked, Sym, TypeIx, Value};

/// Ids that are put in order and written in the time of one step.
const LISTED: u64 = 8;

/// A request: any number of questions with one context, one time and one budget.
pub struct Asking<'s> {
    snapshot: &'s Snapshot,
    locals: Locals<'s>,
    context: Context,
    now: i64,
    budget: Budget<'s>,
    steps: u64,
}

/// An argument of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term<'a> {
    /// This value.
    Value(Value<'a>),
    /// A variable: the same name is the same variable. With a type it has values of
    /// exactly that type; the first mention says it.
    Variable {
        /// Its name.
        name: &'a str,
        /// Its type.
        ty: Option<&'a str>,
    },
}

/// A predicate of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    /// Its name; with the number of arguments it says which predicate.
    pub predicate: &'a str,
    /// The arguments.
    pub args: Vec<Term<'a>>,
}

/// Ids of a list, or names of actions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Whether every value of the type is one.
    pub every: bool,
    /// Those that are for a reason of their own, in no order.
    pub names: Vec<String>,
}

/// Ids of a list, in the order of their bytes.
pub struct Sorted {
    /// Whether every value of the type is one.
    pub every: bool,
    /// Those that are for a reason of their own.
    pub ids: Ids,
}

/// Ids of one type, ascending by bytes, each once.
pub enum Ids {
    /// All known to the environment.
    Ranked(Ranked),
    /// As text: some of them are known to the request alone.
    Texts(Vec<String>),
}

/// What a variable of a question may be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Binding {
    /// Every value of these types.
    Every(TypeSet),
    /// The value of this type and id.
    Value(String, String),
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unanswered {
    /// An argument is no value: a word as an integer, for instance.
    BadValue(BadValue),
    /// It cannot be told, or only at too high a price.
    Cannot(CannotAnswer),
    /// The environment cannot be trusted to answer.
    Down(String),
}

impl std::fmt::Display for Unanswered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unanswered::BadValue(why) => why.fmt(f),
            Unanswered::Cannot(why) => why.fmt(f),
            Unanswered::Down(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Unanswered {}

impl From<BadValue> for Unanswered {
    fn from(why: BadValue) -> Unanswered {
        Unanswered::BadValue(why)
    }
}

impl From<CannotAnswer> for Unanswered {
    fn from(why: CannotAnswer) -> Unanswered {
        Unanswered::Cannot(why)
    }
}

impl<'s> Asking<'s> {
    pub(super) fn new(
        snapshot: &'s Snapshot,
        now: i64,
        context: &[(&str, &[Value<'_>])],
        budget: Budget<'s>,
    ) -> Result<Asking<'s>, BadValue> {
        let policy = &snapshot.published.policy;
        let familiar = policy.catalog.vocabulary().familiar();
        let mut locals = Locals::with(snapshot.symbols(), familiar);
        let mut facts = Vec::new();
        for (predicate, args) in context {
            let row: Vec<Sym> = (args.iter())
                .map(|value| {
                    value.check(usize::MAX)?;
                    locals.sym(*value)
                })
                .collect::<Result<_, BadValue>>()?;
            if let Some(predicate) = policy.catalog.predicate(predicate, row.len()) {
                facts.push((predicate, row));
            }
        }
        let facts = facts.iter().map(|(p, row)| (*p, &row[..]));
        let context = policy.goals.context(facts, &locals);
        Ok(Asking {
            snapshot,
            locals,
            context,
            now,
            budget,
            steps: 0,
        })
    }

    /// Whether the actor may: `allow` of actor, action and, where there is one, resource
    /// (spec 7.3).
    ///
    /// # Errors
    /// See [`Unanswered`].
    pub fn authorize(
        &mut self,
        actor: Value<'_>,
        action: &str,
        resource: Option<Value<'_>>,
    ) -> Result<bool, Unanswered> {
        let action = Value::from(("String", action));
        match resource {
            Some(resource) => self.holds("allow", &[actor, action, resource]),
            None => self.holds("allow", &[actor, action]),
        }
    }

    /// Whether a predicate holds of these values.
    ///
    /// # Errors
    /// See [`Unanswered`].
    pub fn holds(&mut self, predicate: &str, args: &[Value<'_>]) -> Result<bool, Unanswered> {
        let row: Vec<Sym> = self.syms(args)?;
        let policy = &self.snapshot.published.policy;
        if predicate == "allow"
            && policy.allow(row.len()).is_some()
            && let Some(holds) = self.lookup()?.and_then(|lookup| lookup.holds(&row))
        {
            return Ok(holds);
        }
        let Some(predicate) = policy.program().core.find(predicate, row.len()) else {
            return Ok(false);
        };
        self.evaluate(|evaluation| evaluation.holds(predicate, &row))
    }

    /// The ids of exactly this type that the actor may do this with.
    ///
    /// # Errors
    /// See [`Unanswered`].
    pub fn list(&mut self, actor: Value<'_>, action: &str, ty: &str) -> Result<Names, Unanswered> {
        let actor = Argument::Value(self.locals.sym(actor)?);
        let action = Argument::Value(self.locals.sym(("String", action).into())?);
        let ty = self.locals.ty(ty)?;
        let args = [actor, action, Argument::Variable(0)];
        if let Some(lookup) = self.lookup()?
            && let Some(listed) = lookup.list(&args, ty)
        {
            let symbols = self.snapshot.symbols();
            let id = |ordinal| symbols.id(lookup.reading.symbol(ty, ordinal));
            return Ok(Names {
                every: listed.every,
                names: listed.values.iter().map(id).collect(),
            });
        }
        self.listing(&args, ty)
    }

    /// The same ids in the order of their bytes. Beyond evaluation a list costs a step for
    /// every few ids, and from time to time one for each symbol of the type, to rank them.
    ///
    /// # Errors
    /// See [`Unanswered`].
    pub fn sorted(
        &mut self,
        actor: Value<'_>,
        action: &str,
        ty: &str,
    ) -> Result<Sorted, Unanswered> {
        let actor = Argument::Value(self.locals.sym(actor)?);
        let action = Argument::Value(self.locals.sym(("String", action).into())?);
        let ty = self.locals.ty(ty)?;
        let args = [actor, action, Argument::Variable(0)];
        let symbols = self.snapshot.symbols();
        if let Some(lookup) = self.lookup()?
            && let Some(Listed { every, values }) = lookup.list(&args, ty)
        {
            self.spend(values.len() / LISTED + u64::from(symbols.unsorted(ty)))?;
            let ids = Ids::Ranked(symbols.sorted(ty, values.len() as usize, values.iter()));
            return Ok(Sorted { every, ids });
        }
        let Listing { every, values } = self.values(&args, ty)?;
        if values.iter().any(|sym| sym.is_local()) {
            let id = |sym: &Sym| self.locals.read(*sym, str::to_owned);
            let mut ids: Vec<String> = values.iter().map(id).collect();
            ids.sort_unstable();
            let ids = Ids::Texts(ids);
            return Ok(Sorted { every, ids });
        }
        self.spend(values.len() as u64 / LISTED + u64::from(symbols.unsorted(ty)))?;
        let ordinals = values.iter().map(|sym| symbols.ordinal(*sym));
        let ids = Ids::Ranked(symbols.sorted(ty, values.len(), ordinals));
        Ok(Sorted { every, ids })
    }

    /// What the actor may do with this resource.
    ///
    /// # Errors
    /// See [`Unanswered`].
    pub fn actions(
        &mut self,
        actor: Value<'_>,
        resource: Option<Value<'_>>,
    ) -> Result<Names, Unanswered> {
        let actor = Argument::Value(self.locals.sym(actor)?);
        let mut args = vec![actor, Argument::Variable(0)];
        if let Some(resource) = resource {
            args.push(Argument::Value(self.locals.sym(resource)?));
        }
        let mut names = Vec::new();
        if let Some(lookup) = self.lookup()?
            && let Some(every) = lookup.actions(&args, &mut |sym| {
                names.push(self.snapshot.symbols().id(sym));
            })
        {
            return Ok(Names { every, names });
        }
        self.listing(&args, TypeIx::STRING)
    }

    /// Every distinct way to give the variables values such that all calls hold: rows of
    /// one binding per variable, in the order of their first mention.
    ///
    /// # Errors
    /// See [`Unanswered`].
    pub fn query(&mut self, calls: &[Call<'_>]) -> Result<Vec<Vec<Binding>>, Unanswered> {
        let mut variables: Vec<(&str, Option<TypeIx>)> = Vec::new();
        let mut atoms = Some(Vec::new());
        for call in calls {
            let mut args = Vec::with_capacity(call.args.len());
            for term in &call.args {
                args.push(match term {
                    Term::Value(value) => Argument::Value(self.locals.sym(*value)?),
                    Term::Variable { name, ty } => {
                        let known = variables.iter().position(|(n, _)| n == name);
                        let ty = ty.map(|ty| self.locals.ty(ty)).transpose()?;
                        Argument::Variable(known.unwrap_or_else(|| {
                            variables.push((name, ty));
                            variables.len() - 1
                        }))
                    }
                });
            }
            let core = &self.snapshot.program().core;
            match (core.find(call.predicate, args.len()), &mut atoms) {
                (Some(predicate), Some(atoms)) => atoms.push(Atom { predicate, args }),
                // No fact and no rule: nothing holds.
                _ => atoms = None,
            }
        }
        let Some(atoms) = atoms else {
            return Ok(Vec::new());
        };
        let types: Vec<Option<TypeIx>> = variables.iter().map(|(_, ty)| *ty).collect();
        let rows = self.evaluate(|evaluation| evaluation.query(&atoms, &types))?;
        let binding = |item: Item| match item {
            Item::Every(types) => Binding::Every(types),
            Item::Value(sym) => {
                let ty = self.locals.type_name(self.locals.type_of(sym));
                Binding::Value(ty, self.locals.read(sym, str::to_owned))
            }
        };
        let row = |row: Vec<Item>| row.into_iter().map(binding).collect();
        Ok(rows.into_iter().map(row).collect())
    }

    /// The index, if it is all there is to know.
    fn lookup(&self) -> Result<Option<Lookup<'s>>, Unanswered> {
        let health = &self.snapshot.shared().health;
        health.check().map_err(Unanswered::Down)?;
        Ok(self.context.is_empty().then(|| self.snapshot.lookup()))
    }

    /// Rows looked at so far, for all questions.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Counts work that is not evaluation.
    fn spend(&mut self, steps: u64) -> Result<(), Unanswered> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > self.budget.steps {
            return Err(CannotAnswer::Exceeded(Exceeded::Steps).into());
        }
        Ok(())
    }

    fn values(&mut self, args: &[Argument], ty: TypeIx) -> Result<Listing, Unanswered> {
        let core = &self.snapshot.program().core;
        match core.find("allow", args.len()) {
            Some(allow) => self.evaluate(|evaluation| evaluation.list(allow, args, ty)),
            None => Ok(Listing::default()),
        }
    }

    fn listing(&mut self, args: &[Argument], ty: TypeIx) -> Result<Names, Unanswered> {
        let Listing { every, values } = self.values(args, ty)?;
        let id = |sym: Sym| self.locals.read(sym, str::to_owned);
        Ok(Names {
            every,
            names: values.into_iter().map(id).collect(),
        })
    }

    fn syms(&mut self, values: &[Value<'_>]) -> Result<Vec<Sym>, BadValue> {
        values.iter().map(|v| self.locals.sym(*v)).collect()
    }

    fn evaluate<T>(
        &mut self,
        question: impl FnOnce(&mut Evaluation<'_, 's>) -> Result<T, CannotAnswer>,
    ) -> Result<T, Unanswered> {
        let health = &self.snapshot.shared().health;
        health.check().map_err(Unanswered::Down)?;
        let rows = self.snapshot.rows();
        let budget = Budget {
            steps: self.budget.steps.saturating_sub(self.steps),
            ..self.budget
        };
        let mut evaluation = Evaluation::new(
            &self.snapshot.published.policy.goals,
            Request {
                rows: &rows,
                context: &self.context,
                locals: &mut self.locals,
                now: self.now,
                budget,
            },
        );
        let answer = question(&mut evaluation);
        self.steps += evaluation.steps();
        Ok(answer?)
    }
}
