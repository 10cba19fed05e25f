//! Programs as text, to be read by people and by [`super::read`].
//!
//! One declaration a line: files, types, predicates, core rules, signatures, then strata.
//! A variable carries its types where it first stands, unless they are `any`.

use std::fmt::Write as _;

use crate::source::{Sources, Span, Text};

use super::Program;
use super::core::{Atom, Literal, Predicate, Rule, Term};
use super::part::{
    Column, Condition, Feed, Mode, Part, PartAtom, PartLiteral, PartRule, PartTerm, Slot,
};
use super::signature::{Entry, Signature};
use super::types::{TypeKind, TypeTable};
use super::value::quoted;

impl Program {
    /// The core rules and what they stand on, as text. With sources, every rule is
    /// followed by its place as a comment.
    #[must_use]
    pub fn print_rules(&self, sources: Option<&Sources>) -> String {
        let mut out = String::new();
        for (i, file) in self.files.iter().enumerate() {
            line(&mut out, format_args!("file {i} {}", quoted(file)));
        }
        for (_, ty) in self
            .types
            .iter()
            .filter(|(_, t)| t.kind != TypeKind::Primitive)
        {
            let mut text = format!("type {} {}", ty.name, ty.kind.as_str());
            for (n, e) in ty.extends.iter().enumerate() {
                text.push_str(if n == 0 { " extends " } else { ", " });
                text.push_str(&self.types.get(*e).name);
            }
            line(&mut out, format_args!("{text}"));
        }
        for p in &self.core.predicates {
            line(&mut out, format_args!("predicate {}/{}", name(p), p.arity));
        }
        for (i, rule) in self.core.rules.iter().enumerate() {
            let place = place(rule.span, sources);
            let mut text = format!("rule {i} {}{} ", rule.origin.as_str(), span(rule.span));
            self.core_rule(rule, &mut text);
            line(&mut out, format_args!("{text}{place}"));
        }
        for (word, list) in [
            ("fact", &self.signatures),
            ("context", &self.context_signatures),
        ] {
            for s in list {
                let text = self.signature(s);
                line(&mut out, format_args!("{word}{} {text}", span(s.span)));
            }
        }
        out
    }

    /// The whole program as text: [`Program::print_rules`] and the strata.
    #[must_use]
    pub fn print(&self, sources: Option<&Sources>) -> String {
        let mut out = self.print_rules(sources);
        for (i, stratum) in self.strata.strata.iter().enumerate() {
            let recursive = if stratum.recursive { " recursive" } else { "" };
            line(&mut out, format_args!("stratum {i}{recursive}"));
            for p in stratum.parts.clone() {
                let text = self.part(&self.strata.parts[p as usize]);
                line(&mut out, format_args!("  part {p} {text}"));
            }
            for r in stratum.rules.clone() {
                let rule = &self.strata.rules[r as usize];
                let place = place(self.core.rule(rule.core).span, sources);
                let text = self.part_rule(rule);
                line(
                    &mut out,
                    format_args!("  rule {} {text}{place}", rule.core.0),
                );
            }
        }
        out
    }

    fn core_rule(&self, rule: &Rule, out: &mut String) {
        let mut seen = vec![false; rule.variables.len()];
        self.atom(rule, &rule.head, &mut seen, out);
        for (i, literal) in rule.body.iter().enumerate() {
            out.push_str(if i == 0 { " :- " } else { ", " });
            match literal {
                Literal::Positive(a) => self.atom(rule, a, &mut seen, out),
                Literal::Negative(a) => {
                    out.push_str("not ");
                    self.atom(rule, a, &mut seen, out);
                }
                Literal::Compare(op, a, b) => {
                    self.term(rule, a, &mut seen, out);
                    let _ = write!(out, " {} ", op.as_str());
                    self.term(rule, b, &mut seen, out);
                }
            }
        }
        out.push('.');
    }

