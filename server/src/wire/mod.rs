//! JSON as it travels: requests in, answers out.
//!
//! Owns: the shapes of bodies and query strings, and what is wrong with one in words that
//! name the field. Must not know: routes, policies, facts that are stored. The shapes are
//! those of the published clients; several raise on a key they do not know, so an answer
//! has exactly the keys that its type has.

mod answers;
mod fact;
mod failure;
mod object;
mod parse;
mod query_string;
mod quote;
mod requests;
mod text;

pub(crate) use answers::{
    FactOut, Listed, Message, MetadataOut, Named, PolicyOut, PolicyText, Stats, Token, ValueOut,
    Values,
};
pub(crate) use fact::{Fact, Pattern, ValueIn, canonical, check_context, value};
pub(crate) use failure::{Failure, cut};
pub(crate) use object::Object;
pub(crate) use parse::parse;
pub(crate) use query_string::{FactFilter, Parameters};
pub(crate) use quote::{listed, quote};
pub(crate) use requests::{
    Actions, Authorize, AuthorizeResources, Bulk, Changes, Conjunction, Constraint, Expect, List,
    PolicyUpload, Solve,
};
pub(crate) use text::Text;
