//! Rows of words: what flows and is arranged. The width is chosen per program from a few
//! instances of the same code (design D4); unused words are zero.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::value::Sym;

/// A row of up to `N` words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Row<const N: usize>(pub(super) [u32; N]);

impl<const N: usize> Row<N> {
    /// The row of no words.
    pub(super) const EMPTY: Row<N> = Row([0; N]);

    /// A row of these symbols, at most `N`.
    pub(super) fn of(symbols: &[Sym]) -> Row<N> {
        let mut words = [0; N];
        for (word, symbol) in words.iter_mut().zip(symbols) {
            *word = symbol.0;
        }
        Row(words)
    }

    /// The words at these columns.
    pub(super) fn pick(&self, columns: &[usize]) -> Row<N> {
        let mut words = [0; N];
        for (word, &c) in words.iter_mut().zip(columns) {
            *word = self.0[c];
        }
        Row(words)
    }
}

// Rows cross to other processes as tuples; serde derives none for arrays of any length.
impl<const N: usize> Serialize for Row<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(N)?;
        for word in &self.0 {
            tuple.serialize_element(word)?;
        }
        tuple.end()
    }
}

impl<'de, const N: usize> Deserialize<'de> for Row<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Row<N>, D::Error> {
        struct Words<const N: usize>;
        impl<'de, const N: usize> Visitor<'de> for Words<N> {
            type Value = Row<N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{N} words")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Row<N>, A::Error> {
                let mut words = [0; N];
                for (i, word) in words.iter_mut().enumerate() {
                    *word = seq
                        .next_element()?
                        .ok_or_else(|| serde::de::Error::invalid_length(i, &"more words"))?;
                }
                Ok(Row(words))
            }
        }
        deserializer.deserialize_tuple(N, Words::<N>)
    }
}
