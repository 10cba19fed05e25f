//! Parts, their rules, strata.

use rustc_hash::FxHashMap;

use crate::source::Text;

use super::super::core::RuleId;
use super::super::part::{
    Column, Condition, Feed, Mode, Part, PartAtom, PartId, PartLiteral, PartRule, PartTerm,
    PartVariable, Slot, Stratum,
};
use super::cursor::Cursor;
use super::rules::OPERATORS;
use super::{ReadError, Reader};

#[derive(Default)]
struct Variables {
    list: Vec<PartVariable>,
    ids: FxHashMap<Text, u32>,
}

impl Reader {
    pub(super) fn stratum(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ReadError> {
        self.finish_stratum();
        let _: usize = cursor.integer()?;
        let strata = &mut self.program.strata;
        let (p, r) = (strata.parts.len() as u32, strata.rules.len() as u32);
        strata.strata.push(Stratum {
            parts: p..p,
            rules: r..r,
            recursive: cursor.take("recursive"),
        });
        Ok(())
    }

    /// What has been read since belongs to the newest stratum.
    pub(super) fn finish_stratum(&mut self) {
        let strata = &mut self.program.strata;
        if let Some(last) = strata.strata.last_mut() {
            last.parts.end = strata.parts.len() as u32;
            last.rules.end = strata.rules.len() as u32;
        }
    }

    pub(super) fn part(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ReadError> {
        let number: usize = cursor.integer()?;
        if number != self.program.strata.parts.len() {
            return Err(cursor.error("parts to be numbered in order"));
        }
        let name = cursor.name()?;
        cursor.expect("(")?;
        let mut columns = Vec::new();
        let mut hidden = Vec::new();
        while !matches!(cursor.peek(), Some(')' | ';')) {
            if !columns.is_empty() {
                cursor.expect(",")?;
            }
            columns.push(self.column(cursor)?);
        }
        if cursor.take(";") {
            hidden.push(self.set(cursor)?);
            while cursor.take(",") {
                hidden.push(self.set(cursor)?);
            }
        }
        cursor.expect(")")?;
        let mut open = Vec::new();
        while cursor.take("open") {
            open.push(cursor.name()?);
        }
        let feed = if cursor.take("context") {
            Feed::Context
        } else if cursor.take("stored") {
            Feed::Stored
        } else {
            Feed::Rules
        };
        let mode = if cursor.take("demand") {
            Mode::Demand
        } else {
            Mode::Rows
        };
        let live = cursor.take("live");
        let mut residue = Vec::new();
        if cursor.take("where") {
            loop {
                residue.push(self.condition(cursor)?);
                if !cursor.take(",") {
                    break;
                }
            }
        }
        let predicate = self.predicate(&name, columns.len(), cursor)?;
        self.program.strata.parts.push(Part {
            predicate,
            columns,
            hidden,
            open,
            residue,
            feed,
            mode,
            live,
        });
        Ok(())
    }

    fn column(&self, cursor: &mut Cursor<'_>) -> Result<Column, ReadError> {
        if cursor.take("every") {
            return Ok(Column::Every(self.set(cursor)?));
        }
        if let Some(value) = Self::value(cursor)? {
            return Ok(Column::Constant(value));
        }
        let set = self.set(cursor)?;
        let mut except = Vec::new();
        while cursor.take("- ") {
            match Self::value(cursor)? {
                Some(value) => except.push(value),
                None => return Err(cursor.error("a constant")),
            }
        }
        Ok(Column::Stored(set, except.into()))
    }

    fn condition(&self, cursor: &mut Cursor<'_>) -> Result<Condition, ReadError> {
        if cursor.take("not") {
            let part = self.part_id(cursor)?;
            cursor.expect("(")?;
            let mut args = Vec::new();
            while !cursor.take(")") {
                if !args.is_empty() {
                    cursor.expect(",")?;
                }
                args.push(if cursor.take("_") {
                    None
                } else {
                    Some(self.slot(cursor)?)
                });
            }
            return Ok(Condition::Absent(part, args));
        }
        let left = self.slot(cursor)?;
        let op = OPERATORS
            .into_iter()
            .find(|o| cursor.take(o.as_str()))
            .ok_or_else(|| cursor.error("a comparison"))?;
        Ok(Condition::Compare(op, left, self.slot(cursor)?))
    }

    fn slot(&self, cursor: &mut Cursor<'_>) -> Result<Slot, ReadError> {
        for (sign, slot) in [
            ("#", Slot::Argument as fn(u32) -> Slot),
            ("$", Slot::Hidden),
            ("?", Slot::Open),
        ] {
            if cursor.take(sign) {
                return Ok(slot(cursor.integer()?));
            }
        }
        if cursor.take("@now") {
            return Ok(Slot::Now);
        }
        if let Some(value) = Self::value(cursor)? {
            return Ok(Slot::Value(value));
        }
        let name = cursor.name()?;
        Ok(Slot::Value(self.object(&name, cursor)?))
    }

    fn part_id(&self, cursor: &mut Cursor<'_>) -> Result<PartId, ReadError> {
        let name = cursor.name()?;
        let id = name.strip_prefix('p').and_then(|n| n.parse().ok());
        match id {
            Some(id) if (id as usize) < self.program.strata.parts.len() => Ok(PartId(id)),
            _ => Err(cursor.error(&format!("`{name}` to be a part declared before"))),
        }
    }

    pub(super) fn part_rule(
        &mut self,
        core: usize,
        cursor: &mut Cursor<'_>,
    ) -> Result<(), ReadError> {
        if core >= self.program.core.rules.len() {
            return Err(cursor.error("the number of a core rule"));
        }
        let mut variables = Variables::default();
        let head = self.part_atom(&mut variables, cursor)?;
        let mut body = Vec::new();
        if cursor.take(":-") {
            loop {
                body.push(self.part_literal(&mut variables, cursor)?);
                if !cursor.take(",") {
                    break;
                }
            }
        }
        cursor.expect(".")?;
        self.program.strata.rules.push(PartRule {
            core: RuleId(core as u32),
            variables: variables.list,
            head,
            body,
        });
        Ok(())
    }

    fn part_literal(
        &self,
        variables: &mut Variables,
        cursor: &mut Cursor<'_>,
    ) -> Result<PartLiteral, ReadError> {
        if cursor.take("not") {
            return Ok(PartLiteral::Negative(self.part_atom(variables, cursor)?));
        }
        let term = match Self::part_constant(cursor)? {
            Some(term) => term,
            None => {
                let name = cursor.name()?;
                if cursor.peek() == Some('(') {
                    return Ok(PartLiteral::Positive(
                        self.applied(&name, variables, cursor)?,
                    ));
                }
                self.part_named(name, variables, cursor)?
            }
        };
        if cursor.take("is") {
            return Ok(PartLiteral::HasType(term, self.set(cursor)?));
        }
        let op = OPERATORS
            .into_iter()
            .find(|o| cursor.take(o.as_str()))
            .ok_or_else(|| cursor.error("a comparison"))?;
        Ok(PartLiteral::Compare(
            op,
            term,
            self.part_term(variables, cursor)?,
        ))
    }

    fn part_atom(
        &self,
        variables: &mut Variables,
        cursor: &mut Cursor<'_>,
    ) -> Result<PartAtom, ReadError> {
        let name = cursor.name()?;
        self.applied(&name, variables, cursor)
    }

    fn applied(
        &self,
        name: &Text,
        variables: &mut Variables,
        cursor: &mut Cursor<'_>,
    ) -> Result<PartAtom, ReadError> {
        let part = name
            .strip_prefix('p')
            .and_then(|n| n.parse().ok())
            .map(PartId);
        let known = self.program.strata.parts.len() as u32;
        let part = part
            .filter(|p| p.0 < known)
            .ok_or_else(|| cursor.error(&format!("`{name}` to be a part declared before")))?;
        cursor.expect("(")?;
        let (mut args, mut hidden) = (Vec::new(), Vec::new());
        while !matches!(cursor.peek(), Some(')' | ';')) {
            if !args.is_empty() {
                cursor.expect(",")?;
            }
            args.push(self.part_term(variables, cursor)?);
        }
        if cursor.take(";") {
            hidden.push(self.part_term(variables, cursor)?);
            while cursor.take(",") {
                hidden.push(self.part_term(variables, cursor)?);
            }
        }
        cursor.expect(")")?;
        Ok(PartAtom { part, args, hidden })
    }

    fn part_term(
        &self,
        variables: &mut Variables,
        cursor: &mut Cursor<'_>,
    ) -> Result<PartTerm, ReadError> {
        match Self::part_constant(cursor)? {
            Some(term) => Ok(term),
            None => {
                let name = cursor.name()?;
                self.part_named(name, variables, cursor)
            }
        }
    }

    fn part_constant(cursor: &mut Cursor<'_>) -> Result<Option<PartTerm>, ReadError> {
        if cursor.take("@now") {
            return Ok(Some(PartTerm::Now));
        }
        Ok(Self::value(cursor)?.map(PartTerm::Value))
    }

    fn part_named(
        &self,
        name: Text,
        variables: &mut Variables,
        cursor: &mut Cursor<'_>,
    ) -> Result<PartTerm, ReadError> {
        if cursor.peek() == Some('{') {
            return Ok(PartTerm::Value(self.object(&name, cursor)?));
        }
        if let Some(&id) = variables.ids.get(&name) {
            return Ok(PartTerm::Variable(id));
        }
        let types = if cursor.peek() == Some(':') {
            cursor.expect(":")?;
            self.set(cursor)?
        } else {
            self.program.types.any().clone()
        };
        let id = variables.list.len() as u32;
        variables.ids.insert(name.clone(), id);
        variables.list.push(PartVariable { name, types });
        Ok(PartTerm::Variable(id))
    }
}
