//! Which facts the policy can use (spec 6.2, 6.5).

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use crate::desugar::Lowered;
use crate::ir::core::{Atom, Literal, Origin, Predicate, PredicateId, Term};
use crate::ir::{Entry, Signature, TypeSet, TypeTable};
use crate::source::Span;

use super::infer::Inferred;

/// Signatures of stored facts and of context facts.
pub(super) fn collect(
    types: &TypeTable,
    predicates: &[Predicate],
    declared: &[(PredicateId, Vec<TypeSet>, Span)],
    rules: &[Lowered],
    inferred: &Inferred,
) -> (Vec<Signature>, Vec<Signature>) {
    let mut stored = Set::default();
    let mut context = Set::default();
    for (r, lowered) in rules.iter().enumerate() {
        let rule = &lowered.rule;
        let entries = |atom: &Atom, head: bool| -> Vec<Entry> {
            atom.args
                .iter()
                .map(|arg| match arg {
                    Term::Value(crate::ir::Value::String(s)) => Entry::Exactly(s.clone()),
                    Term::Value(value) => Entry::Types(types.subtypes(value.ty()).clone()),
                    Term::Variable(v) if head => Entry::Types(rule.variable(*v).types.clone()),
                    Term::Variable(v) => {
                        let anonymous = lowered.anonymous[v.0 as usize];
                        let known = inferred.of(r, *v).filter(|_| !anonymous);
                        Entry::Types(known.unwrap_or(&rule.variable(*v).types).clone())
                    }
                    Term::Now => Entry::Types(types.only(crate::ir::TypeId::INTEGER)),
                })
                .collect()
        };
        for literal in &rule.body {
            if let Literal::Positive(atom) | Literal::Negative(atom) = literal
                && !predicates[atom.predicate.0 as usize].is_auxiliary()
            {
                stored.add(atom.predicate, entries(atom, false), rule.span);
            }
        }
        if rule.origin != Origin::Group {
            context.add(rule.head.predicate, entries(&rule.head, true), rule.span);
        }
    }
    for (predicate, entry, span) in declared {
        let entries = entry.iter().cloned().map(Entry::Types).collect();
        stored.add(*predicate, entries, Some(*span));
    }
    (stored.list, context.list)
}

/// Signatures without repetition, in order of first use.
#[derive(Default)]
struct Set {
    list: Vec<Signature>,
    seen: FxHashSet<(PredicateId, Vec<Entry>)>,
}

impl Set {
    fn add(&mut self, predicate: PredicateId, entries: Vec<Entry>, span: Option<Span>) {
        if self.seen.insert((predicate, entries.clone())) {
            self.list.push(Signature {
                predicate,
                entries,
                span,
            });
        }
    }
}

/// Signatures by predicate, for checking many facts.
pub(super) fn by_predicate(signatures: &[Signature]) -> FxHashMap<PredicateId, Vec<&Signature>> {
    let mut map: FxHashMap<PredicateId, Vec<&Signature>> =
        FxHashMap::with_capacity_and_hasher(signatures.len(), FxBuildHasher);
    for s in signatures {
        map.entry(s.predicate).or_default().push(s);
    }
    map
}
