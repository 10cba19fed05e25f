//! The facts of one moment, numbered for writing down.
//!
//! Only symbols that occur in a fact are written, in the order in which they arrived:
//! what nothing uses any more is dropped at the next start (design D1).

use twox_hash::XxHash3_64;

use super::bytes::{Reader, put_number, put_text};
use crate::catalog::{Cursor, FactSnapshot};
use crate::value::{Sym, Symbols, TypeIx};

const SYMBOLS: u8 = 1;
const ROWS: u8 = 2;

/// A chunk has so many bytes at most, unless one symbol has more: writers wait behind each for
/// its share of a commit, so it is small. With its seal, its key and what redb puts before
/// them it fills a page: redb's pages are powers of two, and one byte more would take twice
/// the room.
const CHUNK: usize = (32 << 10) - 8 - 16 - 8;
/// Rows put down between two looks at the chunk's size.
const SLICE: u32 = 64;

/// What a snapshot says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) epoch: u64,
    /// The policy in force.
    pub(super) policy: u64,
    pub(super) chunks: u32,
    /// Over all chunks in order: which snapshot of all it is.
    pub(super) sum: u64,
    pub(super) symbols: u32,
    pub(super) types: Vec<String>,
    /// Name, number of arguments, number of facts.
    pub(super) relations: Vec<(String, u8, u64)>,
}

/// The facts of one moment with the numbers of their symbols.
pub(super) struct Picture<'p> {
    facts: &'p FactSnapshot,
    symbols: &'p Symbols,
    /// By symbol: its number plus one; zero where it is not used.
    numbers: Vec<u32>,
    /// By number.
    pub(super) used: Vec<Sym>,
    pub(super) head: Head,
}

impl<'p> Picture<'p> {
    pub(super) fn new(
        facts: &'p FactSnapshot,
        symbols: &'p Symbols,
        epoch: u64,
        policy: u64,
    ) -> Picture<'p> {
        let mut numbers = vec![0; symbols.len() as usize];
        each_row(facts, |_, row| {
            for sym in row {
                numbers[sym.0 as usize] = 1;
            }
        });
        let mut used = Vec::new();
        for (sym, number) in (0..).zip(&mut numbers).filter(|(_, n)| **n > 0) {
            used.push(Sym(sym));
            *number = used.len() as u32;
        }
        let types = (1..=symbols.types()).map(|t| symbols.type_name(TypeIx(t)));
        let mut relations: Vec<(String, u8, u64)> = facts
            .predicates()
            .map(|(_, name, arity)| (name.to_string(), arity as u8, 0))
            .collect();
        each_row(facts, |relation, _| relations[relation].2 += 1);
        let head = Head {
            epoch,
            policy,
            chunks: 0,
            sum: 0,
            symbols: used.len() as u32,
            types: types.collect(),
            relations,
        };
        Picture {
            facts,
            symbols,
            numbers,
            used,
            head,
        }
    }

    /// Index of the type's name, and the id.
    pub(super) fn symbol<R>(&self, sym: Sym, read: impl FnOnce(u32, &str) -> R) -> R {
        let ty = self.symbols.type_of(sym).0 - 1;
        self.symbols.read(sym, |id| read(ty, id))
    }

    /// Every row, relation by relation.
    pub(super) fn each_row(&self, mut found: impl FnMut(usize, &[Sym])) {
        each_row(self.facts, &mut found);
    }

    /// All symbols, those that no fact uses included.
    pub(super) fn symbols(&self) -> &Symbols {
        self.symbols
    }

    /// All of it, in chunks; stops at the first that is not taken. Returns the head.
    pub(super) fn chunks<E>(
        &self,
        mut take: impl FnMut(u32, Vec<u8>) -> Result<(), E>,
    ) -> Result<Head, E> {
        let (mut count, mut sum) = (0, 0);
        let mut hand_over = |chunk: Vec<u8>| {
            count += 1;
            sum = add(sum, &chunk);
            take(count - 1, chunk)
        };
        let mut chunk = Vec::new();
        for sym in &self.used {
            let before = chunk.len();
            if before == 0 {
                chunk.push(SYMBOLS);
            }
            self.symbol(*sym, |ty, id| {
                put_number(&mut chunk, u64::from(ty));
                put_text(&mut chunk, id);
            });
            if chunk.len() > CHUNK && before > 0 {
                let mut next = vec![SYMBOLS];
                next.extend(chunk.drain(before..));
                hand_over(std::mem::replace(&mut chunk, next))?;
            }
        }
        if !chunk.is_empty() {
            hand_over(std::mem::take(&mut chunk))?;
        }
        let mut cursor = Cursor::default();
        let mut of = None;
        let mut slice = 0;
        loop {
            let mut any = false;
            let mut rows = self.facts.slice(&mut cursor, SLICE).peekable();
            let next = rows.peek().map(|r| r.relation);
            if !chunk.is_empty() && (next != of || chunk.len() + slice > CHUNK) {
                hand_over(std::mem::take(&mut chunk))?;
            }
            of = next;
            for fact in rows {
                any = true;
                if chunk.is_empty() {
                    chunk.push(ROWS);
                    put_number(&mut chunk, u64::from(fact.relation.0));
                }
                slice = fact.row.len() * size_of::<u32>() * SLICE as usize;
                for sym in fact.row {
                    chunk.extend_from_slice(&self.number(*sym).to_le_bytes());
                }
            }
            if !any {
                break;
            }
        }
        Ok(Head {
            chunks: count,
            sum,
            ..self.head.clone()
        })
    }

    fn number(&self, sym: Sym) -> u32 {
        self.numbers[sym.0 as usize] - 1
    }
}

