//! The few source lines a diagnostic needs, and nothing more.
//!
//! Owns: which lines are shown, and how much of a long line. A renderer looks at every
//! character it is given, so it is never given the file: it gets a window of lines around the
//! labels, with long lines cut down to the neighbourhood of the places on them. Whatever the
//! file holds, an excerpt is small and contains no character that could steer a terminal.

use std::borrow::Cow;
use std::ops::Range;

use super::{Diagnostic, Label};
use crate::source::{FileId, Sources};

/// A line of at most this many bytes is shown whole.
const LINE_BYTES: usize = 240;
/// What is kept on both sides of a place on a longer line, in bytes.
const AROUND: usize = 60;
/// Places further apart than this many lines get excerpts of their own.
const SPREAD: u32 = 400;
/// Lines next to the first and last line of a place that the renderer may show.
const NEAR: u32 = 4;
/// Secondary places drawn for one diagnostic.
pub(super) const PLACES: usize = 24;
/// Stands for what was cut.
const CUT: &str = "...";

/// A window of one file with the places to mark in it.
pub(super) struct Excerpt<'d> {
    /// The file.
    pub(super) file: FileId,
    /// Number of the first line, from 1.
    pub(super) first_line: u32,
    /// The lines, shortened.
    pub(super) text: String,
    /// What to mark, in the order of the file.
    pub(super) marks: Vec<Mark<'d>>,
    /// Whether columns in `text` differ from those in the file.
    pub(super) shifted: bool,
}

/// A place within [`Excerpt::text`].
pub(super) struct Mark<'d> {
    /// The label as the diagnostic has it.
    pub(super) label: &'d Label,
    /// Whether it is the place the diagnostic is about.
    pub(super) primary: bool,
    /// Bytes of the excerpt's text.
    pub(super) range: Range<usize>,
    /// Bytes of the file.
    source: Range<usize>,
    /// First and last line, from 1.
    lines: (u32, u32),
}

/// Excerpts for the places of a diagnostic, the one with the primary place first.
pub(super) fn excerpts<'d>(diagnostic: &'d Diagnostic, sources: &Sources) -> Vec<Excerpt<'d>> {
    let others = diagnostic.secondary.iter().take(PLACES);
    let mut marks: Vec<_> = others.map(|l| Mark::new(l, false, sources)).collect();
    marks.push(Mark::new(&diagnostic.primary, true, sources));
    marks.sort_by_key(|m| (m.label.span.file, m.source.start));

    let mut windows: Vec<Vec<Mark<'d>>> = Vec::new();
    for mark in marks {
        match windows.last_mut() {
            Some(window) if window.iter().any(|m| m.is_close_to(&mark)) => window.push(mark),
            _ => windows.push(vec![mark]),
        }
    }
    windows.sort_by_key(|window| !window.iter().any(|m| m.primary));
    windows
        .into_iter()
        .map(|marks| Excerpt::new(marks, sources))
        .collect()
}

/// The line a label starts on, shortened around the label.
pub(super) fn first_line(label: &Label, sources: &Sources) -> String {
    let text = sources.file(label.span.file).text();
    let mut mark = Mark::new(label, true, sources);
    mark.cut_to_first_line(text);
    let start = line_start(text, mark.source.start);
    let mut shown = String::new();
    show(up_to_break(&text[start..]), start, &mut [mark], &mut shown);
    shown
}

