//! Inline tests and fixtures: syntax to data (spec section 8).

use rustc_hash::{FxHashMap, FxHashSet};

use crate::desugar::{Predicates, ground};
use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::ir::core::{CompareOp, PredicateId};
use crate::ir::{Argument, Assertion, Fact, PolicyTest, Signature, Value};
use crate::resolve::Declarations;
use crate::source::{Sources, Span, Text};
use crate::syntax::ast::{
    self, Expr, ExprKind, Item, Operand, Param, Policy, SetupItem, Term, TermKind, TestItem,
};

use super::signatures::by_predicate;

/// Everything needed to judge tests.
pub(super) struct Tests<'a> {
    pub(super) sources: &'a Sources,
    pub(super) declarations: &'a Declarations,
    pub(super) predicates: &'a Predicates,
    pub(super) signatures: &'a [Signature],
    /// No rule was refused, so what the policy uses and defines is known.
    pub(super) rules_whole: bool,
    /// Facts that were refused.
    pub(super) refused: FxHashSet<Span>,
    pub(super) diagnostics: &'a mut Diagnostics,
}

struct Fixture<'p> {
    syntax: &'p ast::Fixture,
    used: bool,
}

impl Tests<'_> {
    /// The tests, and where the facts stand that were refused.
    pub(super) fn collect(mut self, files: &[Policy]) -> (Vec<PolicyTest>, FxHashSet<Span>) {
        let items = || files.iter().flat_map(|f| &f.items);
        let mut fixtures: FxHashMap<Text, Fixture<'_>> = FxHashMap::default();
        for item in items() {
            let Item::Fixture(f) = item else { continue };
            if let Some(first) = fixtures.get(&f.name.text) {
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::E051,
                        f.name.span,
                        format!("fixture `{}` is defined twice", f.name.text),
                    )
                    .label("second definition")
                    .also(first.syntax.name.span, "the first one"),
                );
                continue;
            }
            fixtures.insert(
                f.name.text.clone(),
                Fixture {
                    syntax: f,
                    used: false,
                },
            );
        }
        let signatures = by_predicate(self.signatures);
        let mut facts: FxHashMap<Text, Vec<Fact>> = FxHashMap::default();
        for item in items() {
            if let Item::Fixture(f) = item {
                let list = self.facts(&f.facts, &signatures);
                facts.entry(f.name.text.clone()).or_insert(list);
            }
        }
        let mut names: FxHashMap<Text, Span> = FxHashMap::default();
        let mut tests = Vec::new();
        for item in items() {
            let Item::Test(test) = item else { continue };
            if let Some(first) = names.get(&test.name.value) {
                let place = self.sources.position(*first);
                let file = self.sources.file(first.file).name();
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::E050,
                        test.name.span,
                        format!(
                            "a test named \"{}\" already exists in {file}, line {}",
                            test.name.value, place.line
                        ),
                    )
                    .label("same name")
                    .also(*first, "the first one"),
                );
            } else {
                names.insert(test.name.value.clone(), test.name.span);
            }
            tests.push(self.test(test, &mut fixtures, &facts, &signatures));
        }
        let mut unused: Vec<&Fixture<'_>> = fixtures.values().filter(|f| !f.used).collect();
        unused.sort_by_key(|f| f.syntax.span);
        for fixture in unused {
            let name = &fixture.syntax.name;
            self.diagnostics.push(
                Diagnostic::new(
                    Code::W016,
                    name.span,
                    format!("fixture `{}` is never used", name.text),
                )
                .label("no test names it"),
            );
        }
        (tests, self.refused)
    }

    fn test(
        &mut self,
        test: &ast::Test,
        fixtures: &mut FxHashMap<Text, Fixture<'_>>,
        fixture_facts: &FxHashMap<Text, Vec<Fact>>,
        signatures: &FxHashMap<PredicateId, Vec<&Signature>>,
    ) -> PolicyTest {
        let mut out = PolicyTest {
            name: test.name.value.clone(),
            facts: Vec::new(),
            assertions: Vec::new(),
            span: test.span,
        };
        let mut setup: Option<Span> = None;
        let mut asserted: Option<Span> = None;
        let mut written = 0;
        for item in &test.items {
            match item {
                TestItem::Setup(s) => {
                    let found = match (setup, asserted) {
                        (Some(first), _) => {
                            Some((first, "only one setup per test", "the first one"))
                        }
                        (None, Some(first)) => Some((
                            first,
                            "`setup` must come before the assertions",
                            "an assertion",
                        )),
                        (None, None) => None,
                    };
                    if let Some((other, message, there)) = found {
                        self.diagnostics.push(
                            Diagnostic::new(Code::E061, s.span, message)
                                .label("misplaced")
                                .also(other, there)
                                .help("write one `setup { ... }`, before the first assertion"),
                        );
                    }
                    setup.get_or_insert(s.span);
                    for item in &s.items {
                        match item {
                            SetupItem::Fact(f) => {
                                let one = std::slice::from_ref(f);
                                out.facts.extend(self.facts(one, signatures));
                            }
                            SetupItem::Fixture(name) => match fixtures.get_mut(&name.text) {
                                Some(fixture) => {
                                    fixture.used = true;
                                    let facts = fixture_facts.get(&name.text);
                                    out.facts.extend(facts.into_iter().flatten().cloned());
                                }
                                None => self.unknown_fixture(name, fixtures),
                            },
                        }
                    }
                }
                TestItem::Assertion(a) => {
                    asserted.get_or_insert(a.span);
                    written += 1;
                    out.assertions.extend(self.assertion(a));
                }
            }
        }
        if written == 0 {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::W007,
                    test.name.span,
                    format!("test \"{}\" asserts nothing", test.name.value),
                )
                .label("no assertions"),
            );
        }
        out
    }

    fn unknown_fixture(&mut self, name: &ast::Name, fixtures: &mut FxHashMap<Text, Fixture<'_>>) {
        let mut known: Vec<&str> = fixtures.keys().map(|k| &**k).collect();
        known.sort_unstable();
        let near: Option<Text> = suggest::nearest(&name.text, known).map(Text::from);
        let found = Diagnostic::new(
            Code::E057,
            name.span,
            format!("no fixture is named `{}`", name.text),
        );
        self.diagnostics.push(match &near {
            Some(near) => found.label(format!("did you mean `{near}`?")),
            None => found
                .label("unknown")
                .help(format!("add `test fixture {} {{ ... }}`", name.text)),
        });
        // The one that was meant is used.
        if let Some(fixture) = near.and_then(|n| fixtures.get_mut(&n)) {
            fixture.used = true;
        }
    }

    /// Facts of a setup; reports those that fit no signature (E052).
    fn facts(
        &mut self,
        facts: &[ast::Fact],
        signatures: &FxHashMap<PredicateId, Vec<&Signature>>,
    ) -> Vec<Fact> {
        let mut out = Vec::with_capacity(facts.len());
        for fact in facts {
            let args: Vec<Option<Value>> = fact
                .args
                .iter()
                .map(|a| ground(a, self.declarations, self.diagnostics))
                .collect();
            let Some(args) = args.into_iter().collect::<Option<Vec<Value>>>() else {
                continue;
            };
            let predicate = self.predicates.find(&fact.predicate.text, args.len());
            let fits = predicate.and_then(|p| signatures.get(&p));
            match predicate {
                Some(predicate) if fits.is_some_and(|s| s.iter().any(|s| s.fits(&args))) => {
                    out.push(Fact { predicate, args });
                }
                _ => {
                    self.refused.insert(fact.span);
                    if self.rules_whole {
                        self.unused_fact(fact, &args, signatures);
                    }
                }
            }
        }
        out
    }

    fn assertion(&mut self, a: &ast::Assertion) -> Option<Assertion> {
        let name = &a.head.predicate;
        let types = &self.declarations.types;
        let mut good = true;
        let mut args = Vec::with_capacity(a.head.params.len());
        let mut variable: Option<(Text, Span)> = None;
        for param in &a.head.params {
            match param {
                Param::Typed { name, ty } => {
                    if let Some((first, span)) = &variable {
                        let (code, message) = if *first == name.text && &*name.text != "_" {
                            (Code::E055, format!("`{first}` is repeated in an assertion"))
                        } else {
                            (Code::E054, "at most one variable per assertion".to_string())
                        };
                        self.diagnostics.push(
                            Diagnostic::new(code, name.span, message)
                                .label("second variable")
                                .also(*span, "the first one"),
                        );
                        good = false;
                    }
                    variable = Some((name.text.clone(), name.span));
                    args.push(Argument::Variable(
                        name.text.clone(),
                        types.lookup(&ty.text),
                    ));
                }
                Param::Term(Term {
                    kind: TermKind::Variable(v),
                    span,
                }) => {
                    self.diagnostics.push(
                        Diagnostic::new(Code::E055, *span, format!("`{v}` needs a type here"))
                            .label("untyped")
                            .help(format!("write `{v}: Type`")),
                    );
                    good = false;
                }
                Param::Term(Term {
                    kind: TermKind::Now,
                    span,
                }) => {
                    self.diagnostics.push(
                        Diagnostic::new(
                            Code::E055,
                            *span,
                            "an assertion cannot name the current time",
                        )
                        .label("not a value")
                        .help("write the instant as an integer"),
                    );
                    good = false;
                }
                Param::Term(t) => match ground(t, self.declarations, self.diagnostics) {
                    Some(value) => args.push(Argument::Value(value)),
                    None => good = false,
                },
            }
        }
        let expected = match &a.iff {
            None => None,
            Some(iff) => {
                let list = self.expected(a, iff, variable.as_ref().map(|(v, _)| v));
                good &= list.is_some();
                list
            }
        };
        let predicate = self.predicates.find(&name.text, a.head.params.len());
        if predicate.is_none() && self.rules_whole {
            self.unknown_predicate(name, a.head.params.len());
        }
        let predicate = predicate.filter(|_| good)?;
        Some(Assertion {
            negated: a.negated,
            predicate,
            args,
            expected,
            span: a.span,
        })
    }

    fn unknown_predicate(&mut self, name: &ast::Name, arity: usize) {
        let found = Diagnostic::new(
            Code::E053,
            name.span,
            format!("nothing defines `{}` with {}", name.text, arguments(arity)),
        );
        let mut arities: Vec<usize> = Vec::new();
        let mut known: Vec<&str> = Vec::new();
        for p in &self.predicates.list {
            if *p.name == *name.text {
                arities.push(p.arity);
            } else if !p.is_auxiliary() {
                known.push(&p.name);
            }
        }
        let near = suggest::nearest(&name.text, known);
        let used: Vec<String> = match arities[..] {
            [one] => vec![arguments(one)],
            [ref some @ .., last] => { some.iter().map(usize::to_string) }
                .chain([arguments(last)])
                .collect(),
            [] => Vec::new(),
        };
        self.diagnostics.push(match (used.is_empty(), near) {
            (false, _) => found.label(format!("the policy uses it with {}", used.join(" or "))),
            (true, Some(near)) => found.label(format!("did you mean `{near}`?")),
            (true, None) => found.label("unknown"),
        });
    }

    /// The list of `iff v in [...]` or `iff v = l` (E056 otherwise).
    fn expected(
        &mut self,
        a: &ast::Assertion,
        iff: &Expr,
        variable: Option<&Text>,
    ) -> Option<Vec<Value>> {
        let is_variable =
            |t: &Term| matches!(&t.kind, TermKind::Variable(v) if Some(v) == variable);
        let mut inner = iff;
        while let ExprKind::Group(e) = &inner.kind {
            inner = e;
        }
        let terms: Option<Vec<&Term>> = match &inner.kind {
            ExprKind::In { term, list } if is_variable(term) => Some(list.items.iter().collect()),
            ExprKind::Compare {
                op: CompareOp::Eq,
                left: Operand::Term(left),
                right: Operand::Term(right),
            } => match (is_variable(left), is_variable(right)) {
                (true, false) => Some(vec![right]),
                (false, true) => Some(vec![left]),
                _ => None,
            },
            _ => None,
        };
        let problem = match (a.negated, &terms) {
            (true, _) => Some("`assert_not` cannot have `iff`"),
            (false, None) => Some("unsupported condition after `iff`"),
            (false, Some(t))
                if t.iter()
                    .any(|t| matches!(t.kind, TermKind::Variable(_) | TermKind::Now)) =>
            {
                Some("the list after `iff` must hold values only")
            }
            _ => None,
        };
        if let Some(message) = problem {
            self.diagnostics.push(
                Diagnostic::new(Code::E056, iff.span, message)
                    .label("not supported")
                    .help(match variable {
                        _ if a.negated => {
                            let v = variable.map_or("x", |v| v);
                            format!("write `assert ... iff {v} in [...]`, or leave `iff` out")
                        }
                        Some(v) => format!("expected `iff {v} in [...]`"),
                        None => {
                            "name one argument `x: Type` and write `iff x in [...]`".to_string()
                        }
                    }),
            );
            return None;
        }
        terms?
            .into_iter()
            .map(|t| ground(t, self.declarations, self.diagnostics))
            .collect()
    }
}

/// `1 argument`, `2 arguments`
pub(super) fn arguments(n: usize) -> String {
    format!("{n} argument{}", if n == 1 { "" } else { "s" })
}
