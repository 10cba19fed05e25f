//! Bad configuration (R60): every setting from every source, keys, files and addresses.
//! Each is refused with one line that names the setting and where it came from.

use std::process::{Command, Stdio};

use super::{FLOE, Folder};

/// What `floe serve` or another command says, and its status, in an environment of nothing
/// but these variables.
fn said(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let output = Command::new(FLOE)
        .args(arguments)
        .current_dir(&folder.0)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("floe starts");
    let err = String::from_utf8(output.stderr).expect("UTF-8");
    (output.status.code(), err)
}

/// Whether this is refused with one line that has these words in it; else why not.
fn refused(
    folder: &Folder,
    arguments: &[&str],
    variables: &[(&str, &str)],
    words: &[&str],
) -> Result<(), String> {
    let (status, err) = said(folder, arguments, variables);
    let case = format!("{arguments:?} {variables:?}: {status:?}, {err:?}");
    if status != Some(2) || err.lines().count() != 1 || !err.starts_with("error: ") {
        return Err(case);
    }
    match words.iter().find(|word| !err.contains(**word)) {
        Some(word) => Err(format!("{case} does not say {word:?}")),
        None => Ok(()),
    }
}

#[track_caller]
fn refuses(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)], words: &[&str]) {
    refused(folder, arguments, variables, words).unwrap_or_else(|why| panic!("{why}"));
}

#[test]
fn what_is_not_refused_or_says_too_little_is_noticed() {
    let folder = Folder::new("misconfigured-unnoticed");
    let sound = refused(&folder, &["config", "show"], &[], &[]);
    assert!(sound.is_err(), "a sound configuration passes for a bad one");
    let pair = ["config", "show", "--set", "limits.body=-1x"];
    refused(
        &folder,
        &pair,
        &[],
        &["setting `limits.body`", "(flag --set)"],
    )
    .unwrap();
    let elsewhere = refused(&folder, &pair, &[], &["setting `limits.body`", "(file"]);
    assert!(
        elsewhere.is_err(),
        "a wrong origin passes for the right one"
    );
}

/// Name and default of every setting there is.
fn settings(folder: &Folder) -> Vec<(String, String)> {
    let output = Command::new(FLOE)
        .args(["config", "show", "--json"])
        .current_dir(&folder.0)
        .env_clear()
        .output()
        .expect("floe starts");
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().expect("text").to_owned();
    let rows = rows.as_array().expect("rows").iter();
    rows.map(|row| (text(row, "name"), text(row, "value")))
        .collect()
}

const SERVE: [&str; 5] = ["serve", "--data", "data", "--listen", "127.0.0.1:0"];

#[test]
fn every_setting_from_every_source() {
    let folder = Folder::new("misconfigured");
    let mut cases = 0;
    for (name, _) in settings(&folder) {
        // Of a filter and of a file only its use can tell.
        let value = match &*name {
            "log.level" => "floe=loudly",
            "tls.certificate" | "tls.key" => "",
            _ => "-1x",
        };
        let setting = format!("setting `{name}`");
        let pair = format!("{name}={value}");
        let mut arguments = vec!["serve", "--data", "data", "--set", &pair];
        refuses(&folder, &arguments, &[], &[&setting, "(flag --set)"]);

        let variable = format!("FLOE_{}", name.to_uppercase().replace('.', "_"));
        let origin = format!("(variable {variable})");
        arguments.truncate(3);
        let variables = [(&*variable, value)];
        refuses(&folder, &arguments, &variables, &[&setting, &origin]);

        let (table, key) = name.rsplit_once('.').unwrap_or(("", &name));
        let table = if table.is_empty() {
            String::new()
        } else {
            format!("[{table}]\n")
        };
        let file = format!("{table}{key} = \"{value}\"\n");
        std::fs::write(folder.path("floe.toml"), file).expect("a file");
        let configured = [&arguments[..], &["--config", "floe.toml"]].concat();
        refuses(&folder, &configured, &[], &[&setting, "(file floe.toml)"]);
        let variables = [("FLOE_CONFIG", "floe.toml")];
        refuses(
            &folder,
            &arguments,
            &variables,
            &[&setting, "(file floe.toml)"],
        );
        cases += 4;
    }
    assert!(cases >= 80, "only {cases} cases");
    assert!(
        !folder.path("data/floe.redb").exists(),
        "something was begun"
    );
}

#[test]
fn values_that_no_server_can_work_with() {
    let folder = Folder::new("misconfigured-bounds");
    let cases = [
        ("http.connections", "0"),
        ("http.connections", "18446744073709551615"),
        ("http.header_timeout", "0s"),
        ("http.body_timeout", "0ms"),
        ("http.answer_timeout", "0s"),
        ("http.shutdown", "99999999h"),
        ("limits.body", "0"),
        ("limits.bodies", "0B"),
        ("limits.argument", "0"),
        ("limits.argument", "1GiB"),
        ("limits.body", "99999999999GiB"),
        ("evaluation.deadline", "0s"),
        ("evaluation.steps", "0"),
        ("evaluation.memory", "0"),
        ("policy.deadline", "0s"),
        ("test_environments.unused", "0s"),
        ("listen", "127.0.0.1"),
        ("listen", "127.0.0.1:99999"),
        ("listen", "localhost:8080"),
        ("metrics", "9090"),
        ("limits.batch", "many"),
        ("limits.memory", "80%"),
        ("log.format", "xml"),
    ];
    for (name, value) in cases {
        let pair = format!("{name}={value}");
        let setting = format!("setting `{name}` (flag --set)");
        let arguments = ["serve", "--data", "data", "--set", &pair];
        refuses(&folder, &arguments, &[], &[&setting, value]);
    }
}

