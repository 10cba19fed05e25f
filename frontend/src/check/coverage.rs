//! Warnings about names: declared and never used (W011), never granted (W013), undeclared
//! in a test (W018).

use rustc_hash::{FxHashMap, FxHashSet};

use crate::desugar::Desugared;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::core::{Atom, Literal, Origin, PredicateId, Term};
use crate::ir::{TypeId, TypeSet, TypeTable, Value};
use crate::resolve::{Declarations, Declared, NameKind};
use crate::source::{Span, Text};
use crate::syntax::ast::{Item, Param, Policy, SetupItem, Term as SyntaxTerm, TermKind, TestItem};

use super::literals::{self, owner_position, undeclared};

/// Where each literal (or any: `None`) stands in a conventional predicate, as the types
/// of the argument that owns it.
#[derive(Default)]
struct Uses {
    by_name: FxHashMap<(&'static str, Option<Text>), TypeSet>,
}

impl Uses {
    fn add(&mut self, kind: &'static str, name: Option<Text>, owner: &TypeSet) {
        self.by_name
            .entry((kind, name))
            .and_modify(|t| *t = t.or(owner))
            .or_insert_with(|| owner.clone());
    }

    fn covers(&self, kind: &'static str, name: &Text, owner: &TypeSet) -> bool {
        [Some(name.clone()), None]
            .into_iter()
            .any(|n| self.by_name.get(&(kind, n)).is_some_and(|t| t.meets(owner)))
    }
}

const GLOBAL: [(&str, &str); 2] = [
    ("has_role", "global role"),
    ("has_permission", "global permission"),
];

fn kind_of(predicate: &str, arity: usize) -> Option<&'static str> {
    match (predicate, arity) {
        ("has_role", 3) => Some("role"),
        ("has_permission", 3) => Some("permission"),
        ("has_relation", 3) => Some("relation"),
        (_, 2) => GLOBAL
            .iter()
            .find(|(p, _)| *p == predicate)
            .map(|(_, k)| *k),
        _ => None,
    }
}

/// W011 and W013.
pub(super) fn names(
    desugared: &Desugared,
    declared: &[(PredicateId, Vec<TypeSet>, Span)],
    declarations: &Declarations,
    diagnostics: &mut Diagnostics,
) {
    let types = &declarations.types;
    let mut used = Uses::default();
    let mut granted = Uses::default();
    for lowered in &desugared.rules {
        let rule = &lowered.rule;
        let mut look = |atom: &Atom, head: bool| {
            let predicate = &desugared.predicates.list[atom.predicate.0 as usize];
            let arity = predicate.arity;
            let grants = head && matches!((&*predicate.name, arity), ("allow", 2 | 3));
            let kind = match (&*predicate.name, arity) {
                ("allow", 3) if grants => Some("permission"),
                ("allow", 2) if grants => Some("global permission"),
                (name, arity) => kind_of(name, arity),
            };
            let Some(kind) = kind else { return };
            let name = match &atom.args[1] {
                Term::Value(Value::String(s)) => Some(s.clone()),
                Term::Variable(v) if rule.variable(*v).types.has(TypeId::STRING) => None,
                _ => return,
            };
            let owner = match owner_position(&predicate.name, arity).map(|i| &atom.args[i]) {
                Some(Term::Variable(v)) => rule.variable(*v).types.clone(),
                Some(Term::Value(value)) => types.only(value.ty()),
                Some(Term::Now) => return,
                None => types.any().clone(),
            };
            if head && !(rule.origin == Origin::Injected) {
                granted.add(kind, name.clone(), &owner);
            }
            used.add(kind, name, &owner);
        };
        look(&rule.head, true);
        for literal in &rule.body {
            if let Literal::Positive(atom) | Literal::Negative(atom) = literal {
                look(atom, false);
            }
        }
    }
    // `declare` lets facts in, whatever their names.
    for (id, entries, _) in declared {
        let predicate = &desugared.predicates.list[id.0 as usize];
        let Some(kind) = kind_of(&predicate.name, predicate.arity) else {
            continue;
        };
        if entries[1].has(TypeId::STRING) {
            let owner = owner_position(&predicate.name, predicate.arity);
            used.add(kind, None, owner.map_or(types.any(), |i| &entries[i]));
        }
    }
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut judge = |name: &Text, declared: &Declared, owner: &TypeSet, global: bool, on: &str| {
        let kind = match (&declared.kind, global) {
            (NameKind::Role, false) => "role",
            (NameKind::Permission, false) => "permission",
            (NameKind::Relation(_), _) => "relation",
            (NameKind::Role, true) => "global role",
            (NameKind::Permission, true) => "global permission",
        };
        let permission = declared.kind == NameKind::Permission;
        if permission && !granted.covers(kind, name, owner) {
            found.push(
                Diagnostic::new(
                    Code::W013,
                    declared.span,
                    format!("no rule grants \"{name}\" {on}"),
                )
                .label("never granted"),
            );
        } else if !permission && !used.covers(kind, name, owner) {
            found.push(
                Diagnostic::new(
                    Code::W011,
                    declared.span,
                    format!("the {kind} \"{name}\" is used by no rule"),
                )
                .label("facts for it will be rejected")
                .help("use it in a rule, or remove it"),
            );
        }
    };
    for (ty, names) in &declarations.names {
        let on = format!("on `{}`", types.get(*ty).name);
        for (name, declared) in names.iter().filter(|(_, d)| d.own) {
            judge(name, declared, types.subtypes(*ty), false, &on);
        }
    }
    for (name, declared) in declarations.global.iter().flatten() {
        judge(name, declared, types.any(), true, "globally");
    }
    found.sort_by_key(|d| d.primary.span);
    found.into_iter().for_each(|d| diagnostics.push(d));
}

