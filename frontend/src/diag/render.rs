//! Diagnostics as text for people, in the style of rustc.
//!
//! ```text
//! error[E041]: `x` occurs only under `not`
//!  --> policy.polar:3:42
//!   |
//! 3 | allow(a: User, "read", d: Doc) if not banned(a, x);
//!   |                                                 ^ not bound
//!   |
//!   = help: add a positive condition that binds it
//! ```
//!
//! Whatever the policy holds, the text is short and safe to print: long lines and long
//! messages are cut, control characters are replaced by visible ones.

use std::borrow::Cow;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str};

use super::excerpt::{self, Excerpt};
use super::{Diagnostic, Diagnostics, Severity};
use crate::source::Sources;

/// How the text may look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Characters only.
    #[default]
    Plain,
    /// With ANSI colours; the caller knows that a terminal reads them.
    Coloured,
}

impl Style {
    fn renderer(self) -> Renderer {
        match self {
            Style::Plain => Renderer::plain(),
            Style::Coloured => Renderer::styled(),
        }
    }
}

/// One diagnostic as text; ends with a line break.
#[must_use]
pub fn render(diagnostic: &Diagnostic, sources: &Sources, style: Style) -> String {
    let excerpts = excerpt::excerpts(diagnostic, sources);
    let title = level(diagnostic.severity())
        .primary_title(shown(&diagnostic.message))
        .id(diagnostic.code.as_str());
    let mut group = Group::with_title(title).elements(excerpts.iter().map(|e| snippet(e, sources)));
    if let Some(more) = diagnostic.secondary.len().checked_sub(excerpt::PLACES + 1) {
        let text = format!("{} not shown", count(more + 1, "more place"));
        group = group.element(Level::NOTE.message(text));
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(shown(note)));
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(shown(help)));
    }
    let mut text = style.renderer().render(&[group]);
    for excerpt in excerpts.iter().filter(|e| e.shifted) {
        restore_column(&mut text, excerpt, sources);
    }
    text.push('\n');
    text
}

/// All diagnostics as text, a blank line after each, and a last line that counts them. Empty
/// if there are none.
#[must_use]
pub fn render_all(diagnostics: &Diagnostics, sources: &Sources, style: Style) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics.iter() {
        text += &render(diagnostic, sources, style);
        text.push('\n');
    }
    let title = |level: Level<'static>, message: String| {
        let group = Group::with_title(level.primary_title(message));
        style.renderer().render(&[group]) + "\n"
    };
    let (errors, warnings) = left_out(diagnostics);
    if let Some(left_out) = counts([(errors, "more error"), (warnings, "more warning")]) {
        text += &title(Level::NOTE, format!("{left_out} not shown"));
    }
    let (errors, warnings) = (diagnostics.errors(), diagnostics.warnings());
    if let Some(found) = counts([(errors, "error"), (warnings, "warning")]) {
        let worst = if diagnostics.has_errors() {
            Level::ERROR
        } else {
            Level::WARNING
        };
        text += &title(worst, found);
    }
    text
}

/// Errors and warnings that were counted but not kept.
pub(super) fn left_out(diagnostics: &Diagnostics) -> (usize, usize) {
    let kept = |severity| {
        diagnostics
            .iter()
            .filter(|d| d.severity() == severity)
            .count()
    };
    (
        diagnostics.errors() - kept(Severity::Error),
        diagnostics.warnings() - kept(Severity::Warning),
    )
}

/// `2 errors, 1 warning`, naming only what there is.
fn counts(parts: [(usize, &str); 2]) -> Option<String> {
    let named: Vec<String> = parts
        .into_iter()
        .filter(|&(n, _)| n > 0)
        .map(|(n, what)| count(n, what))
        .collect();
    (!named.is_empty()).then(|| named.join(", "))
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    }
}

fn snippet<'a>(
    excerpt: &'a Excerpt<'_>,
    sources: &Sources,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let annotations = excerpt.marks.iter().map(|mark| {
        let kind = if mark.primary {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        let label = (!mark.label.text.is_empty()).then(|| one_line(&mark.label.text));
        kind.span(mark.range.clone()).label(label)
    });
    Snippet::source(excerpt.text.as_str())
        .line_start(excerpt.first_line as usize)
        .path(one_line(sources.file(excerpt.file).name()))
        .annotations(annotations)
}

/// Puts the true column into the excerpt's heading: the renderer counted in a cut line.
fn restore_column(text: &mut String, excerpt: &Excerpt<'_>, sources: &Sources) {
    let Some(mark) = excerpt
        .marks
        .iter()
        .find(|m| m.primary)
        .or(excerpt.marks.first())
    else {
        return;
    };
    let file = sources.file(excerpt.file);
    let position = file.position(mark.label.span.start);
    let heading = format!("{}:{}:", one_line(file.name()), position.line);
    let columns = text.match_indices(&heading).find_map(|(at, _)| {
        let from = at + heading.len();
        let digits = text[from..].bytes().take_while(u8::is_ascii_digit).count();
        let to = from + digits;
        text[to..].starts_with('\n').then_some(from..to)
    });
    if let Some(columns) = columns {
        text.replace_range(columns, &position.column.to_string());
    }
}

/// A sentence of a diagnostic, safe to print and of bounded length: it may quote names and
/// strings of the policy.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 1_200;
    normalize_untrusted_str(&excerpt::without_controls(&excerpt::middle_cut(text, MOST)))
}

/// The same for what has to stay on one line.
pub(super) fn one_line(text: &str) -> Cow<'static, str> {
    const MOST: usize = 240;
    let text = excerpt::middle_cut(text, MOST);
    let text = normalize_untrusted_str(&excerpt::without_controls(&text));
    Cow::Owned(text.replace('\n', "\u{240a}"))
}
