//! `floe fmt`: the standard layout.

use std::path::PathBuf;

use clap::Args;
use floe_frontend::diag::render::{Style, render_all};
use floe_frontend::source::Sources;
use floe_frontend::{Limits, syntax};

use super::{Misuse, Outcome, files, print, say};

/// Give policy files the standard layout
///
/// Rewrites the files in place. Comments stay, the meaning stays, and formatting twice
/// changes nothing more. If any file has syntax errors they are shown and no file is touched.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Fmt {
    /// Files to format; `-` alone formats standard input to standard output
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Change nothing: list the files that are not formatted, and exit with 1 if there are any
    #[arg(long)]
    check: bool,
}

const EXAMPLES: &str = "\
Examples:
  floe fmt policy.polar           rewrite a file in place
  floe fmt --check *.polar        for continuous integration: list what is not formatted
  floe fmt - < policy.polar       for editors: the formatted text on standard output";

impl Fmt {
    pub(super) fn run(&self, style: Style) -> Result<Outcome, Misuse> {
        let from_stdin = self.files.iter().any(|path| files::is_stdin(path));
        if from_stdin && self.files.len() > 1 {
            return Err(Misuse("`-` cannot be combined with files".to_owned()));
        }
        let mut sources = Sources::new();
        for path in &self.files {
            sources.add(files::name(path), files::read(path)?);
        }

        let limits = Limits::default();
        let mut formatted = Vec::new();
        for (id, file) in sources.iter() {
            match syntax::format(id, file.text(), &limits) {
                Ok(text) => formatted.push(text),
                Err(diagnostics) => say(&render_all(&diagnostics, &sources, style)),
            }
        }
        if formatted.len() < self.files.len() {
            return Ok(Outcome::Refused);
        }
        if from_stdin && !self.check {
            print(&formatted.concat())?;
            return Ok(Outcome::Fine);
        }

        let texts = sources.iter().map(|(_, file)| file.text());
        let changed: Vec<_> = (self.files.iter().zip(texts).zip(&formatted))
            .filter(|((_, old), new)| old != new)
            .map(|((path, _), new)| (path, new))
            .collect();
        if self.check {
            let names = changed.iter().map(|(path, _)| files::name(path) + "\n");
            print(&names.collect::<String>())?;
        } else {
            for (path, text) in &changed {
                files::replace(path, text)?;
            }
        }
        Ok(if self.check && !changed.is_empty() {
            Outcome::Refused
        } else {
            Outcome::Fine
        })
    }
}
