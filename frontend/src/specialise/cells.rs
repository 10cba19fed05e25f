//! Cells: parts before residues. A cell is a predicate with, per argument, a type class,
//! a constant, or the types of an unbound column.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::ir::core::{Core, Literal, PredicateId, Term};
use crate::ir::part::Feed;
use std::sync::Arc;

use crate::ir::{TypeSet, Value};

use super::partition::{Class, Partitions};

/// Index into [`Cells`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct CellId(pub(super) u32);

/// Index of a [`Frame`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FrameId(pub(super) u32);

/// A cell without its constants: what constants a position is split by depends on it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Frame {
    pub(super) predicate: PredicateId,
    pub(super) columns: SmallVec<[Shape; 4]>,
}

/// One argument of a frame.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Shape {
    /// Bound to a value of this class.
    Stored(Class),
    /// Unbound, limited to these types; columns of one group are equal.
    Every(TypeSet, u32),
}

/// The constant at each argument of a cell, if it has one there.
pub(super) type CellConstants = SmallVec<[Option<Value>; 4]>;

/// A frame with constants at some of its stored columns.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) frame: FrameId,
    pub(super) constants: CellConstants,
    pub(super) feed: Feed,
}

/// One argument of a cell.
pub(super) enum View<'c> {
    Constant(&'c Value),
    /// Types, and the constants that have cells of their own.
    Stored(&'c TypeSet, &'c Arc<[Value]>),
    Every(&'c TypeSet, u32),
}

/// Constants by which each position of each frame is split, ascending.
pub(super) struct Constants {
    lists: FxHashMap<(FrameId, usize), Arc<[Value]>>,
    none: Arc<[Value]>,
}

impl Constants {
    pub(super) fn new() -> Constants {
        Constants {
            lists: FxHashMap::default(),
            none: Arc::new([]),
        }
    }

    pub(super) fn of(&self, frame: FrameId, position: usize) -> &Arc<[Value]> {
        self.lists.get(&(frame, position)).unwrap_or(&self.none)
    }

    pub(super) fn set(&mut self, frame: FrameId, position: usize, mut values: Vec<Value>) {
        values.sort();
        values.dedup();
        self.lists.insert((frame, position), values.into());
    }
}

/// Cells found so far, with the frames they stand on, looked up by predicate, key class
/// and literal.
pub(super) struct Cells<'a> {
    partitions: &'a Partitions,
    pub(super) frames: Vec<Frame>,
    frame_ids: FxHashMap<Frame, FrameId>,
    pub(super) constants: Constants,
    list: Vec<Cell>,
    ids: FxHashMap<(FrameId, CellConstants), CellId>,
    /// Per predicate, the position with the most literals.
    literal: Vec<Option<usize>>,
    buckets: FxHashMap<(PredicateId, Option<Class>), Bucket>,
}

#[derive(Default)]
struct Bucket {
    all: Vec<CellId>,
    by_literal: FxHashMap<Option<Value>, Vec<CellId>>,
}

