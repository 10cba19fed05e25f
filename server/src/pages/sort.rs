//! Sorting ids by bytes.
//!
//! Ids of one type look alike: `doc-000017`, `doc-000018`. What all have in common is looked
//! at once, and the eight bytes behind it are compared as one number, so that few
//! comparisons have to look at the texts.

/// Below this many a plain sort is as fast.
const FEW: usize = 32;

/// The ids ascending by bytes.
pub(super) fn sorted(mut ids: Vec<String>) -> Vec<String> {
    if ids.len() < FEW {
        ids.sort_unstable();
        return ids;
    }
    let common = common_prefix(&ids);
    let keys = ids.iter().map(|id| key(&id.as_bytes()[common..]));
    let mut order: Vec<(u64, usize)> = keys.zip(0..).collect();
    order.sort_unstable_by(|(a, i), (b, j)| a.cmp(b).then_with(|| ids[*i].cmp(&ids[*j])));
    let taken = order.into_iter().map(|(_, i)| std::mem::take(&mut ids[i]));
    taken.collect()
}

/// Bytes that all ids begin with.
fn common_prefix(ids: &[String]) -> usize {
    let Some((first, others)) = ids.split_first() else {
        return 0;
    };
    others.iter().fold(first.len(), |common, id| {
        let pairs = first.bytes().zip(id.bytes()).take(common);
        pairs.take_while(|(a, b)| a == b).count()
    })
}

/// The first bytes as a number that sorts like them. Where a text ends it is filled up with
/// zeros, which may make two keys equal but never turns their order round.
fn key(bytes: &[u8]) -> u64 {
    let mut first = [0; 8];
    let length = bytes.len().min(8);
    first[..length].copy_from_slice(&bytes[..length]);
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_bytes() {
        let pieces = [
            "",
            "a",
            "b",
            "\0",
            "\u{1}",
            "é",
            "zz",
            "12345678",
            "123456789",
            "😀",
        ];
        for prefix in ["", "doc-", "long prefix of all ids/"] {
            let mut ids = Vec::new();
            for (i, a) in pieces.iter().enumerate() {
                for b in pieces.iter().rev() {
                    ids.push(format!("{prefix}{a}{b}"));
                    ids.push(format!("{prefix}{b}{a}{}", i % 3));
                }
            }
            let mut expected = ids.clone();
            expected.sort();
            assert_eq!(sorted(ids), expected, "{prefix}");
        }
        assert_eq!(sorted(vec![]), Vec::<String>::new());
        let same = vec!["x".to_owned(); 100];
        assert_eq!(sorted(same.clone()), same);
    }
}
