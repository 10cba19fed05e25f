//! Ids are equal when their bytes are, and only then (R45): through every way to ask, the
//! command line, the log, the warm-start cache and the snapshot.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{floe_at, folder};
use crate::server::{KEY, Server};

const POLICY: &str = "actor User {}\nresource Doc { roles = [\"reader\"]; permissions = [\"read\"]; \"read\" if \"reader\"; }";

/// The most that an id may have here.
const LONGEST: usize = 64 << 10;

/// Ids that something between a client and the disk may take for each other, or for something
/// else.
fn ids() -> Vec<String> {
    let alike = [
        // Case, with letters whose other case has another length.
        "a",
        "A",
        "straße",
        "STRASSE",
        "strasse",
        "i",
        "I",
        "İ",
        "ı",
        // Composed, decomposed, compatible.
        "é",
        "e\u{301}",
        "\u{c5}",
        "\u{212b}",
        "A\u{30a}",
        "ﬁ",
        "fi",
        "①",
        "1",
        "²",
        "2",
        "\u{1e9b}\u{323}",
        // Looks alike.
        "\u{430}",
        "\u{3b1}",
        "o",
        "\u{3bf}",
        "0",
        // Has no width, or turns the text round.
        "a\u{200b}",
        "a\u{200c}",
        "a\u{200d}",
        "\u{feff}a",
        "a\u{2060}",
        "a\u{ad}",
        "\u{202e}a",
        "a\u{fe0f}",
        // White space.
        " ",
        "  ",
        "a ",
        " a",
        "\ta",
        "a\u{a0}",
        "a\u{3000}",
        "a b",
        "a  b",
        // Control characters and ends of lines.
        "\0",
        "a\0",
        "a\0b",
        "\u{1}",
        "\u{1b}[31ma",
        "a\n",
        "a\r\n",
        "a\r",
        "a\u{7f}",
        "a\u{85}",
        "a\u{2028}",
        // What separates or quotes elsewhere.
        "a/b",
        "a//b",
        "a:b",
        "User:a",
        "a,b",
        "a\"b",
        "a\\b",
        "a\\\"b",
        "a'b",
        "''",
        "a%2Fb",
        "a%2fb",
        "a+b",
        "a%20b",
        "a&b",
        "a=b",
        "a?b",
        "a#b",
        "a;b",
        "a|b",
        "..",
        "../a",
        "%00",
        "\\u0000",
        "\\0",
        "{}",
        "[]",
        "{\"id\":\"a\"}",
        "null",
        "true",
        "false",
        "_",
        "_a",
        "**",
        "$a",
        "--",
        "-a",
        "@a",
        // Numbers are no numbers here.
        "007",
        "7",
        "+7",
        "-0",
        "1e3",
        "1000",
        "9223372036854775808",
        "NaN",
        // The ends of what there is.
        "\u{d7ff}",
        "\u{e000}",
        "\u{fffd}",
        "\u{ffff}",
        "\u{10ffff}",
        "😀",
        "👩\u{200d}💻",
        "👩💻",
    ];
    let mut ids: Vec<String> = alike.iter().map(|id| (*id).to_owned()).collect();
    ids.push("x".repeat(LONGEST));
    ids.push("x".repeat(LONGEST - 1) + "y");
    ids.push("x".repeat(LONGEST - 1));
    ids.push("é".repeat(LONGEST / 2));
    ids
}

fn fact(user: &str, doc: &str) -> Value {
    json!({"predicate": "has_role", "args": [{"type": "User", "id": user},
        {"type": "String", "id": "reader"}, {"type": "Doc", "id": doc}]})
}

/// Asks for everything in every way.
fn distinct(server: &Server, ids: &[String]) {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    let resources: Vec<Value> = (ids.iter())
        .map(|id| json!({"type": "Doc", "id": id}))
        .collect();
    let asked = |user: &str| {
        json!({"actor_type": "User", "actor_id": user, "action": "read",
        "resource_type": "Doc"})
    };
    let post = |path: &str, body: &Value| {
        let answer = server.post(path, body);
        assert_eq!(answer.status, 200, "{path}: {:.500}", answer.body);
        answer.body
    };
    for id in ids {
        let mut all = asked(id);
        all["resources"] = json!(resources);
        let alone = json!([{"type": "Doc", "id": id}]);
        let name: String = id.chars().take(40).collect();
        assert!(
            post("authorize_resources", &all)["results"] == alone,
            "{name:?}"
        );
        assert!(
            post("list", &asked(id))["results"] == json!([id]),
            "{name:?}"
        );
        let mut one = asked(id);
        one["resource_id"] = json!(id);
        assert_eq!(
            post("actions", &one)["results"],
            json!(["read"]),
            "{name:?}"
        );
        let pattern = json!({"fact": {"predicate": "has_role", "args": [
            {"type": "User", "id": id}, {"type": "String", "id": null}, {"type": "Doc", "id": null}]}});
        assert!(
            post("query", &pattern)["results"] == json!([fact(id, id)]),
            "{name:?}"
        );
        let conjunction = json!({"predicate": ["allow", ["u", "a", "d"]], "constraints": {
            "u": {"type": "User"}, "a": {"type": "String", "ids": ["read"]},
            "d": {"type": "Doc", "ids": [id]}}});
        let both = [Some(id.as_str()), Some("everybody")];
        let mut users: Vec<Option<&str>> = both.to_vec();
        users.sort_unstable();
        let found = post("evaluate_query", &conjunction);
        let found: Vec<_> = (found["results"].as_array().expect("a list").iter())
            .map(|row| row["u"].as_str())
            .collect();
        assert!(found == users, "{name:?}");
        let encoded: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
        // Longer targets than that are refused, as by every server.
        if encoded.len() < 10_000 {
            let stored = server.get(&format!("facts?predicate=has_role&args.0.id={encoded}"));
            stored.is(200, &json!([fact(id, id)]));
        }
    }
    assert!(post("list", &asked("everybody"))["results"] == json!(sorted));
    let (mut paged, mut token) = (Vec::new(), Value::Null);
    loop {
        let mut page = asked("everybody");
        page["page_size"] = json!(7);
        page["page_token"] = token;
        let answer = post("list", &page);
        paged.extend(answer["results"].as_array().expect("a list").clone());
        token = answer["next_page_token"].clone();
        if token.is_null() {
            break;
        }
    }
    assert!(json!(paged) == json!(sorted), "pages differ");
}

