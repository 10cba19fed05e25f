//! Known answers: from the facts alone, by someone who has read the policy.
//!
//! An oracle says which rows `allow` has. Where a rule leaves something open (any actor, any
//! action, any resource) it has a row for everything, which is asked for by leaving that open.

use super::{Answer, Question, Questions, SplitMix, Value};

/// A type that questions are about.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name in the policy.
    pub name: &'static str,
    /// Its ids are this letter and a number.
    pub letter: char,
    /// What may be done to it; nothing, if it only acts.
    pub actions: &'static [&'static str],
    /// How many of the questions about a resource are about one of these, as a weight.
    pub weight: u32,
}

impl Kind {
    /// The value of this number.
    #[must_use]
    pub fn value(&self, number: u32) -> Value {
        Value::numbered(self.name, self.letter, number)
    }
}

/// A row of `allow`; what is `None` is open.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'a> {
    /// The number of the user.
    pub user: Option<u32>,
    /// What for.
    pub action: Option<&'a str>,
    /// The type of the resource.
    pub kind: &'a str,
    /// The number of the resource.
    pub resource: Option<u32>,
}

/// Answers from remembered facts, found without an engine. For small worlds.
pub trait Oracle {
    /// Whether some rule gives this row. A row with everything named is asked for by itself:
    /// it need not say whether one with something open covers it.
    fn derives(&self, grant: Grant<'_>) -> bool;

    /// How many values of a kind may be in facts by now, if that grows.
    fn grown(&self, kind: &Kind) -> u32 {
        _ = kind;
        0
    }
}

/// What can be asked about a world.
pub trait Domain {
    /// The types that questions are about; one of them has the name of [`USER`].
    const KINDS: &'static [Kind];

    /// Whether it can be listed who may do something to a resource.
    const WHO: bool = true;

    /// How many values of a kind there are at first; they are numbered from 0.
    fn count(&self, kind: &Kind) -> u32;

