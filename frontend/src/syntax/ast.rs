//! The syntax tree: what was written, with a span on every node.
//!
//! Shapes follow the grammar of the specification (section 2) one to one. Nothing is
//! resolved here: a name is text, a relation target may not exist, an object id may be of
//! the wrong kind. Chains of `and` and `or` are flat lists, so only brackets and `not`
//! nest, and [`crate::Limits::nesting`] bounds those.

use crate::source::{Span, Text};

/// An identifier where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The identifier, `::` segments and a final `?` included.
    pub text: Text,
    /// Where.
    pub span: Span,
}

/// A string literal where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StringLiteral {
    /// The value, escapes resolved.
    pub value: Text,
    /// Where, quotes included.
    pub span: Span,
}

/// One file: its items in order.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Items in source order.
    pub items: Vec<Item>,
}

/// A top-level item.
#[derive(Clone, Debug)]
pub enum Item {
    /// `actor T {}`, `resource T {}` or `global {}`.
    Block(Block),
    /// A full rule.
    Rule(Rule),
    /// `declare p(T1, T2);`
    Declaration(Declaration),
    /// `test fixture f { ... }`
    Fixture(Fixture),
    /// `test "..." { ... }`
    Test(Test),
}

/// What a block declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockHead {
    /// `actor T`
    Actor(Name),
    /// `resource T`
    Resource(Name),
    /// `global`, with the keyword's place.
    Global(Span),
}

/// A block (spec 2.2).
#[derive(Clone, Debug)]
pub struct Block {
    /// Kind and type name.
    pub head: BlockHead,
    /// Types after `extends`.
    pub extends: Vec<Name>,
    /// Declarations and shorthand rules in source order.
    pub items: Vec<BlockItem>,
    /// The whole block.
    pub span: Span,
}

/// An item of a block.
#[allow(
    clippy::large_enum_variant,
    reason = "nearly every item of a block is of the large variant"
)]
#[derive(Clone, Debug)]
pub enum BlockItem {
    /// `roles = [...]`
    Roles(NameList),
    /// `permissions = [...]`
    Permissions(NameList),
    /// `relations = {...}`
    Relations(RelationMap),
    /// `"a" if "b";`
    Shorthand(Shorthand),
}

/// `roles = ["a", "b"];` or `permissions = [...]`
#[derive(Clone, Debug)]
pub struct NameList {
    /// The names in order.
    pub names: Vec<StringLiteral>,
    /// The keyword.
    pub keyword: Span,
    /// The whole declaration.
    pub span: Span,
}

/// `relations = { parent: Org };`
#[derive(Clone, Debug)]
pub struct RelationMap {
    /// Relations in order.
    pub relations: Vec<Relation>,
    /// The keyword.
    pub keyword: Span,
    /// The whole declaration.
    pub span: Span,
}

/// `parent: Org`
#[derive(Clone, Debug)]
pub struct Relation {
    /// The relation's name.
    pub name: Name,
    /// The type it points to.
    pub target: Name,
}

/// A shorthand rule (spec 2.3).
#[derive(Clone, Debug)]
pub struct Shorthand {
    /// `@word`s before the rule, ignored (W010).
    pub flags: Vec<Name>,
    /// What is granted.
    pub head: ShorthandTerm,
    /// The condition.
    pub body: ShorthandExpr,
    /// The whole rule.
    pub span: Span,
}

/// `"name"`, `role` or `permission`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShorthandTerm {
    /// Which.
    pub kind: ShorthandTermKind,
    /// Where.
    pub span: Span,
}

/// The three forms of [`ShorthandTerm`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShorthandTermKind {
    /// A declared name.
    Literal(Text),
    /// The word `role`.
    Role,
    /// The word `permission`.
    Permission,
}

/// A shorthand condition.
#[derive(Clone, Debug)]
pub struct ShorthandExpr {
    /// Which.
    pub kind: ShorthandExprKind,
    /// Where.
    pub span: Span,
}

/// The forms of [`ShorthandExpr`].
#[derive(Clone, Debug)]
pub enum ShorthandExprKind {
    /// Two or more alternatives.
    Or(Vec<ShorthandExpr>),
    /// Two or more conditions.
    And(Vec<ShorthandExpr>),
    /// `( ... )`
    Group(Box<ShorthandExpr>),
    /// `not p(...)`
    Not(Call),
    /// `not` in front of a name, which only full rules can say (reported as E022 with the
    /// full rule to write instead).
    NotTerm(Box<ShorthandExpr>),
    /// `p(...)`
    Call(Call),
    /// `global "name"`
    Global(StringLiteral),
    /// `"name"`, `role on "parent"`, ...
    Term {
        /// Left of `on`.
        term: ShorthandTerm,
        /// Right of `on`.
        on: Option<ShorthandTarget>,
    },
    /// An operator that shorthand does not have (reported as E022 with the full rule to
    /// write instead).
    Foreign(Expr),
    /// Something that has been reported: the rule cannot be used, and need not be
    /// complained of again.
    Missing,
}

/// What follows `on`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShorthandTarget {
    /// `on "relation"`
    Relation(StringLiteral),
    /// `on resource`, the same as no `on` at all.
    Resource(Span),
}

/// A full rule (spec 2.4).
#[derive(Clone, Debug)]
pub struct Rule {
    /// `@word`s before the rule, ignored (W010).
    pub flags: Vec<Name>,
    /// What holds.
    pub head: Head,
    /// When; always, if absent.
    pub body: Option<Expr>,
    /// The whole rule.
    pub span: Span,
}

/// `p(x: T, "lit", y)`
#[derive(Clone, Debug)]
pub struct Head {
    /// The predicate.
    pub predicate: Name,
    /// Its parameters.
    pub params: Vec<Param>,
    /// The whole head.
    pub span: Span,
}

