//! Roles, permissions and relations: per type, inherited ones included (spec 4.1, 4.2).

use rustc_hash::FxHashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{TypeId, TypeTable};
use crate::source::{Span, Text};
use crate::syntax::ast::{Block, BlockHead, BlockItem, Policy};

use super::types::Extends;
use super::{Declarations, Declared, NameKind, Names};

pub(super) fn collect(
    files: &[Policy],
    types: TypeTable,
    blocks: &FxHashMap<TypeId, Span>,
    extends: &Extends,
    diagnostics: &mut Diagnostics,
) -> Declarations {
    let mut own: FxHashMap<TypeId, Names> = FxHashMap::default();
    let mut global: Option<(Names, Span)> = None;
    for block in super::blocks(files) {
        match &block.head {
            BlockHead::Global(span) => {
                if let Some((_, first)) = &global {
                    diagnostics.push(
                        Diagnostic::new(Code::E027, *span, "only one global block is allowed")
                            .label("second global block")
                            .also(*first, "the first one")
                            .help("move its contents into the first"),
                    );
                }
                // The names of a second one count: it is one mistake, not one per use.
                let (names, _) = global.get_or_insert_with(|| (Names::default(), *span));
                declare(block, "the global block", names, diagnostics);
            }
            BlockHead::Actor(name) | BlockHead::Resource(name) => {
                // A built-in name has been reported and has no id of a block.
                if let Some(ty) = types.lookup(&name.text).filter(|t| blocks.contains_key(t)) {
                    let names = own.entry(ty).or_default();
                    declare(block, &format!("`{}`", name.text), names, diagnostics);
                }
            }
        }
    }
    let names = inherit(&types, blocks, extends, &own, diagnostics);
    Declarations {
        types,
        names,
        global: global.map(|(names, _)| names),
        undeclared: Vec::new(),
    }
}

fn declare(block: &Block, owner: &str, names: &mut Names, diagnostics: &mut Diagnostics) {
    let mut seen: [Option<Span>; 3] = [None; 3];
    let mut once = |slot: usize, word: &str, keyword: Span, diagnostics: &mut Diagnostics| {
        if let Some(first) = seen[slot] {
            diagnostics.push(
                Diagnostic::new(
                    Code::E023,
                    keyword,
                    format!("`{word}` is declared twice in one block"),
                )
                .label("second declaration")
                .also(first, "the first one")
                .help("merge the two lists"),
            );
        }
        seen[slot] = Some(keyword);
    };
    for item in &block.items {
        match item {
            BlockItem::Roles(list) => {
                once(0, "roles", list.keyword, diagnostics);
                for name in &list.names {
                    enter(
                        names,
                        &name.value,
                        name.span,
                        NameKind::Role,
                        owner,
                        diagnostics,
                    );
                }
            }
            BlockItem::Permissions(list) => {
                once(1, "permissions", list.keyword, diagnostics);
                for name in &list.names {
                    let kind = NameKind::Permission;
                    enter(names, &name.value, name.span, kind, owner, diagnostics);
                }
            }
            BlockItem::Relations(map) => {
                once(2, "relations", map.keyword, diagnostics);
                if matches!(block.head, BlockHead::Global(_)) {
                    diagnostics.push(
                        Diagnostic::new(
                            Code::E028,
                            map.keyword,
                            "the global block has no relations",
                        )
                        .label("not available here")
                        .help("declare the relation in the block of the type that owns it"),
                    );
                    continue;
                }
                for relation in &map.relations {
                    let kind = NameKind::Relation(relation.target.text.clone());
                    let name = &relation.name;
                    enter(names, &name.text, name.span, kind, owner, diagnostics);
                }
            }
            BlockItem::Shorthand(_) => {}
        }
    }
}

fn enter(
    names: &mut Names,
    name: &Text,
    span: Span,
    kind: NameKind,
    owner: &str,
    diagnostics: &mut Diagnostics,
) {
    match names.get(name) {
        None => {
            let own = true;
            names.insert(name.clone(), Declared { kind, span, own });
        }
        Some(first) if first.kind == kind => {}
        Some(first) => diagnostics.push(clash(name, span, &kind, first, owner)),
    }
}

