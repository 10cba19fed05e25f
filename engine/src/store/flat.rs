//! Columns of integers in place: the only file that names `abomonation`, and the only one
//! that may be unsafe.
//!
//! `abomonation` writes the memory of a vector and makes a vector of it where it lies. That
//! is sound for what stands here and for nothing else: vectors of plain integers, any bits
//! of which are a value; a buffer aligned for the vector's own words; bytes that the same
//! build has written, which whoever calls [`Columns::new`] has proved by build and
//! checksum before ([`super::warm`]). Nothing decoded is ever dropped, moved or changed.
#![allow(unsafe_code)]

use abomonation::Abomonation;

/// Columns begin at multiples of this.
pub(super) const ALIGN: usize = align_of::<Vec<u64>>();

/// Appends a column.
pub(super) fn encode<T: Integer>(column: &Vec<T>, to: &mut Vec<u8>) {
    // SAFETY: a vector of integers has no padding and no bytes that must not be read.
    let written = unsafe { abomonation::encode(column, to) };
    debug_assert!(written.is_ok(), "a vector of bytes takes every write");
    to.resize(to.len().next_multiple_of(ALIGN), 0);
}

/// What may stand in a column.
pub(super) trait Integer: Abomonation + Copy {}
impl Integer for u8 {}
impl Integer for u32 {}
impl Integer for u64 {}

/// Columns of a trusted buffer, one after the other.
pub(super) struct Columns<'b> {
    rest: &'b mut [u8],
}

impl<'b> Columns<'b> {
    /// Of bytes whose header has been verified; `None` if they are not aligned.
    pub(super) fn new(bytes: &'b mut [u8]) -> Option<Columns<'b>> {
        let aligned = bytes.as_ptr().align_offset(ALIGN) == 0;
        aligned.then_some(Columns { rest: bytes })
    }

    /// The next column; `None` if the bytes are too few.
    pub(super) fn next<T: Integer>(&mut self) -> Option<&'b [T]> {
        let bytes = std::mem::take(&mut self.rest);
        let before = bytes.len();
        // SAFETY: aligned (each column is filled up to a multiple of `ALIGN`), written by
        // `encode` of the same build with the same type, as the caller of `new` vouches;
        // the length is checked against the buffer by `decode`.
        let (column, rest) = unsafe { abomonation::decode::<Vec<T>>(bytes) }?;
        let taken = before - rest.len();
        let padding = taken.next_multiple_of(ALIGN) - taken;
        self.rest = rest.split_at_mut_checked(padding)?.1;
        Some(column)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ALIGN, Columns, encode};

    proptest! {
        #[test]
        fn columns_are_read_where_they_lie(
            numbers in prop::collection::vec(any::<u32>(), 0..40),
            bytes in prop::collection::vec(any::<u8>(), 0..40),
            cut in 1..30_usize,
        ) {
            let mut encoded = Vec::new();
            encode(&numbers, &mut encoded);
            encode(&bytes, &mut encoded);
            encode(&numbers, &mut encoded);
            for cut in [0, cut] {
                let mut buffer = vec![0; encoded.len() + ALIGN];
                let start = buffer.as_ptr().align_offset(ALIGN);
                buffer[start..][..encoded.len()].copy_from_slice(&encoded);
                let whole = encoded.len() - cut.min(encoded.len());
                let mut columns = Columns::new(&mut buffer[start..start + whole]).unwrap();
                let first: Option<&[u32]> = columns.next();
                let second: Option<&[u8]> = columns.next();
                let third: Option<&[u32]> = columns.next();
                if cut == 0 {
                    prop_assert_eq!(first, Some(&numbers[..]));
                    prop_assert_eq!(second, Some(&bytes[..]));
                    prop_assert_eq!(third, Some(&numbers[..]));
                } else if cut > ALIGN {
                    prop_assert_eq!(third, None);
                }
            }
        }
    }
}
