//! The command line.
//!
//! Standard output carries results (a report, a stage, formatted text, an answer), standard
//! error everything said about them. The exit status is an [`Outcome`].

mod bench;
mod check;
mod client;
mod config;
mod data;
mod demo;
mod dev;
mod files;
mod fmt;
mod key;
mod places;
mod serve;
mod test;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use floe_frontend::diag::render::Style;

/// What a command came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Exit 0: done, nothing to object to.
    Fine,
    /// Exit 1: the policy is refused, or is not formatted; the actor may not; the server
    /// refuses.
    Refused,
    /// Exit 2: the command could not be carried out as given.
    Misuse,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> ExitCode {
        ExitCode::from(match outcome {
            Outcome::Fine => 0,
            Outcome::Refused => 1,
            Outcome::Misuse => 2,
        })
    }
}

/// Why a command could not be carried out, as a sentence without its full stop.
#[derive(Debug)]
pub(crate) struct Misuse(String);

/// The authorization engine Floe: its policies, its development server, and a client
///
/// A policy is written in Polar, in one file or several. `floe check`, `floe test` and `floe
/// fmt` need nothing but the files. `floe demo` shows a server at work, `floe serve` serves a data
/// directory, `floe dev` a policy in memory, and the other commands ask a
/// server: the one at OSO_URL, with the key OSO_AUTH.
#[derive(Parser)]
#[command(name = "floe", version, after_help = EXIT_STATUS)]
struct Cli {
    /// When to colour diagnostics
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        global = true,
        long_help = "When to colour diagnostics. `auto` colours them if standard error is a \
                     terminal, unless the environment variable NO_COLOR is set or TERM is `dumb`"
    )]
    color: Color,

    #[command(subcommand)]
    command: Command,
}

const EXIT_STATUS: &str = "\
Exit status:
  0  done: the policy is accepted (warnings allowed), the files are formatted, the actor may
  1  the policy has errors, a test fails, a file is not formatted, the actor may not, or the
     server refuses
  2  a file cannot be read or written, the server cannot be reached, or the arguments make no
     sense";

#[derive(Subcommand)]
enum Command {
    Check(check::Check),
    Fmt(fmt::Fmt),
    Test(test::Test),
    Demo(demo::Demo),
    Bench(bench::Bench),
    Dev(dev::Dev),
    Serve(serve::Serve),
    Backup(data::Backup),
    Restore(data::Restore),
    Verify(data::Verify),
    Config(config::Config),
    Key(key::Key),
    #[command(flatten)]
    Client(client::Command),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// How diagnostics on standard error look.
    fn style(self) -> Style {
        let variable = |name| std::env::var_os(name).unwrap_or_default();
        let coloured = match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                io::stderr().is_terminal()
                    && variable("NO_COLOR").is_empty()
                    && variable("TERM") != "dumb"
            }
        };
        if coloured {
            Style::Coloured
        } else {
            Style::Plain
        }
    }
}

/// Reads the arguments and carries out the command they name.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let style = cli.color.style();
    let result = match cli.command {
        Command::Check(check) => check.run(style),
        Command::Fmt(fmt) => fmt.run(style),
        Command::Test(test) => test.run(style),
        Command::Config(config) => config.run(),
        Command::Bench(bench) => bench.run(),
        Command::Key(key) => key.run(),
        Command::Backup(backup) => backup.run(),
        Command::Restore(restore) => restore.run(),
        Command::Verify(verify) => verify.run(),
        Command::Client(command) => command.run(),
        Command::Demo(demo) => match demo.run(style) {
            Ok(code) => return code,
            Err(why) => Err(why),
        },
        Command::Dev(dev) => match dev.run(style) {
            Ok(code) => return code,
            Err(why) => Err(why),
        },
        Command::Serve(serve) => match serve.run(style) {
            Ok(code) => return code,
            Err(why) => Err(why),
        },
    };
    let outcome = result.unwrap_or_else(|Misuse(why)| {
        say(&format!("error: {why}\n"));
        Outcome::Misuse
    });
    outcome.into()
}

/// Writes a result to standard output. A reader that has seen enough is no failure.
fn print(text: &str) -> Result<(), Misuse> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Misuse(format!("cannot write to standard output: {e}")))
        }
        _ => Ok(()),
    }
}

/// Writes to standard error, where a failure could not be told to anyone.
fn say(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
