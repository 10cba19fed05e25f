//! The type table: blocks, `extends`, names used without a block (spec 3.1, 4.1).

use rustc_hash::FxHashMap;

use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::ir::{Type, TypeId, TypeKind, TypeTable, Value, quoted};
use crate::limits::Limits;
use crate::source::{Span, Text};
use crate::syntax::ast::{Block, BlockHead, Literal, Name, Policy};

use super::mentions;

/// Names no block can declare.
const BUILT_IN: [&str; 6] = [
    "String", "Integer", "Boolean", "Actor", "Resource", "global",
];

/// Ids of the first named type; those before are built in.
const FIRST: u32 = 4;

struct Draft {
    ty: Type,
    /// Its first block, or its first mention where it has none.
    span: Span,
    extends: Vec<(TypeId, Span)>,
}

/// What each type extends, and where it says so.
pub(super) type Extends = FxHashMap<TypeId, Vec<(TypeId, Span)>>;

/// The types of a policy.
pub(super) struct Types {
    pub(super) table: TypeTable,
    /// Where each declared type's first block names it.
    pub(super) blocks: FxHashMap<TypeId, Span>,
    pub(super) extends: Extends,
    /// Types used in rules without a block, with the W001 of each.
    pub(super) undeclared: Vec<(Text, Diagnostic)>,
}

pub(super) fn collect(files: &[Policy], limits: &Limits, diagnostics: &mut Diagnostics) -> Types {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut ids: FxHashMap<Text, TypeId> = FxHashMap::default();
    declared(files, &mut drafts, &mut ids, diagnostics);
    extends(files, &mut drafts, &ids, diagnostics);
    let circles = cut_cycles(&mut drafts, diagnostics);
    limit_depth(&mut drafts, limits, circles, diagnostics);
    let blocks = drafts
        .iter()
        .enumerate()
        .map(|(i, d)| (TypeId(FIRST + i as u32), d.span))
        .collect();
    let undeclared = undeclared(files, &mut drafts, &mut ids, diagnostics);
    let mut extends = Extends::default();
    let mut types = Vec::with_capacity(drafts.len());
    for (i, mut draft) in drafts.into_iter().enumerate() {
        draft.ty.extends = draft.extends.iter().map(|&(t, _)| t).collect();
        types.push(draft.ty);
        if !draft.extends.is_empty() {
            extends.insert(TypeId(FIRST + i as u32), draft.extends);
        }
    }
    Types {
        table: TypeTable::new(types),
        blocks,
        extends,
        undeclared,
    }
}

fn declared(
    files: &[Policy],
    drafts: &mut Vec<Draft>,
    ids: &mut FxHashMap<Text, TypeId>,
    diagnostics: &mut Diagnostics,
) {
    for block in super::blocks(files) {
        let (name, kind) = match &block.head {
            BlockHead::Actor(name) => (name, TypeKind::Actor),
            BlockHead::Resource(name) => (name, TypeKind::Resource),
            BlockHead::Global(_) => continue,
        };
        if BUILT_IN.contains(&&*name.text) {
            diagnostics.push(
                Diagnostic::new(
                    Code::E020,
                    name.span,
                    format!("`{}` is already declared: the name is built in", name.text),
                )
                .label("choose another name"),
            );
            continue;
        }
        match ids.get(&name.text) {
            None => {
                ids.insert(name.text.clone(), TypeId(FIRST + drafts.len() as u32));
                drafts.push(Draft {
                    ty: Type {
                        name: name.text.clone(),
                        kind,
                        extends: Vec::new(),
                    },
                    span: name.span,
                    extends: Vec::new(),
                });
            }
            Some(id) => {
                let draft = &mut drafts[(id.0 - FIRST) as usize];
                if draft.ty.kind != kind {
                    diagnostics.push(
                        Diagnostic::new(
                            Code::W002,
                            name.span,
                            format!(
                                "`{}` is declared both as an actor and as a resource; it is treated as an actor",
                                name.text
                            ),
                        )
                        .also(draft.span, "declared here first"),
                    );
                    draft.ty.kind = TypeKind::Actor;
                }
            }
        }
    }
}

fn extends(
    files: &[Policy],
    drafts: &mut [Draft],
    ids: &FxHashMap<Text, TypeId>,
    diagnostics: &mut Diagnostics,
) {
    for block in super::blocks(files) {
        let (BlockHead::Actor(name) | BlockHead::Resource(name)) = &block.head else {
            continue;
        };
        let Some(&id) = ids.get(&name.text) else {
            continue;
        };
        for parent in &block.extends {
            let Some(&target) = ids.get(&parent.text) else {
                diagnostics.push(not_a_parent(block, parent, ids));
                continue;
            };
            let kind = drafts[(id.0 - FIRST) as usize].ty.kind;
            let parent_kind = drafts[(target.0 - FIRST) as usize].ty.kind;
            if kind != parent_kind {
                diagnostics.push(
                    Diagnostic::new(
                        Code::E026,
                        parent.span,
                        format!(
                            "the {} type `{}` cannot extend the {} type `{}`",
                            kind.as_str(),
                            name.text,
                            parent_kind.as_str(),
                            parent.text
                        ),
                    )
                    .also(
                        drafts[(target.0 - FIRST) as usize].span,
                        format!("`{}` is declared here", parent.text),
                    )
                    .help("an actor type can only extend actor types, a resource type only resource types"),
                );
                continue;
            }
            let list = &mut drafts[(id.0 - FIRST) as usize].extends;
            if !list.iter().any(|&(t, _)| t == target) {
                list.push((target, parent.span));
            }
        }
    }
}

