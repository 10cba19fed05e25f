//! A policy as text in pieces, so that shrinking can take pieces away.

use std::collections::BTreeSet;
use std::sync::Arc;

use floe_frontend::diag::Code;
use floe_frontend::ir::Program;
use floe_frontend::source::Sources;
use floe_frontend::{Limits, compile};

/// A rule: a head, and conditions that must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What stands before `if`.
    pub head: String,
    /// What `and` joins; empty: a rule without body.
    pub body: Vec<String>,
}

impl Rule {
    /// The rule `head if body[0] and ...`.
    pub fn new<S: Into<String>>(
        head: impl Into<String>,
        body: impl IntoIterator<Item = S>,
    ) -> Rule {
        Rule {
            head: head.into(),
            body: body.into_iter().map(Into::into).collect(),
        }
    }

    fn text(&self) -> String {
        match self.body.is_empty() {
            true => format!("{};", self.head),
            false => format!("{} if {};", self.head, self.body.join(" and ")),
        }
    }
}

/// A block, or the rules outside of all blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// What stands before the brace; empty: there is no brace.
    pub head: String,
    /// Lists of names, or `declare`s.
    pub declarations: Vec<String>,
    /// Its rules.
    pub rules: Vec<Rule>,
}

/// A policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Its blocks; the last one has no brace.
    pub blocks: Vec<Block>,
    /// Forms of the language that it uses, as far as the generator counts them.
    pub forms: BTreeSet<&'static str>,
}

impl Policy {
    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for block in &self.blocks {
            let indent = if block.head.is_empty() { "" } else { "  " };
            if !block.head.is_empty() {
                text += &format!("{} {{\n", block.head);
            }
            for line in &block.declarations {
                text += &format!("{indent}{line}\n");
            }
            for rule in &block.rules {
                text += &format!("{indent}{}\n", rule.text());
            }
            if !block.head.is_empty() {
                text += "}\n";
            }
        }
        text
    }

    /// Number of rules as written.
    #[must_use]
    pub fn rules(&self) -> usize {
        self.blocks.iter().map(|block| block.rules.len()).sum()
    }

    /// Every policy that lacks one piece of this one, large pieces first.
    #[must_use]
    pub fn smaller(&self) -> Vec<Policy> {
        let mut found = Vec::new();
        let mut without = |cut: &dyn Fn(&mut Policy)| {
            let mut smaller = self.clone();
            cut(&mut smaller);
            found.push(smaller);
        };
        let blocks = || self.blocks.iter().enumerate();
        for (i, block) in blocks() {
            if !block.head.is_empty() {
                without(&|p| _ = p.blocks.remove(i));
            }
        }
        for (i, block) in blocks() {
            for j in 0..block.rules.len() {
                without(&|p| _ = p.blocks[i].rules.remove(j));
            }
            for j in 0..block.declarations.len() {
                without(&|p| _ = p.blocks[i].declarations.remove(j));
            }
        }
        for (i, block) in blocks() {
            for (j, rule) in block.rules.iter().enumerate() {
                for k in 0..rule.body.len() {
                    without(&|p| _ = p.blocks[i].rules[j].body.remove(k));
                }
            }
        }
        found
    }

    /// Compiles it. An error says which codes, and everything for people.
    pub fn compile(&self) -> Result<Compiled, (Vec<Code>, String)> {
        let mut sources = Sources::new();
        sources.add("policy.polar", self.text());
        let compiled = compile(&sources, &Limits::default());
        let said = || {
            use floe_frontend::diag::render::{Style, render_all};
            render_all(&compiled.diagnostics, &sources, Style::Plain)
        };
        match compiled.program {
            Some(program) => Ok(Compiled {
                policy: self.clone(),
                program: Arc::new(program),
                warnings: said(),
                sources,
            }),
            None => {
                let errors = compiled.diagnostics.iter().map(|d| d.code);
                let errors = errors.filter(|code| code.as_str().starts_with('E'));
                Err((errors.collect(), said()))
            }
        }
    }
}

/// A policy and what it compiles to.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The policy.
    pub policy: Policy,
    /// Its program.
    pub program: Arc<Program>,
    /// Its text, as a source.
    pub sources: Sources,
    /// What the compiler said about it.
    pub warnings: String,
}