#[test]
fn names_that_are_no_settings() {
    let folder = Folder::new("misconfigured-names").with("floe.toml", "[limits]\nbodi = \"1\"\n");
    let arguments = ["serve", "--data", "data", "--config", "floe.toml"];
    let words = [
        "`limits.bodi`",
        "file floe.toml",
        "did you mean `limits.body`?",
    ];
    refuses(&folder, &arguments, &[], &words);
    let set = [&SERVE[..], &["--set", "limit.body=1"]].concat();
    refuses(&folder, &set, &[], &["`limit.body`", "flag --set"]);
    let set = [&SERVE[..], &["--set", "limits.body"]].concat();
    refuses(&folder, &set, &[], &["--set limits.body", "NAME=VALUE"]);
    let port = [("OSO_PORT", "abc")];
    refuses(
        &folder,
        &SERVE[..3],
        &port,
        &["`listen`", "(variable OSO_PORT)"],
    );
}

#[test]
fn files_that_cannot_be_read() {
    let print = format!("sha256:{}", "0".repeat(64));
    let key = |more: &str| {
        format!("[[key]]\nenvironment = \"a\"\nid = \"1\"\nfingerprint = \"{print}\"\n{more}")
    };
    let good = key("scope = \"read\"\n");
    let cases = [
        ("nonsense", "line 1", ""),
        ("\n\n[limits\n", "line 3", ""),
        ("[limits]\nbody = 1.5\n", "`limits.body`", ""),
        ("[limits]\nbody = true\n", "`limits.body`", ""),
        ("listen = [\"127.0.0.1:1\"]\n", "`listen`", ""),
        ("key = 1\n", "[[key]]", ""),
        ("[key]\nid = \"1\"\n", "[[key]]", ""),
        (&key(""), "key 1", "scope"),
        (&key("scope = \"all\"\n"), "key 1", "all"),
        (
            &key("scope = \"read\"\nsecret = \"x\"\n"),
            "key 1",
            "secret",
        ),
        (&good.replace("sha256", "md5"), "key 1", "fingerprint"),
        (&good.replace("000", "00"), "key 1", "fingerprint"),
        (
            &good.replace("\"a\"", "\"a b\""),
            "key 1",
            "letters and digits",
        ),
        (
            &good.replace("\"a\"", "\"\""),
            "key 1",
            "letters and digits",
        ),
        (&good.replace("id = \"1\"", "id = 1"), "key 1", "string"),
        (&format!("{good}{good}"), "key 2", "already"),
    ];
    for (i, (text, place, why)) in cases.into_iter().enumerate() {
        let name = format!("floe-{i}.toml");
        let folder = Folder::new(&format!("misconfigured-file-{i}")).with(&name, text);
        let arguments = [&SERVE[..], &["--config", &name]].concat();
        refuses(&folder, &arguments, &[], &[&name, place, why]);
    }
    let folder = Folder::new("misconfigured-file").with("floe.toml", [0xff, 0xfe]);
    for name in ["floe.toml", "missing.toml", "."] {
        let arguments = [&SERVE[..], &["--config", name]].concat();
        refuses(&folder, &arguments, &[], &["cannot read", name]);
    }
}

#[test]
fn half_a_pair_and_places_that_are_not_free() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("a port").to_string();
    let folder = Folder::new("misconfigured-places").with("file", "x");
    for (there, missing) in [
        ("tls.certificate", "tls.key"),
        ("tls.key", "tls.certificate"),
    ] {
        let pair = format!("{there}=file");
        let arguments = [&SERVE[..], &["--set", &pair]].concat();
        let setting = format!("setting `{there}` (flag --set)");
        refuses(&folder, &arguments, &[], &[&setting, missing]);
    }
    let both = ["--set", "tls.certificate=missing", "--set", "tls.key=file"];
    let arguments = [&SERVE[..], &both].concat();
    refuses(&folder, &arguments, &[], &["`tls.certificate`", "missing"]);

    let listen = ["serve", "--data", "data", "--listen", &taken];
    refuses(&folder, &listen, &[], &["`listen` (flag --listen)", &taken]);
    let metrics = [&SERVE[..], &["--metrics", &taken]].concat();
    refuses(
        &folder,
        &metrics,
        &[],
        &["`metrics` (flag --metrics)", &taken],
    );
    // An address for documentation, which nobody has; with a key, so that it is tried.
    let created = said(&folder, &["key", "create", "--data", "data"], &[]);
    assert_eq!(created.0, Some(0), "{created:?}");
    let listen = ["serve", "--data", "data", "--listen", "192.0.2.1:1"];
    refuses(
        &folder,
        &listen,
        &[],
        &["`listen` (flag --listen)", "192.0.2.1"],
    );

    for address in ["0.0.0.0:0", "[::]:0"] {
        let listen = ["serve", "--data", "empty", "--listen", address];
        let words = ["`listen` (flag --listen)", address, "without keys"];
        refuses(&folder, &listen, &[], &words);
        let variables = [("FLOE_LISTEN", address)];
        let words = ["`listen` (variable FLOE_LISTEN)", "loopback"];
        refuses(&folder, &["dev"], &variables, &words);
    }
    refuses(&folder, &["serve", "--data", "file"], &[], &["file"]);
    refuses(
        &folder,
        &["backup", "--data", "nowhere", "copy"],
        &[],
        &["nowhere"],
    );
    refuses(&folder, &["verify", "--data", "file"], &[], &["file"]);
}
