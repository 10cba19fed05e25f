//! Numbers and texts as bytes, and back without trust.

/// Appends a number, seven bits a byte, the lowest first (LEB128).
pub(super) fn put_number(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

/// Appends a text with its length before it.
pub(super) fn put_text(to: &mut Vec<u8>, text: &str) {
    put_number(to, text.len() as u64);
    to.extend_from_slice(text.as_bytes());
}

/// Reads what the functions above have written. Every failure says what was expected.
pub(super) struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Reader<'b> {
        Reader { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Everything not read yet.
    pub(super) fn rest(&self) -> &'b [u8] {
        self.rest
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'b [u8], &'static str> {
        let (taken, rest) = (self.rest.split_at_checked(count)).ok_or("it ends too early")?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, &'static str> {
        self.bytes(1).map(|b| b[0])
    }

    pub(super) fn number(&mut self) -> Result<u64, &'static str> {
        let mut number = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if part << shift >> shift != part {
                break;
            }
            number |= part << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err("a number has more than 64 bits")
    }

    /// A number that has to be below `end`: an index.
    pub(super) fn below(&mut self, end: usize) -> Result<usize, &'static str> {
        let number = self.number()?;
        let index = usize::try_from(number).ok().filter(|n| *n < end);
        index.ok_or("a number points nowhere")
    }

    /// How many things follow, each of at least one byte.
    pub(super) fn count(&mut self) -> Result<usize, &'static str> {
        let count = usize::try_from(self.number()?).ok();
        let fits = count.filter(|n| *n <= self.rest.len());
        fits.ok_or("it ends too early")
    }

    pub(super) fn text(&mut self) -> Result<&'b str, &'static str> {
        let length = self.count()?;
        str::from_utf8(self.bytes(length)?).map_err(|_| "a text is not UTF-8")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Reader, put_number, put_text};

    proptest! {
        #[test]
        fn what_is_written_is_read(number in any::<u64>(), shift in 0..64_u32, text in ".*") {
            let mut bytes = Vec::new();
            put_number(&mut bytes, number >> shift);
            put_text(&mut bytes, &text);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.number(), Ok(number >> shift));
            prop_assert_eq!(reader.text(), Ok(&*text));
            prop_assert!(reader.is_empty());
            let mut cut = Reader::new(&bytes[..bytes.len() - 1]);
            prop_assert!(cut.number().and_then(|_| cut.text()).is_err());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut reader = Reader::new(&bytes);
            while reader.number().is_ok() && reader.text().is_ok() {}
        }
    }
}
