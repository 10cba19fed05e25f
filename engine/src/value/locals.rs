//! Symbols of one request: values it names that the environment has never stored.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use super::{BadValue, Datum, Sym, Symbols, TypeIx, Value};

/// Types and strings that most requests name, so that few have to be looked for among all
/// symbols. Whoever fills it has their names from a policy: a stranger has no say in it.
#[derive(Clone, Debug, Default)]
pub struct Familiar {
    types: FxHashMap<Box<str>, TypeIx>,
    strings: FxHashMap<Box<str>, Sym>,
}

impl Familiar {
    /// Adds a type by its name in the environment.
    pub fn add_type(&mut self, name: &str, ty: TypeIx) {
        self.types.insert(name.into(), ty);
    }

    /// Adds a string of the environment.
    pub fn add_string(&mut self, text: &str, sym: Sym) {
        self.strings.insert(text.into(), sym);
    }
}

/// Resolves the values of a request without interning any.
///
/// A value without a symbol gets one that means something here only: it is equal to
/// other occurrences of itself in the request, and to nothing stored.
pub struct Locals<'s> {
    symbols: &'s Symbols,
    familiar: Option<&'s Familiar>,
    types: Vec<Box<str>>,
    known_types: HashMap<Box<str>, TypeIx>,
    values: Vec<(TypeIx, Box<str>)>,
    known: HashMap<(TypeIx, Box<str>), Sym>,
}

impl<'s> Locals<'s> {
    /// No values yet.
    #[must_use]
    pub fn new(symbols: &'s Symbols) -> Locals<'s> {
        Locals {
            symbols,
            familiar: None,
            types: Vec::new(),
            known_types: HashMap::new(),
            values: Vec::new(),
            known: HashMap::new(),
        }
    }

    /// The same, with symbols of this environment that are looked for first.
    #[must_use]
    pub fn with(symbols: &'s Symbols, familiar: &'s Familiar) -> Locals<'s> {
        Locals {
            familiar: Some(familiar),
            ..Locals::new(symbols)
        }
    }

    /// The environment's symbols.
    #[must_use]
    pub fn symbols(&self) -> &'s Symbols {
        self.symbols
    }

    /// The type of this name.
    ///
    /// # Errors
    /// [`BadValue::TooMany`]
    pub fn ty(&mut self, name: &str) -> Result<TypeIx, BadValue> {
        if let Some(ty) = self.familiar.and_then(|known| known.types.get(name)) {
            return Ok(*ty);
        }
        if let Some(ty) = self.symbols.lookup_type(name) {
            return Ok(ty);
        }
        if let Some(&ty) = self.known_types.get(name) {
            return Ok(ty);
        }
        let ty = TypeIx(number(TypeIx::FIRST_LOCAL.0, self.types.len())?);
        self.types.push(name.into());
        self.known_types.insert(name.into(), ty);
        Ok(ty)
    }

    /// The symbol of a value.
    ///
    /// # Errors
    /// The id is none of its type's, or [`BadValue::TooMany`]. Whether a fact could carry
    /// the value is not asked: a question may well name an id of any length.
    pub fn sym(&mut self, value: Value<'_>) -> Result<Sym, BadValue> {
        let ty = self.ty(value.ty)?;
        if ty == TypeIx::STRING
            && let Some(sym) = self.familiar.and_then(|known| known.strings.get(value.id))
        {
            return Ok(*sym);
        }
        let datum = Datum::new(ty, value.id)?;
        if let Some(sym) = self.symbols.find(ty, datum) {
            return Ok(sym);
        }
        let id: Box<str> = match datum {
            Datum::Text(text) => text.into(),
            Datum::Integer(number) => number.to_string().into(),
        };
        if let Some(&sym) = self.known.get(&(ty, id.clone())) {
            return Ok(sym);
        }
        let sym = Sym(number(Sym::FIRST_LOCAL.0, self.values.len())?);
        self.values.push((ty, id.clone()));
        self.known.insert((ty, id), sym);
        Ok(sym)
    }

    /// The type of a symbol, local or not.
    #[must_use]
    pub fn type_of(&self, sym: Sym) -> TypeIx {
        match self.local(sym) {
            Some((ty, _)) => *ty,
            None => self.symbols.type_of(sym),
        }
    }

    /// The name of a type, local or not.
    #[must_use]
    pub fn type_name(&self, ty: TypeIx) -> String {
        match ty.0.checked_sub(TypeIx::FIRST_LOCAL.0) {
            Some(local) => self.types[local as usize].to_string(),
            None => self.symbols.type_name(ty),
        }
    }

    /// The number of an integer, local or not; `None` for symbols of other types.
    #[must_use]
    pub fn integer(&self, sym: Sym) -> Option<i64> {
        match self.local(sym) {
            Some((TypeIx::INTEGER, id)) => id.parse().ok(),
            Some(_) => None,
            None => self.symbols.integer(sym),
        }
    }

    /// Hands the id of a symbol, local or not, to `reader`.
    pub fn read<R>(&self, sym: Sym, reader: impl FnOnce(&str) -> R) -> R {
        match self.local(sym) {
            Some((_, id)) => reader(id),
            None => self.symbols.read(sym, reader),
        }
    }

    fn local(&self, sym: Sym) -> Option<&(TypeIx, Box<str>)> {
        let local = sym.0.checked_sub(Sym::FIRST_LOCAL.0)?;
        Some(&self.values[local as usize])
    }
}

fn number(first: u32, at: usize) -> Result<u32, BadValue> {
    let at = u32::try_from(at).map_err(|_| BadValue::TooMany)?;
    first
        .checked_add(at)
        .filter(|&n| n < u32::MAX)
        .ok_or(BadValue::TooMany)
}