/// W018: literal names in tests that neither a block declares nor any rule mentions.
/// `assert_not` is left alone: denying what does not exist is a common test.
/// Neither are `refused` facts: E052 has been said of them.
pub(super) fn in_tests(
    files: &[Policy],
    refused: &FxHashSet<Span>,
    desugared: &Desugared,
    declarations: &Declarations,
    diagnostics: &mut Diagnostics,
) {
    let mut mentioned: FxHashSet<Text> = FxHashSet::default();
    for lowered in &desugared.rules {
        let rule = &lowered.rule;
        let atoms = rule.body.iter().filter_map(|l| match l {
            Literal::Positive(a) | Literal::Negative(a) => Some(a),
            Literal::Compare(..) => None,
        });
        for atom in atoms.chain([&rule.head]) {
            for arg in &atom.args {
                if let Term::Value(Value::String(s)) = arg {
                    mentioned.insert(s.clone());
                }
            }
        }
    }
    let mut check = |predicate: &str, args: &[Option<&SyntaxTerm>]| {
        let Some(at) = owner_position(predicate, args.len()) else {
            return;
        };
        let (Some(name), Some(owner)) = (args[1], args[at]) else {
            return;
        };
        let (TermKind::String(text), TermKind::Object { ty, .. }) = (&name.kind, &owner.kind)
        else {
            return;
        };
        let types: &TypeTable = &declarations.types;
        let Some(set) = types.lookup(&ty.text).map(|t| types.subtypes(t).clone()) else {
            return;
        };
        if let Some(owner) = undeclared(&set, text, declarations)
            && !mentioned.contains(text)
        {
            let near = { literals::kind_of(predicate, args.len()) }
                .zip(types.lookup(&owner).and_then(|t| declarations.names_of(t)))
                .and_then(|(kind, names)| literals::nearest(text, names, kind));
            diagnostics.push(
                Diagnostic::new(
                    Code::W018,
                    name.span,
                    format!("\"{text}\" is not declared in `{owner}`"),
                )
                .label(match near {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => "not declared, and no rule mentions it".to_owned(),
                }),
            );
        }
    };
    for item in files.iter().flat_map(|f| &f.items) {
        match item {
            Item::Fixture(fixture) => {
                for fact in fixture.facts.iter().filter(|f| !refused.contains(&f.span)) {
                    let args: Vec<_> = fact.args.iter().map(Some).collect();
                    check(&fact.predicate.text, &args);
                }
            }
            Item::Test(test) => {
                for item in &test.items {
                    match item {
                        TestItem::Setup(setup) => {
                            for item in &setup.items {
                                if let SetupItem::Fact(fact) = item
                                    && !refused.contains(&fact.span)
                                {
                                    let args: Vec<_> = fact.args.iter().map(Some).collect();
                                    check(&fact.predicate.text, &args);
                                }
                            }
                        }
                        TestItem::Assertion(a) if !a.negated => {
                            let args: Vec<_> = a
                                .head
                                .params
                                .iter()
                                .map(|p| match p {
                                    Param::Term(t) => Some(t),
                                    Param::Typed { .. } => None,
                                })
                                .collect();
                            check(&a.head.predicate.text, &args);
                        }
                        TestItem::Assertion(_) => {}
                    }
                }
            }
            _ => {}
        }
    }
}
