//! Orders to a server that runs: keys, backups, restoring, verifying; and its end under load.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Run, floe, folder};
use crate::server::{KEY, Server};

pub(crate) const POLICY: &str = "actor User {}\nresource Doc { permissions = [\"read\"]; roles = [\"reader\"]; \
    \"read\" if \"reader\"; }\n\
    declare left(User); declare right(User);\n";

pub(crate) fn reader(user: &str) -> Value {
    json!({"predicate": "has_role", "args": [{"type": "User", "id": user},
        {"type": "String", "id": "reader"}, {"type": "Doc", "id": "1"}]})
}

pub(crate) fn check(user: &str) -> Value {
    json!({"actor_type": "User", "actor_id": user, "action": "read",
        "resource_type": "Doc", "resource_id": "1"})
}

pub(crate) fn text(path: &Path) -> String {
    path.display().to_string()
}

pub(crate) fn upload(server: &Server, key: &str) {
    let uploaded = server.call(key, "POST", "/api/policy", &json!({"src": POLICY}));
    assert_eq!(uploaded.status, 200, "{uploaded:?}");
}

#[track_caller]
pub(crate) fn fine(run: &Run) -> &str {
    assert_eq!(run.status, Some(0), "{run:?}");
    &run.out
}

fn signal(server: &Server, signal: &str) {
    let pid = server.child.id().to_string();
    let told = Command::new("kill").args([signal, &pid]).status();
    assert!(told.expect("kill runs").success());
}

/// The status of a question with this key, on a connection that stays open.
fn status_on(stream: &mut BufReader<TcpStream>, key: &str) -> u16 {
    let body = check("ann").to_string();
    let length = body.len();
    let request = format!(
        "POST /api/authorize HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    let sent = stream.get_mut().write_all(request.as_bytes());
    sent.expect("the connection is open");
    let (mut status, mut length) = (0, 0);
    loop {
        let mut line = String::new();
        assert!(stream.read_line(&mut line).expect("an answer") > 0);
        let line = line.trim_end().to_lowercase();
        if let Some(rest) = line.strip_prefix("http/1.1 ") {
            status = rest[..3].parse().expect("a status");
        }
        if let Some(bytes) = line.strip_prefix("content-length: ") {
            length = bytes.parse().expect("a number");
        }
        if line.is_empty() {
            let mut body = vec![0; length];
            stream.read_exact(&mut body).expect("a body");
            return status;
        }
    }
}

#[test]
fn keys_come_and_go_while_the_server_runs() {
    let data = folder("running-keys").join("data");
    let server = Server::on(&data);
    let dir = text(&data);
    let key = |more: &[&str]| {
        let mut arguments = vec!["key", "create", "--data", &dir];
        arguments.extend(more);
        let created = floe(&arguments);
        fine(&created).lines().last().expect("a key").to_owned()
    };
    let status = |key: &str| {
        let asked = server.call(key, "POST", "/api/authorize", &check("ann"));
        asked.status
    };
    assert_eq!(status(KEY), 200);
    assert_eq!(
        server.send("POST", "/test_environment", &[], None).status,
        200
    );
    let first = key(&[]);
    assert_eq!((status(&first), status(KEY)), (200, 401));
    // What everybody could do with the key that everybody knows is over too.
    let closed = server.send("POST", "/test_environment", &[], None);
    assert_eq!(closed.status, 404, "{closed:?}");
    let reads = key(&["--scope", "read"]);
    let elsewhere = key(&["--environment", "other"]);
    let writes = |key: &str| server.call(key, "POST", "/api/policy", &json!({"src": POLICY}));
    assert_eq!(writes(&reads).status, 403);
    assert_eq!(
        (writes(&elsewhere).status, writes(&first).status),
        (200, 200)
    );
    let stored = server.call(&elsewhere, "POST", "/api/facts", &reader("ann"));
    assert_eq!(stored.status, 200, "{stored:?}");
    let allowed = |key: &str| {
        server
            .call(key, "POST", "/api/authorize", &check("ann"))
            .body
    };
    assert_eq!(allowed(&elsewhere), json!({"allowed": true}));
    assert_eq!(allowed(&first), json!({"allowed": false}));

    let listed = floe(&["key", "list", "--data", &dir]);
    assert_eq!(fine(&listed).lines().count(), 3);
    assert!(!listed.out.contains(&first), "the key itself is kept");
    let id = reads.split('_').nth(2).expect("an id");
    let revoke = || floe(&["key", "revoke", "--data", &dir, id]);
    // A connection on which the key has been valid is no exception, and knows keys apart.
    let mut stream = BufReader::new(TcpStream::connect(&server.address).expect("a connection"));
    let mut again = |key: &str| status_on(&mut stream, key);
    let wrong = reads.clone() + "x";
    assert_eq!(
        [again(&reads), again(&reads), again(&wrong)],
        [200, 200, 401]
    );
    assert_eq!([again(&reads), again(&first), again(&reads)], [200; 3]);
    assert_eq!(revoke().status, Some(0));
    assert_eq!(
        [again(&reads), again(&first), again(&reads)],
        [401, 200, 401]
    );
    assert_eq!((status(&reads), status(&first)), (401, 200));
    let again = revoke();
    assert_eq!(again.status, Some(1));
    assert!(again.err.contains("has no key"), "{again:?}");

    let socket = fs::metadata(data.join("control")).expect("a socket");
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);
    // All of it is on disk, and a socket that nobody listens on is in nobody's way.
    let mut server = server;
    server.child.kill().expect("it runs");
    server.child.wait().expect("it ends");
    assert!(data.join("control").exists());
    assert_eq!(
        fine(&floe(&["key", "list", "--data", &dir]))
            .lines()
            .count(),
        2
    );
    let server = Server::on(&data);
    let status = |key: &str| {
        let asked = server.call(key, "POST", "/api/authorize", &check("ann"));
        asked.status
    };
    assert_eq!(
        (
            status(&first),
            status(&reads),
            status(&elsewhere),
            status(KEY)
        ),
        (200, 401, 200, 401)
    );
}

