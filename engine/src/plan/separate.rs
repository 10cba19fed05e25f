//! Separated recursion (design D6): what rides along is joined after the loop.
//!
//! `viewer(u, f) if parent(f, g) and viewer(u, g)` hands the user through. So the steps
//! from folder to folder, its *edges*, are closed on their own, beginning at folders that
//! carry a base row, and joined with the base afterwards: the loop holds pairs of folders
//! instead of a row per user and folder. Relations that move along the same edges share
//! their closure.

use floe_frontend::ir::TypeSet;
use floe_frontend::ir::core::RuleId;
use floe_frontend::ir::part::{
    Column, Feed, Part, PartAtom, PartId, PartLiteral, PartRule, PartTerm, PartVariable,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::edges::{Edge, Separable, variables};
use super::groups::{Group, Groups, absent};
use super::order::stored_terms;
use super::unfold::{View, unfold};
use super::{AsWritten, Recursion, variable};
use crate::faults::{Fault, has};

/// How every recursion is evaluated, by its parts; and the closures of those separated.
type Separated = (Vec<(Vec<PartId>, Recursion)>, Vec<super::Closure>);

/// Separates every component that can be, those of some parts excepted.
pub(super) fn separate(groups: &mut Groups, except: &[PartId]) -> Separated {
    let before = std::mem::take(&mut groups.order);
    let mut recursions = Vec::new();
    let mut pass = Pass {
        groups,
        closures: Vec::new(),
        separated: FxHashMap::default(),
        taints: FxHashMap::default(),
        views: FxHashMap::default(),
    };
    for group in before {
        if !group.recursive {
            pass.keep(group);
            continue;
        }
        let parts = group.parts.clone();
        let over_budget = parts.iter().any(|part| except.contains(part));
        let separable = if over_budget {
            Err(AsWritten::OverBudget)
        } else {
            Separable::of(&group, &pass.groups.strata)
        };
        recursions.push(match separable {
            Ok(separable) => {
                pass.separate(&group, separable);
                (parts, Recursion::Separated)
            }
            Err(why) => {
                pass.keep(group);
                (parts, Recursion::AsWritten(why))
            }
        });
    }
    let closures = pass.finish();
    groups.sort();
    (recursions, closures)
}

struct Pass<'g> {
    groups: &'g mut Groups,
    closures: Vec<Closure>,
    /// By part: its base, and its classes with their closures.
    separated: FxHashMap<PartId, (PartId, Vec<Closed>)>,
    /// By part: the closures it rests on.
    taints: FxHashMap<PartId, FxHashSet<usize>>,
    /// What separated relations are made of.
    views: FxHashMap<PartId, View>,
}

/// A class of columns, and the closure that moves them.
type Closed = (Vec<usize>, usize);

/// A closure of edges from seeds.
struct Closure {
    edges: Vec<Edge>,
    edge: PartId,
    seed: PartId,
    /// From, to.
    pairs: PartId,
    seeds: Vec<PartRule>,
    /// Bases that it is joined with.
    bases: Vec<PartId>,
    /// Closures that it rests on, since it begins at what they have reached.
    rests_on: FxHashSet<usize>,
    serves: Vec<PartId>,
    /// Columns of a node.
    width: usize,
    types: TypeSet,
    core: RuleId,
}

