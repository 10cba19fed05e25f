//! `floe check`: would the engine accept this policy?

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use floe_engine::plan::{Maintain, Passes, Plan};
use floe_frontend::diag::Diagnostics;
use floe_frontend::diag::json::Report;
use floe_frontend::diag::render::{Style, render_all};
use floe_frontend::source::Sources;
use floe_frontend::{Compiled, Limits, compile, syntax};

use super::{Misuse, Outcome, files, print, say};

/// Check a policy and explain what is wrong with it
///
/// Several FILEs are one policy, in any order: what one declares the others may use. Errors
/// mean that the engine would refuse the policy, warnings are advice.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Check {
    /// Files of the policy; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Print the diagnostics as JSON on standard output
    ///
    /// The report has the counts `errors`, `warnings` and `left_out`, and a list
    /// `diagnostics`: each has code, severity, title, message, the primary place, secondary
    /// places, notes and help. A place has file, byte offsets, lines and columns, a label and
    /// the source line. The exit status is the same as without.
    #[arg(long, conflicts_with = "print")]
    json: bool,

    /// Print what the compiler made of the policy
    ///
    /// A policy with errors has a syntax tree and no later stage.
    #[arg(long, value_name = "STAGE")]
    print: Option<Stage>,

    /// Exit with 1 if there are warnings
    #[arg(long)]
    deny_warnings: bool,
}

const EXAMPLES: &str = "\
Examples:
  floe check policy.polar                    say what is wrong, if anything
  floe check roles.polar rules/*.polar       several files, one policy
  floe check --deny-warnings policy.polar    for continuous integration
  floe check --json policy.polar             for editors and scripts
  floe check --print rules policy.polar      see what shorthand rules stand for
  generate-policy | floe check -             from standard input";

/// The stages of the compiler, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Stage {
    /// What was written: the syntax tree of each file, as far as it was understood
    Ast,
    /// What it means: rules with shorthand expanded, names resolved and types known
    Rules,
    /// What is run: strata of specialised rules
    Ir,
    /// How it is run: what the dataflow keeps, what is derived when asked, and why
    Plan,
}

impl Check {
    pub(super) fn run(&self, style: Style) -> Result<Outcome, Misuse> {
        let sources = self.read()?;
        let compiled = compile(&sources, &Limits::default());
        let diagnostics = &compiled.diagnostics;

        if self.json {
            let report = Report::new(diagnostics, &sources);
            let json = serde_json::to_string_pretty(&report)
                .map_err(|e| Misuse(format!("cannot write the report: {e}")))?;
            print(&(json + "\n"))?;
        } else {
            say(&render_all(diagnostics, &sources, style));
        }
        if let Some(stage) = self.print {
            print(&printed(stage, &compiled, &sources))?;
        }
        Ok(self.outcome(diagnostics))
    }

    fn read(&self) -> Result<Sources, Misuse> {
        let mut sources = Sources::new();
        for (i, path) in self.files.iter().enumerate() {
            if self.files[..i].contains(path) {
                return Err(Misuse(format!("{} is given twice", files::name(path))));
            }
            sources.add(files::name(path), files::read(path)?);
        }
        Ok(sources)
    }

    fn outcome(&self, diagnostics: &Diagnostics) -> Outcome {
        let refused = diagnostics.has_errors() || self.deny_warnings && diagnostics.warnings() > 0;
        if refused {
            Outcome::Refused
        } else {
            Outcome::Fine
        }
    }
}

/// A stage as text. A refused policy has no later stage than its syntax trees.
fn printed(stage: Stage, compiled: &Compiled, sources: &Sources) -> String {
    let program = compiled.program.as_ref();
    let text = match stage {
        Stage::Ast => Some(trees(compiled, sources)),
        Stage::Rules => program.map(|p| p.print_rules(Some(sources))),
        Stage::Ir => program.map(|p| p.print(Some(sources))),
        Stage::Plan => program.map(|p| {
            let plan = Plan::new(p, Maintain::default(), Passes::default());
            plan.print(p)
        }),
    };
    text.unwrap_or_default()
}

/// The syntax tree of every file, under the file's name if there are several.
fn trees(compiled: &Compiled, sources: &Sources) -> String {
    let several = compiled.files.len() > 1;
    let mut text = String::new();
    for (tree, (_, file)) in compiled.files.iter().zip(sources.iter()) {
        if several {
            text += &format!("# {}\n", file.name());
        }
        text += &syntax::dump(tree, Some(sources));
    }
    text
}
