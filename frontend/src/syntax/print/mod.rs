//! A syntax tree to text.
//!
//! Owns the canonical form of a policy: what is printed parses to the same tree, and
//! printing that prints the same text. Must not drop or repeat a comment. Spans of the
//! tree are read only together with the text they point into.

mod comments;
mod condition;
mod dump;
mod item;
mod layout;
mod list;
mod statement;
mod term;

use crate::syntax::ast::Policy;
use crate::syntax::token::Comment;

pub(super) use dump::dump;

use comments::Comments;
use layout::Layout;

/// Prints a tree without comments.
pub(super) fn plain(policy: &Policy) -> String {
    print(policy, "", &[])
}

/// Prints a tree with the comments and the empty lines of the text it was parsed from.
pub(super) fn print(policy: &Policy, text: &str, comments: &[Comment]) -> String {
    let mut printer = Printer {
        out: Layout::default(),
        comments: Comments::new(text, comments),
    };
    printer.policy(policy);
    printer.out.render()
}

/// The state of one printing.
struct Printer<'a> {
    out: Layout<'a>,
    comments: Comments<'a>,
}

impl Printer<'_> {
    /// Comments that stand before `limit`, each on its own line, before what comes next.
    fn leading(&mut self, limit: u32) {
        while let Some((comment, _)) = self.comments.next_before(limit) {
            self.out.text(comment);
            self.out.hard(false);
        }
    }

    /// A comment on the line on which `after` lies, if there is one before `limit`.
    fn beside(&mut self, after: u32, limit: u32) {
        if let Some((comment, _)) = self.comments.beside(after, limit) {
            self.out.trailing(comment);
        }
    }
}
