//! Tokens to a syntax tree, with recovery.
//!
//! Owns the grammar (spec section 2) and every diagnostic about form. Must not know what
//! a name refers to: whether a role exists, a type is abstract or a setup comes first is
//! for later stages, so all of that stays in the tree as written.
//!
//! On entry the text is within the size limit. On exit the tree holds every item that
//! could be understood; an item that could not has been reported, as a rule once, and
//! left out, or stands there with the broken piece marked as missing. Nothing recurses over the input: conditions nest on an explicit stack that
//! [`Limits::nesting`] bounds.

mod block;
mod condition;
mod cursor;
mod expr;
mod hints;
mod list;
mod names;
mod recover;
mod report;
mod rule;
mod shorthand;
mod term;
mod test;

use rustc_hash::FxHashMap;

use super::ast::{Item, Policy};
use super::lexer;
use super::token::{Kind, Token};
use crate::Limits;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Span, Text};

use report::Parsed;

/// What parsing a file gives.
pub(super) struct Parse {
    /// What could be understood.
    pub(super) policy: Policy,
    /// Nothing was left out: whatever was reported has been mended, or marked as missing
    /// where it stands.
    pub(super) whole: bool,
}

/// Parses one file whose size has been checked.
pub(super) fn parse(
    file: FileId,
    text: &str,
    limits: &Limits,
    diagnostics: &mut Diagnostics,
) -> Parse {
    let mut tokens = lexer::lex(text).tokens;
    report_foreign_comments(file, &mut tokens, diagnostics);
    let mut parser = Parser {
        file,
        text,
        tokens,
        at: 0,
        limits,
        diagnostics,
        held: None,
        interned: FxHashMap::default(),
        depth: 0,
        mended: Vec::new(),
        float_word: None,
        float_word_is_variable: false,
        unclosed: 0,
        outside_block: false,
        block_keyword: None,
        whole: true,
    };
    let policy = parser.policy();
    Parse {
        policy,
        whole: parser.whole,
    }
}

/// Comments of another language: reported at the first, then treated as comments.
fn report_foreign_comments(file: FileId, tokens: &mut Vec<Token>, diagnostics: &mut Diagnostics) {
    let mut foreign = tokens.iter().filter(|t| t.kind == Kind::ForeignComment);
    let Some(first) = foreign.next() else {
        return;
    };
    let more = foreign.count();
    let span = Span {
        file,
        start: first.start,
        end: first.end,
    };
    let mut d = Diagnostic::new(Code::E001, span, "unexpected `/`, which starts no comment")
        .label("not a comment here")
        .help("comments start with `#` and run to the end of the line");
    if more > 0 {
        d = d.note(format!("{more} more of these follow in this file"));
    }
    diagnostics.push(d);
    tokens.retain(|t| t.kind != Kind::ForeignComment);
}

/// The state of one run over one file.
struct Parser<'a> {
    file: FileId,
    text: &'a str,
    /// Never empty: the last one is [`Kind::End`].
    tokens: Vec<Token>,
    /// The next token.
    at: usize,
    limits: &'a Limits,
    diagnostics: &'a mut Diagnostics,
    /// Reports of an attempt that may be given up again.
    held: Option<Vec<Diagnostic>>,
    /// Names and strings seen, so that each is allocated once.
    interned: FxHashMap<&'a str, Text>,
    /// Open groups and `not`s.
    depth: usize,
    /// Slips mended in the current item; the same slip is reported once per item.
    mended: Vec<&'a str>,
    /// The first `inf` or `nan` of the current item that looks like a number.
    float_word: Option<Span>,
    /// `inf` or `nan` is a variable of the current item.
    float_word_is_variable: bool,
    /// Closing braces that were reported missing and may still turn up.
    unclosed: usize,
    /// The previous top-level item was a block item that stands outside any block.
    outside_block: bool,
    /// What a misspelt block keyword should read.
    block_keyword: Option<&'static str>,
    /// Nothing was left out so far.
    whole: bool,
}

impl Parser<'_> {
    fn policy(&mut self) -> Policy {
        let mut items = Vec::new();
        loop {
            match self.kind() {
                Kind::End => return Policy { items },
                Kind::Semicolon => {
                    self.bump();
                }
                Kind::RightBrace => self.stray_brace(),
                _ => {
                    let from = self.at;
                    self.begin_item();
                    match self.item() {
                        Ok(Some(item)) => items.push(item),
                        Ok(None) => {}
                        Err(broken) => self.recover(broken, from, recover::Place::Top),
                    }
                }
            }
        }
    }

    /// Forgets what was noted about the previous item.
    fn begin_item(&mut self) {
        self.depth = 0;
        self.mended.clear();
        self.float_word = None;
        self.float_word_is_variable = false;
    }

    /// A top-level item; nothing if it was reported and skipped.
    fn item(&mut self) -> Parsed<Option<Item>> {
        if self.block_item_outside() {
            return Ok(None);
        }
        self.outside_block = false;
        match self.kind() {
            Kind::Ident => match (self.word(), self.ahead(1)) {
                (_, Kind::LeftParen) => self.rule().map(|r| Some(Item::Rule(r))),
                ("actor" | "resource", _) => self.block().map(|b| Some(Item::Block(b))),
                ("global", _) => self.global_block().map(|b| Some(Item::Block(b))),
                ("declare", _) => self.declaration().map(|d| Some(Item::Declaration(d))),
                ("test", _) => self.test_or_fixture().map(Some),
                _ if self.misspelt_keyword() => self.block().map(|b| Some(Item::Block(b))),
                _ => self.rule().map(|r| Some(Item::Rule(r))),
            },
            Kind::At => self.rule().map(|r| Some(Item::Rule(r))),
            _ => self.unexpected("a rule, `actor`, `resource`, `global`, `declare` or `test`"),
        }
    }

    /// A `}` that closes nothing.
    fn stray_brace(&mut self) {
        if self.outside_block {
            // It closes the block whose items were reported as standing outside.
            self.outside_block = false;
        } else if self.unclosed > 0 {
            self.unclosed -= 1;
        } else {
            let d = self
                .error(Code::E001, self.here(), "unexpected `}`, expected an item")
                .label("closes nothing")
                .help("remove it, or check whether an earlier `}` closes a block too soon");
            self.report(d);
        }
        self.bump();
    }
}
