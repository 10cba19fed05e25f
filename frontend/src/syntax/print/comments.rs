//! Which comments are still to be printed.
//!
//! Owns the promise that each comment appears exactly once: comments are taken in order,
//! and every construct takes those up to its own end.

use crate::syntax::token::Comment;

/// The comments of a text, consumed from the front.
pub(super) struct Comments<'a> {
    text: &'a str,
    rest: &'a [Comment],
}

impl<'a> Comments<'a> {
    pub(super) fn new(text: &'a str, comments: &'a [Comment]) -> Comments<'a> {
        Comments {
            text,
            rest: comments,
        }
    }

    /// The next comment that starts before `limit`, and where it starts and ends.
    pub(super) fn next_before(&mut self, limit: u32) -> Option<(&'a str, Comment)> {
        let (&first, rest) = self.rest.split_first()?;
        if first.start >= limit {
            return None;
        }
        self.rest = rest;
        let text = &self.text[first.start as usize..first.end as usize];
        Some((text.trim_end(), first))
    }

    /// The next comment, if it starts before `limit` and on the line on which `after`
    /// lies.
    pub(super) fn beside(&mut self, after: u32, limit: u32) -> Option<(&'a str, Comment)> {
        let first = self.rest.first()?;
        if first.start >= limit || self.between(after, first.start).contains('\n') {
            return None;
        }
        self.next_before(limit)
    }

    /// Whether an empty line lies between two places.
    pub(super) fn blank_between(&self, from: u32, to: u32) -> bool {
        let mut lines = self.between(from, to).split('\n');
        lines.next(); // the rest of the line on which `from` lies
        lines.next_back(); // the start of the line on which `to` lies
        lines.any(|line| line.trim().is_empty())
    }

    /// Whether there is a text that empty lines can be taken from.
    pub(super) fn has_text(&self) -> bool {
        !self.text.is_empty()
    }

    fn between(&self, from: u32, to: u32) -> &'a str {
        self.text
            .get(from as usize..to as usize)
            .unwrap_or_default()
    }
}
