//! Lists in the order of their bytes, through ranks that are kept and appended to.

use floe_engine::value::{Datum, Interner, Limits, Ordinal, TypeIx};

/// A number that looks like chance.
fn mixed(i: u32) -> u32 {
    i.wrapping_mul(0x9e37_79b9).rotate_left(9) ^ i
}

fn bracket(id: &str, to: &mut Vec<u8>) {
    to.extend([b"[", id.as_bytes(), b"]"].concat());
}

#[test]
fn lists_are_in_the_order_of_their_bytes_however_many_came_late() {
    let mut interner = Interner::new(Limits::default());
    let ty = interner.intern_type("Doc").unwrap();
    let pieces = ["", "\0", "\u{1}", "é", "\"", "12345678", "123456789", "😀"];
    let symbols = interner.symbols().clone();
    symbols.spell(bracket);
    let (mut due, mut settled) = (0, 0);
    for i in 0..6_000_u32 {
        let piece = pieces[mixed(i) as usize % pieces.len()];
        let id = format!("doc-{piece}{}{piece}", mixed(i) % 50_000);
        interner.intern(ty, Datum::Text(&id)).unwrap();
        if i % 97 != 0 {
            continue;
        }
        match symbols.unsorted(ty) {
            0 => settled += 1,
            _ => due += 1,
        }
        for every in [1, 3, 50, 400] {
            let ordinals = || (0..symbols.count(ty)).filter(|o| mixed(*o).is_multiple_of(every));
            let sorted = symbols.sorted(ty, ordinals().count(), ordinals().map(Ordinal));
            let mut expected: Vec<String> = ordinals()
                .map(|o| symbols.id(symbols.at(ty, Ordinal(o)).unwrap()))
                .collect();
            expected.sort_unstable();
            let found: Vec<String> = sorted.symbols().map(|sym| symbols.id(sym)).collect();
            assert!(found == expected, "{i} {every}");
            let third = expected.len() / 3;
            for range in [0..expected.len(), third..2 * third, third..third] {
                let mut found = b"x".to_vec();
                sorted.write(range.clone(), &mut found);
                let mut written = b"x".to_vec();
                for id in &expected[range] {
                    bracket(id, &mut written);
                }
                assert!(found == written, "{i} {every}");
            }
            for at in (0..expected.len()).step_by(500) {
                assert_eq!(sorted.id(at), expected[at]);
                assert_eq!(sorted.up_to(&expected[at]), at + 1);
                assert_eq!(sorted.up_to(&(expected[at].clone() + "\0")), at + 1);
            }
            assert_eq!(sorted.up_to(""), 0);
        }
    }
    assert!(due > 5 && settled > 5, "{due} {settled}");
}

#[test]
fn integers_are_in_the_order_of_their_digits() {
    let mut interner = Interner::new(Limits::default());
    for number in -600..600 {
        interner
            .intern(TypeIx::INTEGER, Datum::Integer(number))
            .unwrap();
    }
    let symbols = interner.symbols();
    let ordinals = (0..symbols.count(TypeIx::INTEGER)).map(Ordinal);
    let sorted = symbols.sorted(TypeIx::INTEGER, 1200, ordinals);
    let ids: Vec<String> = sorted.symbols().map(|sym| symbols.id(sym)).collect();
    assert!(ids.is_sorted() && ids.len() == 1200);
}
