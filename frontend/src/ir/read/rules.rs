//! Core rules and signatures.

use rustc_hash::FxHashMap;

use crate::source::Text;

use super::super::core::{Atom, CompareOp, Literal, Origin, Rule, Term, Variable, VariableId};
use super::super::signature::{Entry, Signature};
use super::cursor::Cursor;
use super::{ReadError, Reader};

/// Comparison operators, longer spellings first.
pub(super) const OPERATORS: [CompareOp; 6] = [
    CompareOp::Le,
    CompareOp::Ge,
    CompareOp::Ne,
    CompareOp::Lt,
    CompareOp::Gt,
    CompareOp::Eq,
];

#[derive(Default)]
struct Variables {
    list: Vec<Variable>,
    ids: FxHashMap<Text, VariableId>,
}

impl Reader {
    pub(super) fn signature(&self, cursor: &mut Cursor<'_>) -> Result<Signature, ReadError> {
        let span = Self::span(cursor)?;
        let name = cursor.name()?;
        cursor.expect("(")?;
        let mut entries = Vec::new();
        while !cursor.take(")") {
            if !entries.is_empty() {
                cursor.expect(",")?;
            }
            entries.push(match cursor.peek() {
                Some('"') => Entry::Exactly(cursor.string()?),
                _ => Entry::Types(self.set(cursor)?),
            });
        }
        Ok(Signature {
            predicate: self.predicate(&name, entries.len(), cursor)?,
            entries,
            span,
        })
    }

    pub(super) fn core_rule(
        &mut self,
        number: usize,
        cursor: &mut Cursor<'_>,
    ) -> Result<(), ReadError> {
        if number != self.program.core.rules.len() {
            return Err(cursor.error("rules to be numbered in order"));
        }
        let origins = [
            Origin::Written,
            Origin::Shorthand,
            Origin::Injected,
            Origin::Group,
        ];
        let origin = origins
            .into_iter()
            .find(|o| cursor.take(o.as_str()))
            .ok_or_else(|| cursor.error("where the rule comes from"))?;
        let span = Self::span(cursor)?;
        let mut variables = Variables::default();
        let name = cursor.name()?;
        let head = self.atom(&name, &mut variables, cursor)?;
        let mut body = Vec::new();
        if cursor.take(":-") {
            loop {
                body.push(self.literal(&mut variables, cursor)?);
                if !cursor.take(",") {
                    break;
                }
            }
        }
        cursor.expect(".")?;
        self.program.core.rules.push(Rule {
            origin,
            span,
            variables: variables.list,
            head,
            body,
        });
        Ok(())
    }

    fn literal(
        &self,
        variables: &mut Variables,
        cursor: &mut Cursor<'_>,
    ) -> Result<Literal, ReadError> {
        if cursor.take("not") {
            let name = cursor.name()?;
            return Ok(Literal::Negative(self.atom(&name, variables, cursor)?));
        }
        let left = match Self::constant(cursor)? {
            Some(term) => term,
            None => {
                let name = cursor.name()?;
                match cursor.peek() {
                    Some('(') => {
                        return Ok(Literal::Positive(self.atom(&name, variables, cursor)?));
                    }
                    _ => self.named(name, variables, cursor)?,
                }
            }
        };
        let op = OPERATORS
            .into_iter()
            .find(|o| cursor.take(o.as_str()))
            .ok_or_else(|| cursor.error("a comparison"))?;
        Ok(Literal::Compare(op, left, self.term(variables, cursor)?))
    }

    fn atom(
        &self,
        name: &Text,
        variables: &mut Variables,
        cursor: &mut Cursor<'_>,
    ) -> Result<Atom, ReadError> {
        cursor.expect("(")?;
        let mut args = Vec::new();
        while !cursor.take(")") {
            if !args.is_empty() {
                cursor.expect(",")?;
            }
            args.push(self.term(variables, cursor)?);
        }
        Ok(Atom {
            predicate: self.predicate(name, args.len(), cursor)?,
            args,
        })
    }

    fn term(&self, variables: &mut Variables, cursor: &mut Cursor<'_>) -> Result<Term, ReadError> {
        match Self::constant(cursor)? {
            Some(term) => Ok(term),
            None => {
                let name = cursor.name()?;
                self.named(name, variables, cursor)
            }
        }
    }

    fn constant(cursor: &mut Cursor<'_>) -> Result<Option<Term>, ReadError> {
        if cursor.take("@now") {
            return Ok(Some(Term::Now));
        }
        Ok(Self::value(cursor)?.map(Term::Value))
    }

    /// A variable, with its types if this is its first place, or an object.
    fn named(
        &self,
        name: Text,
        variables: &mut Variables,
        cursor: &mut Cursor<'_>,
    ) -> Result<Term, ReadError> {
        if cursor.peek() == Some('{') {
            return Ok(Term::Value(self.object(&name, cursor)?));
        }
        if let Some(&id) = variables.ids.get(&name) {
            return Ok(Term::Variable(id));
        }
        let types = if cursor.peek() == Some(':') {
            cursor.expect(":")?;
            self.set(cursor)?
        } else {
            self.program.types.any().clone()
        };
        let id = VariableId(variables.list.len() as u32);
        variables.ids.insert(name.clone(), id);
        variables.list.push(Variable { name, types });
        Ok(Term::Variable(id))
    }
}
