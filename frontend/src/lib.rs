//! Polar text in, diagnostics or a typed Datalog program out.
//!
//! The whole compiler of Floe, as a library: it reads policies in Polar (the dialect of
//! Oso Cloud), says what is wrong with them, formats them, and turns them into a program
//! that an engine can evaluate. It does no I/O, knows no clock, and never panics on any
//! input.
//!
//! # Compile
//!
//! ```
//! use floe_frontend::{Limits, compile, diag::render, source::Sources};
//!
//! let mut sources = Sources::new();
//! sources.add("shop.polar", r#"
//!     actor User {}
//!     resource Shop {
//!       roles = ["owner"];
//!       permissions = ["open"];
//!       "open" if "owner";
//!     }
//! "#);
//! let compiled = compile(&sources, &Limits::default());
//! assert_eq!(render::render_all(&compiled.diagnostics, &sources, render::Style::Plain), "");
//! let program = compiled.program.expect("no errors, so there is a program");
//! ```
//!
//! Several files are one policy. A policy with an error has no program; warnings never
//! stop one:
//!
//! ```
//! # use floe_frontend::{Limits, compile, diag::Code, source::Sources};
//! let mut sources = Sources::new();
//! sources.add("shop.polar", "actor User {} resource Shop { roles = [\"owner\"]; \"opne\" if \"owner\"; }");
//! let compiled = compile(&sources, &Limits::default());
//! assert!(compiled.program.is_none());
//! let first = compiled.diagnostics.iter().next().expect("one error");
//! assert_eq!(first.code, Code::E031);
//! assert_eq!(first.message, "\"opne\" is not declared in `Shop`");
//! assert_eq!(sources.locate(first.primary.span), "shop.polar:1:50");
//! ```
//!
//! # Walk the program
//!
//! A [`Program`](ir::Program) has two levels. [`ir::core`] is the policy without its
//! sugar; [`ir::part`] is the same, cut into small relations in strata. Both print, and
//! [`ir::read`] reads them back.
//!
//! ```
//! # use floe_frontend::{Limits, compile, ir, source::Sources};
//! # let mut sources = Sources::new();
//! # sources.add("shop.polar", "actor User {} resource Shop { roles = [\"owner\"]; permissions = [\"open\"]; \"open\" if \"owner\"; }");
//! # let program = compile(&sources, &Limits::default()).program.expect("no errors");
//! let rule = &program.core.rules[0];
//! assert_eq!(&*program.core.predicate(rule.head.predicate).name, "has_permission");
//! for stratum in &program.strata.strata {
//!     for part in stratum.parts.clone() {
//!         let part = program.strata.part(ir::part::PartId(part));
//!         assert!(part.columns.len() <= 3);
//!     }
//! }
//! let text = program.print(None);
//! let again = ir::read::read(&text).expect("printed programs read back");
//! assert_eq!(again.print(None), text);
//! ```
//!
//! # The way through
//!
//! [`source`] → [`syntax`] → resolve → desugar → check → specialise → [`ir`]; [`diag`]
//! collects what each has to say. To parse or format alone, see [`syntax::parse`] and
//! [`syntax::format()`]. Every ceiling is in [`Limits`].

#![warn(clippy::pedantic)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::module_name_repetitions,
    clippy::missing_panics_doc,
    clippy::needless_for_each,
    clippy::single_match_else,
    clippy::too_many_lines,
    reason = "sizes are bounded by Limits; the rest is style we do not share"
)]

mod check;
mod compile;
mod desugar;
pub mod diag;
pub mod ir;
mod limits;
mod resolve;
pub mod source;
mod specialise;
pub mod syntax;

pub use compile::{Compiled, compile};
pub use limits::Limits;
