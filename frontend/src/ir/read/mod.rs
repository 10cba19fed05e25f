//! Reads what [`Program::print`] writes.
//!
//! Metadata and inline tests have no text form: a program read back has none. Reading is
//! strict: a reference to something undeclared is an error that names the line.

mod cursor;
mod parts;
mod rules;

use std::fmt;

use rustc_hash::FxHashMap;

use crate::source::{FileId, Span, Text};

use super::core::{Core, Predicate, PredicateId};
use super::part::Strata;
use super::types::{Type, TypeId, TypeKind, TypeTable};
use super::value::Value;
use super::{Metadata, Program};

use cursor::Cursor;

/// Why a text is not a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// The line, from 1.
    pub line: usize,
    /// What was expected and what was found.
    pub message: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ReadError {}

/// Reads a printed program.
///
/// # Errors
/// Says in which line what was expected.
pub fn read(text: &str) -> Result<Program, ReadError> {
    let mut reader = Reader {
        program: Program {
            files: Vec::new(),
            types: types(text)?,
            core: Core::default(),
            strata: Strata::default(),
            signatures: Vec::new(),
            context_signatures: Vec::new(),
            metadata: Metadata::default(),
            tests: Vec::new(),
        },
        predicates: FxHashMap::default(),
    };
    for (i, line) in text.lines().enumerate() {
        let mut cursor = Cursor::new(line, i + 1);
        if !cursor.at_end() {
            reader.line(&mut cursor)?;
            if !cursor.at_end() {
                return Err(cursor.error("the end of the line"));
            }
        }
    }
    reader.finish_stratum();
    Ok(reader.program)
}

/// Types first: every other line needs the whole table.
fn types(text: &str) -> Result<TypeTable, ReadError> {
    let mut named: Vec<(Type, Vec<Text>, usize)> = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let mut cursor = Cursor::new(line, i + 1);
        if !cursor.take("type") {
            continue;
        }
        let name = cursor.name()?;
        let kinds = [TypeKind::Actor, TypeKind::Resource, TypeKind::Undeclared];
        let kind = kinds
            .into_iter()
            .find(|k| cursor.take(k.as_str()))
            .ok_or_else(|| cursor.error("`actor`, `resource` or `undeclared`"))?;
        let mut parents = Vec::new();
        if cursor.take("extends") {
            parents.push(cursor.name()?);
            while cursor.take(",") {
                parents.push(cursor.name()?);
            }
        }
        let extends = Vec::new();
        named.push((
            Type {
                name,
                kind,
                extends,
            },
            parents,
            i + 1,
        ));
    }
    let ids: FxHashMap<Text, TypeId> = named
        .iter()
        .enumerate()
        .map(|(i, (t, _, _))| (t.name.clone(), TypeId(i as u32 + 4)))
        .collect();
    let mut list = Vec::with_capacity(named.len());
    for (mut ty, parents, line) in named {
        for parent in parents {
            let id = ids.get(&parent).ok_or_else(|| ReadError {
                line,
                message: format!("unknown type `{parent}`"),
            })?;
            ty.extends.push(*id);
        }
        list.push(ty);
    }
    Ok(TypeTable::new(list))
}

struct Reader {
    program: Program,
    predicates: FxHashMap<(Text, usize), PredicateId>,
}

impl Reader {
    fn line(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ReadError> {
        if cursor.take("file") {
            let _: usize = cursor.integer()?;
            self.program.files.push(cursor.string()?);
        } else if cursor.take("type") {
            // Read beforehand; skip the line.
            cursor.name()?;
            while !cursor.at_end() {
                if !cursor.take(",") {
                    cursor.name()?;
                }
            }
        } else if cursor.take("predicate") {
            let name = cursor.name()?;
            cursor.expect("/")?;
            let arity = cursor.integer()?;
            let list = &mut self.program.core.predicates;
            let id = PredicateId(list.len() as u32);
            self.predicates.insert((name.clone(), arity), id);
            list.push(Predicate { name, arity });
        } else if cursor.take("fact") {
            let signature = self.signature(cursor)?;
            self.program.signatures.push(signature);
        } else if cursor.take("context") {
            let signature = self.signature(cursor)?;
            self.program.context_signatures.push(signature);
        } else if cursor.take("stratum") {
            self.stratum(cursor)?;
        } else if cursor.take("part") {
            self.part(cursor)?;
        } else if cursor.take("rule") {
            let number: usize = cursor.integer()?;
            if self.program.strata.strata.is_empty() {
                self.core_rule(number, cursor)?;
            } else {
                self.part_rule(number, cursor)?;
            }
        } else {
            return Err(cursor.error("a declaration"));
        }
        Ok(())
    }

    fn span(cursor: &mut Cursor<'_>) -> Result<Option<Span>, ReadError> {
        if cursor.peek() != Some('@') {
            return Ok(None);
        }
        cursor.expect("@")?;
        let file = FileId(cursor.integer()?);
        cursor.expect(":")?;
        let start = cursor.integer()?;
        cursor.expect("-")?;
        let end = cursor.integer()?;
        Ok(Some(Span { file, start, end }))
    }

    fn predicate(
        &self,
        name: &Text,
        arity: usize,
        cursor: &Cursor<'_>,
    ) -> Result<PredicateId, ReadError> {
        self.predicates
            .get(&(name.clone(), arity))
            .copied()
            .ok_or_else(|| cursor.error(&format!("`{name}/{arity}` to be declared before")))
    }

    fn set(&self, cursor: &mut Cursor<'_>) -> Result<super::TypeSet, ReadError> {
        let text = cursor.set()?;
        self.program
            .types
            .parse_set(text)
            .ok_or_else(|| cursor.error(&format!("types instead of `{text}` before")))
    }

    /// A constant, if one comes next.
    fn value(cursor: &mut Cursor<'_>) -> Result<Option<Value>, ReadError> {
        match cursor.peek() {
            Some('"') => return Ok(Some(Value::String(cursor.string()?))),
            Some(c) if c == '-' || c.is_ascii_digit() => {
                return Ok(Some(Value::Integer(cursor.integer()?)));
            }
            _ => {}
        }
        for (word, value) in [("true", true), ("false", false)] {
            if cursor.take(word) {
                return Ok(Some(Value::Boolean(value)));
            }
        }
        Ok(None)
    }

    /// What stands behind a name that turned out to start an object.
    fn object(&self, ty: &Text, cursor: &mut Cursor<'_>) -> Result<Value, ReadError> {
        let id = self
            .program
            .types
            .lookup(ty)
            .ok_or_else(|| cursor.error(&format!("the type `{ty}` to be declared")))?;
        cursor.expect("{")?;
        let text = cursor.string()?;
        cursor.expect("}")?;
        Ok(Value::Object(id, text))
    }
}
