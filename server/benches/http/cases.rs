//! What is measured, and how it is told.

use std::io::{self, Error};
use std::rc::Rc;
use std::time::{Duration, Instant};

use floe::noop::Asked;
use floe_engine::catalog::ChangeSet;
use floe_engine::{Config, Engine};
use floe_frontend::Limits;
use floe_frontend::source::Sources;

use crate::Effort;
use crate::load::{Answer, Exchange, ask, request, run};
use crate::servers::Server;
use crate::world::{self, Facts, MEMBERS, REPOSITORIES, SMALL};
use crate::writers;

/// Connections that are open at a time, unless only one is.
const CONNECTIONS: usize = 16;
/// Ids of a page.
const PAGE: usize = 10_000;

/// Runs every case and prints its lines.
pub(crate) fn measure(effort: &Effort) -> io::Result<()> {
    let floe = Server::floe()?;
    let policy = serde_json::json!({ "src": world::POLICY }).to_string();
    ask(floe.address, &request("POST", "/api/policy", &policy))?;
    store(&floe, &Facts::small())?;
    store(&floe, &Facts::large("ten-thousand", 10_000))?;
    let chosen = |name: &str| name.contains(&effort.only);

    println!("{CONNECTIONS} connections, {:?} each", effort.time);
    println!(
        "{:<28} {:>10} {:>10} {:>8} {:>22} {:>16}",
        "", "no-op/s", "floe/s", "floe", "processor, us a request", "wanted"
    );
    if chosen("authorize") {
        let asked = (0..SMALL * MEMBERS).map(|i| {
            let user = world::user(i % SMALL, i / SMALL);
            let repository = world::repository(i % SMALL, i * 7 % REPOSITORIES);
            let body = world::authorize(&user, &repository);
            let allowed = br#"{"allowed":true}"#[..].into();
            Exchange {
                request: request("POST", "/api/authorize", &body),
                answer: Answer::Exactly(allowed),
            }
        });
        let asked: Rc<[Exchange]> = asked.collect();
        beside(
            "authorize",
            &floe,
            Asked::Authorize,
            &asked,
            effort,
            ">= 85 %",
        )?;
    }
    if chosen("list of 100") {
        let asked = (0..SMALL * MEMBERS).map(|i| {
            let org = i % SMALL;
            let body = world::list(&world::user(org, i / SMALL), "");
            let ids = (0..REPOSITORIES).map(|r| world::repository(org, r));
            listed(body, ids)
        });
        let asked: Rc<[Exchange]> = asked.collect();
        beside("list of 100", &floe, Asked::List, &asked, effort, ">= 85 %")?;
    }
    if chosen("list of 10,000") {
        let ids = (0..10_000).map(|i| world::listed("ten-thousand", i));
        let asked: Rc<[Exchange]> = Rc::new([listed(world::list("user-ten-thousand", ""), ids)]);
        beside(
            "list of 10,000",
            &floe,
            Asked::List,
            &asked,
            effort,
            ">= 33 %",
        )?;
    }
    if chosen("single write") {
        println!();
        write(&floe, effort)?;
    }
    if chosen("writers") {
        println!();
        writers::measure(effort)?;
    }
    if chosen("pages") {
        println!();
        pages(&floe, effort)?;
    }
    Ok(())
}

pub(crate) fn store(floe: &Server, facts: &Facts) -> io::Result<()> {
    for body in &facts.bodies {
        ask(floe.address, &request("POST", "/api/bulk_load", body))?;
    }
    Ok(())
}

fn listed(body: String, ids: impl Iterator<Item = String>) -> Exchange {
    let results: Vec<String> = ids.collect();
    let answer = serde_json::json!({ "results": results }).to_string();
    Exchange {
        request: request("POST", "/api/list", &body),
        answer: Answer::Exactly(answer.into_bytes().into()),
    }
}

