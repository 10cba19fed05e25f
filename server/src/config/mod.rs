//! Settings: what they are, where they come from, and which keys are valid.
//!
//! Owns: every setting with its default, and the order of sources: default, then file, then
//! environment, then flags. Must not know: what a setting is for.

mod file;
mod layers;
mod settings;
mod values;

pub(crate) use file::{KeyEntry, is_plain};
pub(crate) use layers::{Layers, Origin, variable_of};
pub(crate) use settings::Settings;
pub(crate) use values::{Format, Memory};
