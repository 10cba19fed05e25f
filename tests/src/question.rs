//! Questions about a policy and facts, and their answers.

use std::collections::BTreeSet;

use floe_frontend::ir::TypeSet;
use floe_frontend::source::{Sources, Span, Text};

use crate::value::Value;

/// One predicate of a question with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The predicate's name; with the number of arguments it says which predicate.
    pub predicate: Text,
    /// The arguments.
    pub args: Vec<Argument>,
}

impl Call {
    /// The call `predicate(args)`.
    pub fn new(predicate: impl Into<Text>, args: impl IntoIterator<Item = Argument>) -> Call {
        Call {
            predicate: predicate.into(),
            args: args.into_iter().collect(),
        }
    }
}

/// An argument of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// A value.
    Value(Value),
    /// A variable.
    Variable(Variable),
}

impl Argument {
    /// A variable, of exactly this type if one is given.
    #[must_use]
    pub fn variable(name: &str, ty: Option<&str>) -> Argument {
        Argument::Variable(Variable {
            name: name.into(),
            ty: ty.map(Into::into),
        })
    }
}

/// A variable of a question. The same name is the same variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: Text,
    /// With a type it has values of exactly this type only (spec 5.6.5). The first
    /// mention of a variable says its type.
    pub ty: Option<Text>,
}

/// What a variable of a question may be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// Every value of these types.
    Every(TypeSet),
    /// This value.
    Value(Value),
}

/// One answer: the variables of the question in the order of their first mention.
pub type Row = Vec<Item>;

/// Whatever answers questions about one policy and one set of facts at one moment.
pub trait Answers {
    /// Whether the predicate holds of these values.
    fn holds(&self, predicate: &str, args: &[Value]) -> Result<bool, CannotAnswer>;

    /// Every distinct way to fill in the variables such that all calls hold. A row for
    /// every value of a type does not hide the rows it covers (spec 5.6.4).
    fn query(&self, calls: &[Call]) -> Result<BTreeSet<Row>, CannotAnswer>;

    /// `authorize` (spec 7.3); without a resource it is about a global permission.
    fn authorize(
        &self,
        actor: &Value,
        action: &str,
        resource: Option<&Value>,
    ) -> Result<bool, CannotAnswer> {
        let mut args = vec![actor.clone(), Value::string(action)];
        args.extend(resource.cloned());
        self.holds("allow", &args)
    }

    /// `list` (spec 7.3): ids of exactly this type, ascending; `"*"` comes first and
    /// means all of them.
    fn list(&self, actor: &Value, action: &str, ty: &str) -> Result<Vec<Text>, CannotAnswer> {
        let resource = Argument::variable("resource", Some(ty));
        let action = Argument::Value(Value::string(action));
        let call = Call::new("allow", [Argument::Value(actor.clone()), action, resource]);
        self.query(&[call]).map(ids)
    }

    /// `actions` (spec 7.3): what the actor may do, ascending; `"*"` comes first and
    /// means everything.
    fn actions(&self, actor: &Value, resource: &Value) -> Result<Vec<Text>, CannotAnswer> {
        let action = Argument::variable("action", Some("String"));
        let resource = Argument::Value(resource.clone());
        let call = Call::new("allow", [Argument::Value(actor.clone()), action, resource]);
        self.query(&[call]).map(ids)
    }
}

/// The ids of the values; rows for every value come first, since [`Item`]s are ordered so.
fn ids(rows: BTreeSet<Row>) -> Vec<Text> {
    let id = |item: Item| match item {
        Item::Every(_) => "*".into(),
        Item::Value(value) => value.id,
    };
    rows.into_iter().flatten().map(id).collect()
}

/// Why there is no answer (spec 5.6.3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CannotAnswer {
    /// A variable has no set of possible values: nothing but a comparison, a negation or
    /// the time limits it.
    Unbound {
        /// Its name in the rule that has the condition.
        variable: Text,
        /// That rule; `None` if it is an injected one.
        rule: Option<Span>,
    },
    /// These variables of the question must be equal and are free otherwise.
    Linked(Text, Text),
    /// Something depends on its own negation.
    Undefined,
    /// There is more than an evaluator is willing to keep.
    TooLarge,
}

impl CannotAnswer {
    /// The reason as people are told it.
    #[must_use]
    pub fn explain(&self, sources: &Sources) -> String {
        match self {
            CannotAnswer::Unbound { variable, rule } => {
                let rule = match rule {
                    Some(span) => format!("the rule at {}", sources.locate(*span)),
                    None => "an injected rule".to_string(),
                };
                format!("variable `{variable}` of {rule} has no set of possible values")
            }
            CannotAnswer::Linked(a, b) => format!(
                "variables `{a}` and `{b}` must be equal and have no set of possible values"
            ),
            CannotAnswer::Undefined => "something depends on its own negation".to_string(),
            CannotAnswer::TooLarge => "there are too many answers on the way".to_string(),
        }
    }
}
