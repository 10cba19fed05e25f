//! Symbols come back as they went in, also to readers beside the writer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Datum, Interner, Limits, Ordinal, Symbols, TypeIx};

#[test]
fn texts_of_every_length_come_back() {
    let mut interner = Interner::new(Limits::default());
    let mut all = Vec::new();
    for length in (0..70).chain([511, 512, 513, 4000, 70_000, 300_000]) {
        for fill in ["a", "\u{e4}", "\u{1f600}"] {
            let text: String = fill.chars().cycle().take(length).collect();
            let sym = interner.intern(TypeIx::STRING, Datum::Text(&text)).unwrap();
            all.push((sym, text));
        }
    }
    let symbols = interner.symbols();
    for (sym, text) in &all {
        assert_eq!(symbols.id(*sym), *text);
        assert_eq!(symbols.lookup(TypeIx::STRING, text), Some(*sym));
        assert_eq!(
            symbols.at(TypeIx::STRING, symbols.ordinal(*sym)),
            Some(*sym)
        );
    }
    assert_eq!(symbols.lookup_any_type("aa").len(), 1);
    assert_eq!(symbols.lookup(TypeIx::BOOLEAN, "aa"), None);
}

/// Half a hash may agree by chance: then the values themselves decide.
#[test]
fn equality_is_of_type_and_whole_text() {
    let mut interner = Interner::new(Limits::default());
    let sym = interner
        .intern(TypeIx::STRING, Datum::Text("12345678a"))
        .unwrap();
    let number = interner.intern(TypeIx::INTEGER, Datum::Integer(7)).unwrap();
    let symbols = interner.symbols();
    assert!(symbols.is(sym, TypeIx::STRING, Datum::Text("12345678a")));
    assert!(!symbols.is(sym, TypeIx::BOOLEAN, Datum::Text("12345678a")));
    for other in ["12345678b", "12345678", "12345678a\0", "", "12345678aa"] {
        assert!(!symbols.is(sym, TypeIx::STRING, Datum::Text(other)));
    }
    assert!(symbols.is(number, TypeIx::INTEGER, Datum::Integer(7)));
    assert!(!symbols.is(number, TypeIx::INTEGER, Datum::Integer(8)));
}

/// What a reader has once seen it sees for ever, and whatever it sees is complete.
#[test]
fn readers_see_whole_symbols_while_the_writer_writes() {
    const COUNT: u32 = 60_000;
    let mut interner = Interner::new(Limits::default());
    let types = ["A", "B"].map(|t| interner.intern_type(t).unwrap());
    let symbols: Arc<Symbols> = interner.symbols().clone();
    let written = AtomicU32::new(0);
    let id = |n: u32| format!("an id of some length, number {n}");
    std::thread::scope(|scope| {
        for reader in 0..3_u32 {
            let (symbols, written) = (&symbols, &written);
            scope.spawn(move || {
                let mut random = u64::from(reader) + 1;
                loop {
                    let seen = written.load(Ordering::Acquire);
                    for _ in 0..50 {
                        random = random
                            .wrapping_mul(6_364_136_223_846_793_005)
                            .wrapping_add(1_442_695_040_888_963_407);
                        let n = (random >> 33) as u32 % COUNT;
                        let ty = types[n as usize % 2];
                        match symbols.lookup(ty, &id(n)) {
                            Some(sym) => {
                                assert_eq!(symbols.type_of(sym), ty);
                                assert_eq!(symbols.ordinal(sym), Ordinal(n / 2));
                                assert_eq!(symbols.id(sym), id(n));
                            }
                            None => assert!(n >= seen),
                        }
                        let ordinal = Ordinal(n / 2);
                        if let Some(sym) = symbols.at(ty, ordinal) {
                            assert_eq!(symbols.id(sym), id(n));
                            assert_eq!(symbols.lookup(ty, &id(n)).unwrap_or(sym), sym);
                        }
                    }
                    if seen == COUNT {
                        return;
                    }
                }
            });
        }
        for n in 0..COUNT {
            interner
                .intern(types[n as usize % 2], Datum::Text(&id(n)))
                .unwrap();
            written.store(n + 1, Ordering::Release);
        }
    });
    assert_eq!(symbols.count(types[0]) + symbols.count(types[1]), COUNT);
}