impl<'d> Mark<'d> {
    fn new(label: &'d Label, primary: bool, sources: &Sources) -> Mark<'d> {
        let file = sources.file(label.span.file);
        let source = visible(label.span.range(), file.text());
        let line_of = |offset: usize| file.position(offset as u32).line;
        let mut mark = Mark {
            label,
            primary,
            range: 0..0,
            lines: (line_of(source.start), line_of(source.end)),
            source,
        };
        if mark.lines.1 - mark.lines.0 > SPREAD {
            mark.cut_to_first_line(file.text());
        }
        mark
    }

    fn cut_to_first_line(&mut self, text: &str) {
        self.source.end = self.source.start + up_to_break(&text[self.source.clone()]).len();
        self.lines.1 = self.lines.0;
    }

    fn is_close_to(&self, later: &Mark<'_>) -> bool {
        self.label.span.file == later.label.span.file && later.lines.0 <= self.lines.1 + SPREAD
    }

    fn is_near(&self, line: u32) -> bool {
        self.lines.0.abs_diff(line) <= NEAR || self.lines.1.abs_diff(line) <= NEAR
    }
}

impl<'d> Excerpt<'d> {
    fn new(mut marks: Vec<Mark<'d>>, sources: &Sources) -> Excerpt<'d> {
        let file = marks[0].label.span.file;
        let source = sources.file(file).text();
        let (first_line, _) = marks[0].lines;
        let last_line = marks.iter().map(|m| m.lines.1).max().unwrap_or(first_line);

        let mut text = String::new();
        let mut shifted = false;
        let mut start = line_start(source, marks[0].source.start);
        for number in first_line..=last_line {
            if number > first_line {
                text.push('\n');
            }
            let rest = &source[start..];
            // Lines far from all places are folded away; empty ones keep the count.
            if marks.iter().any(|m| m.is_near(number)) {
                shifted |= show(up_to_break(rest), start, &mut marks, &mut text);
            }
            start += rest.find('\n').map_or(rest.len(), |newline| newline + 1);
        }
        if text.ends_with('\n') {
            text.push('\n'); // else the renderer would not count the last, empty line
        }
        Excerpt {
            file,
            first_line,
            text,
            marks,
            shifted,
        }
    }
}

/// Appends a line that starts at byte `start` of the file, cut to what the marks need, and
/// moves the ends of marks that lie on it. Says whether columns changed.
fn show(line: &str, start: usize, marks: &mut [Mark<'_>], text: &mut String) -> bool {
    let pieces = pieces(line, start, marks);
    let shifted = pieces.len() > 1 || pieces.iter().any(|piece| piece.start > 0);
    let mut shown_up_to = 0;
    for piece in pieces {
        if piece.start > shown_up_to {
            text.push_str(CUT);
        }
        let (from, to) = (start + piece.start, start + piece.end);
        for mark in &mut *marks {
            if (from..=to).contains(&mark.source.start) {
                mark.range.start = text.len() + mark.source.start - from;
            }
            if (from..=to).contains(&mark.source.end) {
                mark.range.end = text.len() + mark.source.end - from;
            }
        }
        shown_up_to = piece.end;
        text.push_str(&without_controls(&line[piece]));
    }
    if shown_up_to < line.len() {
        text.push_str(CUT);
    }
    shifted
}

/// What to show of a line: all of it, or what surrounds the ends of marks.
fn pieces(line: &str, start: usize, marks: &[Mark<'_>]) -> Vec<Range<usize>> {
    if line.len() <= LINE_BYTES {
        return std::iter::once(0..line.len()).collect();
    }
    let mut ends: Vec<usize> = marks
        .iter()
        .flat_map(|m| [m.source.start, m.source.end])
        .filter_map(|at| at.checked_sub(start).filter(|&at| at <= line.len()))
        .collect();
    ends.sort_unstable();
    let mut pieces: Vec<Range<usize>> = Vec::new();
    for at in ends {
        let from = floor(line, at.saturating_sub(AROUND));
        let to = floor(line, at + AROUND);
        match pieces.last_mut() {
            Some(last) if from <= last.end + CUT.len() => last.end = to,
            _ => pieces.push(from..to),
        }
    }
    if pieces.is_empty() {
        pieces.push(0..floor(line, LINE_BYTES));
    }
    pieces
}

/// A span as a range that is certainly good for slicing and ends before the line break.
fn visible(range: Range<usize>, text: &str) -> Range<usize> {
    let before_break = |at: usize| {
        let at = floor(text, at);
        if text[at..].starts_with('\n') && text[..at].ends_with('\r') {
            at - 1
        } else {
            at
        }
    };
    let start = before_break(range.start);
    let mut end = before_break(range.end);
    if end > start && text[..end].ends_with('\n') {
        end = before_break(end - 1);
    }
    start..end.max(start)
}

/// The nearest character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at)
        .rev()
        .find(|&i| text.is_char_boundary(i))
        .unwrap_or_default()
}

/// Where the line around byte `at` starts.
fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The text up to its first line break.
fn up_to_break(text: &str) -> &str {
    match text.split_once('\n') {
        Some((line, _)) => line.strip_suffix('\r').unwrap_or(line),
        None => text,
    }
}

/// Text without the control characters that the renderer itself lets pass. They have two
/// bytes each, and so has what stands for them: no offset moves.
pub(super) fn without_controls(text: &str) -> Cow<'_, str> {
    let control = |c: char| ('\u{80}'..='\u{9f}').contains(&c);
    if text.contains(control) {
        Cow::Owned(text.replace(control, "\u{bf}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Text of at most about `most` bytes: what is longer loses its middle.
pub(super) fn middle_cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let head = floor(text, most * 2 / 3);
    let tail = floor(text, text.len() - most / 3);
    Cow::Owned(format!("{}{CUT}{}", &text[..head], &text[tail..]))
}
