//! Long lists, page by page.
//!
//! Owns: page tokens, and the sorted ids of lists that are being read, for as long as the
//! state they were made from is the newest. Must not know: how a list is made.
//!
//! A page is true of the newest state like any other answer: nothing kept here outlives
//! its epoch. If facts change between two pages the list is made again, and the next page
//! begins behind the last id of the one before, so unrelated ids are neither repeated nor
//! left out.

mod ids;
mod kept;
mod token;

use sha2::{Digest as _, Sha256};

pub(crate) use ids::{Ids, Run};
pub(crate) use kept::{Pages, State};
pub(crate) use token::{After, Token};

/// What tells apart two questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Digest([u8; 16]);

impl Digest {
    /// Of the pieces of a question. Each piece counts with its length, so that no two
    /// questions run together.
    pub(crate) fn of<'p>(pieces: impl IntoIterator<Item = &'p str>) -> Digest {
        let mut hash = Sha256::new();
        for piece in pieces {
            hash.update((piece.len() as u64).to_le_bytes());
            hash.update(piece.as_bytes());
        }
        let mut digest = [0; 16];
        digest.copy_from_slice(&hash.finalize()[..16]);
        Digest(digest)
    }
}