/// E024: built in, misspelt or unknown.
fn not_a_parent(block: &Block, parent: &Name, ids: &FxHashMap<Text, TypeId>) -> Diagnostic {
    let name = &*parent.text;
    let e024 = |message: String| Diagnostic::new(Code::E024, parent.span, message);
    match (name, &block.head) {
        ("String" | "Integer" | "Boolean", _) => {
            return e024(format!("`{name}` cannot be extended"))
                .label("a primitive type")
                .help("only types with a block can be extended; leave it out");
        }
        ("Actor", BlockHead::Resource(own)) => {
            return e024(format!("`{name}` cannot be extended: it is abstract"))
                .label("abstract")
                .help(format!(
                    "to make it an actor type write `actor {}`",
                    own.text
                ));
        }
        ("Actor" | "Resource", _) => {
            let kind = if name == "Actor" {
                "actor type"
            } else {
                "type with a block"
            };
            return e024(format!("`{name}` cannot be extended: it is abstract"))
                .label("abstract")
                .help(format!(
                    "every {kind} extends `{name}` already; leave it out"
                ));
        }
        _ => {}
    }
    let found = e024(format!("unknown type `{name}` after `extends`"));
    match suggest::nearest(name, ids.keys().map(|k| &**k)) {
        Some(near) => found.label(format!("did you mean `{near}`?")),
        None => found.label("no block declares it").help(format!(
            "add a block: `actor {name} {{}}` or `resource {name} {{}}`"
        )),
    }
}

/// Reports each cycle of `extends` once and removes the edge that closes it. Returns
/// whether there were any.
fn cut_cycles(drafts: &mut [Draft], diagnostics: &mut Diagnostics) -> bool {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut any = false;
    let mut state = vec![State::New; drafts.len()];
    for root in 0..drafts.len() {
        if state[root] != State::New {
            continue;
        }
        // Depth first with an explicit stack: (type, next edge to look at).
        let mut path = vec![(root, 0)];
        state[root] = State::Open;
        while let Some(&mut (at, ref mut edge)) = path.last_mut() {
            let Some(&(target, span)) = drafts[at].extends.get(*edge) else {
                state[at] = State::Done;
                path.pop();
                continue;
            };
            let next = (target.0 - FIRST) as usize;
            match state[next] {
                State::New => {
                    *edge += 1;
                    state[next] = State::Open;
                    path.push((next, 0));
                }
                State::Done => *edge += 1,
                State::Open => {
                    let edge = *edge;
                    let from = path.iter().position(|&(t, _)| t == next).unwrap_or(0);
                    let names: Vec<&str> = path[from + 1..]
                        .iter()
                        .map(|&(t, _)| &*drafts[t].ty.name)
                        .collect();
                    let name = &drafts[next].ty.name;
                    let (message, help) = if names.is_empty() {
                        let message = format!("`{name}` extends itself");
                        (message, "remove this `extends`")
                    } else {
                        let through = names.join("`, `");
                        let message = format!("`{name}` extends itself through `{through}`");
                        (message, "remove one of these `extends`")
                    };
                    diagnostics.push(
                        Diagnostic::new(Code::E025, span, message)
                            .label("this closes the circle")
                            .also(drafts[next].span, "declared here")
                            .help(help),
                    );
                    drafts[at].extends.remove(edge);
                    any = true;
                }
            }
        }
    }
    any
}

/// Reports types that extend each other too deeply (E070) and cuts there: what a type
/// inherits is copied to it. There are no cycles any more; a long one that was cut leaves
/// a deep chain, of which enough has been `reported`.
fn limit_depth(
    drafts: &mut [Draft],
    limits: &Limits,
    mut reported: bool,
    diagnostics: &mut Diagnostics,
) {
    let mut depth: Vec<Option<usize>> = vec![None; drafts.len()];
    for root in 0..drafts.len() {
        let mut stack = vec![root];
        while let Some(&at) = stack.last() {
            let above = drafts[at]
                .extends
                .iter()
                .map(|(t, _)| (t.0 - FIRST) as usize);
            let open: Vec<usize> = above.clone().filter(|&t| depth[t].is_none()).collect();
            if !open.is_empty() {
                stack.extend(open);
                continue;
            }
            stack.pop();
            let deepest = above.filter_map(|t| depth[t]).max();
            let mut mine = deepest.map_or(0, |d| d + 1);
            if mine > limits.nesting {
                let span = drafts[at]
                    .extends
                    .first()
                    .map_or(drafts[at].span, |(_, s)| *s);
                // A deep chain passes the limit again and again: it is one mistake.
                if !std::mem::replace(&mut reported, true) {
                    diagnostics.push(
                        Diagnostic::new(
                            Code::E070,
                            span,
                            format!("types extend each other more than {} deep", limits.nesting),
                        )
                        .label("the limit is passed here"),
                    );
                }
                drafts[at].extends.clear();
                mine = 0;
            }
            depth[at] = Some(mine);
        }
    }
}