/// A parameter of a head.
#[derive(Clone, Debug)]
pub enum Param {
    /// `x: T`
    Typed {
        /// The variable, `_` included.
        name: Name,
        /// Its type.
        ty: Name,
    },
    /// A literal, an object or a bare variable.
    Term(Term),
}

/// A condition.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Which.
    pub kind: ExprKind,
    /// Where.
    pub span: Span,
}

/// The forms of [`Expr`].
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// Two or more alternatives.
    Or(Vec<Expr>),
    /// Two or more conditions.
    And(Vec<Expr>),
    /// `not e`
    Not(Box<Expr>),
    /// `( e )`
    Group(Box<Expr>),
    /// `p(...)`
    Call(Call),
    /// `true` or `false`
    Boolean(bool),
    /// `a = b`, `a < b`, ... Lists only around `=`.
    Compare {
        /// The operator.
        op: CompareOp,
        /// Left operand.
        left: Operand,
        /// Right operand.
        right: Operand,
    },
    /// `x in [a, b]`
    In {
        /// Left of `in`.
        term: Term,
        /// Right of `in`.
        list: List,
    },
    /// `x matches T` or `x matches! T`
    Matches {
        /// The variable.
        name: Name,
        /// `matches!`: exactly the type, no subtypes.
        exact: bool,
        /// The type.
        ty: Name,
    },
    /// Something that has been reported: the rule cannot be used, and need not be
    /// complained of again.
    Missing,
}

/// A comparison operator, equality included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CompareOp {
    /// `=`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl CompareOp {
    /// The operator as written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            CompareOp::Eq => "=",
            CompareOp::Ne => "!=",
            CompareOp::Lt => "<",
            CompareOp::Le => "<=",
            CompareOp::Gt => ">",
            CompareOp::Ge => ">=",
        }
    }
}

/// An operand of a comparison.
#[derive(Clone, Debug)]
pub enum Operand {
    /// A single term.
    Term(Term),
    /// A list, legal around `=` only.
    List(List),
}

impl Operand {
    /// Where.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Operand::Term(t) => t.span,
            Operand::List(l) => l.span,
        }
    }
}

/// `[a, b]`
#[derive(Clone, Debug)]
pub struct List {
    /// Elements in order.
    pub items: Vec<Term>,
    /// Brackets included.
    pub span: Span,
}

/// `p(a, b)` in a body.
#[derive(Clone, Debug)]
pub struct Call {
    /// The predicate.
    pub predicate: Name,
    /// Its arguments.
    pub args: Vec<Term>,
    /// The whole call.
    pub span: Span,
}

/// A term.
#[derive(Clone, Debug)]
pub struct Term {
    /// Which.
    pub kind: TermKind,
    /// Where.
    pub span: Span,
}

/// The forms of [`Term`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TermKind {
    /// `"text"`
    String(Text),
    /// `42`
    Integer(i64),
    /// `true`
    Boolean(bool),
    /// `T{"id"}`
    Object {
        /// The type.
        ty: Name,
        /// The id as written; whether it suits the type is checked later (E012, E014).
        id: Literal,
    },
    /// `@current_unix_time`
    Now,
    /// A variable, `_` included.
    Variable(Text),
    /// Something that has been reported: what it stands in cannot be used, and need not be
    /// complained of again.
    Missing,
}

/// What may stand between the braces of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `"text"`
    String(Text),
    /// `42`
    Integer(i64),
    /// `true`
    Boolean(bool),
}

/// `declare p(T1, T2);`
#[derive(Clone, Debug)]
pub struct Declaration {
    /// The predicate.
    pub predicate: Name,
    /// Types of its arguments.
    pub types: Vec<Name>,
    /// The whole declaration.
    pub span: Span,
}

/// A ground fact of a setup or fixture; its terms are literals and objects only.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The predicate.
    pub predicate: Name,
    /// Its arguments.
    pub args: Vec<Term>,
    /// The whole fact.
    pub span: Span,
}

/// `test fixture f { ... }`
#[derive(Clone, Debug)]
pub struct Fixture {
    /// Its name.
    pub name: Name,
    /// Its facts.
    pub facts: Vec<Fact>,
    /// The whole fixture.
    pub span: Span,
}

/// `test "..." { ... }`
#[derive(Clone, Debug)]
pub struct Test {
    /// Its name.
    pub name: StringLiteral,
    /// Setups and assertions as written; one setup, first, is checked later (E061).
    pub items: Vec<TestItem>,
    /// The whole test.
    pub span: Span,
}

/// An item of a test.
#[allow(
    clippy::large_enum_variant,
    reason = "nearly every item of a test is of the large variant"
)]
#[derive(Clone, Debug)]
pub enum TestItem {
    /// `setup { ... }`
    Setup(Setup),
    /// `assert ...;` or `assert_not ...;`
    Assertion(Assertion),
}

/// `setup { ... }`
#[derive(Clone, Debug)]
pub struct Setup {
    /// Facts and fixture references.
    pub items: Vec<SetupItem>,
    /// The whole setup.
    pub span: Span,
}

/// An item of a setup.
#[derive(Clone, Debug)]
pub enum SetupItem {
    /// A fact.
    Fact(Fact),
    /// `fixture f;`
    Fixture(Name),
}

/// `assert p(x: T) iff x in [...];`
#[derive(Clone, Debug)]
pub struct Assertion {
    /// `assert_not`
    pub negated: bool,
    /// The question.
    pub head: Head,
    /// After `iff`.
    pub iff: Option<Expr>,
    /// The whole assertion.
    pub span: Span,
}
