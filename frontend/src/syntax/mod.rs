//! Policy text to a syntax tree and back.
//!
//! Owns: the lexical and syntactic rules of the language (spec sections 1 and 2), the
//! recovery from their violation, and the canonical layout of a policy. Must not know
//! what names mean. Everything here is total: any text at all gives a tree, with
//! whatever is wrong in it reported and left out.

pub mod ast;
mod lexer;
mod parser;
mod print;
mod token;

use crate::Limits;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Sources, Span};

/// Parses one file. What cannot be understood is reported and missing in the result.
pub fn parse(
    file: FileId,
    text: &str,
    limits: &Limits,
    diagnostics: &mut Diagnostics,
) -> ast::Policy {
    parse_whole(file, text, limits, diagnostics).0
}

/// Parses one file, and tells whether the tree is whole: nothing in it was left out, and
/// what was reported has been mended or is marked as missing.
pub(crate) fn parse_whole(
    file: FileId,
    text: &str,
    limits: &Limits,
    diagnostics: &mut Diagnostics,
) -> (ast::Policy, bool) {
    // Spans are 32 bits wide, whatever the limit.
    if text.len() > limits.source_bytes.min(u32::MAX as usize) {
        diagnostics.push(too_large(file, text.len(), limits.source_bytes));
        return (ast::Policy::default(), false);
    }
    let parse = parser::parse(file, text, limits, diagnostics);
    (parse.policy, parse.whole)
}

/// Reformats one file, comments kept.
///
/// # Errors
///
/// The diagnostics, if the text is not a policy: broken text is never reformatted.
pub fn format(file: FileId, text: &str, limits: &Limits) -> Result<String, Diagnostics> {
    let mut diagnostics = Diagnostics::new(limits.diagnostics);
    let policy = parse(file, text, limits, &mut diagnostics);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let comments = lexer::lex(text).comments;
    Ok(print::print(&policy, text, &comments))
}

/// Prints a tree as policy text in canonical form. Parsing the result gives the same
/// tree, spans aside.
#[must_use]
pub fn print(policy: &ast::Policy) -> String {
    print::plain(policy)
}

/// Prints a tree node by node: one per line, indented by depth, with the place of each if
/// the sources are given. Two trees print alike without sources exactly if they differ in
/// nothing but spans.
#[must_use]
pub fn dump(policy: &ast::Policy, sources: Option<&Sources>) -> String {
    print::dump(policy, sources)
}

/// E002; `bytes` are those of all files, which together are one policy.
pub(crate) fn too_large(file: FileId, bytes: usize, limit: usize) -> Diagnostic {
    let message = format!(
        "policy too large ({} bytes, limit {})",
        in_groups(bytes),
        in_groups(limit)
    );
    Diagnostic::new(Code::E002, Span::new(file, 0, 0), message)
        .help("keep data such as memberships as facts instead of rules")
}

/// A number with its digits in groups of three.
fn in_groups(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}
