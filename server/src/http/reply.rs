//! Answers on their way out.

use crate::environment::engine::ChangeSet;
use hyper::StatusCode;
use hyper::body::Bytes;
use serde::Serialize;

use super::parts::Parts;
use crate::environment::Moment;
use crate::wire::Failure;

/// A success.
pub(crate) struct Reply {
    /// 200, or 202 from `POST /policy`.
    pub(crate) status: StatusCode,
    /// JSON.
    pub(crate) body: Content,
    /// What a mutation says in `OsoOffset`.
    pub(crate) offset: Option<u64>,
    /// Epoch and policy version that the answer is true of, for the log.
    pub(crate) at: Option<(u64, u64)>,
    /// What was decided, for the log.
    pub(crate) allowed: Option<bool>,
}

/// JSON, or how to make it.
pub(crate) enum Content {
    /// All of it.
    Whole(Bytes),
    /// Part by part.
    Parts(Parts),
}

impl Content {
    /// All of it at once.
    pub(super) fn whole(self) -> Bytes {
        match self {
            Content::Whole(body) => body,
            Content::Parts(parts) => parts.flatten().collect(),
        }
    }
}

/// A change of facts, and what is answered once it is visible.
pub(crate) struct Change {
    /// What shall change.
    pub(crate) set: ChangeSet,
    /// The body of the answer.
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// 200 with a body.
    pub(crate) fn json(body: &impl Serialize) -> Result<Reply, Failure> {
        Ok(Reply {
            status: StatusCode::OK,
            body: Content::Whole(json(body)?.into()),
            offset: None,
            at: None,
            allowed: None,
        })
    }

    /// The same, true of a moment.
    pub(crate) fn at(moment: &Moment<'_>, body: &impl Serialize) -> Result<Reply, Failure> {
        Ok(Reply::of(moment, Content::Whole(json(body)?.into())))
    }

    /// 200 with JSON that is written otherwise, true of a moment.
    pub(crate) fn of(moment: &Moment<'_>, body: Content) -> Reply {
        Reply {
            status: StatusCode::OK,
            body,
            offset: None,
            at: Some((moment.epoch(), moment.policy_version())),
            allowed: None,
        }
    }
}

/// A body.
pub(crate) fn json(body: &impl Serialize) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(body).map_err(|_| Failure::internal())
}
