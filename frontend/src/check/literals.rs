//! Literal role, permission and relation names in full rules that their owner does not
//! declare, or declares as something else (W012).

use crate::desugar::{Desugared, DraftLiteral, DraftTerm, Formula};
use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::ir::core::{Origin, PredicateId};
use crate::ir::{TypeId, TypeKind, TypeSet, Value};
use crate::resolve::{Declarations, Names};
use crate::source::{FileId, Span, Text};

use super::lints::atoms;

/// W012.
pub(super) fn undeclared_names(
    desugared: &Desugared,
    declarations: &Declarations,
    diagnostics: &mut Diagnostics,
) {
    let list = &desugared.predicates.list;
    for draft in desugared
        .drafts
        .iter()
        .filter(|d| d.origin == Origin::Written)
    {
        let mut types: Vec<_> = draft.variables.iter().map(|v| v.types.clone()).collect();
        restrictions(&draft.body, &mut |v, t| types[v] = types[v].and(t));
        let mut look = |predicate: PredicateId, args: &[DraftTerm], _span: Span| {
            let predicate = &*list[predicate.0 as usize].name;
            let Some(kind) = kind_of(predicate, args.len()) else {
                return;
            };
            let DraftTerm::Value(Value::String(name), span) = &args[1] else {
                return;
            };
            let Some(at) = owner_position(predicate, args.len()) else {
                diagnostics.extend(global_problem(name, kind, *span, declarations));
                return;
            };
            let set = match &args[at] {
                DraftTerm::Variable(v, _) => types[*v].clone(),
                DraftTerm::Value(value, _) => declarations.types.only(value.ty()),
                DraftTerm::Now(_) => return,
            };
            diagnostics.extend(problem(&set, name, kind, *span, declarations));
        };
        let nowhere = Span::new(FileId(0), 0, 0);
        look(draft.predicate, &draft.head, nowhere);
        atoms(&draft.body, &mut look);
    }
}

/// What the second argument of a conventional predicate names.
pub(super) fn kind_of(predicate: &str, arity: usize) -> Option<&'static str> {
    match (predicate, arity) {
        ("has_role", 2 | 3) => Some("role"),
        ("has_permission" | "allow", 2 | 3) => Some("permission"),
        ("has_relation", 3) => Some("relation"),
        _ => None,
    }
}

/// The position of the argument whose type owns the name in the second place.
pub(super) fn owner_position(predicate: &str, arity: usize) -> Option<usize> {
    match (predicate, arity) {
        ("has_role" | "has_permission" | "allow", 3) => Some(2),
        ("has_relation", 3) => Some(0),
        _ => None,
    }
}

/// What is wrong with a name that belongs to a type.
fn problem(
    set: &TypeSet,
    name: &Text,
    kind: &'static str,
    span: Span,
    declarations: &Declarations,
) -> Option<Diagnostic> {
    if let Some(owner) = undeclared(set, name, declarations) {
        let names = { declarations.types.lookup(&owner) }.and_then(|t| declarations.names_of(t));
        return Some(not_declared(
            name,
            &format!("`{owner}`"),
            names?,
            kind,
            span,
        ));
    }
    // Known to the type or to a subtype; as what?
    let root = root(set, declarations)?;
    let mut wrong = None;
    for ty in std::iter::once(root).chain(set.iter()) {
        let declared = { declarations.names_of(ty) }.and_then(|names| names.get(name));
        match declared.map(|d| d.kind.word()) {
            Some(word) if word == kind => return None,
            Some(word) => drop(wrong.get_or_insert((word, ty))),
            None => {}
        }
    }
    let (word, ty) = wrong?;
    let owner = format!("`{}`", declarations.types.get(ty).name);
    Some(wrong_kind(name, word, &owner, kind, span))
}

/// The same for a name that belongs to the global block.
fn global_problem(
    name: &Text,
    kind: &'static str,
    span: Span,
    declarations: &Declarations,
) -> Option<Diagnostic> {
    let names = declarations.global.as_ref().filter(|n| !n.is_empty())?;
    let owner = "the global block";
    match names.get(name).map(|d| d.kind.word()) {
        Some(word) if word == kind => None,
        Some(word) => Some(wrong_kind(name, word, owner, kind, span)),
        None => Some(not_declared(name, owner, names, kind, span)),
    }
}

fn not_declared(name: &str, owner: &str, names: &Names, kind: &str, span: Span) -> Diagnostic {
    let message = format!("\"{name}\" is not declared in {owner}");
    Diagnostic::new(Code::W012, span, message).label(match nearest(name, names, kind) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => "not declared".to_owned(),
    })
}

/// The declared name of this kind that may have been meant.
pub(super) fn nearest<'n>(name: &str, names: &'n Names, kind: &str) -> Option<&'n str> {
    let mut alike: Vec<&str> = { names.iter() }
        .filter(|(_, d)| d.kind.word() == kind)
        .map(|(n, _)| &**n)
        .collect();
    alike.sort_unstable();
    suggest::nearest(name, alike)
}

fn wrong_kind(name: &str, found: &str, owner: &str, wanted: &str, span: Span) -> Diagnostic {
    let message = format!("\"{name}\" is a {found} of {owner}, not a {wanted}");
    Diagnostic::new(Code::W012, span, message).label(format!("a {found}"))
}

/// The type that should declare the name and does not: a single declared type (with its
/// subtypes) whose block declares names at all.
pub(super) fn undeclared(set: &TypeSet, name: &Text, declarations: &Declarations) -> Option<Text> {
    let root = root(set, declarations)?;
    let names = declarations.names_of(root)?;
    let known = set.iter().any(|t| {
        declarations
            .names_of(t)
            .is_some_and(|n| n.contains_key(name))
    });
    (!names.is_empty() && !known).then(|| declarations.types.get(root).name.clone())
}

/// The declared type that makes up the set together with its subtypes.
fn root(set: &TypeSet, declarations: &Declarations) -> Option<TypeId> {
    let types = &declarations.types;
    let root = set.iter().find(|&t| types.subtypes(t) == set)?;
    match types.get(root).kind {
        TypeKind::Primitive | TypeKind::Undeclared => None,
        TypeKind::Actor | TypeKind::Resource => Some(root),
    }
}

fn restrictions(formula: &Formula, seen: &mut impl FnMut(usize, &TypeSet)) {
    match formula {
        Formula::And(parts) | Formula::Or(parts) => {
            parts.iter().for_each(|p| restrictions(p, seen));
        }
        Formula::Not(inner, _) => restrictions(inner, seen),
        Formula::Literal(DraftLiteral::HasType(v, t, _)) => seen(*v, t),
        Formula::Literal(_) | Formula::True | Formula::False => {}
    }
}
