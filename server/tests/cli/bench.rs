//! `floe bench`: what it writes, and that answers are right in process and over HTTP.

use serde_json::Value;

use super::{Folder, Run};

fn bench(folder: &Folder, words: &str) -> Run {
    let words: Vec<&str> = words.split(' ').collect();
    folder.floe(&[&["bench"], &words[..]].concat())
}

#[test]
fn an_export_is_a_policy_and_lines_of_json() {
    let folder = Folder::new("bench-export");
    let run = bench(&folder, "export github --scale 1000 --updates 50 w");
    let run = run.exits(0);
    assert!(run.out.contains("50 updates"), "{run:?}");
    let policy = folder.path("w").join("policy.polar");
    folder
        .floe(&["check", &policy.display().to_string()])
        .exits(0);
    let lines = |name: &str| -> Vec<Value> {
        let text = folder.text(&format!("w/{name}"));
        let read = |line| serde_json::from_str(line).expect("JSON on every line");
        text.lines().map(read).collect()
    };
    let facts = lines("facts.ndjson");
    assert!((800..1200).contains(&facts.len()), "{}", facts.len());
    assert!(
        facts
            .iter()
            .all(|fact| fact["predicate"].is_string() && fact["args"].is_array())
    );
    let updates = lines("updates.ndjson");
    assert_eq!(updates.len(), 50);
    assert!(updates[0][0]["inserts"].is_array() || updates[0][0]["deletes"].is_array());
    let queries = lines("queries.ndjson");
    assert!(queries.iter().any(|query| query["answer"] == true));
    assert!(queries.iter().any(|query| query["answer"] == false));
}

/// Every answer is checked by the run itself before and after it changes things: here it has
/// to say so, and to write what it has measured.
#[test]
fn a_run_checks_answers_in_process_and_over_http() {
    let folder = Folder::new("bench-run");
    let run = bench(
        &folder,
        "run flat wildcards --scale 2000 --repeat 1 --seconds 0.1 --worlds-only --json r.json --html r.html --disk .",
    );
    run.exits(0);
    let report: Value = serde_json::from_str(&folder.text("r.json")).expect("JSON");
    let rows = report["rows"].as_array().expect("rows");
    let modes: Vec<&str> = rows.iter().filter_map(|row| row["mode"].as_str()).collect();
    assert_eq!(modes, ["in-process", "http", "in-process", "http"]);
    for row in rows {
        let figure = |name: &str| {
            let figures = row["figures"].as_array().expect("figures");
            let found = figures.iter().find(|figure| figure["name"] == name);
            found.and_then(|figure| figure["median"].as_f64())
        };
        for name in [
            "answers checked",
            "answers checked after",
            "load",
            "change visible p50",
        ] {
            assert!(
                figure(name).is_some_and(|value| value > 0.0),
                "{name}: {row}"
            );
        }
        assert_eq!(figure("restart").is_some(), row["mode"] == "http");
    }
    let page = folder.text("r.html");
    assert!(
        page.contains("<svg") && page.contains("wildcards"),
        "{page}"
    );
    assert!(
        !page.contains("http://") && !page.contains("https://"),
        "it loads something"
    );
}

#[test]
fn a_workload_that_is_not_there_is_named_with_those_that_are() {
    let folder = Folder::new("bench-unknown");
    let run = bench(&folder, "run gitlab");
    let run = run.exits(2);
    assert!(run.err.contains("github"), "{run:?}");
}
