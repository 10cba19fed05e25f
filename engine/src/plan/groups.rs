//! The program as the dataflow sees it: groups of parts that are evaluated together, in
//! an order in which each reads earlier ones or itself.
//!
//! It begins as the program's strata. Passes may add parts of their own, numbered behind
//! the program's: those are seen by nobody else.

use floe_frontend::ir::part::{Feed, Part, PartId, PartLiteral, PartRule, Strata};

/// Parts that are evaluated together.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) parts: Vec<PartId>,
    pub(super) rules: Vec<PartRule>,
    pub(super) recursive: bool,
}

/// A program between passes.
pub(super) struct Groups {
    /// The program's parts, then those that passes have made. Rules and strata are empty.
    pub(super) strata: Strata,
    pub(super) order: Vec<Group>,
    /// By part: the part whose facts enter it, itself as a rule.
    pub(super) feeds: Vec<Option<PartId>>,
    /// Of parts that passes have made, what they are for.
    pub(super) purposes: Vec<String>,
}

impl Groups {
    pub(super) fn new(strata: &Strata) -> Groups {
        let groups = strata.strata.iter().map(|s| Group {
            parts: s.parts.clone().map(PartId).collect(),
            rules: s
                .rules
                .clone()
                .map(|r| strata.rules[r as usize].clone())
                .collect(),
            recursive: s.recursive,
        });
        let feeds = (0..).map(PartId).zip(&strata.parts);
        Groups {
            order: groups.collect(),
            feeds: feeds
                .map(|(p, part)| (part.feed == Feed::Stored).then_some(p))
                .collect(),
            strata: Strata {
                parts: strata.parts.clone(),
                rules: Vec::new(),
                strata: Vec::new(),
            },
            purposes: Vec::new(),
        }
    }

    /// Adds a part.
    pub(super) fn add(&mut self, part: Part, fed_by: Option<PartId>, purpose: String) -> PartId {
        let id = PartId(self.strata.parts.len() as u32);
        self.strata.parts.push(part);
        self.feeds.push(fed_by);
        self.purposes.push(purpose);
        id
    }

    /// Puts every group behind those it reads; otherwise the order stays.
    pub(super) fn sort(&mut self) {
        let mut place = vec![usize::MAX; self.strata.parts.len()];
        for (g, group) in self.order.iter().enumerate() {
            for part in &group.parts {
                place[part.0 as usize] = g;
            }
        }
        let mut sorted = Vec::with_capacity(self.order.len());
        let mut done = vec![false; self.order.len()];
        // Depth first, without recursion: a group waits on the stack for what it reads.
        for first in 0..self.order.len() {
            let mut open = vec![first];
            while let Some(&g) = open.last() {
                if done[g] {
                    open.pop();
                    continue;
                }
                let before = reads(&self.order[g], &self.strata)
                    .map(|part| place[part.0 as usize])
                    .find(|&h| h != usize::MAX && h != g && !done[h]);
                if let Some(h) = before {
                    open.push(h);
                } else {
                    done[g] = true;
                    sorted.push(g);
                    open.pop();
                }
            }
        }
        let mut groups: Vec<Option<Group>> = self.order.drain(..).map(Some).collect();
        self.order
            .extend(sorted.into_iter().filter_map(|g| groups[g].take()));
    }
}

/// Parts that a group's rules read, those that residues mention included.
fn reads<'g>(group: &'g Group, strata: &'g Strata) -> impl Iterator<Item = PartId> + 'g {
    group
        .rules
        .iter()
        .flat_map(|rule| &rule.body)
        .flat_map(|literal| {
            let mut parts = Vec::new();
            match literal {
                PartLiteral::Positive(atom) => parts.push(atom.part),
                PartLiteral::Negative(atom) => absent(atom.part, strata, &mut parts),
                PartLiteral::Compare(..) | PartLiteral::HasType(..) => {}
            }
            parts
        })
}

/// A negated part, and those its residue negates in turn.
pub(super) fn absent(part: PartId, strata: &Strata, parts: &mut Vec<PartId>) {
    parts.push(part);
    for condition in &strata.part(part).residue {
        if let floe_frontend::ir::part::Condition::Absent(other, _) = condition {
            absent(*other, strata, parts);
        }
    }
}