/// Names used as types that no block declares become types of their own (U5).
fn undeclared(
    files: &[Policy],
    drafts: &mut Vec<Draft>,
    ids: &mut FxHashMap<Text, TypeId>,
    diagnostics: &mut Diagnostics,
) -> Vec<(Text, Diagnostic)> {
    let mut in_rules = Vec::new();
    let known: Vec<Text> = ids.keys().cloned().collect();
    // Rules first: a name that rules use too is not a matter of tests.
    for tests in [false, true] {
        for file in files {
            mentions::walk(file, &mut |name, in_test| {
                if in_test != tests
                    || BUILT_IN[..5].contains(&&*name.text)
                    || ids.contains_key(&name.text)
                {
                    return;
                }
                ids.insert(name.text.clone(), TypeId(FIRST + drafts.len() as u32));
                drafts.push(Draft {
                    ty: Type {
                        name: name.text.clone(),
                        kind: TypeKind::Undeclared,
                        extends: Vec::new(),
                    },
                    span: name.span,
                    extends: Vec::new(),
                });
                let warning = undeclared_warning(name, in_test, &known);
                if in_test {
                    diagnostics.push(warning);
                } else {
                    in_rules.push((name.text.clone(), warning));
                }
            });
        }
    }
    in_rules
}

fn undeclared_warning(name: &Name, in_test: bool, known: &[Text]) -> Diagnostic {
    let text = &name.text;
    let (code, message) = if in_test {
        (
            Code::W018,
            format!("no block declares `{text}`, which this test names"),
        )
    } else {
        (
            Code::W001,
            format!("`{text}` has no block; it is treated as a type of its own"),
        )
    };
    let found = Diagnostic::new(code, name.span, message);
    let near = suggest::nearest(
        text,
        known
            .iter()
            .map(|k| &**k)
            .chain(BUILT_IN[..5].iter().copied()),
    );
    match near {
        Some(near) => found.label(format!("did you mean `{near}`?")),
        None => found.label("not declared").help(format!(
            "add a block: `resource {text} {{}}` or `actor {text} {{}}`"
        )),
    }
}

/// The value an object literal stands for (spec 3.2); reports E012 to E014.
pub(crate) fn object(
    types: &TypeTable,
    ty: &Name,
    id: &Literal,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    let name = &*ty.text;
    match (name, id) {
        ("String", Literal::String(s)) => return Some(Value::String(s.clone())),
        ("Integer", Literal::Integer(n)) => return Some(Value::Integer(*n)),
        ("Boolean", Literal::Boolean(b)) => return Some(Value::Boolean(*b)),
        _ => {}
    }
    let written = match id {
        Literal::Integer(n) => n.to_string(),
        Literal::Boolean(b) => b.to_string(),
        Literal::String(s) => s.to_string(),
    };
    let (problem, instead) = match name {
        "String" => ("a string", quoted(&written)),
        "Integer" => match written.parse::<i64>() {
            Ok(n) => ("a whole number", n.to_string()),
            Err(_) => ("a whole number", "42".to_owned()),
        },
        "Boolean" => match &*written {
            "true" | "false" => ("`true` or `false`", written),
            _ => ("`true` or `false`", "true".to_owned()),
        },
        "Actor" | "Resource" => {
            let wanted = match name {
                "Actor" => TypeKind::Actor,
                _ => TypeKind::Resource,
            };
            let found = Diagnostic::new(
                Code::E013,
                span,
                format!("`{name}` is abstract: it has no values of its own"),
            )
            .label("use a declared type");
            let declared = types.iter().find(|(_, t)| t.kind == wanted);
            diagnostics.push(match declared {
                Some((_, t)) => found.help(format!(
                    "write the type of the value, as in `{}{{{}}}`",
                    t.name,
                    quoted(&written)
                )),
                None => found,
            });
            return None;
        }
        _ => {
            if let (Literal::String(s), Some(id)) = (id, types.lookup(name)) {
                return Some(Value::Object(id, s.clone()));
            }
            diagnostics.push(
                Diagnostic::new(Code::E012, span, format!("ids of `{name}` are strings"))
                    .label("not a string")
                    .help(format!("write `{name}{{\"{written}\"}}`")),
            );
            return None;
        }
    };
    diagnostics.push(
        Diagnostic::new(Code::E014, span, format!("`{name}{{...}}` needs {problem}"))
            .label("wrong kind of literal")
            .help(format!("write `{instead}`: a literal has its type already")),
    );
    None
}
