//! Page tokens: where a page ended, bound to the question and to the epoch, and sealed.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use super::Digest;

/// The last thing on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// The `*` that comes before all ids.
    Star,
    /// This id.
    Id(String),
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// Ids per page.
    pub(crate) size: u32,
    /// The epoch of the page before.
    pub(crate) epoch: u64,
    /// Where that page ended.
    pub(crate) after: After,
}

const FORM: &str = "v1.";
const SEAL: usize = 16;
const HEAD: usize = 4 + 8 + 1;

impl Token {
    /// As text for the client. The seal covers the question too, which the token itself
    /// does not carry.
    pub(crate) fn seal(&self, question: Digest, secret: &[u8; 32]) -> String {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&self.size.to_le_bytes());
        bytes.extend_from_slice(&self.epoch.to_le_bytes());
        match &self.after {
            After::Star => bytes.push(0),
            After::Id(id) => {
                bytes.push(1);
                bytes.extend_from_slice(id.as_bytes());
            }
        }
        let seal = seal(&bytes, question, secret);
        bytes.extend_from_slice(&seal);
        let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
        FORM.to_owned() + &digits.collect::<String>()
    }

    /// Reads the text again; `None` if it is not one of ours for this question.
    pub(crate) fn open(text: &str, question: Digest, secret: &[u8; 32]) -> Option<Token> {
        let digits = text.strip_prefix(FORM)?.as_bytes();
        if digits.len() % 2 != 0 {
            return None;
        }
        // As they were written: what has been changed in any way is not ours.
        let digit = |d: u8| match d {
            b'0'..=b'9' => Some(d - b'0'),
            b'a'..=b'f' => Some(d - b'a' + 10),
            _ => None,
        };
        let byte = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(pair[1])?);
        let bytes: Vec<u8> = digits.chunks(2).map(byte).collect::<Option<_>>()?;
        let (said, found) = bytes.split_at_checked(bytes.len().checked_sub(SEAL)?)?;
        let same: bool = seal(said, question, secret).as_slice().ct_eq(found).into();
        if !same || said.len() < HEAD {
            return None;
        }
        Some(Token {
            size: u32::from_le_bytes(said[..4].try_into().ok()?),
            epoch: u64::from_le_bytes(said[4..12].try_into().ok()?),
            after: match said[12] {
                0 => After::Star,
                _ => After::Id(String::from_utf8(said[HEAD..].to_vec()).ok()?),
            },
        })
    }
}

fn seal(said: &[u8], question: Digest, secret: &[u8; 32]) -> [u8; SEAL] {
    let mut hash = Sha256::new();
    hash.update(secret);
    hash.update(question.0);
    hash.update(said);
    // Half of the digest is sent, so nobody can continue the hash behind it.
    let mut seal = [0; SEAL];
    seal.copy_from_slice(&hash.finalize()[..SEAL]);
    seal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back_and_nothing_else_does() {
        let (question, other) = (Digest::of(["a", "bc"]), Digest::of(["ab", "c"]));
        assert_ne!(question, other);
        let secret = [7; 32];
        for after in [After::Star, After::Id("*".into()), After::Id("é\n".into())] {
            let token = Token {
                size: 10,
                epoch: 3,
                after,
            };
            let text = token.seal(question, &secret);
            assert_eq!(Token::open(&text, question, &secret), Some(token));
            assert_eq!(Token::open(&text, other, &secret), None);
            assert_eq!(Token::open(&text, question, &[8; 32]), None);
            for at in 0..text.len() {
                let mut wrong = text.clone().into_bytes();
                wrong[at] = if wrong[at] == b'0' { b'1' } else { b'0' };
                let wrong = String::from_utf8(wrong).unwrap();
                assert_eq!(Token::open(&wrong, question, &secret), None, "{at}");
                assert_eq!(Token::open(&text[..at], question, &secret), None, "{at}");
            }
        }
        for wrong in ["", "v1.", "v1.é", "v1.0", "1:1", "v2.00"] {
            assert_eq!(Token::open(wrong, question, &secret), None);
        }
    }

    /// R44: tokens cut, spliced and scribbled on. `MUTATIONS=1000000` tries more.
    #[test]
    fn no_mutation_of_tokens_is_a_token() {
        let count = std::env::var("MUTATIONS").map_or(20_000, |n| n.parse().unwrap());
        let secret = [7; 32];
        let questions: Vec<Digest> = (0..4).map(|i| Digest::of([&*format!("q{i}")])).collect();
        let tokens: Vec<String> = (0..64_u32)
            .map(|i| {
                let after = match i % 8 {
                    0 => After::Star,
                    _ => After::Id(format!("id-{i}").repeat(i as usize % 5 + 1)),
                };
                let (size, epoch) = (i * 37 % 1_000, u64::from(i));
                Token { size, epoch, after }.seal(questions[i as usize % 4], &secret)
            })
            .collect();
        let mut state = 1_u64;
        let mut below = move |n: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % n
        };
        let mut unchanged = 0;
        for _ in 0..count {
            let of = below(tokens.len());
            let mut text = tokens[of].clone().into_bytes();
            for _ in 0..=below(3) {
                let at = below(text.len() + 1);
                match below(6) {
                    0 => text.truncate(at),
                    1 => text.insert(at, b"0123456789abcdefABCDEF.v \xc3\xa9"[below(27)]),
                    2 if at < text.len() => drop(text.remove(at)),
                    3 if at < text.len() => text[at] = text[at].to_ascii_uppercase(),
                    4 => {
                        let other = tokens[below(tokens.len())].as_bytes();
                        text.truncate(at);
                        text.extend_from_slice(&other[at.min(other.len())..]);
                    }
                    _ if at < text.len() => text[at] ^= 1 << below(7),
                    _ => text.push(b'0'),
                }
            }
            let text = String::from_utf8_lossy(&text);
            for (q, question) in questions.iter().enumerate() {
                let found = Token::open(&text, *question, &secret);
                let ours = tokens.iter().position(|token| **token == *text);
                assert_eq!(found.is_some(), ours.is_some_and(|i| i % 4 == q), "{text}");
                unchanged += usize::from(found.is_some());
            }
        }
        // Some mutations undo each other: what is not changed goes on being a token.
        assert!(unchanged > 0 && unchanged < count / 2, "{unchanged}");
    }
}
