//! The reference evaluator: what a policy means, as plainly as we can say it.
//!
//! It reads core rules and facts, and nothing of the engine. Slow is fine; wrong is not.
//!
//! # Patterns
//!
//! There is no table of entities (spec 5.6): a rule may hold for every id of a type. So a
//! relation is a finite set of *patterns*. Each argument of a pattern is a value,
//! or *open*: any value of some types. Arguments may share one open value, and a pattern
//! may carry *conditions* on its open values, the ones that could not be judged when it
//! was derived: `x > 5`, `x != y`, `not banned(x)`.
//!
//! A condition has three stages. It is *written* in a rule; it *waits* in a pattern while
//! one of its values is open, through as many rules as the pattern passes; it is *judged*,
//! and gone, as soon as all of them are known, because a later atom or the question bound
//! them. One whose open value was dropped on the way (it stood in a body, and not in the
//! head) can never be judged: it is *stuck*, and names the variable.
//!
//! A question that binds everything judges every condition. A question that wants to list
//! an open value with a condition on it, or two open values that must be equal, cannot be
//! answered, and says so: there is nothing to search (spec 5.6.3). Patterns are kept beside
//! the values they cover, since answers show both (spec 5.6.4).
//!
//! # The least model
//!
//! A new pattern is joined, in every rule that mentions its predicate, with all patterns
//! known so far. Nothing is lost, since of any patterns that fire a rule
//! together one came last. It ends, since there are no functions: values come from the
//! facts and the policy, conditions from its rules, and a pattern has finitely many
//! places for them.
//!
//! # Negation
//!
//! Strata are not needed. Let M0 be empty and M(i+1) the least model in which `not q(t)`
//! is judged by M(i). M1 holds too much, since nothing was there to negate; M2 too little;
//! and so on, from both sides. When two in a row agree, the model judges its own negations:
//! it is stable. A policy without a cycle through negation has exactly one such model, its
//! perfect one, and this finds it after at most one round per stratum, since each round
//! settles the next. If the models begin to alternate instead, something depends on its
//! own negation, and every question is refused.

mod model;
mod pattern;
mod rules;
mod world;

pub use world::World;