/// Both sides of all pairs.
fn sides(server: &Server) -> [BTreeSet<String>; 2] {
    ["left", "right"].map(|predicate| {
        let facts = server.get(&format!("facts?predicate={predicate}"));
        assert_eq!(facts.status, 200, "{facts:?}");
        let facts = facts.body.as_array().expect("facts").clone();
        let id = |fact: &Value| fact["args"][0]["id"].as_str().expect("an id").to_owned();
        facts.iter().map(id).collect()
    })
}

fn pair(user: &str) -> Value {
    let fact =
        |predicate: &str| json!({"predicate": predicate, "args": [{"type": "User", "id": user}]});
    json!([{"inserts": [fact("left"), fact("right")]}])
}

/// Whether these are the pairs of one moment at which each of the writers had made at least
/// so many changes, and at most so many.
fn of_one_moment(
    [left, right]: &[BTreeSet<String>; 2],
    least: &[u64],
    most: &[u64],
) -> Result<(), String> {
    if left != right {
        return Err("half a change set".to_owned());
    }
    for (writer, (least, most)) in least.iter().zip(most).enumerate() {
        let has = |n: u64| left.contains(&format!("{writer}-{n}"));
        let newest = (1..).take_while(|n| has(*n)).count() as u64;
        // One more may have been made and not yet been counted.
        if newest < *least || newest > most + 1 {
            return Err(format!(
                "{newest} of writer {writer} are there, not {least} to {most}"
            ));
        }
        let of_writer = left.iter().filter(|l| l.starts_with(&format!("{writer}-")));
        if of_writer.count() as u64 != newest {
            return Err(format!("writer {writer} has a gap"));
        }
    }
    Ok(())
}

/// R24: a copy of one moment, made while four writers go on, restored elsewhere. First that
/// the test would see one that is not: both sides read one after the other.
#[test]
fn a_backup_under_load_is_of_one_moment() {
    let folder = folder("running-backup");
    let data = folder.join("data");
    let server = Server::on(&data);
    upload(&server, KEY);
    let acknowledged: Vec<AtomicU64> = (0..4).map(|_| AtomicU64::new(0)).collect();
    let done = AtomicBool::new(false);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let mut torn = Ok(());
    std::thread::scope(|threads| {
        for (writer, acknowledged) in acknowledged.iter().enumerate() {
            let (server, done) = (&server, &done);
            threads.spawn(move || {
                for n in 1.. {
                    if done.load(Ordering::SeqCst) {
                        return;
                    }
                    let stored = server.post("batch", &pair(&format!("{writer}-{n}")));
                    assert_eq!(stored.status, 200, "{stored:?}");
                    acknowledged.store(n, Ordering::SeqCst);
                }
            });
        }
        let count = || -> Vec<u64> {
            let counts = acknowledged.iter().map(|a| a.load(Ordering::SeqCst));
            counts.collect()
        };
        let began = Instant::now();
        while torn.is_ok() && began.elapsed() < Duration::from_secs(20) {
            let least = count();
            let sides = sides(&server);
            torn = of_one_moment(&sides, &least, &count());
        }
        for copy in 0..3 {
            std::thread::sleep(Duration::from_millis(150));
            before.push(count());
            let to = text(&folder.join(format!("copy-{copy}")));
            assert_eq!(fine(&floe(&["backup", "--data", &text(&data), &to])), "");
            after.push(count());
        }
        done.store(true, Ordering::SeqCst);
    });
    let again = floe(&[
        "backup",
        "--data",
        &text(&data),
        &text(&folder.join("copy-0")),
    ]);
    assert_eq!(again.status, Some(2), "{again:?}");
    drop(server);
    for copy in 0..3 {
        let other = folder.join(format!("other-{copy}"));
        let from = text(&folder.join(format!("copy-{copy}")));
        let restored = floe(&["restore", "--data", &text(&other), &from]);
        assert!(fine(&restored).contains("every checksum is right"));
        let server = Server::on(&other);
        of_one_moment(&sides(&server), &before[copy], &after[copy]).unwrap();
    }
    assert!(
        torn.is_err(),
        "the test would not notice two moments in one"
    );
    let counted = after[2].iter().sum::<u64>();
    assert!(counted > 50, "only {counted} changes: there was no load");
}

