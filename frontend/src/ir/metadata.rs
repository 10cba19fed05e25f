//! Policy metadata (spec 4.3, last paragraphs): what blocks declare, for tools.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::source::Text;

/// Names declared for one type, inherited ones included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TypeMetadata {
    /// Role names, ascending.
    pub roles: BTreeSet<Text>,
    /// Permission names, ascending.
    pub permissions: BTreeSet<Text>,
    /// Relation name to target type.
    pub relations: BTreeMap<Text, Text>,
}

/// One entry per declared type and always one named `global`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// Entries by type name.
    pub resources: BTreeMap<Text, TypeMetadata>,
}