    fn atom(&self, rule: &Rule, atom: &Atom, seen: &mut [bool], out: &mut String) {
        out.push_str(&name(self.core.predicate(atom.predicate)));
        out.push('(');
        for (i, arg) in atom.args.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            self.term(rule, arg, seen, out);
        }
        out.push(')');
    }

    fn term(&self, rule: &Rule, term: &Term, seen: &mut [bool], out: &mut String) {
        match term {
            Term::Value(value) => {
                let _ = write!(out, "{}", value.show(&self.types));
            }
            Term::Now => out.push_str("@now"),
            Term::Variable(v) => {
                let variable = rule.variable(*v);
                let first = !std::mem::replace(&mut seen[v.0 as usize], true);
                annotated(&self.types, &variable.name, &variable.types, first, out);
            }
        }
    }

    fn signature(&self, s: &Signature) -> String {
        let mut out = name(self.core.predicate(s.predicate));
        out.push('(');
        for (i, entry) in s.entries.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            match entry {
                Entry::Exactly(text) => out.push_str(&quoted(text)),
                Entry::Types(set) => out.push_str(&self.types.show(set)),
            }
        }
        out.push(')');
        out
    }

    fn part(&self, part: &Part) -> String {
        let mut out = self.shape(part);
        for open in &part.open {
            let _ = write!(out, " open {open}");
        }
        match part.feed {
            Feed::Rules => {}
            Feed::Context => out.push_str(" context"),
            Feed::Stored => out.push_str(" stored"),
        }
        if part.mode == Mode::Demand {
            out.push_str(" demand");
        }
        if part.live {
            out.push_str(" live");
        }
        for (i, condition) in part.residue.iter().enumerate() {
            out.push_str(if i == 0 { " where " } else { ", " });
            match condition {
                Condition::Compare(op, a, b) => {
                    let _ = write!(out, "{} {} {}", self.slot(a), op.as_str(), self.slot(b));
                }
                Condition::Absent(part, args) => {
                    let _ = write!(out, "not p{}(", part.0);
                    for (i, arg) in args.iter().enumerate() {
                        if i > 0 {
                            out.push_str(", ");
                        }
                        out.push_str(&arg.as_ref().map_or("_".to_string(), |a| self.slot(a)));
                    }
                    out.push(')');
                }
            }
        }
        out
    }

    /// The shape of a part: its predicate with what is known of each argument, then its
    /// hidden columns.
    #[must_use]
    pub fn shape(&self, part: &Part) -> String {
        let mut out = name(self.core.predicate(part.predicate));
        out.push('(');
        for (i, column) in part.columns.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            match column {
                Column::Constant(value) => {
                    let _ = write!(out, "{}", value.show(&self.types));
                }
                Column::Stored(set, except) => {
                    out.push_str(&self.types.show(set));
                    for value in &**except {
                        let _ = write!(out, " - {}", value.show(&self.types));
                    }
                }
                Column::Every(set) => {
                    let _ = write!(out, "every {}", self.types.show(set));
                }
            }
        }
        for (i, hidden) in part.hidden.iter().enumerate() {
            out.push_str(if i == 0 { "; " } else { ", " });
            out.push_str(&self.types.show(hidden));
        }
        out.push(')');
        out
    }

    fn slot(&self, slot: &Slot) -> String {
        match slot {
            Slot::Argument(i) => format!("#{i}"),
            Slot::Hidden(i) => format!("${i}"),
            Slot::Open(i) => format!("?{i}"),
            Slot::Value(value) => value.show(&self.types).to_string(),
            Slot::Now => "@now".to_string(),
        }
    }

    fn part_rule(&self, rule: &PartRule) -> String {
        let mut seen = vec![false; rule.variables.len()];
        let mut out = String::new();
        self.part_atom(rule, &rule.head, &mut seen, &mut out);
        for (i, literal) in rule.body.iter().enumerate() {
            out.push_str(if i == 0 { " :- " } else { ", " });
            match literal {
                PartLiteral::Positive(atom) => self.part_atom(rule, atom, &mut seen, &mut out),
                PartLiteral::Negative(atom) => {
                    out.push_str("not ");
                    self.part_atom(rule, atom, &mut seen, &mut out);
                }
                PartLiteral::Compare(op, a, b) => {
                    self.part_term(rule, a, &mut seen, &mut out);
                    let _ = write!(out, " {} ", op.as_str());
                    self.part_term(rule, b, &mut seen, &mut out);
                }
                PartLiteral::HasType(t, set) => {
                    self.part_term(rule, t, &mut seen, &mut out);
                    let _ = write!(out, " is {}", self.types.show(set));
                }
            }
        }
        out.push('.');
        out
    }

    fn part_atom(&self, rule: &PartRule, atom: &PartAtom, seen: &mut [bool], out: &mut String) {
        let _ = write!(out, "p{}(", atom.part.0);
        for (i, arg) in atom.args.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            self.part_term(rule, arg, seen, out);
        }
        for (i, arg) in atom.hidden.iter().enumerate() {
            out.push_str(if i == 0 { "; " } else { ", " });
            self.part_term(rule, arg, seen, out);
        }
        out.push(')');
    }

    fn part_term(&self, rule: &PartRule, term: &PartTerm, seen: &mut [bool], out: &mut String) {
        match term {
            PartTerm::Value(value) => {
                let _ = write!(out, "{}", value.show(&self.types));
            }
            PartTerm::Now => out.push_str("@now"),
            PartTerm::Variable(v) => {
                let variable = &rule.variables[*v as usize];
                let first = !std::mem::replace(&mut seen[*v as usize], true);
                annotated(&self.types, &variable.name, &variable.types, first, out);
            }
        }
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = writeln!(out, "{text}");
}

/// A predicate's name; those of groups are not identifiers and stand in backticks.
fn name(predicate: &Predicate) -> String {
    if predicate.is_auxiliary() {
        format!("`{}`", predicate.name)
    } else {
        predicate.name.to_string()
    }
}

fn span(span: Option<Span>) -> String {
    span.map_or(String::new(), |s| {
        format!(" @{}:{}-{}", s.file.0, s.start, s.end)
    })
}

fn place(span: Option<Span>, sources: Option<&Sources>) -> String {
    match (span, sources) {
        (Some(span), Some(sources)) => format!(" # {}", sources.locate(span)),
        _ => String::new(),
    }
}

fn annotated(
    types: &TypeTable,
    name: &Text,
    set: &super::types::TypeSet,
    first: bool,
    out: &mut String,
) {
    out.push_str(name);
    if first && set != types.any() {
        let _ = write!(out, ": {}", types.show(set));
    }
}
