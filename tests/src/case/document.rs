//! The text of a case: prose and fenced blocks.

use std::ops::Range;

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file of the policy.
    Polar,
    /// Expected diagnostics.
    Diagnostics,
    /// Expected failures of inline tests.
    Failures,
    /// The expected core rules.
    Rules,
    /// The expected specialised program.
    Ir,
    /// A world.
    Facts,
    /// Context facts.
    Context,
    /// Questions and answers.
    Questions,
}

impl Kind {
    const ALL: [(&'static str, Kind); 8] = [
        ("polar", Kind::Polar),
        ("diagnostics", Kind::Diagnostics),
        ("failures", Kind::Failures),
        ("rules", Kind::Rules),
        ("ir", Kind::Ir),
        ("facts", Kind::Facts),
        ("context", Kind::Context),
        ("questions", Kind::Questions),
    ];

    /// The word behind the fence.
    #[must_use]
    pub fn word(self) -> &'static str {
        let known = Kind::ALL.iter().find(|(_, kind)| *kind == self);
        known.map_or("", |(word, _)| word)
    }
}

/// A fenced block.
#[derive(Clone, Debug)]
pub struct Block {
    /// What it is.
    pub kind: Kind,
    /// What stands behind the word, if anything.
    pub name: Option<String>,
    /// The line of its fence, from 1.
    pub line: usize,
    /// The fence lines and everything between, as bytes of the document.
    whole: Range<usize>,
    /// What is between the fences.
    body: Range<usize>,
}

/// What a case has to say: of this kind, in this block if there is one, this text if any.
pub type Expectation<'d> = (Kind, Option<&'d Block>, Option<String>);

/// A case as written.
#[derive(Clone, Debug)]
pub struct Document {
    text: String,
    blocks: Vec<Block>,
}

impl Document {
    /// Finds the blocks. Errors name the line.
    pub fn parse(text: impl Into<String>) -> Result<Document, String> {
        let text = text.into();
        let mut blocks: Vec<Block> = Vec::new();
        let mut open = None;
        let mut at = 0;
        for (i, line) in text.split_inclusive('\n').enumerate() {
            let start = at;
            at += line.len();
            match (line.trim_end().strip_prefix("```"), open.take()) {
                (Some(""), Some((kind, name, fence, first))) => blocks.push(Block {
                    kind,
                    name,
                    line: fence,
                    whole: first..at,
                    body: first + text[first..].find('\n').map_or(0, |n| n + 1)..start,
                }),
                (Some(info), None) => {
                    let (word, name) = info.split_once(' ').unwrap_or((info, ""));
                    let known = Kind::ALL.iter().find(|(known, _)| *known == word);
                    let (_, kind) =
                        known.ok_or(format!("line {}: no block is called `{word}`", i + 1))?;
                    let name = (!name.is_empty()).then(|| name.trim().to_string());
                    open = Some((*kind, name, i + 1, start));
                }
                (_, still) => open = still,
            }
        }
        match open {
            Some((_, _, line, _)) => Err(format!("line {line}: the block has no end")),
            None => Ok(Document { text, blocks }),
        }
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The blocks in order.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// What is between the fences of a block.
    #[must_use]
    pub fn body(&self, block: &Block) -> &str {
        &self.text[block.body.clone()]
    }

    /// The only block of this kind, if there is one. Several are an error.
    pub fn only(&self, kind: Kind) -> Result<Option<&Block>, String> {
        let mut blocks = self.blocks.iter().filter(|block| block.kind == kind);
        let first = blocks.next();
        match blocks.next() {
            None => Ok(first),
            Some(second) => Err(format!(
                "line {}: a second `{}` block",
                second.line,
                kind.word()
            )),
        }
    }

    /// The text with other bodies: a block that is given no body goes, and a kind of which
    /// there is no block gets one behind the last file of the policy.
    #[must_use]
    pub fn rewrite(&self, expectations: &[Expectation]) -> String {
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        for (kind, block, body) in expectations {
            let text = body
                .as_ref()
                .map(|body| format!("```{}\n{body}```\n", kind.word()));
            match (block, text) {
                (Some(block), Some(_)) => {
                    edits.push((block.body.clone(), body.clone().unwrap_or_default()));
                }
                (Some(block), None) => {
                    // The empty line before it goes too.
                    let start = self.text[..block.whole.start].trim_end().len();
                    edits.push((start + 1..block.whole.end, String::new()));
                }
                (None, Some(text)) => {
                    let last = self.blocks.iter().rfind(|b| b.kind == Kind::Polar);
                    let end = last.map_or(self.text.len(), |block| block.whole.end);
                    edits.push((end..end, format!("\n{text}")));
                }
                (None, None) => {}
            }
        }
        edits.sort_by_key(|(range, _)| range.start);
        let mut text = self.text.clone();
        for (range, replacement) in edits.into_iter().rev() {
            text.replace_range(range, &replacement);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = "# Title\n\n```polar\na();\n```\n\n```failures\nold\n```\n\nProse.\n";

    #[test]
    fn bodies_are_replaced_removed_and_added() {
        let case = Document::parse(CASE).unwrap();
        let failures = case.only(Kind::Failures).unwrap();
        let changed = case.rewrite(&[
            (Kind::Diagnostics, None, Some("said\n".to_string())),
            (Kind::Failures, failures, Some("new\n".to_string())),
        ]);
        assert_eq!(
            changed,
            "# Title\n\n```polar\na();\n```\n\n```diagnostics\nsaid\n```\n\n\
             ```failures\nnew\n```\n\nProse.\n"
        );
        let removed = case.rewrite(&[(Kind::Failures, failures, None)]);
        assert_eq!(removed, "# Title\n\n```polar\na();\n```\n\nProse.\n");
    }

    #[test]
    fn what_is_no_block_of_a_case_is_refused() {
        let unknown = Document::parse("```polar\n```\n```expected\n```\n").unwrap_err();
        assert_eq!(unknown, "line 3: no block is called `expected`");
        let open = Document::parse("\n```polar\n").unwrap_err();
        assert_eq!(open, "line 2: the block has no end");
        let twice = Document::parse("```failures\n```\n```failures\n```\n").unwrap();
        assert!(twice.only(Kind::Failures).is_err());
    }
}
