//! The items of a policy, of blocks and of tests.

use super::Printer;
use super::list::Brackets;
use super::statement::Statement;
use super::term::{quoted, shorthand_term_text};
use crate::source::Span;
use crate::syntax::ast::{
    Assertion, Block, BlockHead, BlockItem, Declaration, Fact, Item, Name, NameList, Policy,
    Relation, RelationMap, Rule, SetupItem, Shorthand, StringLiteral, TestItem,
};

impl<'a> Printer<'a> {
    pub(super) fn policy(&mut self, policy: &'a Policy) {
        self.statements(&policy.items, None, u32::MAX, Self::item);
    }

    fn item(&mut self, item: &'a Item) {
        match item {
            Item::Block(block) => self.block(block),
            Item::Rule(rule) => self.rule(rule),
            Item::Declaration(declaration) => self.declaration(declaration),
            Item::Fixture(fixture) => {
                self.out.text("test fixture ");
                self.name(&fixture.name);
                self.out.text(" ");
                let opened = fixture.name.span.end;
                self.braces(&fixture.facts, opened, fixture.span.end, Self::fact);
            }
            Item::Test(test) => {
                self.out.text("test ");
                self.out.text(quoted(&test.name.value));
                self.out.text(" ");
                let opened = test.name.span.end;
                self.braces(&test.items, opened, test.span.end, Self::test_item);
            }
        }
    }

    fn block(&mut self, block: &'a Block) {
        match &block.head {
            BlockHead::Actor(name) => {
                self.out.text("actor ");
                self.name(name);
            }
            BlockHead::Resource(name) => {
                self.out.text("resource ");
                self.name(name);
            }
            BlockHead::Global(_) => self.out.text("global"),
        }
        for (i, supertype) in block.extends.iter().enumerate() {
            self.out.text(if i == 0 { " extends " } else { ", " });
            self.name(supertype);
        }
        self.out.text(" ");
        let opened = block_head_end(block);
        self.braces(&block.items, opened, block.span.end, Self::block_item);
    }

    fn block_item(&mut self, item: &'a BlockItem) {
        match item {
            BlockItem::Roles(list) => self.names("roles = ", list),
            BlockItem::Permissions(list) => self.names("permissions = ", list),
            BlockItem::Relations(map) => self.relations(map),
            BlockItem::Shorthand(rule) => self.shorthand(rule),
        }
    }

    fn names(&mut self, keyword: &'static str, list: &'a NameList) {
        self.out.text(keyword);
        let place = (list.keyword.end, list.span.end);
        let ends = |n: &StringLiteral| n.span.end;
        self.list(Brackets::SQUARE, &list.names, place, ends, |p, name| {
            p.out.text(quoted(&name.value));
        });
        self.out.text(";");
    }

    fn relations(&mut self, map: &'a RelationMap) {
        self.out.text("relations = ");
        let place = (map.keyword.end, map.span.end);
        let ends = |r: &Relation| r.target.span.end;
        self.list(Brackets::CURLY, &map.relations, place, ends, |p, r| {
            p.name(&r.name);
            p.out.text(": ");
            p.name(&r.target);
        });
        self.out.text(";");
    }

    fn flags(&mut self, flags: &'a [Name]) {
        for flag in flags {
            self.out.text("@");
            self.name(flag);
            self.out.text(" ");
        }
    }

    fn shorthand(&mut self, rule: &'a Shorthand) {
        self.flags(&rule.flags);
        self.out.text(shorthand_term_text(&rule.head));
        self.body(" if", rule.head.span.end, &rule.body);
        self.out.text(";");
    }

    fn rule(&mut self, rule: &'a Rule) {
        self.flags(&rule.flags);
        self.head(&rule.head);
        if let Some(body) = &rule.body {
            self.body(" if", rule.head.span.end, body);
        }
        self.out.text(";");
    }

    fn declaration(&mut self, declaration: &'a Declaration) {
        self.out.text("declare ");
        self.name(&declaration.predicate);
        let place = (declaration.predicate.span.end, declaration.span.end);
        let ends = |n: &Name| n.span.end;
        self.list(Brackets::ROUND, &declaration.types, place, ends, Self::name);
        self.out.text(";");
    }

