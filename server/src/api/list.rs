//! `POST /list`, whole or in pages.

use std::sync::Arc;

use floe_frontend::ir::Program;
use floe_frontend::ir::core::{Literal, Term};

use super::context;
use crate::environment::{Meter, Moment, now};
use crate::http::{Call, Content, Reply};
use crate::pages::{After, Digest, Ids, Run, State, Token};
use crate::wire::{Fact, Failure, List, parse, value};

/// A list of more ids is not in memory at once.
const LONG: usize = 50_000;

/// `POST /list`
pub(crate) fn list(call: &Call, meter: &Meter) -> Result<Reply, Failure> {
    let asked: List<'_> = parse(call.body())?;
    let facts = context(call, asked.context_facts.as_ref())?;
    let moment = call.environment.moment();
    if asked.page_size.is_none() && asked.page_token.is_none() {
        let ids = find(&asked, &facts, &moment, meter)?;
        return Ok(Reply::of(&moment, whole(ids)));
    }

    let question = digest(call.environment.id(), &asked, &facts);
    let pages = &call.server().pages;
    let (size, after) = place(call, &asked, question, &moment)?;
    let state = State {
        environment: call.environment.id().to_owned(),
        epoch: moment.epoch(),
        policy_version: moment.policy_version(),
        now: reads_time(moment.snapshot().program()).then(now),
    };
    let kept = after.as_ref().and_then(|_| pages.get(question, &state));
    let ids = match kept {
        Some(ids) => ids,
        None => Arc::new(find(&asked, &facts, &moment, meter)?),
    };
    let (page, more) = ids.page(after.as_ref(), size as usize);
    let token = more.map(|after| {
        let token = Token {
            size,
            epoch: state.epoch,
            after,
        };
        pages.seal(&token, question)
    });
    let body = listed(&page, Some(token.as_deref()));
    if token.is_some() {
        pages.keep(question, state, ids.clone());
    } else if after.is_some() {
        pages.forget(question, &state);
    }
    Ok(Reply::of(&moment, Content::Whole(body.into())))
}

/// Everything; a long list part by part.
fn whole(ids: Ids) -> Content {
    if ids.len() <= LONG {
        return Content::Whole(listed(&ids.all(), None).into());
    }
    let begin = std::iter::once(b"{\"results\":[".to_vec());
    let end = std::iter::once(b"]}".to_vec());
    Content::Parts(Box::new(begin.chain(ids.parts()).chain(end)))
}

/// `{"results"}`, and with pages `"next_page_token"`: text or null.
fn listed(run: &Run<'_>, token: Option<Option<&str>>) -> Vec<u8> {
    let token_bytes = token.flatten().map_or(0, str::len);
    let mut body = Vec::with_capacity(run.bytes() + token_bytes + 64);
    body.extend_from_slice(b"{\"results\":");
    run.write(&mut body);
    match token {
        None => body.push(b'}'),
        Some(None) => body.extend_from_slice(b",\"next_page_token\":null}"),
        Some(Some(token)) => {
            // A token is made of letters, digits and a dot.
            body.extend_from_slice(b",\"next_page_token\":\"");
            body.extend_from_slice(token.as_bytes());
            body.extend_from_slice(b"\"}");
        }
    }
    body
}

fn find(
    asked: &List<'_>,
    facts: &[&Fact<'_>],
    moment: &Moment<'_>,
    meter: &Meter,
) -> Result<Ids, Failure> {
    let actor = value("actor_id", &asked.actor_type, &asked.actor_id)?;
    let sorted = moment.ask(facts, meter, |asking| {
        asking.sorted(actor, &asked.action, &asked.resource_type)
    })?;
    Ok(sorted.into())
}

/// Ids per page, and where the page before ended. With a token the size of the first page
/// holds.
fn place(
    call: &Call,
    asked: &List<'_>,
    question: Digest,
    moment: &Moment<'_>,
) -> Result<(u32, Option<After>), Failure> {
    if let Some(text) = &asked.page_token {
        let token = call.server().pages.open(text, question);
        // A token from the future is of another life of this server.
        let token = token.filter(|token| token.epoch <= moment.epoch());
        let why = "page_token: this is not a token for this question. Ask for the first page \
                   again, and change nothing but the token from page to page";
        let token = token.ok_or_else(|| Failure::bad(why))?;
        return Ok((token.size, Some(token.after)));
    }
    let size = asked.page_size.map_or(0, |size| size.0);
    if size < 1 {
        return Err(Failure::bad(format!("page_size: {size} is not at least 1")));
    }
    Ok((u32::try_from(size).unwrap_or(u32::MAX), None))
}

fn digest(environment: &str, asked: &List<'_>, facts: &[&Fact<'_>]) -> Digest {
    let question = [
        environment,
        &asked.actor_type,
        &asked.actor_id,
        &asked.action,
        &asked.resource_type,
    ];
    let facts = facts.iter().flat_map(|fact| {
        let args = fact.args.iter().flat_map(|arg| [&*arg.ty, &*arg.id]);
        // The mark keeps apart an argument and the predicate of the next fact.
        [&*fact.predicate].into_iter().chain(args).chain(["\0"])
    });
    Digest::of(question.into_iter().chain(facts))
}

/// Whether an answer may change while facts and policy stay.
fn reads_time(program: &Program) -> bool {
    let now = |literal: &Literal| match literal {
        Literal::Compare(_, a, b) => *a == Term::Now || *b == Term::Now,
        Literal::Positive(_) | Literal::Negative(_) => false,
    };
    program
        .core
        .rules
        .iter()
        .any(|rule| rule.body.iter().any(now))
}