fn length(answer: &Answer) -> usize {
    match answer {
        Answer::Exactly(bytes) => bytes.len(),
        Answer::Length(length) => *length,
    }
}

/// The same requests, for answers of which only the length counts.
pub(crate) fn meaningless(asked: &[Exchange]) -> (Rc<[Exchange]>, usize) {
    let bytes = asked.first().map_or(0, |e| length(&e.answer));
    let exchanges = asked.iter().map(|exchange| Exchange {
        request: exchange.request.clone(),
        answer: Answer::Length(bytes),
    });
    (exchanges.collect(), bytes)
}

pub(crate) fn median(mut of: Vec<f64>) -> f64 {
    of.sort_unstable_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap_or(f64::NAN)
}

fn beside(
    name: &str,
    floe: &Server,
    as_what: Asked,
    asked: &Rc<[Exchange]>,
    effort: &Effort,
    wanted: &str,
) -> io::Result<()> {
    let (plain, bytes) = meaningless(asked);
    let noop = Server::noop(as_what, bytes)?;
    let mut rates = [Vec::new(), Vec::new()];
    let mut costs = [Vec::new(), Vec::new()];
    for round in 0..=effort.rounds {
        for (i, (server, exchanges)) in [(&noop, &plain), (floe, asked)].into_iter().enumerate() {
            let before = server.processor()?;
            let went = run(server.address, exchanges.clone(), CONNECTIONS, effort.time)?;
            let cost = server.processor()?.saturating_sub(before);
            // The first round warms up.
            if round > 0 {
                rates[i].push(went.per_second());
                costs[i].push(cost.as_secs_f64() * 1e6 / went.requests.max(1) as f64);
            }
        }
    }
    let ratios = rates[0]
        .iter()
        .zip(&rates[1])
        .map(|(noop, floe)| floe / noop);
    let ratio = median(ratios.collect());
    let [noop_rate, floe_rate] = rates.map(median);
    let [noop_cost, floe_cost] = costs.map(median);
    let costs = format!("{noop_cost:.1} and {floe_cost:.1}");
    let percent = ratio * 100.0;
    println!(
        "{name:<28} {noop_rate:>10.0} {floe_rate:>10.0} {percent:>6.0} % {costs:>22} {wanted:>16}"
    );
    Ok(())
}

/// One change after the other, each answered when it is visible.
fn write(floe: &Server, effort: &Effort) -> io::Result<()> {
    let answer: Rc<[u8]> = br#"{"message":"OK"}"#[..].into();
    let mut engine = engine().map_err(Error::other)?;
    let (plain, bytes) = meaningless(&[Exchange {
        request: request("POST", "/api/batch", &world::insert(0)),
        answer: Answer::Exactly(answer.clone()),
    }]);
    let noop = Server::noop(Asked::Batch, bytes)?;
    let mut medians = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..=effort.rounds {
        let fresh = |of: usize| (round * 2 + of) * 100_000;
        let insert = |i: usize| Exchange {
            request: request("POST", "/api/batch", &world::insert(i)),
            answer: Answer::Exactly(answer.clone()),
        };
        let inserts: Rc<[Exchange]> = (0..50_000).map(|i| insert(fresh(0) + i)).collect();
        let nothing = run(noop.address, plain.clone(), 1, effort.time)?.median();
        let whole = run(floe.address, inserts, 1, effort.time)?.median();
        let own = applied(&mut engine, fresh(1), effort.time)?;
        if round > 0 {
            for (of, time) in medians.iter_mut().zip([nothing, whole, own]) {
                of.push(time.as_secs_f64() * 1e6);
            }
        }
    }
    let wanted = |i: usize| 2.0 * medians[0][i] + medians[2][i];
    let share = (0..effort.rounds).map(|i| medians[1][i] / wanted(i));
    let share = median(share.collect()) * 100.0;
    let [nothing, whole, own] = medians.map(median);
    println!(
        "single write, one connection: {whole:.0} us; a no-op POST {nothing:.0} us, the engine's own \
         time {own:.0} us; {share:.0} % of twice the one plus the other (wanted <= 100 %)"
    );
    Ok(())
}

