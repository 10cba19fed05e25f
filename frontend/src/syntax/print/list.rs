//! Elements between brackets: on one line if they fit, otherwise one per line.

use super::Printer;

/// How a list is written.
#[derive(Clone, Copy)]
pub(super) struct Brackets {
    open: &'static str,
    close: &'static str,
    /// Inside of the brackets on one line.
    space: &'static str,
    /// After the last element when there is one per line.
    last: &'static str,
}

impl Brackets {
    /// `(a, b)`
    pub(super) const ROUND: Brackets = Brackets {
        open: "(",
        close: ")",
        space: "",
        last: "",
    };
    /// `[a, b]`
    pub(super) const SQUARE: Brackets = Brackets {
        open: "[",
        close: "]",
        space: "",
        last: ",",
    };
    /// `{ a, b }`
    pub(super) const CURLY: Brackets = Brackets {
        open: "{",
        close: "}",
        space: " ",
        last: ",",
    };
}

impl<'a> Printer<'a> {
    /// A list. The text before its bracket ends at `opened`, the list itself at `end`;
    /// `ends` tells where an element ends.
    pub(super) fn list<T>(
        &mut self,
        brackets: Brackets,
        elements: &'a [T],
        (opened, end): (u32, u32),
        ends: fn(&T) -> u32,
        print: fn(&mut Self, &'a T),
    ) {
        self.out.open();
        self.out.text(brackets.open);
        self.out.indent();
        let mut before = opened;
        for (i, element) in elements.iter().enumerate() {
            let after = ends(element);
            self.beside(before, after);
            self.out.line(if i == 0 { brackets.space } else { " " });
            self.leading(after);
            print(self, element);
            if i + 1 < elements.len() {
                self.out.text(",");
            } else {
                self.out.broken(brackets.last);
            }
            before = after;
        }
        self.beside(before, end);
        let mut comments = false;
        while let Some((comment, _)) = self.comments.next_before(end) {
            self.out.hard(false);
            self.out.text(comment);
            comments = true;
        }
        self.out.dedent();
        if !elements.is_empty() {
            self.out.line(brackets.space);
        } else if comments {
            self.out.hard(false);
        } else {
            // Where a comment stands beside the opening bracket.
            self.out.line("");
        }
        self.out.text(brackets.close);
        self.out.close();
    }
}
