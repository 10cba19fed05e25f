//! Blocks: `actor T {}`, `resource T {}`, `global {}` and the lists in them.

use super::Parser;
use super::list::Shape;
use super::recover::Place;
use super::report::{Parsed, quote};
use crate::diag::{Code, suggest};
use crate::syntax::ast::{Block, BlockHead, BlockItem, NameList, Relation, RelationMap};
use crate::syntax::token::{Kind, Token};

impl Parser<'_> {
    /// `actor T { ... }` or `resource T { ... }`
    pub(super) fn block(&mut self) -> Parsed<Block> {
        let keyword = self.bump();
        let word = self
            .block_keyword
            .take()
            .unwrap_or_else(|| self.lexeme(keyword));
        let name = self.bare_name("a type name")?;
        let mut extends = Vec::new();
        if self.is_word("extends") {
            self.bump();
            loop {
                extends.push(self.bare_name("a type name")?);
                if !self.eat(Kind::Comma) || self.kind() == Kind::LeftBrace {
                    break;
                }
            }
        } else if self.kind() == Kind::Colon || self.kind() == Kind::Less {
            return self
                .unexpected("`{`")
                .map_err(|b| b.or_help("supertypes follow `extends`: `resource S extends T {}`"));
        }
        let open = self.open_brace("`{`", Self::starts_block_item)?;
        let items = self.block_items(keyword, open);
        let head = match word {
            "actor" => BlockHead::Actor(name),
            _ => BlockHead::Resource(name),
        };
        Ok(Block {
            head,
            extends,
            items,
            span: self.span_from(keyword.start),
        })
    }

    /// `global { ... }`
    pub(super) fn global_block(&mut self) -> Parsed<Block> {
        let keyword = self.bump();
        if self.kind() == Kind::Ident && self.ahead(1) == Kind::LeftBrace {
            return self
                .unexpected("`{`")
                .map_err(|b| b.or_help("the global block has no name: `global { ... }`"));
        }
        let open = self.open_brace("`{`", Self::starts_block_item)?;
        let items = self.block_items(keyword, open);
        Ok(Block {
            head: BlockHead::Global(self.span(keyword)),
            extends: Vec::new(),
            items,
            span: self.span_from(keyword.start),
        })
    }

    /// The `{` of a body. If only the brace is missing, the body is taken to be open.
    pub(super) fn open_brace(
        &mut self,
        expected: &str,
        starts_body: fn(&Self) -> bool,
    ) -> Parsed<Token> {
        if self.kind() != Kind::LeftBrace && starts_body(self) {
            let d = self.missing("`{`").help("open the body with `{`");
            self.report(d);
            return Ok(self.previous().unwrap_or(self.token()));
        }
        self.expect(Kind::LeftBrace, expected)
    }

    fn starts_block_item(&self) -> bool {
        match self.kind() {
            Kind::String => self.ahead(1) == Kind::If,
            Kind::Ident => {
                matches!(self.word(), "roles" | "permissions" | "relations")
                    && self.ahead(1) == Kind::Equal
            }
            _ => false,
        }
    }

    fn block_items(&mut self, keyword: Token, open: Token) -> Vec<BlockItem> {
        let mut items = Vec::new();
        loop {
            match self.kind() {
                Kind::RightBrace => {
                    self.bump();
                    return items;
                }
                Kind::Semicolon => {
                    self.bump();
                }
                _ if self.kind() == Kind::End
                    || self.starts_top_item(self.at)
                    || self.rule_beside(keyword) =>
                {
                    self.missing_brace(keyword, open);
                    return items;
                }
                _ => {
                    let from = self.at;
                    self.begin_item();
                    match self.block_item() {
                        Ok(item) => items.push(item),
                        Err(broken) => self.recover(broken, from, Place::Inside),
                    }
                }
            }
        }
    }

    /// Whether a full rule starts in the first column, as the block itself does: then the
    /// block lacks its `}`.
    fn rule_beside(&self, keyword: Token) -> bool {
        let token = self.token();
        token.kind == Kind::Ident
            && token.first_on_line
            && self.ahead(1) == Kind::LeftParen
            && self.in_first_column(token)
            && self.in_first_column(keyword)
    }

    /// Reports a body that is still open although something else starts.
    pub(super) fn missing_brace(&mut self, keyword: Token, open: Token) {
        let key = match self.kind() {
            // One brace or five: the file ends too soon.
            Kind::End => "missing } at the end",
            _ => "missing }",
        };
        self.slip(key, |p| {
            let found = p.quoted(p.token());
            p.error(
                Code::E001,
                p.here(),
                &format!("unexpected {found}, expected `}}`"),
            )
            .label("the body must be closed before this")
            .also(p.span(keyword).to(p.span(open)), "opened here")
            .help("close it with `}`")
        });
        self.unclosed += 1;
    }

    fn block_item(&mut self) -> Parsed<BlockItem> {
        if self.kind() != Kind::Ident {
            return match self.kind() {
                Kind::String | Kind::OtherQuotes | Kind::At => {
                    self.shorthand().map(BlockItem::Shorthand)
                }
                _ => self.unexpected(BLOCK_ITEM),
            };
        }
        let word = self.word();
        match (word, self.ahead(1)) {
            ("roles" | "permissions" | "relations", _) => self.declared(word),
            (_, Kind::If | Kind::Operator) => self.shorthand().map(BlockItem::Shorthand),
            (_, Kind::LeftParen) => self.unexpected(BLOCK_ITEM).map_err(|b| {
                b.or_help("full rules stand outside of blocks: move it behind the closing `}`")
            }),
            (_, Kind::Equal | Kind::Colon | Kind::LeftBracket) => {
                let known = ["roles", "permissions", "relations"];
                let near = match word {
                    "role" => Some("roles"),
                    "permission" => Some("permissions"),
                    "relation" => Some("relations"),
                    _ => suggest::nearest(word, known),
                };
                let d = self
                    .error(
                        Code::E001,
                        self.here(),
                        &format!(
                            "unexpected {}, expected `roles`, `permissions` or `relations`",
                            quote(word)
                        ),
                    )
                    .label("no such declaration");
                let Some(near) = near else {
                    return Err(super::report::Broken::new(d));
                };
                self.slip(word, |_| d.help(format!("did you mean `{near}`?")));
                self.declared(near)
            }
            _ => self.unexpected(BLOCK_ITEM),
        }
    }

    /// `roles = [...]`, `permissions = [...]` or `relations = {...}`
    fn declared(&mut self, word: &str) -> Parsed<BlockItem> {
        let keyword = self.bump();
        let (open, open_text, example) = match word {
            "relations" => (Kind::LeftBrace, "`{`", "relations = { parent: Folder };"),
            "roles" => (
                Kind::LeftBracket,
                "`[`",
                "roles = [\"reader\", \"writer\"];",
            ),
            _ => (
                Kind::LeftBracket,
                "`[`",
                "permissions = [\"read\", \"write\"];",
            ),
        };
        if !self.eat(Kind::Equal) {
            let d = self.describe(self.at, "`=`");
            let d = if d.help.is_empty() {
                d.help(format!("for example `{example}`"))
            } else {
                d
            };
            // `roles: [` and `roles [` are clear enough to go on.
            let slip = matches!(self.kind(), Kind::Colon | Kind::Operator);
            if slip && self.ahead(1) == open {
                self.bump();
            } else if self.kind() != open {
                return Err(super::report::Broken::new(d));
            }
            self.slip(word_of(open), |_| d);
        }
        self.expect(open, open_text)
            .map_err(|b| b.or_help(&format!("for example `{example}`")))?;
        if word == "relations" {
            let relations = self.elements(Shape::MAP, Self::relation)?;
            self.finish("`;`")?;
            return Ok(BlockItem::Relations(RelationMap {
                relations,
                keyword: self.span(keyword),
                span: self.span_from(keyword.start),
            }));
        }
        let names = self.elements(Shape::LIST, |p| p.quoted_name("a name in quotes"))?;
        self.finish("`;`")?;
        let list = NameList {
            names,
            keyword: self.span(keyword),
            span: self.span_from(keyword.start),
        };
        Ok(match word {
            "roles" => BlockItem::Roles(list),
            _ => BlockItem::Permissions(list),
        })
    }

    /// `parent: Org`
    fn relation(&mut self) -> Parsed<Relation> {
        let name = self.bare_name("a relation's name")?;
        if self.kind() != Kind::Colon {
            return self
                .unexpected("`:`")
                .map_err(|b| b.or_help(&format!("write `{}: Type`", name.text)));
        }
        self.bump();
        let target = self.bare_name("a type")?;
        Ok(Relation { name, target })
    }

    /// Block items at the top level, as left behind by a `}` too many: the first of a run
    /// is reported, all are skipped.
    pub(super) fn block_item_outside(&mut self) -> bool {
        let next = self.ahead(1);
        let is_block_item = match (self.kind(), self.word()) {
            (Kind::String | Kind::OtherQuotes, _) => true,
            (Kind::Ident, "roles" | "permissions" | "relations") => next == Kind::Equal,
            (Kind::Ident, "role" | "permission") => next == Kind::If,
            _ => false,
        };
        if !is_block_item {
            return false;
        }
        let what = if self.kind() == Kind::Ident && next == Kind::Equal {
            "declarations of names"
        } else {
            "shorthand rules"
        };
        let d = self.describe(self.at, "an item").help(format!(
            "{what} stand inside a block: `resource T {{ ... }}`; check whether a `}}` closes it too soon"
        ));
        let from = self.at;
        if self.outside_block {
            self.skip(from, Place::Inside);
        } else {
            self.recover(super::report::Broken::new(d), from, Place::Inside);
        }
        self.outside_block = true;
        true
    }
}

const BLOCK_ITEM: &str =
    "`roles`, `permissions`, `relations`, a shorthand rule such as `\"a\" if \"b\";` or `}`";

/// A key under which a slip before this bracket is remembered.
fn word_of(open: Kind) -> &'static str {
    if open == Kind::LeftBrace { "{" } else { "[" }
}