/// The same world in an engine of this process.
fn engine() -> Result<Engine, String> {
    let mut sources = Sources::new();
    sources.add("policy", world::POLICY);
    let compiled = floe_frontend::compile(&sources, &Limits::default());
    let program = compiled.program.ok_or("the policy does not compile")?;
    let engine = Engine::start(program.into(), Config::default()).map_err(|why| why.to_string())?;
    for body in Facts::small()
        .bodies
        .iter()
        .chain(&Facts::large("ten-thousand", 10_000).bodies)
    {
        let facts: serde_json::Value = serde_json::from_str(body).map_err(|e| e.to_string())?;
        let mut set = ChangeSet::new();
        for fact in facts.as_array().into_iter().flatten() {
            insert(&mut set, fact);
        }
        engine.apply(&set).map_err(|why| why.to_string())?;
    }
    Ok(engine)
}

fn insert(set: &mut ChangeSet, fact: &serde_json::Value) {
    let text = |value: &'_ serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let args: Vec<(String, String)> = (fact["args"].as_array().into_iter().flatten())
        .map(|arg| (text(&arg["type"]), text(&arg["id"])))
        .collect();
    let args = args.iter().map(|(ty, id)| (&**ty, &**id).into());
    set.insert(&text(&fact["predicate"]), args);
}

/// The median of what changes take that are made in this process.
fn applied(engine: &mut Engine, first: usize, time: Duration) -> io::Result<Duration> {
    let end = Instant::now() + time;
    let mut each = Vec::new();
    for number in first.. {
        let body: serde_json::Value = serde_json::from_str(&world::insert(number))?;
        let mut set = ChangeSet::new();
        insert(&mut set, &body[0]["inserts"][0]);
        let began = Instant::now();
        if began >= end {
            break;
        }
        engine
            .apply(&set)
            .map_err(|why| Error::other(why.to_string()))?;
        each.push(began.elapsed());
    }
    each.sort_unstable();
    Ok(each.get(each.len() / 2).copied().unwrap_or_default())
}

/// Long lists, page by page.
fn pages(floe: &Server, effort: &Effort) -> io::Result<()> {
    println!(
        "{:<28} {:>10} {:>12} {:>12}",
        "pages of 10,000", "ids", "seconds", "ns an id"
    );
    for ids in [effort.ids / 10, effort.ids / 3, effort.ids] {
        let name = format!("org-of-{ids}");
        store(floe, &Facts::large(&name, ids))?;
        let user = format!("user-{name}");
        let mut best = Duration::MAX;
        for _ in 0..3 {
            let began = Instant::now();
            let mut read = 0;
            let mut page = format!(r#","page_size":{PAGE}"#);
            loop {
                let body = world::list(&user, &page);
                let answer = ask(floe.address, &request("POST", "/api/list", &body))?;
                let answer: serde_json::Value = serde_json::from_slice(&answer)?;
                for id in answer["results"].as_array().into_iter().flatten() {
                    if id.as_str() != Some(&world::listed(&name, read)) {
                        return Err(Error::other(format!("{id} is the wrong id at {read}")));
                    }
                    read += 1;
                }
                match answer["next_page_token"].as_str() {
                    Some(token) => page = format!(r#","page_token":"{token}""#),
                    None => break,
                }
            }
            if read != ids {
                return Err(Error::other(format!("{read} ids instead of {ids}")));
            }
            best = best.min(began.elapsed());
        }
        let each = best.as_secs_f64() * 1e9 / ids as f64;
        println!(
            "{:<28} {ids:>10} {:>12.3} {each:>12.0}",
            "",
            best.as_secs_f64()
        );
    }
    Ok(())
}