#[test]
fn a_backup_takes_the_place_of_what_is_served() {
    let folder = folder("running-restore");
    let data = folder.join("data");
    let (dir, copy) = (text(&data), text(&folder.join("copy")));
    let server = Server::on(&data);
    upload(&server, KEY);
    let tell = |user: &str| {
        let stored = server.post("facts", &reader(user));
        assert_eq!(stored.status, 200, "{stored:?}");
    };
    let may = |user: &str| {
        let asked = server.post("authorize", &check(user));
        assert_eq!(asked.status, 200, "{asked:?}");
        asked.body["allowed"] == true
    };
    tell("ann");
    fine(&floe(&["backup", "--data", &dir, &copy]));
    tell("bob");
    assert!(may("ann") && may("bob"));

    let refused = floe(&["restore", "--data", &dir, &copy]);
    assert_eq!(refused.status, Some(2));
    assert!(refused.err.contains("--replace"), "{refused:?}");
    let nonsense = text(&folder.join("nonsense"));
    fs::write(&nonsense, "nonsense").expect("a file");
    for wrong in [&nonsense, "no such file"] {
        let refused = floe(&["restore", "--replace", "--data", &dir, wrong]);
        assert_eq!(refused.status, Some(2), "{refused:?}");
        assert!(refused.err.contains(wrong), "{refused:?}");
        assert!(may("bob"), "it goes on with what it has");
    }
    // A backup in which a fact is another one.
    let mut bytes = fs::read(&copy).expect("a file");
    let places: Vec<usize> = (0..bytes.len() - 3)
        .filter(|at| &bytes[*at..at + 3] == b"ann")
        .collect();
    assert!(!places.is_empty(), "the fact is nowhere in the file");
    for at in places {
        bytes[at] = b'A';
    }
    let damaged = text(&folder.join("damaged"));
    fs::write(&damaged, bytes).expect("a file");
    let refused = floe(&["restore", "--replace", "--data", &dir, &damaged]);
    assert_eq!(refused.status, Some(2), "{refused:?}");
    assert!(refused.err.contains(&damaged), "{refused:?}");
    assert!(may("bob"), "it goes on with what it has");

    let restored = floe(&["restore", "--replace", "--data", &dir, &copy]);
    assert!(fine(&restored).contains("floe.redb.before"), "{restored:?}");
    assert!(may("ann") && !may("bob"));
    tell("eve");
    assert!(may("eve"));
    let ready = server.send("GET", "/readyz", &[], None);
    assert_eq!(ready.status, 200, "{ready:?}");
    let mut server = server;
    server.child.kill().expect("it runs");
    server.child.wait().expect("it ends");

    // The same without a server, to and fro.
    let before = text(&data.join("floe.redb.before"));
    let kept = text(&folder.join("kept"));
    fs::copy(&before, &kept).expect("a copy");
    let restored = floe(&["restore", "--replace", "--data", &dir, &kept]);
    assert!(fine(&restored).contains("floe.redb.before"));
    let server = Server::on(&data);
    let may = |user: &str| {
        let asked = server.post("authorize", &check(user));
        asked.body["allowed"] == true
    };
    assert!(may("ann") && may("bob") && !may("eve"));
}

#[test]
fn what_is_kept_is_derived_again() {
    let data = folder("running-verify").join("data");
    let dir = text(&data);
    let server = Server::on(&data);
    upload(&server, KEY);
    let inserts: Vec<Value> = (0..2000).map(|n| reader(&format!("user-{n}"))).collect();
    let stored = server.post("batch", &json!([{"inserts": inserts}]));
    assert_eq!(stored.status, 200, "{stored:?}");
    let deleted = server.call(KEY, "DELETE", "/api/facts", &reader("user-7"));
    assert_eq!(deleted.status, 200, "{deleted:?}");
    let asked = Instant::now();
    // Relations are kept once there are enough facts, and that takes a moment.
    let said = loop {
        let verified = floe(&["verify", "--data", &dir]);
        let said = fine(&verified).to_owned();
        if said.contains("as they follow") {
            break said;
        }
        assert!(asked.elapsed() < Duration::from_secs(30), "{said}");
    };
    let sound = "1 environment, every checksum is right\n\
        environment 0123456789: 1999 facts, as they are on disk; 1999 rows of ";
    assert!(said.starts_with(sound), "{said}");
    drop(server);
    let verified = floe(&["verify", "--data", &dir]);
    assert_eq!(fine(&verified), said);
}

