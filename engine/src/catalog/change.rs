//! Change sets as they arrive: text, packed.

use std::collections::HashMap;

use super::MAX_ARITY;
use super::pattern::{Arg, Pattern};
use crate::value::Value;

const ANY: u32 = u32::MAX;

/// Insertions and deletions in order, applied as one.
///
/// Holds a copy of every text: the ids one after the other, each name of a predicate or
/// type once. Nothing is checked here; what a policy makes of it is
/// [`ChangeSet::check`]'s matter.
#[derive(Clone, Debug, Default)]
pub struct ChangeSet {
    pub(super) names: Vec<Box<str>>,
    by_name: HashMap<Box<str>, u32>,
    /// The name last seen as a predicate, then at each argument: mostly the next one too.
    recent: [u32; MAX_ARITY + 1],
    ids: String,
    args: Vec<Packed>,
    operations: Vec<Head>,
}

#[derive(Clone, Copy, Debug)]
struct Packed {
    /// End of the id in `ids`; it begins where the one before ends.
    end: usize,
    /// Index of a name, or [`ANY`].
    ty: u32,
    has_id: bool,
}

#[derive(Clone, Copy, Debug)]
struct Head {
    /// End of the arguments; they begin where the ones before end.
    end: usize,
    predicate: u32,
    delete: bool,
}

/// An argument with the index of its type's name.
#[derive(Clone, Copy)]
pub(super) struct Indexed<'c> {
    pub(super) ty: Option<u32>,
    pub(super) arg: Arg<'c>,
}

/// An insertion or deletion of a [`ChangeSet`].
#[derive(Clone, Copy)]
pub struct Operation<'c> {
    set: &'c ChangeSet,
    head: Head,
    first: usize,
}

impl ChangeSet {
    /// No operations.
    #[must_use]
    pub fn new() -> ChangeSet {
        ChangeSet::default()
    }

    /// Adds: this fact shall be stored.
    pub fn insert<'a>(&mut self, predicate: &str, args: impl IntoIterator<Item = Value<'a>>) {
        for (i, value) in args.into_iter().enumerate() {
            self.push(i, &Arg::Value(value));
        }
        self.close(predicate, false);
    }

    /// Adds: no fact of this predicate, with exactly so many arguments, that agrees with
    /// them shall be stored.
    pub fn delete<'a>(&mut self, predicate: &str, args: impl IntoIterator<Item = Arg<'a>>) {
        for (i, arg) in args.into_iter().enumerate() {
            self.push(i, &arg);
        }
        self.close(predicate, true);
    }

    /// How many operations there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// All operations in order.
    #[must_use]
    pub fn operations(&self) -> impl ExactSizeIterator<Item = Operation<'_>> {
        let mut first = 0;
        self.operations.iter().map(move |&head| Operation {
            set: self,
            head,
            first: std::mem::replace(&mut first, head.end),
        })
    }

    /// Bytes in use.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let names: usize = self.names.iter().map(|n| 2 * n.len() + 64).sum();
        (names
            + self.ids.capacity()
            + self.args.capacity() * size_of::<Packed>()
            + self.operations.capacity() * size_of::<Head>()) as u64
    }

    /// The argument at an index into the arguments of all operations.
    pub(super) fn arg(&self, at: usize) -> Indexed<'_> {
        let Packed { end, ty, has_id } = self.args[at];
        let start = at.checked_sub(1).map_or(0, |before| self.args[before].end);
        let id = &self.ids[start..end];
        let name = self.names.get(ty as usize);
        Indexed {
            ty: name.map(|_| ty),
            arg: match (name, has_id) {
                (None, false) => Arg::Any,
                (None, true) => Arg::Id(id),
                (Some(ty), false) => Arg::Type(ty),
                (Some(ty), true) => Arg::Value(Value { ty, id }),
            },
        }
    }

    fn push(&mut self, position: usize, arg: &Arg<'_>) {
        let (ty, id) = match *arg {
            Arg::Any => (None, None),
            Arg::Type(ty) => (Some(ty), None),
            Arg::Id(id) => (None, Some(id)),
            Arg::Value(Value { ty, id }) => (Some(ty), Some(id)),
        };
        let ty = ty.map_or(ANY, |name| self.name(1 + position % MAX_ARITY, name));
        self.ids.push_str(id.unwrap_or(""));
        self.args.push(Packed {
            end: self.ids.len(),
            ty,
            has_id: id.is_some(),
        });
    }

    fn close(&mut self, predicate: &str, delete: bool) {
        let predicate = self.name(0, predicate);
        self.operations.push(Head {
            end: self.args.len(),
            predicate,
            delete,
        });
    }

    fn name(&mut self, place: usize, name: &str) -> u32 {
        let recent = self.recent[place];
        if self
            .names
            .get(recent as usize)
            .is_some_and(|n| **n == *name)
        {
            return recent;
        }
        let found = self.by_name.get(name).copied().unwrap_or_else(|| {
            let new = self.names.len() as u32;
            self.names.push(name.into());
            self.by_name.insert(name.into(), new);
            new
        });
        self.recent[place] = found;
        found
    }
}

impl<'c> Operation<'c> {
    /// Whether it deletes; else it inserts, and all its arguments are values.
    #[must_use]
    pub fn is_delete(&self) -> bool {
        self.head.delete
    }

    /// The predicate.
    #[must_use]
    pub fn predicate(&self) -> &'c str {
        &self.set.names[self.head.predicate as usize]
    }

    /// The arguments.
    #[must_use]
    pub fn args(&self) -> impl ExactSizeIterator<Item = Arg<'c>> + use<'c> {
        let set = self.set;
        self.places().map(move |at| set.arg(at).arg)
    }

    /// What it deletes, or the very fact it inserts.
    #[must_use]
    pub fn pattern(&self) -> Pattern<'c> {
        Pattern {
            predicate: Some(self.predicate()),
            args: self.args().collect(),
            open: false,
        }
    }

    /// Index of the predicate's name.
    pub(super) fn predicate_name(&self) -> u32 {
        self.head.predicate
    }

    /// Indexes of its arguments among those of all operations.
    pub(super) fn places(&self) -> std::ops::Range<usize> {
        self.first..self.head.end
    }
}
