//! Policy files and places in them.
//!
//! Owns: file texts, spans, and the mapping from byte offsets to lines and columns.
//! A [`Span`] is two offsets and a file; it survives into every later stage, so that an
//! error, an explanation or a metric can point at the line of policy it came from.

use std::sync::Arc;

use serde::Serialize;

/// Shared immutable text: identifiers, string literals, names.
pub type Text = Arc<str>;

/// Index of a file within [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct FileId(pub u32);

/// A half-open byte range `start..end` within one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// The file the range lies in.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end` of `file`.
    #[must_use]
    pub fn new(file: FileId, start: usize, end: usize) -> Span {
        // Sources beyond 4 GiB are refused (E002) before any span is made.
        Span {
            file,
            start: start as u32,
            end: end as u32,
        }
    }

    /// The smallest span that covers both, which must lie in one file.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span {
            file: self.file,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// The byte range, for slicing the file's text.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place for people: both numbers count from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// One file of a policy.
#[derive(Clone, Debug)]
pub struct SourceFile {
    name: Text,
    text: Text,
    line_starts: Vec<u32>,
}

impl SourceFile {
    /// The name it was given, as shown in diagnostics.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset (the end of the text included).
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_starts.partition_point(|&s| s <= offset) - 1;
        let start = self.line_starts[line] as usize;
        let upto = self.text.get(start..offset as usize).unwrap_or_default();
        Position {
            line: line as u32 + 1,
            column: upto.chars().count() as u32 + 1,
        }
    }
}

/// The files that together are one policy (spec 1.1: order never matters).
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// No files yet.
    #[must_use]
    pub fn new() -> Sources {
        Sources::default()
    }

    /// Adds a file and says which id it has.
    pub fn add(&mut self, name: impl Into<Text>, text: impl Into<Text>) -> FileId {
        let text = text.into();
        let mut line_starts = vec![0];
        line_starts.extend(
            text.bytes()
                .enumerate()
                .filter(|&(_, b)| b == b'\n')
                .map(|(i, _)| i as u32 + 1),
        );
        self.files.push(SourceFile {
            name: name.into(),
            text,
            line_starts,
        });
        FileId(self.files.len() as u32 - 1)
    }

    /// The file with this id. Ids come from [`Sources::add`] of the same value.
    #[must_use]
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// Every file with its id, in the order added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files
            .iter()
            .enumerate()
            .map(|(i, f)| (FileId(i as u32), f))
    }

    /// Line and column where the span starts.
    #[must_use]
    pub fn position(&self, span: Span) -> Position {
        self.file(span.file).position(span.start)
    }

    /// The text a span covers.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file)
            .text()
            .get(span.range())
            .unwrap_or_default()
    }

    /// `file:line:column`, as compilers print it.
    #[must_use]
    pub fn locate(&self, span: Span) -> String {
        let p = self.position(span);
        format!("{}:{}:{}", self.file(span.file).name(), p.line, p.column)
    }
}
