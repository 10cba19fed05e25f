//! Names: which types there are, how they extend each other, what their blocks declare.
//!
//! Owns: the [`TypeTable`], and per type the roles, permissions and relations that
//! shorthand rules may use. Knows nothing of rules beyond the type names they mention.
//! On exit every type name of the policy has an id, `extends` has no cycles, and a name
//! has one kind per type; what was wrong has been reported and left out.

mod mentions;
mod names;
mod types;

use rustc_hash::FxHashMap;

use crate::diag::{Diagnostic, Diagnostics};
use crate::ir::{Metadata, TypeId, TypeMetadata, TypeTable};
use crate::limits::Limits;
use crate::source::{Span, Text};
use crate::syntax::ast;

pub(crate) use types::object;

/// What a declared name is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NameKind {
    Role,
    Permission,
    /// With the target's type name, which may be abstract.
    Relation(Text),
}

impl NameKind {
    /// The word used in messages.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            NameKind::Role => "role",
            NameKind::Permission => "permission",
            NameKind::Relation(_) => "relation",
        }
    }
}

/// A declared name.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) kind: NameKind,
    pub(crate) span: Span,
    /// Declared in a block of this very type, not inherited.
    pub(crate) own: bool,
}

/// The names of one type or of the global block.
pub(crate) type Names = FxHashMap<Text, Declared>;

/// Everything that names mean.
#[derive(Debug)]
pub(crate) struct Declarations {
    pub(crate) types: TypeTable,
    /// Per type that has a block: its names, inherited ones included.
    pub(crate) names: FxHashMap<TypeId, Names>,
    /// The global block's names, if there is one.
    pub(crate) global: Option<Names>,
    /// Types that rules use and no block declares, each with what there is to say about it
    /// (W001) unless an error says it.
    pub(crate) undeclared: Vec<(Text, Diagnostic)>,
}

impl Declarations {
    /// The names a block of this type declares or inherits; `None` without a block.
    pub(crate) fn names_of(&self, ty: TypeId) -> Option<&Names> {
        self.names.get(&ty)
    }

    /// What tools are told about the blocks (spec 4.3).
    pub(crate) fn metadata(&self) -> Metadata {
        let entry = |names: &Names| {
            let mut out = TypeMetadata::default();
            for (name, declared) in names {
                match &declared.kind {
                    NameKind::Role => drop(out.roles.insert(name.clone())),
                    NameKind::Permission => drop(out.permissions.insert(name.clone())),
                    NameKind::Relation(target) => {
                        out.relations.insert(name.clone(), target.clone());
                    }
                }
            }
            out
        };
        let mut metadata = Metadata::default();
        for (ty, names) in &self.names {
            let name = self.types.get(*ty).name.clone();
            metadata.resources.insert(name, entry(names));
        }
        let global = self.global.as_ref().map(entry).unwrap_or_default();
        metadata.resources.insert("global".into(), global);
        metadata
    }
}

/// Resolves the names of all files together.
pub(crate) fn resolve(
    files: &[ast::Policy],
    limits: &Limits,
    diagnostics: &mut Diagnostics,
) -> Declarations {
    let found = types::collect(files, limits, diagnostics);
    let mut declarations = names::collect(
        files,
        found.table,
        &found.blocks,
        &found.extends,
        diagnostics,
    );
    declarations.undeclared = found.undeclared;
    declarations
}

/// Every block of every file, in order.
fn blocks(files: &[ast::Policy]) -> impl Iterator<Item = &ast::Block> {
    files.iter().flat_map(|f| &f.items).filter_map(|i| match i {
        ast::Item::Block(b) => Some(b),
        _ => None,
    })
}