/// Ends a server on which many write, and returns every complaint about how it went.
fn end_under_load(data: &Path, how: &str) -> Vec<String> {
    let mut server = Server::on(data);
    upload(&server, KEY);
    let address = server.address.clone();
    let enough = AtomicU64::new(0);
    let mut complaints = Vec::new();
    let (answered, status, took) = std::thread::scope(|threads| {
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let (address, enough) = (&address, &enough);
                threads.spawn(move || write_until_the_end(address, writer, enough))
            })
            .collect();
        // Whoever never comes to the end of a request is not waited for longer than that.
        let _stuck = half_a_body(&address, &pair("stuck").to_string());
        while enough.load(Ordering::SeqCst) < 200 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let since = Instant::now();
        signal(&server, how);
        let status = server.child.wait().expect("it ends");
        let took = since.elapsed();
        let answered = writers.into_iter().map(|w| w.join().expect("a writer"));
        (answered.collect::<Vec<_>>(), status, took)
    });
    if status.code() != Some(0) {
        complaints.push(format!("it ends with {status}"));
    }
    if took > Duration::from_secs(10) {
        complaints.push(format!("it takes {took:?}"));
    }
    if data.join("control").exists() {
        complaints.push("the socket is left behind".to_owned());
    }
    let mut acknowledged = BTreeSet::new();
    for (whole, broken) in answered {
        acknowledged.extend(whole);
        complaints.extend(broken);
    }
    let server = Server::on(data);
    let [left, right] = sides(&server);
    if left != right {
        complaints.push("half a change set".to_owned());
    }
    if let Some(lost) = acknowledged.difference(&left).next() {
        complaints.push(format!("lost: {lost}"));
    }
    if let Some(unanswered) = left.difference(&acknowledged).next() {
        complaints.push(format!("unanswered: {unanswered}"));
    }
    complaints
}

/// A change whose body breaks off in the middle; the connection, and what is missing.
pub(crate) fn half_a_body(address: &str, body: &str) -> (TcpStream, String) {
    let (sent, rest) = body.split_at(body.len() / 2);
    let head = format!(
        "POST /api/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n\
         Content-Length: {}\r\n\r\n{sent}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.write_all(head.as_bytes()).expect("sent");
    (stream, rest.to_owned())
}

/// Makes changes until nobody answers: those that were acknowledged, and what was wrong with
/// the last answer.
fn write_until_the_end(
    address: &str,
    writer: usize,
    enough: &AtomicU64,
) -> (Vec<String>, Option<String>) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into();
    let mut acknowledged = Vec::new();
    for n in 1.. {
        let user = format!("{writer}-{n}");
        let sent = agent
            .post(format!("http://{address}/api/batch"))
            .header("Authorization", format!("Bearer {KEY}"))
            .send(pair(&user).to_string());
        let Ok(mut answer) = sent else {
            break;
        };
        let status = answer.status().as_u16();
        let body = answer.body_mut().read_to_string().unwrap_or_default();
        if status != 200 || !body.ends_with('}') {
            return (acknowledged, Some(format!("answered {status} {body:?}")));
        }
        acknowledged.push(user);
        enough.fetch_add(1, Ordering::SeqCst);
    }
    (acknowledged, None)
}

/// R59: told to end while many write, it answers what is under way, refuses the rest, and
/// has kept everything it has acknowledged, and nothing else.
#[test]
fn the_end_under_load_loses_nothing() {
    let data = folder("running-end").join("data");
    assert_eq!(end_under_load(&data, "-TERM"), Vec::<String>::new());
}

#[test]
fn an_end_without_warning_is_noticed() {
    let folder = folder("running-killed");
    let mut wanted = vec!["it ends with", "the socket is left", "unanswered"];
    for round in 0..40 {
        let complaints = end_under_load(&folder.join(format!("data-{round}")), "-KILL");
        wanted.retain(|w| !complaints.iter().any(|c| c.starts_with(w)));
        assert!(!complaints.iter().any(|c| c.starts_with("lost")));
        if wanted.is_empty() {
            return;
        }
    }
    panic!("the test would not notice: {wanted:?}");
}
