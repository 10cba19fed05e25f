//! Every ceiling of the compiler, in one place.
//!
//! Reaching a limit is an ordinary error with a code, never a crash.

/// Ceilings on what a policy may ask of the compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all files together (spec 1.1: 1 MiB). Beyond it: E002.
    pub source_bytes: usize,
    /// Brackets, `not`s and parentheses inside each other, types extending each other.
    /// Beyond it: E070.
    pub nesting: usize,
    /// Rules after `or` and `in` are multiplied out, over the whole policy. Beyond it: E071.
    pub rules: usize,
    /// Rules that one written rule may become. Beyond it: E071.
    pub rules_per_rule: usize,
    /// Conditions of one alternative of a rule. Beyond it: E075.
    pub conditions: usize,
    /// Alternatives times conditions of one rule, and eight times as many over the whole
    /// policy. Beyond it: E071.
    pub expansion: usize,
    /// Relations after specialisation. Beyond it: E072.
    pub parts: usize,
    /// Rules after specialisation. Beyond it: E072.
    pub part_rules: usize,
    /// Variables of all rules after specialisation, and four times as many on the way
    /// to them: what specialisation may cost in memory and in time. Beyond it: E072.
    pub part_variables: usize,
    /// Constants that one position is split by; beyond it the position stays a column.
    pub constants_per_position: usize,
    /// Distinct predicates (name and arity). Beyond it: E073.
    pub predicates: usize,
    /// Arguments of one predicate. Beyond it: E074.
    pub arity: usize,
    /// Conditions or hidden columns one shape may carry before the relation is derived only
    /// on demand. Not an error.
    pub residue: usize,
    /// Diagnostics kept; the rest are counted.
    pub diagnostics: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            source_bytes: 1 << 20,
            nesting: 128,
            rules: 100_000,
            rules_per_rule: 4_096,
            conditions: 512,
            expansion: 65_536,
            parts: 100_000,
            part_rules: 200_000,
            part_variables: 2_000_000,
            constants_per_position: 4_096,
            predicates: 20_000,
            arity: 32,
            residue: 8,
            diagnostics: 200,
        }
    }
}
