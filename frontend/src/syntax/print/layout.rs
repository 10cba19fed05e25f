//! Where lines break.
//!
//! Owns the choice between one line and many: a policy is given as a flat sequence of
//! steps, with groups that either fit on the line as a whole or break at all of their
//! line breaks. Knows nothing of the language. Linear in the number of steps, since a
//! group is measured for at most one line's length.

use std::borrow::Cow;

/// Columns to stay within.
const WIDTH: usize = 100;

/// Columns per level of indentation.
const INDENT: usize = 2;

/// One step of a layout.
enum Step<'a> {
    Text(Cow<'a, str>),
    /// A line break, or this text if the group fits.
    Line(&'static str),
    /// A line break in any case, after an empty line if asked for.
    Hard {
        blank: bool,
    },
    /// Text only where the group breaks.
    Broken(&'static str),
    /// A comment at the end of the line; its width does not count.
    Trailing(&'a str),
    Indent,
    Dedent,
    Open {
        broken: bool,
    },
    Close,
}

/// A sequence of steps under construction.
#[derive(Default)]
pub(super) struct Layout<'a> {
    steps: Vec<Step<'a>>,
    /// Open groups, outermost first.
    open: Vec<usize>,
}

impl<'a> Layout<'a> {
    pub(super) fn text(&mut self, text: impl Into<Cow<'a, str>>) {
        self.steps.push(Step::Text(text.into()));
    }

    pub(super) fn line(&mut self, flat: &'static str) {
        self.steps.push(Step::Line(flat));
    }

    pub(super) fn hard(&mut self, blank: bool) {
        self.break_groups();
        self.steps.push(Step::Hard { blank });
    }

    pub(super) fn broken(&mut self, text: &'static str) {
        self.steps.push(Step::Broken(text));
    }

    /// A comment behind what is on the line; a line break has to follow.
    pub(super) fn trailing(&mut self, comment: &'a str) {
        self.break_groups();
        self.steps.push(Step::Trailing(comment));
    }

    pub(super) fn indent(&mut self) {
        self.steps.push(Step::Indent);
    }

    pub(super) fn dedent(&mut self) {
        self.steps.push(Step::Dedent);
    }

    pub(super) fn open(&mut self) {
        self.open.push(self.steps.len());
        self.steps.push(Step::Open { broken: false });
    }

    pub(super) fn close(&mut self) {
        self.open.pop();
        self.steps.push(Step::Close);
    }

    /// No group that is open here fits on one line.
    fn break_groups(&mut self) {
        for &index in self.open.iter().rev() {
            if let Step::Open { broken } = &mut self.steps[index] {
                if *broken {
                    return; // and so are all around it
                }
                *broken = true;
            }
        }
    }

    /// The text, with a line feed at its end unless it is empty.
    pub(super) fn render(&self) -> String {
        let mut out = Output::default();
        // Whether each open group is broken; outside of all groups lines do break.
        let mut broken = vec![true];
        for (i, step) in self.steps.iter().enumerate() {
            let breaks = broken.last().copied().unwrap_or(true);
            match step {
                Step::Text(text) => out.write(text),
                Step::Line(flat) if !breaks => out.write(flat),
                Step::Line(_) => out.newline(false),
                Step::Hard { blank } => out.newline(*blank),
                Step::Broken(text) if breaks => out.write(text),
                Step::Broken(_) => {}
                Step::Trailing(comment) => {
                    out.write(" ");
                    out.write(comment);
                }
                Step::Indent => out.level += 1,
                Step::Dedent => out.level -= 1,
                Step::Open { broken: forced } => {
                    let start = out.column;
                    broken.push(breaks && (*forced || !self.fits(i + 1, start)));
                }
                Step::Close => {
                    broken.pop();
                }
            }
        }
        if !out.text.is_empty() {
            out.text.push('\n');
        }
        out.text
    }

    /// Whether the group whose content starts at `from`, and what follows it up to the
    /// next possible line break, fits behind `column`.
    fn fits(&self, from: usize, column: usize) -> bool {
        let mut depth = 1usize;
        let mut width = column;
        for step in &self.steps[from..] {
            match step {
                Step::Text(text) => width += text.chars().count(),
                Step::Line(flat) if depth > 0 => width += flat.len(),
                Step::Line(_) | Step::Hard { .. } | Step::Trailing(_) => return true,
                Step::Open { .. } if depth > 0 => depth += 1,
                Step::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            if width > WIDTH {
                return false;
            }
        }
        true
    }
}

/// Text written so far.
#[derive(Default)]
struct Output {
    text: String,
    /// Levels of indentation of lines to come.
    level: usize,
    /// Characters on the current line, its indentation included.
    column: usize,
    /// A line was started and nothing written on it, not even its indentation: empty
    /// lines stay empty.
    fresh: bool,
}

impl Output {
    fn newline(&mut self, blank: bool) {
        self.text.push_str(if blank { "\n\n" } else { "\n" });
        self.column = self.level * INDENT;
        self.fresh = true;
    }

    fn write(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.fresh {
            self.text.extend(std::iter::repeat_n(' ', self.column));
            self.fresh = false;
        }
        self.text.push_str(text);
        self.column += text.chars().count();
    }
}