impl<'a> Cells<'a> {
    pub(super) fn new(partitions: &'a Partitions, core: &Core) -> Cells<'a> {
        Cells {
            partitions,
            frames: Vec::new(),
            frame_ids: FxHashMap::default(),
            constants: Constants::new(),
            list: Vec::new(),
            ids: FxHashMap::default(),
            literal: literal_positions(core),
            buckets: FxHashMap::default(),
        }
    }

    /// Forgets the cells, keeps the frames: the second round splits by constants.
    pub(super) fn restart(&mut self, constants: Constants) {
        self.constants = constants;
        self.list.clear();
        self.ids.clear();
        self.buckets.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn get(&self, id: CellId) -> &Cell {
        &self.list[id.0 as usize]
    }

    pub(super) fn frame(&self, id: CellId) -> &Frame {
        &self.frames[self.get(id).frame.0 as usize]
    }

    pub(super) fn predicate(&self, id: CellId) -> PredicateId {
        self.frame(id).predicate
    }

    pub(super) fn view(&self, id: CellId, position: usize) -> View<'_> {
        let cell = self.get(id);
        match (&cell.constants[position], &self.frame(id).columns[position]) {
            (Some(value), _) => View::Constant(value),
            (None, Shape::Stored(class)) => {
                let types = self.partitions.types(self.predicate(id), position, *class);
                View::Stored(types, self.constants.of(cell.frame, position))
            }
            (None, Shape::Every(types, group)) => View::Every(types, *group),
        }
    }

    pub(super) fn intern_frame(&mut self, frame: Frame) -> FrameId {
        if let Some(&id) = self.frame_ids.get(&frame) {
            return id;
        }
        let id = FrameId(self.frames.len() as u32);
        self.frames.push(frame.clone());
        self.frame_ids.insert(frame, id);
        id
    }

    /// The cell with this frame and these constants; new ones are numbered upwards.
    pub(super) fn intern(
        &mut self,
        frame: FrameId,
        constants: CellConstants,
        feed: Feed,
    ) -> CellId {
        let key = (frame, constants);
        if let Some(&id) = self.ids.get(&key) {
            let cell = &mut self.list[id.0 as usize];
            cell.feed = cell.feed.max(feed);
            return id;
        }
        let constants = key.1.clone();
        let id = CellId(self.list.len() as u32);
        self.ids.insert(key, id);
        let shape = &self.frames[frame.0 as usize];
        let predicate = shape.predicate;
        let class = match shape.columns.get(self.partitions.key(predicate)) {
            Some(Shape::Stored(class)) => Some(*class),
            // Unbound there: belongs to every class.
            Some(Shape::Every(..)) | None => None,
        };
        let literal = self.literal[predicate.0 as usize].and_then(|i| constants[i].clone());
        let bucket = self.buckets.entry((predicate, class)).or_default();
        bucket.all.push(id);
        bucket.by_literal.entry(literal).or_default().push(id);
        self.list.push(Cell {
            frame,
            constants,
            feed,
        });
        id
    }

    /// Cells that an atom can match, as far as one type set and one literal tell.
    /// `types` are those of the key argument, `literal` the constant at the literal
    /// position (`None`: a variable).
    pub(super) fn candidates(
        &self,
        predicate: PredicateId,
        types: Option<&TypeSet>,
        literal: Option<&Value>,
        found: &mut Vec<CellId>,
    ) {
        let mut take = |class: Option<Class>| {
            let Some(bucket) = self.buckets.get(&(predicate, class)) else {
                return;
            };
            match literal {
                None => found.extend(&bucket.all),
                Some(value) => {
                    for key in [Some(value.clone()), None] {
                        found.extend(bucket.by_literal.get(&key).into_iter().flatten());
                    }
                }
            }
        };
        take(None);
        if let Some(types) = types {
            let key = self.partitions.key(predicate);
            for class in self.partitions.meeting(predicate, key, types) {
                take(Some(class));
            }
        }
    }

    /// The position of the predicate whose literals [`Cells::candidates`] takes.
    pub(super) fn literal_position(&self, predicate: PredicateId) -> Option<usize> {
        self.literal[predicate.0 as usize]
    }
}

/// Whether a position can be split by this constant. Objects and integers are data.
pub(super) fn splits(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Boolean(_))
}

/// Per predicate, the position with the most different literals.
fn literal_positions(core: &Core) -> Vec<Option<usize>> {
    let mut seen: Vec<FxHashMap<usize, rustc_hash::FxHashSet<&Value>>> =
        vec![FxHashMap::default(); core.predicates.len()];
    for rule in &core.rules {
        let atoms = rule.body.iter().filter_map(|l| match l {
            Literal::Positive(a) | Literal::Negative(a) => Some(a),
            Literal::Compare(..) => None,
        });
        for atom in atoms.chain([&rule.head]) {
            for (i, arg) in atom.args.iter().enumerate() {
                if let Term::Value(value) = arg
                    && splits(value)
                {
                    seen[atom.predicate.0 as usize]
                        .entry(i)
                        .or_default()
                        .insert(value);
                }
            }
        }
    }
    seen.iter()
        .map(|p| {
            p.iter()
                .max_by_key(|(i, s)| (s.len(), **i))
                .map(|(i, _)| *i)
        })
        .collect()
}