fn clash(name: &str, span: Span, kind: &NameKind, first: &Declared, owner: &str) -> Diagnostic {
    let message = match (&first.kind, kind) {
        (NameKind::Relation(a), NameKind::Relation(b)) => {
            format!("the relation \"{name}\" of {owner} cannot point to both `{a}` and `{b}`")
        }
        _ => format!(
            "\"{name}\" is already declared as a {} of {owner}",
            first.kind.word()
        ),
    };
    let found = Diagnostic::new(Code::E020, span, message)
        .label(format!("declared again as a {}", kind.word()))
        .also(first.span, format!("a {} here", first.kind.word()));
    if matches!(
        (&first.kind, kind),
        (NameKind::Relation(_), NameKind::Relation(_))
    ) {
        found
    } else {
        found.help(
            "roles, permissions and relations of a type share one name space; rename one of them",
        )
    }
}

/// Adds to each type what its supertypes declare.
fn inherit(
    types: &TypeTable,
    blocks: &FxHashMap<TypeId, Span>,
    extends: &Extends,
    own: &FxHashMap<TypeId, Names>,
    diagnostics: &mut Diagnostics,
) -> FxHashMap<TypeId, Names> {
    let mut order: Vec<TypeId> = blocks.keys().copied().collect();
    order.sort();
    let mut all = own.clone();
    for (ty, data) in types.iter() {
        if data.extends.is_empty() || !blocks.contains_key(&ty) {
            continue;
        }
        let mut above: Vec<TypeId> = order
            .iter()
            .copied()
            .filter(|&t| t != ty && types.subtypes(t).has(ty))
            .collect();
        above.sort();
        // From which supertype each inherited name came first.
        let mut origin: FxHashMap<Text, TypeId> = FxHashMap::default();
        for parent in above {
            let Some(inherited) = own.get(&parent) else {
                continue;
            };
            let mut sorted: Vec<_> = inherited.iter().collect();
            sorted.sort_by_key(|(_, d)| d.span);
            let names = all.entry(ty).or_default();
            for (name, declared) in sorted {
                match names.get(name) {
                    None => {
                        let mut copy = declared.clone();
                        copy.own = false;
                        names.insert(name.clone(), copy);
                        origin.insert(name.clone(), parent);
                    }
                    Some(mine) if mine.kind == declared.kind => {}
                    Some(mine) if !mine.own => {
                        let first = origin.get(name).copied().unwrap_or(parent);
                        let above = |t: TypeId, other: TypeId| types.subtypes(other).has(t);
                        // A supertype that has both was told already.
                        let known = data
                            .extends
                            .iter()
                            .any(|&e| above(e, first) && above(e, parent));
                        let join = extends
                            .get(&ty)
                            .and_then(|l| l.iter().find(|(t, _)| above(*t, parent)));
                        if let Some((_, join)) = join.filter(|_| !known) {
                            let sides = [(first, mine), (parent, declared)]
                                .map(|(t, d)| (&*types.get(t).name, d));
                            diagnostics.push(joined(name, &data.name, *join, sides));
                        }
                    }
                    Some(mine) => {
                        let owner = format!(
                            "`{}`, which `{}` extends",
                            types.get(parent).name,
                            data.name
                        );
                        let found = clash(name, mine.span, &mine.kind.clone(), declared, &owner);
                        diagnostics.push(found);
                    }
                }
            }
        }
    }
    all
}

/// Two supertypes that mean different things by one name.
fn joined(name: &str, ty: &str, join: Span, sides: [(&str, &Declared); 2]) -> Diagnostic {
    let [(first, mine), (second, other)] = sides;
    let message = match (&mine.kind, &other.kind) {
        (NameKind::Relation(a), NameKind::Relation(b)) => format!(
            "the relation \"{name}\" points to `{a}` in `{first}` and to `{b}` in `{second}`, which `{ty}` both extends"
        ),
        (a, b) => format!(
            "\"{name}\" is a {} of `{first}` and a {} of `{second}`, which `{ty}` both extends",
            a.word(),
            b.word()
        ),
    };
    Diagnostic::new(Code::E020, join, message)
        .label("brings in the second one")
        .also(mine.span, format!("a {} here", mine.kind.word()))
        .also(other.span, format!("a {} here", other.kind.word()))
        .help("roles, permissions and relations of a type share one name space; rename one of them")
}
