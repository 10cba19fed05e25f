//! Facts of a setup that fit no signature (E052).

use rustc_hash::FxHashMap;

use crate::diag::{Code, Diagnostic, suggest};
use crate::ir::core::PredicateId;
use crate::ir::{Entry, Signature, Value};
use crate::syntax::ast;

use super::tests::{Tests, arguments};

impl Tests<'_> {
    pub(super) fn unused_fact(
        &mut self,
        fact: &ast::Fact,
        args: &[Value],
        signatures: &FxHashMap<PredicateId, Vec<&Signature>>,
    ) {
        let types = &self.declarations.types;
        let name = &fact.predicate.text;
        let shape: Vec<String> = args
            .iter()
            .map(|a| match a {
                Value::String(s) => crate::ir::quoted(s),
                other => types.get(other.ty()).name.to_string(),
            })
            .collect();
        let declared: Vec<&str> = args.iter().map(|a| &*types.get(a.ty()).name).collect();
        let meant = self.meant(fact, args, signatures);
        let mut found = Diagnostic::new(
            Code::E052,
            fact.span,
            format!("{name}({}) is not used in policy", shape.join(", ")),
        )
        .label(match &meant {
            Some((near, _)) => format!("did you mean {near}?"),
            None => "no rule reads such a fact".to_owned(),
        })
        .help(format!(
            "use it in a rule, or add `declare {name}({});`",
            declared.join(", ")
        ));
        let known = |arity: usize| {
            let signatures = signatures.get(&self.predicates.find(name, arity)?)?;
            signatures.iter().max_by_key(|s| s.agreement(args))
        };
        let shape = meant.and_then(|(_, shape)| shape);
        if let Some(near) = shape.or_else(|| known(args.len()).copied()) {
            found = found.note(format!(
                "the nearest shape in use is {}",
                near.show(name, types)
            ));
        } else {
            let mut arities: Vec<usize> = { self.predicates.list.iter() }
                .filter(|p| *p.name == **name)
                .map(|p| p.arity)
                .collect();
            arities.sort_unstable_by_key(|n| (n.abs_diff(args.len()), *n));
            if let Some((arity, near)) = arities.iter().find_map(|&n| Some((n, known(n)?))) {
                found = found.note(format!(
                    "the policy uses `{name}` with {}: {}",
                    arguments(arity),
                    near.show(name, types)
                ));
            }
        }
        self.diagnostics.push(found);
    }

    /// What a misspelt predicate, or the one misspelt name of a fact, may have meant; of a
    /// name the shape that has it.
    fn meant<'s>(
        &self,
        fact: &ast::Fact,
        args: &[Value],
        signatures: &FxHashMap<PredicateId, Vec<&'s Signature>>,
    ) -> Option<(String, Option<&'s Signature>)> {
        let known = { self.predicates.list.iter() }
            .zip(0..)
            .filter(|(p, id)| p.arity == args.len() && signatures.contains_key(&PredicateId(*id)));
        let name = &*fact.predicate.text;
        let Some((_, id)) = known.clone().find(|(p, _)| *p.name == *name) else {
            let mut names: Vec<&str> = known.map(|(p, _)| &*p.name).collect();
            names.sort_unstable();
            return suggest::nearest(name, names).map(|near| (format!("`{near}`"), None));
        };
        let shapes = { signatures[&PredicateId(id)].iter() }
            .copied()
            .filter(|s| s.agreement(args) + 1 == args.len());
        args.iter().enumerate().find_map(|(i, arg)| {
            let Value::String(written) = arg else {
                return None;
            };
            let mut names: Vec<(&str, &Signature)> = { shapes.clone() }
                .filter_map(|s| match &s.entries[i] {
                    Entry::Exactly(text) if text != written => Some((&**text, s)),
                    Entry::Exactly(_) | Entry::Types(_) => None,
                })
                .collect();
            names.sort_by_key(|(name, _)| *name);
            let near = suggest::nearest(written, names.iter().map(|(name, _)| *name))?;
            let (_, shape) = names.iter().find(|(name, _)| *name == near)?;
            Some((crate::ir::quoted(near), Some(*shape)))
        })
    }
}
