//! Policies on their way into force: text, program, inline tests.
//!
//! Owns: compiling for the server and running the tests that a policy brings. Must not
//! know: environments, HTTP, where the text comes from.

mod compile;
mod run_tests;

pub(crate) use compile::{Ready, compile};
pub(crate) use run_tests::{TestReport, run_tests};
