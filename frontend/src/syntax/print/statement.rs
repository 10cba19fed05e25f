//! Things that stand on lines of their own: items of policies, blocks and tests.
//!
//! Owns empty lines and the comments around statements. A statement consumes the
//! comments inside of it; those it leaves go behind it.

use super::Printer;
use crate::source::Span;

/// A thing that stands on lines of its own.
pub(super) trait Statement {
    /// All of it.
    fn span(&self) -> Span;

    /// Comments before this place go in front of the statement.
    fn anchor(&self) -> u32;

    /// Whether it looks better with empty lines around it, if the text has no say.
    fn is_large(&self) -> bool {
        false
    }
}

impl<'a> Printer<'a> {
    /// A body in braces; the caller has printed what stands before it, which ends at
    /// `opened`. `end` is the end of the `}`.
    pub(super) fn braces<T: Statement>(
        &mut self,
        items: &'a [T],
        opened: u32,
        end: u32,
        print: fn(&mut Self, &'a T),
    ) {
        self.out.text("{");
        self.out.indent();
        let empty = !self.statements(items, Some(opened), end, print);
        self.out.dedent();
        if !empty {
            self.out.hard(false);
        }
        self.out.text("}");
    }

    /// Statements and the comments around them, each after a line break; at the top level
    /// (no `opened`) the very first goes without. Tells whether there were any.
    pub(super) fn statements<T: Statement>(
        &mut self,
        items: &'a [T],
        opened: Option<u32>,
        end: u32,
        print: fn(&mut Self, &'a T),
    ) -> bool {
        let mut lines = Lines {
            progress: Progress::Nothing,
            inside: opened.is_some(),
            beside: opened.is_some(),
            at: opened.unwrap_or(0),
        };
        let mut was_large = false;
        for item in items {
            self.comments_between(&mut lines, item.anchor());
            let span = item.span();
            let blank = if self.comments.has_text() {
                self.comments.blank_between(lines.at, span.start)
            } else {
                was_large || item.is_large()
            };
            self.next_line(&mut lines, blank);
            print(self, item);
            was_large = item.is_large();
            lines.beside = true;
            lines.at = lines.at.max(span.end);
        }
        self.comments_between(&mut lines, end);
        lines.progress != Progress::Nothing
    }

    /// Comments before `limit`: the first one beside what was printed last, if it stands
    /// there, the others on lines of their own.
    fn comments_between(&mut self, lines: &mut Lines, limit: u32) {
        if lines.beside
            && let Some((comment, place)) = self.comments.beside(lines.at, limit)
        {
            self.out.trailing(comment);
            lines.at = lines.at.max(place.end);
            // Beside the opening brace it calls for a line break before the closing one.
            lines.progress = lines.progress.max(Progress::Beside);
        }
        while let Some((comment, place)) = self.comments.next_before(limit) {
            let blank = self.comments.blank_between(lines.at, place.start);
            self.next_line(lines, blank);
            self.out.text(comment);
            lines.at = lines.at.max(place.end);
        }
        lines.beside = false;
    }

    fn next_line(&mut self, lines: &mut Lines, blank: bool) {
        let first = lines.progress != Progress::Line;
        if lines.inside || !first {
            self.out.hard(blank && !first);
        }
        lines.progress = Progress::Line;
    }
}

/// What has been printed of a body.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    Nothing,
    /// A comment beside the opening brace.
    Beside,
    /// At least one line.
    Line,
}

/// How far the lines of a body have come.
struct Lines {
    progress: Progress,
    /// In braces.
    inside: bool,
    /// A comment may stand beside what was printed last.
    beside: bool,
    /// The end, in the text, of what was printed last.
    at: u32,
}