fn serve(data: &Path) -> Server {
    Server::on_with(data, &["--set", "limits.argument=64KiB"])
}

fn stop(mut server: Server) {
    server.child.kill().expect("it runs");
    server.child.wait().expect("it ends");
}

fn cache(data: &Path) -> Option<std::path::PathBuf> {
    let files = std::fs::read_dir(data).expect("a directory");
    let mut files = files.map(|file| file.expect("a file").path());
    files.find(|file| {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        name.starts_with("warm-") && !name.ends_with(".new")
    })
}

#[test]
fn distinct_bytes_are_distinct_ids_everywhere() {
    let ids = ids();
    let folder = folder("identity");
    let data = folder.join("data");
    let server = serve(&data);
    let loaded = server.post("policy", &json!({"src": POLICY}));
    assert_eq!(loaded.status, 200, "{loaded:?}");
    for id in &ids {
        let facts = json!([fact(id, id), fact("everybody", id)]);
        // Twice is once.
        for _ in 0..2 {
            assert_eq!(server.post("bulk_load", &facts).status, 200);
        }
    }
    assert_eq!(server.get("stats").body["num_facts"], json!(2 * ids.len()));
    distinct(&server, &ids);

    // Out and in again as lines of text.
    let file = folder.join("facts.ndjson");
    let url = format!("http://{}", server.address);
    let exported = floe_at(&url, &["export"]);
    assert_eq!(exported.status, Some(0), "{:.500}", exported.err);
    std::fs::write(&file, exported.out).expect("a file");
    let other = server.environment(true);
    let imported = floe_at(
        &url,
        &["import", "--key", &other, &file.display().to_string()],
    );
    assert_eq!(imported.status, Some(0), "{imported:?}");
    let facts = |key: &str| server.call(key, "GET", "/api/facts", &Value::Null).body;
    assert!(facts(KEY) == facts(&other), "what was imported differs");
    assert_eq!(facts(KEY).as_array().map(Vec::len), Some(2 * ids.len()));

    // From the log.
    stop(server);
    let server = serve(&data);
    assert!(cache(&data).is_none());
    distinct(&server, &ids);

    // From a snapshot: one is made when there are many new facts.
    for part in 0..21 {
        let fill = |i: usize| fact(&format!("filler-{part}-{i}"), "filler");
        let facts: Vec<Value> = (0..5_000).map(fill).collect();
        assert_eq!(server.post("bulk_load", &json!(facts)).status, 200);
    }
    let cached = (0..600).find_map(|_| {
        std::thread::sleep(Duration::from_millis(100));
        cache(&data)
    });
    let cached = cached.expect("a snapshot within a minute");
    stop(server);
    let server = serve(&data);
    distinct(&server, &ids);
    stop(server);
    std::fs::remove_file(cached).expect("a cache");
    distinct(&serve(&data), &ids);
}

#[test]
fn what_is_no_id_is_refused() {
    let server = Server::start();
    server.post("policy", &json!({"src": POLICY}));
    let long = "x".repeat(513);
    for (id, why) in [
        ("", "empty"),
        ("*", "`*`"),
        (long.as_str(), "the 512 allowed"),
    ] {
        for (user, doc, field) in [(id, "d", "argument 1 of"), ("u", id, "argument 3 of")] {
            let told = server.post("facts", &fact(user, doc));
            told.refuses(400, why);
            told.refuses(400, field);
        }
        let asked = json!({"actor_type": "User", "actor_id": "u", "action": "read",
            "resource_type": "Doc", "resource_id": "d", "context_facts": [fact("u", id)]});
        server.post("authorize", &asked).refuses(400, why);
    }
    let longest = "x".repeat(512);
    assert_eq!(server.post("facts", &fact(&longest, "é")).status, 200);
    assert_eq!(server.get("stats").body["num_facts"], json!(1));
}
