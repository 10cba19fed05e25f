//! Cells: parts before residues. A cell is a predicate with, per argument, a type class,
//! a constant, or the types of an unbound column.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::ir::Value;
use crate::ir::core::{Core, PredicateId};
use crate::ir::part::Feed;

use super::outline::{Arg, Outline};
use super::partition::{Class, Partitions};
use super::vocabulary::{ListId, SetId, ValueId, Vocabulary};

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
    pub(super) columns: Columns,
}

/// Every argument of a frame.
pub(super) type Columns = SmallVec<[Shape; 4]>;

/// One argument of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Shape {
    /// Bound to a value of this class.
    Stored(Class),
    /// Unbound, limited to these types; columns of one group are equal.
    Every(SetId, u32),
}

/// The constant at each argument of a cell, if it has one there.
pub(super) type CellConstants = SmallVec<[Option<ValueId>; 4]>;

/// A frame with constants at some of its stored columns.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) frame: FrameId,
    pub(super) constants: CellConstants,
    pub(super) feed: Feed,
}

/// One argument of a cell.
#[derive(Clone, Copy)]
pub(super) enum View {
    Constant(ValueId),
    /// Types, and the constants that have cells of their own.
    Stored(SetId, ListId),
    Every(SetId, u32),
}

/// Constants by which each position of each frame is split.
#[derive(Default)]
pub(super) struct Constants(FxHashMap<(FrameId, usize), ListId>);

impl Constants {
    pub(super) fn of(&self, frame: FrameId, position: usize) -> ListId {
        let list = self.0.get(&(frame, position));
        list.copied().unwrap_or(ListId::EMPTY)
    }

    pub(super) fn set(&mut self, frame: FrameId, position: usize, list: ListId) {
        self.0.insert((frame, position), list);
    }
}

/// A predicate, the class of the key argument, and what stands at the literal position.
pub(super) type Key = (PredicateId, Option<Class>, Option<ValueId>);

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
    /// By predicate and class of the key argument.
    by_class: FxHashMap<(PredicateId, Option<Class>), Vec<CellId>>,
    /// And by the constant at the literal position.
    by_literal: FxHashMap<Key, SmallVec<[CellId; 4]>>,
}

impl<'a> Cells<'a> {
    pub(super) fn new(
        core: &Core,
        rules: &[Outline],
        vocabulary: &Vocabulary,
        partitions: &'a Partitions,
    ) -> Cells<'a> {
        Cells {
            partitions,
            frames: Vec::new(),
            frame_ids: FxHashMap::default(),
            constants: Constants::default(),
            list: Vec::new(),
            ids: FxHashMap::default(),
            literal: literal_positions(core, rules, vocabulary),
            by_class: FxHashMap::default(),
            by_literal: FxHashMap::default(),
        }
    }

    /// Forgets the cells, keeps the frames: the second round splits by constants.
    pub(super) fn restart(&mut self, constants: Constants) {
        self.constants = constants;
        self.list.clear();
        self.ids.clear();
        self.by_class.clear();
        self.by_literal.clear();
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

    pub(super) fn view(&self, id: CellId, position: usize) -> View {
        let cell = self.get(id);
        if let Some(value) = cell.constants[position] {
            return View::Constant(value);
        }
        let frame = &self.frames[cell.frame.0 as usize];
        match frame.columns[position] {
            Shape::Stored(class) => View::Stored(
                self.partitions.types(frame.predicate, position, class),
                self.constants.of(cell.frame, position),
            ),
            Shape::Every(types, group) => View::Every(types, group),
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
        let constants = SmallVec::from_slice(&key.1);
        let id = CellId(self.list.len() as u32);
        self.ids.insert(key, id);
        let shape = &self.frames[frame.0 as usize];
        let predicate = shape.predicate;
        let class = match shape.columns.get(self.partitions.key(predicate)) {
            Some(Shape::Stored(class)) => Some(*class),
            // Unbound there: belongs to every class.
            Some(Shape::Every(..)) | None => None,
        };
        let literal = self.literal[predicate.0 as usize].and_then(|i| constants[i]);
        self.by_class
            .entry((predicate, class))
            .or_default()
            .push(id);
        self.by_literal
            .entry((predicate, class, literal))
            .or_default()
            .push(id);
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
        types: Option<SetId>,
        literal: Option<ValueId>,
        vocabulary: &Vocabulary,
        found: &mut Vec<CellId>,
    ) {
        let mut take = |class: Option<Class>| match literal {
            None => found.extend(self.by_class.get(&(predicate, class)).into_iter().flatten()),
            Some(_) => {
                for key in [literal, None] {
                    let cells = self.by_literal.get(&(predicate, class, key));
                    found.extend(cells.into_iter().flatten());
                }
            }
        };
        take(None);
        if let Some(types) = types {
            let key = self.partitions.key(predicate);
            for class in self
                .partitions
                .meeting(predicate, key, types, vocabulary)
                .iter()
            {
                take(Some(*class));
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
fn literal_positions(
    core: &Core,
    rules: &[Outline],
    vocabulary: &Vocabulary,
) -> Vec<Option<usize>> {
    let mut seen: Vec<FxHashMap<usize, FxHashSet<ValueId>>> =
        vec![FxHashMap::default(); core.predicates.len()];
    for rule in rules {
        for atom in rule.body().chain([&rule.head]) {
            for (i, &arg) in atom.args.iter().enumerate() {
                if let Arg::Value(value) = arg
                    && splits(vocabulary.value(value))
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
