//! The whole way from sources to a program.

use crate::diag::Diagnostics;
use crate::ir::Program;
use crate::limits::Limits;
use crate::source::{FileId, Sources};
use crate::syntax::ast;
use crate::{check, desugar, resolve, specialise, syntax};

/// What compiling yields.
#[derive(Debug)]
pub struct Compiled {
    /// The syntax trees, one per file, as far as the text could be understood.
    pub files: Vec<ast::Policy>,
    /// Everything there is to say, by place.
    pub diagnostics: Diagnostics,
    /// The program; `None` iff there are errors.
    pub program: Option<Program>,
}

/// Compiles all files of `sources` as one policy (spec 1.1).
///
/// Never fails and never panics: bad input of any kind becomes diagnostics. Errors found
/// by one stage do not hide those of the next as long as the next can make sense of what
/// is left: a mistake of syntax that is mended in place leaves the rest as it is, an item
/// that had to be dropped makes everything that may refer to it unknown.
#[must_use]
pub fn compile(sources: &Sources, limits: &Limits) -> Compiled {
    let mut diagnostics = Diagnostics::new(limits.diagnostics);
    let (files, whole) = parse(sources, limits, &mut diagnostics);
    diagnostics.close_places();
    // What a dropped item declared is unknown: the stages behind would only guess.
    let program = if whole {
        program(sources, &files, limits, &mut diagnostics)
    } else {
        None
    };
    diagnostics.sort();
    Compiled {
        program: program.filter(|_| !diagnostics.has_errors()),
        files,
        diagnostics,
    }
}

/// The trees, and whether nothing was left out of them.
fn parse(
    sources: &Sources,
    limits: &Limits,
    diagnostics: &mut Diagnostics,
) -> (Vec<ast::Policy>, bool) {
    let bytes: usize = sources.iter().map(|(_, f)| f.text().len()).sum();
    if sources.iter().count() > 1 && bytes > limits.source_bytes {
        let found = syntax::too_large(FileId(0), bytes, limits.source_bytes);
        diagnostics.push(found.note("all files together are one policy"));
        return (Vec::new(), false);
    }
    let mut all_whole = true;
    let files = sources
        .iter()
        .map(|(id, file)| {
            let (tree, whole) = syntax::parse_whole(id, file.text(), limits, diagnostics);
            all_whole &= whole;
            tree
        })
        .collect();
    (files, all_whole)
}

fn program(
    sources: &Sources,
    files: &[ast::Policy],
    limits: &Limits,
    diagnostics: &mut Diagnostics,
) -> Option<Program> {
    let declarations = resolve::resolve(files, limits, diagnostics);
    let desugared = desugar::desugar(files, &declarations, sources, limits, diagnostics);
    let checked = check::check(
        files,
        sources,
        &declarations,
        desugared,
        limits,
        diagnostics,
    );
    if diagnostics.has_errors() {
        return None;
    }
    let strata =
        specialise::specialise(&checked, &declarations.types, sources, limits, diagnostics);
    Some(Program {
        files: sources.iter().map(|(_, f)| f.name().into()).collect(),
        metadata: declarations.metadata(),
        types: declarations.types,
        core: checked.core,
        strata,
        signatures: checked.signatures,
        context_signatures: checked.context_signatures,
        tests: checked.tests,
    })
}