    /// A user and a resource that have something to do with each other, so that not all
    /// answers are no.
    fn related(&self, random: &mut SplitMix) -> (Value, Value);
}

/// The type of whoever asks, in every world; in most of them nothing is done to one.
pub const USER: Kind = Kind {
    name: "User",
    letter: 'u',
    actions: &[],
    weight: 0,
};

/// Up to so many pairs of a user and a resource everything is asked.
const EVERYTHING: u64 = 4_000;
/// How many questions are asked of a larger world, beside those that follow from the answers.
const ASKED: usize = 600;

/// Endless questions, the same every time.
pub(super) fn asks(world: impl Domain + Send + 'static) -> Questions {
    let mut random = SplitMix::new(0xA5C5);
    Box::new(std::iter::repeat_with(move || ask(&world, &mut random)))
}

/// A question as clients ask it: half of them about things the actor has to do with.
fn ask<D: Domain>(world: &D, random: &mut SplitMix) -> Question {
    let (actor, resource) = if random.once_in(2) {
        world.related(random)
    } else {
        let weights: u32 = D::KINDS.iter().map(|kind| kind.weight).sum();
        let mut at = random.below(weights);
        let mut kinds = D::KINDS.iter();
        let kind = kinds.find(|kind| {
            let here = at < kind.weight;
            at = at.saturating_sub(kind.weight);
            here
        });
        let kind = kind.expect("weights are of kinds");
        let user = random.below(world.count(&kind_named::<D>(USER.name)));
        let resource = random.below(world.count(kind));
        (kind_named::<D>(USER.name).value(user), kind.value(resource))
    };
    let kind = kind_named::<D>(resource.kind);
    let action = random.pick(kind.actions);
    match random.below(8) {
        0..4 => Question::Authorize {
            actor,
            action,
            resource,
        },
        4..6 => Question::List {
            actor,
            action,
            kind: kind.name,
        },
        6 if D::WHO => Question::Who {
            kind: USER.name,
            action,
            resource,
        },
        _ => Question::Actions { actor, resource },
    }
}

fn kind_named<D: Domain>(name: &str) -> Kind {
    let found = D::KINDS.iter().find(|kind| kind.name == name);
    *found.expect("a world lists its kinds")
}

/// Questions with their answers: everything that can be asked of a tiny world, else a sample
/// in which every list is followed by a question about one of its ids.
pub(super) fn questions<D: Domain>(world: &D, model: &impl Oracle) -> Vec<(Question, Answer)> {
    let resources = D::KINDS
        .iter()
        .map(|kind| u64::from(count(world, model, kind)));
    let users = u64::from(world.count(&kind_named::<D>(USER.name)));
    if users * resources.sum::<u64>() <= EVERYTHING {
        return everything(world, model);
    }
    let mut random = SplitMix::new(0x0A5C);
    let mut asked = Vec::new();
    for _ in 0..ASKED {
        let question = ask(world, &mut random);
        let answer = answer(world, model, &question);
        let follows = follow(&question, &answer, &mut random);
        asked.push((question, answer));
        if let Some(question) = follows {
            let answer = self::answer(world, model, &question);
            asked.push((question, answer));
        }
    }
    asked
}

/// What is asked about something that has just been listed.
fn follow(question: &Question, answer: &Answer, random: &mut SplitMix) -> Option<Question> {
    let (
        Question::List {
            actor,
            action,
            kind,
        },
        Answer::Ids(ids),
    ) = (question, answer)
    else {
        return None;
    };
    let at = random.below(u32::try_from(ids.len()).ok()?.max(1));
    let id = ids.get(at as usize).filter(|id| *id != "*")?;
    Some(Question::Authorize {
        actor: actor.clone(),
        action,
        resource: Value {
            kind,
            id: id.clone().into(),
        },
    })
}

/// Every question there is about what the facts may mention.
fn everything<D: Domain>(world: &D, model: &impl Oracle) -> Vec<(Question, Answer)> {
    let users = kind_named::<D>(USER.name);
    let mut asked = Vec::new();
    for kind in D::KINDS.iter().filter(|kind| !kind.actions.is_empty()) {
        let resources = || (0..count(world, model, kind)).map(|number| kind.value(number));
        for actor in (0..world.count(&users)).map(|number| users.value(number)) {
            for &action in kind.actions {
                asked.push(Question::List {
                    actor: actor.clone(),
                    action,
                    kind: kind.name,
                });
                asked.extend(resources().map(|resource| Question::Authorize {
                    actor: actor.clone(),
                    action,
                    resource,
                }));
            }
            asked.extend(resources().map(|resource| Question::Actions {
                actor: actor.clone(),
                resource,
            }));
        }
        for &action in kind.actions.iter().filter(|_| D::WHO) {
            asked.extend(resources().map(|resource| Question::Who {
                kind: USER.name,
                action,
                resource,
            }));
        }
    }
    let answered = |question| {
        let answer = answer(world, model, &question);
        (question, answer)
    };
    asked.into_iter().map(answered).collect()
}

fn count<D: Domain>(world: &D, model: &impl Oracle, kind: &Kind) -> u32 {
    world.count(kind).max(model.grown(kind))
}

fn answer<D: Domain>(world: &D, model: &impl Oracle, question: &Question) -> Answer {
    let derives = |user, action, kind, resource| {
        model.derives(Grant {
            user,
            action,
            kind,
            resource,
        })
    };
    match question {
        Question::Authorize {
            actor,
            action,
            resource,
        } => {
            let (user, kind, resource) = (actor.number(), resource.kind, resource.number());
            Answer::Allowed(either(user).any(|user| {
                either(*action).any(|action| {
                    either(resource).any(|resource| derives(user, action, kind, resource))
                })
            }))
        }
        Question::List {
            actor,
            action,
            kind,
        } => {
            let holds = |resource| {
                either(actor.number())
                    .any(|user| either(*action).any(|action| derives(user, action, kind, resource)))
            };
            let kind = kind_named::<D>(kind);
            ids(&kind, count(world, model, &kind), holds)
        }
        Question::Who {
            kind,
            action,
            resource,
        } => {
            let holds = |user| {
                either(resource.number()).any(|number| {
                    either(*action).any(|action| derives(user, action, resource.kind, number))
                })
            };
            let kind = kind_named::<D>(kind);
            ids(&kind, count(world, model, &kind), holds)
        }
        Question::Actions { actor, resource } => {
            let holds = |action: Option<&'static str>| {
                either(actor.number()).any(|user| {
                    either(resource.number())
                        .any(|number| derives(user, action, resource.kind, number))
                })
            };
            let mut names: Vec<String> = Vec::new();
            if holds(None) {
                names.push("*".to_owned());
            }
            let actions = kind_named::<D>(resource.kind).actions.iter();
            names.extend(
                actions
                    .filter(|&&action| holds(Some(action)))
                    .map(|&a| a.to_owned()),
            );
            names.sort_unstable();
            Answer::Ids(names)
        }
    }
}

/// This, and everything.
fn either<T>(one: T) -> impl Iterator<Item = Option<T>> {
    [Some(one), None].into_iter()
}

/// The ids of a kind that something holds of, with a star if it holds of all.
fn ids(kind: &Kind, count: u32, holds: impl Fn(Option<u32>) -> bool) -> Answer {
    let named = (0..count).filter(|&number| holds(Some(number)));
    let mut ids: Vec<String> = named
        .map(|number| kind.value(number).id.into_owned())
        .collect();
    if holds(None) {
        ids.push("*".to_owned());
    }
    ids.sort_unstable();
    Answer::Ids(ids)
}
