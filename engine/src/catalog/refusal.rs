//! Why a change set is refused, in words.

use std::fmt;

use floe_frontend::diag::suggest;
use floe_frontend::ir::{Signature, TypeId, Value as Constant, quoted};

use super::{Arg, Catalog, MAX_ARITY, Operation};
use crate::value::{BadValue, Datum, OutOfSymbols, TypeIx, Value};

/// Texts of strangers are cut to this many characters.
const SHOWN: usize = 80;

/// A change set that cannot be applied; nothing of it has been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The operation at fault, counted from 0.
    pub operation: usize,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// No signature of the policy admits the fact (spec 6.2).
    Unused {
        /// The fact's own shape.
        shape: String,
        /// What to declare so that it is admitted.
        declare: String,
        /// The signature nearest to it, if one is near at all.
        nearest: Option<String>,
    },
    /// A fact has one to five arguments.
    Arguments {
        /// The fact's predicate.
        predicate: String,
        /// How many it has.
        found: usize,
    },
    /// An argument is not a value that a fact can carry.
    Value {
        /// The fact.
        fact: String,
        /// The argument, counted from 1.
        argument: usize,
        /// What is wrong with it.
        why: BadValue,
    },
    /// The environment has no room for the values it names.
    Symbols(OutOfSymbols),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Unused {
                shape,
                declare,
                nearest,
            } => {
                write!(
                    f,
                    "{shape} is not used in policy. Use it in a rule, or add `declare {declare};`"
                )?;
                match nearest {
                    Some(near) => write!(f, ". The nearest shape in use is {near}"),
                    None => Ok(()),
                }
            }
            Reason::Arguments { predicate, found } => write!(
                f,
                "{predicate} with {found} arguments is not used in policy: a fact has between one and {MAX_ARITY}"
            ),
            Reason::Value {
                fact,
                argument,
                why,
            } => write!(f, "argument {argument} of {fact}: {why}"),
            Reason::Symbols(out) => out.fmt(f),
        }
    }
}

impl std::error::Error for Refusal {}

/// Refuses a fact that no signature admits; all its arguments are values.
pub(super) fn unused(fact: &Operation<'_>, catalog: &Catalog) -> Reason {
    let program = catalog.program();
    let name = fact.predicate();
    let args: Vec<Value<'_>> = values(fact).collect();
    let shape: Vec<String> = (args.iter())
        .map(|a| {
            if a.ty == "String" {
                quoted(&cut(a.id))
            } else {
                cut(a.ty)
            }
        })
        .collect();
    let types: Vec<String> = args.iter().map(|a| cut(a.ty)).collect();
    Reason::Unused {
        shape: format!("{}({})", cut(name), shape.join(", ")),
        declare: format!("{}({})", cut(name), types.join(", ")),
        nearest: nearest(name, &args, catalog)
            .map(|s| s.show(&program.core.predicate(s.predicate).name, &program.types)),
    }
}

/// The signature that most arguments fit, of the same predicate if there are any.
fn nearest<'c>(name: &str, args: &[Value<'_>], catalog: &'c Catalog) -> Option<&'c Signature> {
    let program = catalog.program();
    let named = |s: &Signature| &program.core.predicate(s.predicate).name;
    let known = program.signatures.iter().any(|s| **named(s) == *name);
    let name = if known {
        name
    } else {
        suggest::nearest(name, program.signatures.iter().map(|s| &**named(s)))?
    };
    let args: Vec<Constant> = args.iter().map(|a| constant(a, catalog)).collect();
    let near = program.signatures.iter().filter(|s| **named(s) == *name);
    // The first of the best, by arity and then by what fits.
    near.rev().max_by_key(|s| {
        let missing = s.entries.len().abs_diff(args.len());
        (std::cmp::Reverse(missing), s.agreement(&args))
    })
}

fn constant(value: &Value<'_>, catalog: &Catalog) -> Constant {
    let ty = catalog.program().types.classify(value.ty);
    match ty {
        TypeId::STRING => Constant::String(value.id.into()),
        TypeId::BOOLEAN => Constant::Boolean(value.id == "true"),
        TypeId::INTEGER => match Datum::new(TypeIx::INTEGER, value.id) {
            Ok(Datum::Integer(number)) => Constant::Integer(number),
            _ => Constant::Integer(0),
        },
        ty => Constant::Object(ty, value.id.into()),
    }
}

/// Refuses a fact for one of its arguments, counted from 0.
pub(super) fn bad_value(fact: &Operation<'_>, argument: usize, why: BadValue) -> Reason {
    let why = match why {
        BadValue::Integer(id) => BadValue::Integer(cut(&id).into()),
        BadValue::Boolean(id) => BadValue::Boolean(cut(&id).into()),
        why => why,
    };
    let args: Vec<String> = values(fact)
        .map(|a| match a.ty {
            "String" => quoted(&cut(a.id)),
            "Integer" | "Boolean" => cut(a.id),
            ty => format!("{}{{{}}}", cut(ty), quoted(&cut(a.id))),
        })
        .collect();
    Reason::Value {
        fact: format!("{}({})", cut(fact.predicate()), args.join(", ")),
        argument: argument + 1,
        why,
    }
}

/// Refuses a fact for the number of its arguments.
pub(super) fn arguments(fact: &Operation<'_>) -> Reason {
    Reason::Arguments {
        predicate: cut(fact.predicate()),
        found: fact.args().len(),
    }
}

fn values<'c>(fact: &Operation<'c>) -> impl Iterator<Item = Value<'c>> + use<'c> {
    fact.args().filter_map(|arg| match arg {
        Arg::Value(value) => Some(value),
        _ => None,
    })
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_string(),
    }
}
