//! Random syntax trees: every construct, with names that are keywords elsewhere.

use floe_frontend::source::{FileId, Span};
use floe_frontend::syntax::ast::{
    Assertion, Block, BlockHead, BlockItem, Call, CompareOp, Declaration, Expr, ExprKind, Fact,
    Fixture, Head, Item, List, Literal, Name, NameList, Operand, Param, Policy, Relation,
    RelationMap, Rule, Setup, SetupItem, Shorthand, ShorthandExpr, ShorthandExprKind,
    ShorthandTarget, ShorthandTerm, ShorthandTermKind, StringLiteral, Term, TermKind, Test,
    TestItem,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

const NOWHERE: Span = Span {
    file: FileId(0),
    start: 0,
    end: 0,
};

/// Any policy.
pub(crate) fn policy() -> impl Strategy<Value = Policy> {
    vec(item(), 0..8).prop_map(|items| Policy { items })
}

fn name() -> impl Strategy<Value = Name> {
    let word = prop_oneof![
        4 => "[a-z]{1,6}",
        1 => "[A-Za-z_é名][A-Za-z0-9_é名]{0,30}",
        1 => "[a-z]{1,3}(::[A-Z][a-z0-9]{0,3}){1,2}",
        1 => "[a-z]{1,4}\\?",
        2 => proptest::sample::select(vec![
            "actor", "resource", "global", "extends", "on", "roles", "permissions", "relations",
            "role", "permission", "declare", "test", "setup", "fixture", "assert", "assert_not",
            "iff", "_", "_x", "AND", "Not", "else",
        ]).prop_map(str::to_owned),
    ];
    word.prop_filter("reserved", |w| {
        !matches!(
            w.as_str(),
            "if" | "and"
                | "or"
                | "not"
                | "in"
                | "matches"
                | "true"
                | "false"
                | "forall"
                | "cut"
                | "print"
                | "debug"
                | "new"
                | "isa"
                | "mod"
                | "rem"
                | "type"
                | "inf"
                | "nan"
        )
    })
    .prop_map(|w| Name {
        text: w.into(),
        span: NOWHERE,
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z.]{0,8}",
        1 => "[ -~]{0,40}",
        1 => "[\\n\\r\\t\\x00\"\\\\#é“ ]{0,6}",
    ]
}

fn string() -> impl Strategy<Value = StringLiteral> {
    text().prop_map(|value| StringLiteral {
        value: value.into(),
        span: NOWHERE,
    })
}

fn integer() -> impl Strategy<Value = i64> {
    prop_oneof![-9i64..10, any::<i64>(), Just(i64::MIN), Just(i64::MAX)]
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        text().prop_map(|t| Literal::String(t.into())),
        integer().prop_map(Literal::Integer),
        any::<bool>().prop_map(Literal::Boolean),
    ]
}

fn ground() -> impl Strategy<Value = Term> {
    let kind = prop_oneof![
        text().prop_map(|t| TermKind::String(t.into())),
        integer().prop_map(TermKind::Integer),
        any::<bool>().prop_map(TermKind::Boolean),
        (name(), literal()).prop_map(|(ty, id)| TermKind::Object { ty, id }),
    ];
    kind.prop_map(|kind| Term {
        kind,
        span: NOWHERE,
    })
}

fn term() -> impl Strategy<Value = Term> {
    prop_oneof![
        3 => name().prop_map(|n| Term { kind: TermKind::Variable(n.text), span: NOWHERE }),
        3 => ground(),
        1 => Just(Term { kind: TermKind::Now, span: NOWHERE }),
    ]
}

fn list() -> impl Strategy<Value = List> {
    vec(term(), 0..5).prop_map(|items| List {
        items,
        span: NOWHERE,
    })
}

fn call() -> impl Strategy<Value = Call> {
    (name(), vec(term(), 0..5)).prop_map(|(predicate, args)| Call {
        predicate,
        args,
        span: NOWHERE,
    })
}

fn operand() -> impl Strategy<Value = Operand> {
    prop_oneof![
        4 => term().prop_map(Operand::Term),
        1 => list().prop_map(Operand::List),
    ]
}

fn ordering() -> impl Strategy<Value = CompareOp> {
    proptest::sample::select(vec![
        CompareOp::Ne,
        CompareOp::Lt,
        CompareOp::Le,
        CompareOp::Gt,
        CompareOp::Ge,
    ])
}

