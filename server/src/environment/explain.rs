//! Why a question has no answer, with the place in the policy.

use floe_frontend::ir::Program;
use floe_frontend::source::Sources;

use super::engine::CannotAnswer;

/// The reason as people are told it.
pub(crate) fn explain(why: &CannotAnswer, program: &Program, sources: &Sources) -> String {
    match why {
        CannotAnswer::CannotList { variable, rule } => {
            let rule = match program.core.rules.get(rule.0 as usize).and_then(|r| r.span) {
                Some(span) => format!("the rule at {}", sources.locate(span)),
                None => "an injected rule".to_owned(),
            };
            format!(
                "cannot list: variable `{variable}` of {rule} has no set of possible values, \
                 since only comparisons, negations or the time limit it"
            )
        }
        CannotAnswer::Linked { .. } => {
            "cannot list: two variables of the query must be equal and have no set of possible \
             values; constrain one of them"
                .to_owned()
        }
        CannotAnswer::Exceeded(what) => format!("evaluation was cut off: {what}"),
    }
}
