//! What the flat world answers, from its facts alone.

use std::collections::BTreeSet;

use super::{ACTIONS, Flat, FlatFact, repo_value, user_value};
use crate::workload::{Answer, Question};

/// Everything that can be asked of a small world after so many updates.
pub(super) fn questions(world: &Flat, updates: usize) -> Vec<(Question, Answer)> {
    let mut facts: BTreeSet<FlatFact> = world.rows().collect();
    for change in world.moves().take(updates) {
        if change.insert {
            facts.insert(change.fact);
        } else {
            facts.remove(&change.fact);
        }
    }
    let mut asked = Vec::new();
    for user in 0..world.users() {
        for (number, action) in ACTIONS.into_iter().enumerate() {
            let repos = repositories(&facts, user, number > 0);
            for repo in 0..world.repositories() {
                asked.push((
                    Question::Authorize {
                        actor: user_value(user),
                        action,
                        resource: repo_value(repo),
                    },
                    Answer::Allowed(repos.contains(&repo)),
                ));
            }
            let mut ids: Vec<String> = repos
                .iter()
                .map(|&repo| repo_value(repo).id.into_owned())
                .collect();
            ids.sort_unstable();
            asked.push((
                Question::List {
                    actor: user_value(user),
                    action,
                    kind: "Repository",
                },
                Answer::Ids(ids),
            ));
        }
    }
    asked
}

/// The repositories of all organizations where the user is an admin, or at least a member.
fn repositories(facts: &BTreeSet<FlatFact>, user: u32, as_admin: bool) -> BTreeSet<u32> {
    let orgs: BTreeSet<u32> = facts
        .iter()
        .filter_map(|&fact| match fact {
            FlatFact::Member {
                user: who,
                admin,
                org,
            } if who == user && (admin || !as_admin) => Some(org),
            _ => None,
        })
        .collect();
    facts
        .iter()
        .filter_map(|&fact| match fact {
            FlatFact::Repository { repo, org } if orgs.contains(&org) => Some(repo),
            _ => None,
        })
        .collect()
}