/// A condition without connectives that is no call.
fn operation() -> impl Strategy<Value = ExprKind> {
    prop_oneof![
        any::<bool>().prop_map(ExprKind::Boolean),
        (operand(), operand()).prop_map(|(left, right)| ExprKind::Compare {
            op: CompareOp::Eq,
            left,
            right
        }),
        (ordering(), term(), term()).prop_map(|(op, l, r)| ExprKind::Compare {
            op,
            left: Operand::Term(l),
            right: Operand::Term(r)
        }),
        (term(), list()).prop_map(|(term, list)| ExprKind::In { term, list }),
        (name(), any::<bool>(), name()).prop_map(|(name, exact, ty)| ExprKind::Matches {
            name,
            exact,
            ty
        }),
    ]
}

fn expr_of(kind: ExprKind) -> Expr {
    Expr {
        kind,
        span: NOWHERE,
    }
}

/// Any condition. `and` and `or` never stand directly inside themselves: written down,
/// that is one chain.
fn expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        3 => call().prop_map(ExprKind::Call),
        2 => operation(),
    ]
    .prop_map(expr_of)
    .boxed();
    leaf.prop_recursive(6, 40, 5, |inner| {
        let unit = inner.prop_map(grouped).boxed();
        let and = vec(unit.clone(), 2..5).prop_map(|v| expr_of(ExprKind::And(v)));
        let or = vec(prop_oneof![2 => unit.clone(), 1 => and.clone()], 2..5)
            .prop_map(|v| expr_of(ExprKind::Or(v)));
        prop_oneof![
            and,
            or,
            unit.prop_map(|e| expr_of(ExprKind::Not(Box::new(e)))),
        ]
    })
}

/// The condition in parentheses if it is a chain.
fn grouped(expr: Expr) -> Expr {
    match expr.kind {
        ExprKind::And(_) | ExprKind::Or(_) => expr_of(ExprKind::Group(Box::new(expr))),
        _ => expr,
    }
}

fn shorthand_term() -> impl Strategy<Value = ShorthandTerm> {
    let kind = prop_oneof![
        3 => text().prop_map(|t| ShorthandTermKind::Literal(t.into())),
        1 => Just(ShorthandTermKind::Role),
        1 => Just(ShorthandTermKind::Permission),
    ];
    kind.prop_map(|kind| ShorthandTerm {
        kind,
        span: NOWHERE,
    })
}

fn shorthand_target() -> impl Strategy<Value = ShorthandTarget> {
    prop_oneof![
        3 => string().prop_map(ShorthandTarget::Relation),
        1 => Just(ShorthandTarget::Resource(NOWHERE)),
    ]
}

fn shorthand_of(kind: ShorthandExprKind) -> ShorthandExpr {
    ShorthandExpr {
        kind,
        span: NOWHERE,
    }
}

fn shorthand_expr() -> impl Strategy<Value = ShorthandExpr> {
    let term = || {
        (shorthand_term(), option::of(shorthand_target()))
            .prop_map(|(term, on)| ShorthandExprKind::Term { term, on })
    };
    let named = prop_oneof![2 => term(), 1 => string().prop_map(ShorthandExprKind::Global)];
    let leaf = prop_oneof![
        1 => named.prop_map(|k| ShorthandExprKind::NotTerm(Box::new(shorthand_of(k)))),
        4 => term(),
        1 => call().prop_map(ShorthandExprKind::Call),
        1 => call().prop_map(ShorthandExprKind::Not),
        1 => string().prop_map(ShorthandExprKind::Global),
        1 => operation().prop_map(|k| ShorthandExprKind::Foreign(expr_of(k))),
        1 => operation().prop_map(|k| {
            ShorthandExprKind::Foreign(expr_of(ExprKind::Not(Box::new(expr_of(k)))))
        }),
    ]
    .prop_map(shorthand_of)
    .boxed();
    leaf.prop_recursive(4, 24, 4, |inner| {
        let unit = inner
            .prop_map(|e| match e.kind {
                ShorthandExprKind::And(_) | ShorthandExprKind::Or(_) => {
                    shorthand_of(ShorthandExprKind::Group(Box::new(e)))
                }
                _ => e,
            })
            .boxed();
        let and = vec(unit.clone(), 2..4).prop_map(|v| shorthand_of(ShorthandExprKind::And(v)));
        let or = vec(prop_oneof![2 => unit, 1 => and.clone()], 2..4)
            .prop_map(|v| shorthand_of(ShorthandExprKind::Or(v)));
        prop_oneof![and, or]
    })
}

