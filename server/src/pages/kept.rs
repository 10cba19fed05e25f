//! Sorted lists between two pages.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::token::Token;
use super::{Digest, Ids};

/// All lists together take no more than this.
const BYTES: usize = 256 << 20;

/// At most so many lists are kept.
const LISTS: usize = 64;

/// What an answer was made from: an answer made from the same is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// The environment's id.
    pub(crate) environment: String,
    /// The epoch of its facts.
    pub(crate) epoch: u64,
    /// The number of its policy.
    pub(crate) policy_version: u64,
    /// The time, if the policy reads it.
    pub(crate) now: Option<i64>,
}

/// Lists that are being read.
pub(crate) struct Pages {
    secret: [u8; 32],
    kept: Mutex<VecDeque<(Digest, State, Arc<Ids>)>>,
}

impl Pages {
    /// None yet; tokens are sealed with this secret.
    pub(crate) fn new(secret: [u8; 32]) -> Pages {
        Pages {
            secret,
            kept: Mutex::default(),
        }
    }

    /// A token for the next page.
    pub(crate) fn seal(&self, token: &Token, question: Digest) -> String {
        token.seal(question, &self.secret)
    }

    /// What a token says; `None` if it does not belong to the question.
    pub(crate) fn open(&self, text: &str, question: Digest) -> Option<Token> {
        Token::open(text, question, &self.secret)
    }

    /// The list, if it was made from this very state.
    pub(crate) fn get(&self, question: Digest, state: &State) -> Option<Arc<Ids>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|(q, s, _)| *q == question && s == state);
        found.map(|(_, _, ids)| ids.clone())
    }

    /// Keeps a list for the next page. Those of the environment's past go, and with them the
    /// orders of ids that they alone refer to.
    pub(crate) fn keep(&self, question: Digest, state: State, ids: Arc<Ids>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(q, s, _)| {
            let same_moment = s.epoch == state.epoch && s.policy_version == state.policy_version;
            s.environment != state.environment || (*q != question && same_moment)
        });
        kept.push_back((question, state, ids));
        let mut total: usize = kept.iter().map(|(_, _, ids)| ids.bytes()).sum();
        while total > BYTES || kept.len() > LISTS {
            let Some((_, _, oldest)) = kept.pop_front() else {
                return;
            };
            total -= oldest.bytes();
        }
    }

    /// Forgets a list that has been read to its end.
    pub(crate) fn forget(&self, question: Digest, state: &State) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(q, s, _)| *q != question || s.environment != state.environment);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_list_is_that_of_its_state_only() {
        let pages = Pages::new([0; 32]);
        let question = Digest::of(["q"]);
        let state = State {
            environment: "e".to_owned(),
            epoch: 1,
            policy_version: 1,
            now: None,
        };
        pages.keep(
            question,
            state.clone(),
            Arc::new(Ids::of_texts(false, Vec::new())),
        );
        assert!(pages.get(question, &state).is_some());
        let later = State {
            epoch: 2,
            ..state.clone()
        };
        assert!(pages.get(question, &later).is_none());
        assert!(pages.get(Digest::of(["p"]), &state).is_none());
        pages.forget(question, &state);
        assert!(pages.get(question, &state).is_none());

        // What is of the past or of the same question goes, what is of elsewhere stays.
        let list = || Arc::new(Ids::of_texts(false, Vec::new()));
        let other = Digest::of(["p"]);
        let elsewhere = State {
            environment: "f".to_owned(),
            ..state.clone()
        };
        pages.keep(other, elsewhere.clone(), list());
        pages.keep(question, state.clone(), list());
        pages.keep(other, state.clone(), list());
        assert!(pages.get(question, &state).is_some());
        pages.keep(other, later.clone(), list());
        assert!(pages.get(question, &state).is_none());
        assert!(pages.get(other, &state).is_none());
        assert!(pages.get(other, &later).is_some());
        assert!(pages.get(other, &elsewhere).is_some());
    }
}