    fn fact(&mut self, fact: &'a Fact) {
        self.name(&fact.predicate);
        self.arguments(&fact.args, (fact.predicate.span.end, fact.span.end));
        self.out.text(";");
    }

    fn test_item(&mut self, item: &'a TestItem) {
        match item {
            TestItem::Setup(setup) => {
                self.out.text("setup ");
                let opened = test_item_anchor(item);
                self.braces(&setup.items, opened, setup.span.end, Self::setup_item);
            }
            TestItem::Assertion(assertion) => self.assertion(assertion),
        }
    }

    fn setup_item(&mut self, item: &'a SetupItem) {
        match item {
            SetupItem::Fact(fact) => self.fact(fact),
            SetupItem::Fixture(name) => {
                self.out.text("fixture ");
                self.name(name);
                self.out.text(";");
            }
        }
    }

    fn assertion(&mut self, assertion: &'a Assertion) {
        let keyword = if assertion.negated {
            "assert_not "
        } else {
            "assert "
        };
        self.out.text(keyword);
        self.head(&assertion.head);
        if let Some(iff) = &assertion.iff {
            self.body(" iff", assertion.head.span.end, iff);
        }
        self.out.text(";");
    }
}

/// Where the head of a block ends, its `{` not included.
fn block_head_end(block: &Block) -> u32 {
    match (block.extends.last(), &block.head) {
        (Some(last), _) => last.span.end,
        (None, BlockHead::Actor(name) | BlockHead::Resource(name)) => name.span.end,
        (None, BlockHead::Global(keyword)) => keyword.end,
    }
}

fn test_item_anchor(item: &TestItem) -> u32 {
    match item {
        TestItem::Setup(setup) => setup.span.start + "setup".len() as u32,
        TestItem::Assertion(assertion) => assertion.head.span.start,
    }
}

impl Statement for Item {
    fn span(&self) -> Span {
        match self {
            Item::Block(block) => block.span,
            Item::Rule(rule) => rule.span,
            Item::Declaration(declaration) => declaration.span,
            Item::Fixture(fixture) => fixture.span,
            Item::Test(test) => test.span,
        }
    }

    fn anchor(&self) -> u32 {
        match self {
            Item::Block(block) => block_head_end(block),
            Item::Rule(rule) => rule.head.span.start,
            Item::Declaration(declaration) => declaration.predicate.span.start,
            Item::Fixture(fixture) => fixture.name.span.end,
            Item::Test(test) => test.name.span.end,
        }
    }

    fn is_large(&self) -> bool {
        match self {
            Item::Block(block) => !block.items.is_empty(),
            Item::Rule(_) | Item::Declaration(_) => false,
            Item::Fixture(_) | Item::Test(_) => true,
        }
    }
}

impl Statement for BlockItem {
    fn span(&self) -> Span {
        match self {
            BlockItem::Roles(list) | BlockItem::Permissions(list) => list.span,
            BlockItem::Relations(map) => map.span,
            BlockItem::Shorthand(rule) => rule.span,
        }
    }

    fn anchor(&self) -> u32 {
        match self {
            BlockItem::Shorthand(rule) => rule.head.span.start,
            _ => self.span().start,
        }
    }
}

impl Statement for TestItem {
    fn span(&self) -> Span {
        match self {
            TestItem::Setup(setup) => setup.span,
            TestItem::Assertion(assertion) => assertion.span,
        }
    }

    fn anchor(&self) -> u32 {
        test_item_anchor(self)
    }
}

impl Statement for SetupItem {
    fn span(&self) -> Span {
        match self {
            SetupItem::Fact(fact) => fact.span,
            SetupItem::Fixture(name) => name.span,
        }
    }

    fn anchor(&self) -> u32 {
        match self {
            SetupItem::Fact(fact) => fact.anchor(),
            SetupItem::Fixture(name) => name.span.end,
        }
    }
}

impl Statement for Fact {
    fn span(&self) -> Span {
        self.span
    }

    fn anchor(&self) -> u32 {
        self.predicate.span.start
    }
}