fn flags() -> impl Strategy<Value = Vec<Name>> {
    prop_oneof![4 => Just(Vec::new()), 1 => vec(name(), 1..3)]
}

fn shorthand() -> impl Strategy<Value = Shorthand> {
    (flags(), shorthand_term(), shorthand_expr()).prop_map(|(flags, head, body)| Shorthand {
        flags,
        head,
        body,
        span: NOWHERE,
    })
}

fn head() -> impl Strategy<Value = Head> {
    let param = prop_oneof![
        2 => (name(), name()).prop_map(|(name, ty)| Param::Typed { name, ty }),
        1 => term().prop_map(Param::Term),
    ];
    (name(), vec(param, 0..5)).prop_map(|(predicate, params)| Head {
        predicate,
        params,
        span: NOWHERE,
    })
}

fn names() -> impl Strategy<Value = NameList> {
    vec(string(), 0..6).prop_map(|names| NameList {
        names,
        keyword: NOWHERE,
        span: NOWHERE,
    })
}

fn block() -> impl Strategy<Value = Block> {
    let relation = (name(), name()).prop_map(|(name, target)| Relation { name, target });
    let relations = vec(relation, 0..6).prop_map(|relations| RelationMap {
        relations,
        keyword: NOWHERE,
        span: NOWHERE,
    });
    let item = prop_oneof![
        1 => names().prop_map(BlockItem::Roles),
        1 => names().prop_map(BlockItem::Permissions),
        1 => relations.prop_map(BlockItem::Relations),
        4 => shorthand().prop_map(BlockItem::Shorthand),
    ];
    let head = prop_oneof![
        (name(), vec(name(), 0..3)).prop_map(|(n, e)| (BlockHead::Actor(n), e)),
        (name(), vec(name(), 0..3)).prop_map(|(n, e)| (BlockHead::Resource(n), e)),
        Just((BlockHead::Global(NOWHERE), Vec::new())),
    ];
    (head, vec(item, 0..5)).prop_map(|((head, extends), items)| Block {
        head,
        extends,
        items,
        span: NOWHERE,
    })
}

fn fact() -> impl Strategy<Value = Fact> {
    (name(), vec(ground(), 1..5)).prop_map(|(predicate, args)| Fact {
        predicate,
        args,
        span: NOWHERE,
    })
}

fn test() -> impl Strategy<Value = Test> {
    let setup_item = prop_oneof![
        3 => fact().prop_map(SetupItem::Fact),
        1 => name().prop_map(SetupItem::Fixture),
    ];
    let setup = vec(setup_item, 0..4).prop_map(|items| Setup {
        items,
        span: NOWHERE,
    });
    let assertion =
        (any::<bool>(), head(), option::of(expr())).prop_map(|(negated, head, iff)| Assertion {
            negated,
            head,
            iff,
            span: NOWHERE,
        });
    let item = prop_oneof![
        1 => setup.prop_map(TestItem::Setup),
        3 => assertion.prop_map(TestItem::Assertion),
    ];
    (string(), vec(item, 0..4)).prop_map(|(name, items)| Test {
        name,
        items,
        span: NOWHERE,
    })
}

fn item() -> impl Strategy<Value = Item> {
    let rule = (flags(), head(), option::of(expr())).prop_map(|(flags, head, body)| Rule {
        flags,
        head,
        body,
        span: NOWHERE,
    });
    let declaration = (name(), vec(name(), 1..4)).prop_map(|(predicate, types)| Declaration {
        predicate,
        types,
        span: NOWHERE,
    });
    let fixture = (name(), vec(fact(), 0..4)).prop_map(|(name, facts)| Fixture {
        name,
        facts,
        span: NOWHERE,
    });
    prop_oneof![
        3 => block().prop_map(Item::Block),
        4 => rule.prop_map(Item::Rule),
        1 => declaration.prop_map(Item::Declaration),
        1 => fixture.prop_map(Item::Fixture),
        1 => test().prop_map(Item::Test),
    ]
}