/// The sum with one more chunk.
pub(super) fn add(sum: u64, chunk: &[u8]) -> u64 {
    XxHash3_64::oneshot_with_seed(sum, chunk)
}

fn each_row(facts: &FactSnapshot, mut found: impl FnMut(usize, &[Sym])) {
    let mut cursor = Cursor::default();
    loop {
        let mut any = false;
        for fact in facts.slice(&mut cursor, u32::MAX) {
            any = true;
            found(fact.relation.0 as usize, fact.row);
        }
        if !any {
            return;
        }
    }
}

/// What a chunk holds.
pub(super) trait Chunk {
    type Error: From<&'static str>;
    /// The next symbol: index of its type's name, and id.
    fn symbol(&mut self, ty: usize, id: &str) -> Result<(), Self::Error>;
    /// Rows of a relation: little-endian numbers of symbols, four bytes each.
    fn rows(&mut self, relation: usize, rows: &[u8]) -> Result<(), Self::Error>;
}

/// Reads a chunk.
pub(super) fn read<C: Chunk>(chunk: &[u8], to: &mut C) -> Result<(), C::Error> {
    let mut reader = Reader::new(chunk);
    match reader.byte()? {
        SYMBOLS => {
            while !reader.is_empty() {
                let ty = reader.below(usize::MAX)?;
                to.symbol(ty, reader.text()?)?;
            }
            Ok(())
        }
        ROWS => {
            let relation = reader.below(usize::MAX)?;
            to.rows(relation, reader.rest())
        }
        _ => Err("it is of an unknown kind".into()),
    }
}

impl Head {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut to = Vec::new();
        put_number(&mut to, self.epoch);
        put_number(&mut to, self.policy);
        put_number(&mut to, u64::from(self.chunks));
        put_number(&mut to, self.sum);
        put_number(&mut to, u64::from(self.symbols));
        put_number(&mut to, self.types.len() as u64);
        for ty in &self.types {
            put_text(&mut to, ty);
        }
        put_number(&mut to, self.relations.len() as u64);
        for (name, arity, facts) in &self.relations {
            put_text(&mut to, name);
            to.push(*arity);
            put_number(&mut to, *facts);
        }
        to
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Head, &'static str> {
        let mut reader = Reader::new(bytes);
        let narrow = |n: u64| u32::try_from(n).map_err(|_| "a number has more than 32 bits");
        let (epoch, policy) = (reader.number()?, reader.number()?);
        let (chunks, sum) = (narrow(reader.number()?)?, reader.number()?);
        let symbols = narrow(reader.number()?)?;
        let types = (0..reader.count()?).map(|_| reader.text().map(str::to_owned));
        let types = types.collect::<Result<_, _>>()?;
        let relations = (0..reader.count()?)
            .map(|_| Ok((reader.text()?.to_owned(), reader.byte()?, reader.number()?)))
            .collect::<Result<_, &str>>()?;
        if !reader.is_empty() {
            return Err("something follows its end");
        }
        Ok(Head {
            epoch,
            policy,
            chunks,
            sum,
            symbols,
            types,
            relations,
        })
    }
}
