//! Existential variables that nothing searchable binds (W017, decision L3), as far as the
//! rule alone tells. What a rule inherits from the rules it reads, and parameters of a
//! head, are found where relations are specialised.

use rustc_hash::FxHashSet;

use crate::desugar::Lowered;
use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::ir::core::{CompareOp, Literal, Rule, Term, VariableId};
use crate::source::Span;

/// Warns of every such variable and returns where each was first written: that it is used
/// once, or has no known type, is the same mistake.
pub(super) fn variables(rules: &[Lowered], diagnostics: &mut Diagnostics) -> FxHashSet<Span> {
    let mut found = FxHashSet::default();
    for lowered in rules {
        let rule = &lowered.rule;
        for literal in &rule.body {
            let Literal::Compare(_, a, b) = literal else {
                continue;
            };
            for v in [a, b].into_iter().filter_map(Term::variable) {
                let Some(span) = lowered.spans[v.0 as usize] else {
                    continue;
                };
                if is_open(rule, v) && found.insert(span) {
                    diagnostics.push(warning(&rule.variable(v).name, span));
                }
            }
        }
    }
    found
}

/// Whether the variable is neither a parameter nor bound by an atom or by the time.
pub(crate) fn is_open(rule: &Rule, v: VariableId) -> bool {
    let term = Term::Variable(v);
    let binds = |literal: &Literal| match literal {
        Literal::Positive(atom) => atom.args.contains(&term),
        Literal::Negative(_) => false,
        Literal::Compare(op, a, b) => {
            *op == CompareOp::Eq && (*a == term && *b == Term::Now || *b == term && *a == Term::Now)
        }
    };
    !rule.head.args.contains(&term) && !rule.body.iter().any(binds)
}

fn warning(name: &str, span: Span) -> Diagnostic {
    let found = Diagnostic::new(
        Code::W017,
        span,
        format!("`{name}` has no set of possible values"),
    )
    .label(format!("`{name}` is only compared, nothing binds it"))
    .note("a request that needs this rule is an error");
    if suggest::means_no_value(name) {
        found.help(suggest::NO_SUCH_VALUE)
    } else {
        found.help(format!("add a condition that binds `{name}`"))
    }
}