impl Pass<'_> {
    fn keep(&mut self, group: Group) {
        let taint: FxHashSet<usize> = (group.rules.iter())
            .flat_map(|rule| self.taint(&rule.body))
            .collect();
        for part in &group.parts {
            self.taints.insert(*part, taint.clone());
        }
        self.groups.order.push(group);
    }

    /// The closures that a body rests on.
    fn taint(&self, body: &[PartLiteral]) -> FxHashSet<usize> {
        let mut parts = Vec::new();
        for literal in body {
            match literal {
                PartLiteral::Positive(atom) => parts.push(atom.part),
                PartLiteral::Negative(atom) => absent(atom.part, &self.groups.strata, &mut parts),
                PartLiteral::Compare(..) | PartLiteral::HasType(..) => {}
            }
        }
        let taints = parts.iter().filter_map(|part| self.taints.get(part));
        taints.flatten().copied().collect()
    }

    /// These closures, and all that they rest on.
    fn behind(&self, mut closures: FxHashSet<usize>) -> FxHashSet<usize> {
        let mut open: Vec<usize> = closures.iter().copied().collect();
        while let Some(k) = open.pop() {
            let further = self.closures[k].rests_on.iter();
            open.extend(further.filter(|&&j| closures.insert(j)));
        }
        closures
    }

    fn separate(&mut self, group: &Group, separable: Separable) {
        let Separable {
            part,
            classes,
            base,
        } = separable;
        // Closures of the same edges, if all classes have some.
        let same: Option<Vec<usize>> = classes.iter().map(|(_, edges)| self.find(edges)).collect();
        let mut rules = base.clone();
        let mut shared = None;
        if let Some(closures) = same {
            let closed = with_closures(&classes, &closures);
            for rule in &mut rules {
                self.take_bases(rule, &closed);
            }
            let taint: FxHashSet<usize> = rules
                .iter()
                .flat_map(|rule| self.taint(&rule.body))
                .collect();
            // A closure cannot begin where it ends, nor behind another that begins there.
            let before = self.behind(taint);
            if closures.iter().all(|k| !before.contains(k)) {
                shared = Some(closures);
            } else {
                rules = base;
            }
        }
        let closures = shared.unwrap_or_else(|| {
            let new = classes
                .iter()
                .map(|(class, edges)| self.closure(class.len(), edges.clone(), part));
            new.collect()
        });
        let data = self.groups.strata.part(part).clone();
        let base = self.groups.add(
            Part {
                feed: Feed::Rules,
                ..data
            },
            self.groups.feeds[part.0 as usize],
            format!("base of p{}", part.0),
        );
        self.groups.feeds[part.0 as usize] = None;
        let taint: FxHashSet<usize> = rules
            .iter()
            .flat_map(|rule| self.taint(&rule.body))
            .collect();
        for rule in &mut rules {
            rule.head.part = base;
        }
        self.groups.order.push(Group {
            parts: vec![base],
            rules,
            recursive: false,
        });
        self.taints.insert(base, taint.clone());
        let core = group.rules.last().map_or(RuleId(0), |rule| rule.core);
        let mut reached = base;
        for (n, ((class, _), &k)) in classes.iter().zip(&closures).enumerate() {
            let seeds = self.seeds(base, class, self.closures[k].seed, core);
            if self.closures[k].seeds.is_empty() || !has(Fault::SeedsOfSharersLost) {
                self.closures[k].seeds.push(seeds);
            }
            self.closures[k].bases.push(base);
            self.closures[k].rests_on.extend(&taint);
            self.closures[k].serves.push(part);
            let next = if n + 1 == classes.len() {
                part
            } else {
                let data = self.groups.strata.part(base).clone();
                let purpose = format!("p{} after class {n}", part.0);
                self.groups.add(data, None, purpose)
            };
            let pairs = self.closures[k].pairs;
            let rules = self.joined((reached, next), class, pairs, core);
            let view = View {
                from: reached,
                class: class.clone(),
                pairs,
            };
            self.views.insert(next, view);
            self.groups.order.push(Group {
                parts: vec![next],
                rules,
                recursive: false,
            });
            reached = next;
        }
        let mut taint = taint;
        taint.extend(&closures);
        self.taints.insert(part, taint);
        self.separated
            .insert(part, (base, with_closures(&classes, &closures)));
    }

    /// What comes out of the rule will be closed: of relations that have been closed in the
    /// same way already, their bases are enough.
    fn take_bases(&self, rule: &mut PartRule, closed: &[Closed]) {
        for at in 0..rule.body.len() {
            let PartLiteral::Positive(atom) = &rule.body[at] else {
                continue;
            };
            let Some((base, classes)) = self.separated.get(&atom.part) else {
                continue;
            };
            let again = |(class, k): &Closed| {
                let mut mine = closed.iter();
                mine.any(|(columns, mine)| {
                    (mine == k || has(Fault::BaseOfAnyRelation))
                        && self.hands_out(rule, at, class, columns)
                })
            };
            if !classes.iter().all(again) {
                continue;
            }
            let base = *base;
            if let PartLiteral::Positive(atom) = &mut rule.body[at] {
                atom.part = base;
            }
        }
    }

    /// Whether a body atom's columns become these columns of the head and mean nothing to the
    /// rest of the rule.
    fn hands_out(&self, rule: &PartRule, at: usize, from: &[usize], to: &[usize]) -> bool {
        let strata = &self.groups.strata;
        let PartLiteral::Positive(atom) = &rule.body[at] else {
            return false;
        };
        let (head, body) = (stored_terms(&rule.head, strata), stored_terms(atom, strata));
        let others = rule.body.iter().enumerate().filter(|(i, _)| *i != at);
        let mentioned: Vec<u32> = others.flat_map(|(_, l)| variables(l)).collect();
        let once = |terms: &[&PartTerm], v: u32| {
            terms.iter().filter(|t| variable(t) == Some(v)).count() == 1
        };
        let handed = |(&f, &t): (&usize, &usize)| match (variable(body[f]), variable(head[t])) {
            (Some(a), Some(b)) => {
                let apart = !mentioned.contains(&a) || has(Fault::BaseWhereItMatters);
                a == b && once(&head, a) && once(&body, a) && apart
            }
            _ => false,
        };
        from.len() == to.len() && from.iter().zip(to).all(handed)
    }

    fn find(&self, edges: &[Edge]) -> Option<usize> {
        self.closures.iter().rposition(|c| {
            c.edges.len() == edges.len() && edges.iter().all(|e| c.edges.iter().any(|f| f.is(e)))
        })
    }

    /// A closure without seeds yet.
    fn closure(&mut self, width: usize, edges: Vec<Edge>, of: PartId) -> usize {
        let model = self.groups.strata.part(of).clone();
        let types = model.columns.iter().find_map(|c| match c {
            Column::Stored(types, _) => Some(types.clone()),
            _ => None,
        });
        let types = types.expect("a class has a stored column");
        let part = |pass: &mut Self, columns: usize, purpose: &str| {
            let part = Part {
                columns: vec![Column::Stored(types.clone(), [].into()); columns],
                feed: Feed::Rules,
                ..model.clone()
            };
            pass.groups
                .add(part, None, format!("{purpose} of p{}", of.0))
        };
        let known = self.find(&edges).map(|k| self.closures[k].edge);
        let edge = known.unwrap_or_else(|| {
            let edge = part(self, 2 * width, "edges");
            let rules = edges.iter().map(|e| PartRule {
                core: e.core,
                variables: e.variables.clone(),
                head: atom(edge, e.from.iter().chain(&e.to).cloned().collect()),
                body: e.rest.clone(),
            });
            let rules = rules.collect();
            self.groups.order.push(Group {
                parts: vec![edge],
                rules,
                recursive: false,
            });
            edge
        });
        let core = edges[0].core;
        // Edges may lead through what other closures have reached.
        let through = edges.iter().flat_map(|e| self.taint(&e.rest)).collect();
        let seed = part(self, width, "seeds");
        let pairs = part(self, 2 * width, "closure");
        self.closures.push(Closure {
            edges,
            edge,
            seed,
            pairs,
            seeds: Vec::new(),
            bases: Vec::new(),
            rests_on: through,
            serves: Vec::new(),
            width,
            types,
            core,
        });
        self.closures.len() - 1
    }

    /// `seed(node) if base(.., node, ..)`
    fn seeds(&self, base: PartId, class: &[usize], seed: PartId, core: RuleId) -> PartRule {
        let (variables, row) = self.row(base);
        let node = class.iter().map(|&i| PartTerm::Variable(i as u32));
        PartRule {
            core,
            variables,
            head: atom(seed, node.collect()),
            body: vec![PartLiteral::Positive(row)],
        }
    }

    /// `next(row) if from(row)` and `next(row') if from(row) and closure(node, node')`
    fn joined(
        &self,
        (from, next): (PartId, PartId),
        class: &[usize],
        closure: PartId,
        core: RuleId,
    ) -> Vec<PartRule> {
        let (variables, row) = self.row(from);
        let width = variables.len();
        let copy = PartRule {
            core,
            variables: variables.clone(),
            head: PartAtom {
                part: next,
                ..row.clone()
            },
            body: vec![PartLiteral::Positive(row.clone())],
        };
        let mut moved = PartAtom {
            part: next,
            ..row.clone()
        };
        let mut variables = variables;
        let mut node: Vec<PartTerm> = Vec::new();
        let mut reached: Vec<PartTerm> = Vec::new();
        for (n, &i) in class.iter().enumerate() {
            let new = PartTerm::Variable((width + n) as u32);
            variables.push(variables[i].clone());
            for term in &mut moved.args {
                if *term == PartTerm::Variable(i as u32) {
                    *term = new.clone();
                }
            }
            node.push(PartTerm::Variable(i as u32));
            reached.push(new);
        }
        node.extend(reached);
        let step = PartRule {
            core,
            variables,
            head: moved,
            body: vec![
                PartLiteral::Positive(row),
                PartLiteral::Positive(atom(closure, node)),
            ],
        };
        vec![copy, step]
    }

    /// An atom of a part with a variable at each stored column.
    fn row(&self, part: PartId) -> (Vec<PartVariable>, PartAtom) {
        let mut variables = Vec::new();
        let columns = self.groups.strata.part(part).columns.iter();
        let args = columns.map(|column| match column {
            Column::Constant(value) => PartTerm::Value(value.clone()),
            Column::Stored(types, _) | Column::Every(types) => {
                variables.push(PartVariable {
                    name: "x".into(),
                    types: types.clone(),
                });
                PartTerm::Variable(variables.len() as u32 - 1)
            }
        });
        let atom = atom(part, args.collect());
        (variables, atom)
    }

    /// Adds the closures, whose seeds are known now, and unfolds what is joined.
    fn finish(&mut self) -> Vec<super::Closure> {
        for group in &mut self.groups.order {
            let rules = std::mem::take(&mut group.rules).into_iter();
            let strata = &self.groups.strata;
            group.rules = rules
                .flat_map(|rule| unfold(rule, &self.views, strata))
                .collect();
        }
        let mut made = Vec::new();
        for closure in std::mem::take(&mut self.closures) {
            let rests_on = [closure.edge].into_iter().chain(closure.bases);
            made.push(super::Closure {
                pairs: closure.pairs,
                rests_on: rests_on.collect(),
                serves: closure.serves,
            });
            let w = closure.width as u32;
            let node = |first: u32| (first..first + w).map(PartTerm::Variable);
            let variable = PartVariable {
                name: "x".into(),
                types: closure.types.clone(),
            };
            let pair = |part, a: u32, b: u32| {
                PartLiteral::Positive(atom(part, node(a).chain(node(b)).collect()))
            };
            let rule = |variables: u32, body: Vec<PartLiteral>, to: u32| PartRule {
                core: closure.core,
                variables: vec![variable.clone(); variables as usize],
                head: atom(closure.pairs, node(0).chain(node(to)).collect()),
                body,
            };
            let seed = PartLiteral::Positive(atom(closure.seed, node(0).collect()));
            let first = rule(2 * w, vec![seed, pair(closure.edge, 0, w)], w);
            let more = vec![pair(closure.pairs, 0, w), pair(closure.edge, w, 2 * w)];
            let next = rule(3 * w, more, 2 * w);
            self.groups.order.push(Group {
                parts: vec![closure.seed],
                rules: closure.seeds,
                recursive: false,
            });
            self.groups.order.push(Group {
                parts: vec![closure.pairs],
                rules: vec![first, next],
                recursive: true,
            });
        }
        made
    }
}

fn with_closures(classes: &[(Vec<usize>, Vec<Edge>)], closures: &[usize]) -> Vec<Closed> {
    let pairs = classes.iter().zip(closures);
    pairs.map(|((class, _), &k)| (class.clone(), k)).collect()
}

fn atom(part: PartId, args: Vec<PartTerm>) -> PartAtom {
    PartAtom {
        part,
        args,
        hidden: Vec::new(),
    }
}
