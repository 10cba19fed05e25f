//! The table of diagnostic codes (spec section 9; E070 and above are the limits).

use serde::{Serialize, Serializer};

use super::Severity;

macro_rules! codes {
    ($($code:ident => $title:literal,)*) => {
        /// A diagnostic code: stable, documented, usable as a filter in scripts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "each variant's title below says what it is")]
        pub enum Code {
            $($code,)*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Code] = &[$(Code::$code,)*];

            /// The code as written in output, e.g. `E041`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$code => stringify!($code),)*
                }
            }

            /// What the code stands for, in a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self {
                    $(Code::$code => $title,)*
                }
            }
        }
    };
}

codes! {
    E001 => "unexpected character or token",
    E002 => "policy too large",
    E003 => "integer out of range",
    E004 => "only whole numbers",
    E005 => "no such operator",
    E010 => "construct of the legacy dialect",
    E011 => "condition as an argument",
    E012 => "id of the wrong kind",
    E013 => "abstract type has no values",
    E014 => "wrong literal for a primitive type",
    E020 => "name already declared",
    E021 => "more than one `on`",
    E022 => "operator not allowed in shorthand",
    E023 => "list declared twice",
    E024 => "unknown type after `extends`",
    E025 => "type extends itself",
    E026 => "actor and resource mixed in `extends`",
    E027 => "second global block",
    E028 => "relations in the global block",
    E029 => "relation as the head of a shorthand rule",
    E030 => "not available in the global block",
    E031 => "undeclared name",
    E032 => "not a relation",
    E033 => "not declared in the relation's target",
    E034 => "not a global name",
    E035 => "relation target has no block",
    E036 => "unknown variable in a shorthand rule",
    E040 => "ordering comparison needs integers",
    E041 => "variable under `not` is not bound",
    E042 => "negation in a cycle",
    E043 => "contradictory types",
    E050 => "duplicate test",
    E051 => "duplicate fixture",
    E052 => "fact not used in policy",
    E053 => "assertion on an unknown predicate",
    E054 => "more than one variable in an assertion",
    E055 => "assertion variable needs a type",
    E056 => "unsupported `iff`",
    E057 => "unknown fixture",
    E061 => "misplaced setup",
    E070 => "nested too deeply",
    E071 => "too many rules",
    E072 => "too many relations after specialisation",
    E073 => "too many predicates",
    E074 => "too many arguments",
    E075 => "too many conditions",
    W001 => "undeclared type",
    W002 => "type is both actor and resource",
    W003 => "relation cannot point to an actor",
    W004 => "no type known",
    W005 => "condition can never hold",
    W006 => "`and` and `or` mixed",
    W007 => "test without assertions",
    W008 => "variable used once",
    W009 => "predicate without rules, similar to another",
    W010 => "flag ignored",
    W011 => "declared name never used",
    W012 => "name not declared on the type",
    W013 => "permission never granted",
    W014 => "duplicate rule",
    W015 => "permissions have no effect",
    W016 => "fixture never used",
    W017 => "cannot be listed",
    W018 => "undeclared name in a test",
    W019 => "too many arguments for a fact",
}

impl Code {
    /// Errors stop a policy from being saved; warnings never do.
    #[must_use]
    pub fn severity(self) -> Severity {
        if self.as_str().starts_with('E') {
            Severity::Error
        } else {
            Severity::Warning
        }
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
