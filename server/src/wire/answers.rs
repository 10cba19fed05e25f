//! Bodies of answers: exactly these keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `{"message"}`
#[derive(Serialize)]
pub(crate) struct Message {
    pub(crate) message: String,
}

/// `{"results"}` without pages.
#[derive(Serialize, Deserialize)]
pub(crate) struct Listed<T> {
    pub(crate) results: Vec<T>,
}

/// A value; `null` stands for anything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct ValueOut<T> {
    #[serde(rename = "type")]
    pub(crate) ty: T,
    pub(crate) id: T,
}

/// The arguments of an answer.
pub(crate) type Values = Vec<ValueOut<Option<String>>>;

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct FactOut<V> {
    pub(crate) predicate: String,
    pub(crate) args: Vec<V>,
}

/// One solution of a conjunction: variable to id, `null` for every value of its type.
pub(crate) type Named = BTreeMap<String, Option<String>>;

/// `{"policy"}`
#[derive(Serialize, Deserialize)]
pub(crate) struct PolicyOut {
    pub(crate) policy: Option<PolicyText>,
}

/// A policy as it was sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PolicyText {
    pub(crate) filename: Option<String>,
    pub(crate) src: String,
}

/// `{"metadata"}`
#[derive(Serialize)]
pub(crate) struct MetadataOut<'p> {
    pub(crate) metadata: &'p floe_frontend::ir::Metadata,
}

/// `{"num_roles", "num_relations", "num_facts"}`
#[derive(Serialize)]
pub(crate) struct Stats {
    pub(crate) num_roles: u64,
    pub(crate) num_relations: u64,
    pub(crate) num_facts: u64,
}

/// `{"token"}`
#[derive(Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) token: String,
}
