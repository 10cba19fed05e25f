//! What `floe bench` is made of: a measurement checks answers and has every figure, a wrong
//! answer ends it, a report is a table and a page, an export can be read back. No figure is
//! compared with anything.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use floe_benches::bench::export::export;
use floe_benches::bench::{
    BY_HAND, Distribution, Effort, Failure, Grants, InProcess, Measured, Report, Row, Target,
    blast, by_hand, measure,
};
use floe_benches::workload::{Answer, Change, Fact, Question, world};
use serde_json::Value;

fn effort() -> Effort {
    Effort {
        each: Duration::from_millis(40),
        ..Effort::default()
    }
}

fn figure(measured: &Measured, name: &str) -> Option<f64> {
    let found = measured.figures.iter().find(|(found, ..)| found == name);
    found.map(|(_, _, value)| *value)
}

#[test]
fn a_measurement_has_every_figure_and_a_report_shows_them() {
    let world = world("wildcards", 1_000).expect("a world");
    let mut target = InProcess::new(world.policy()).expect("an engine");
    let measured = measure(&*world, &mut target, &effort(), &|_| ()).expect("right answers");
    for name in [
        "load",
        "memory per fact",
        "memory per grant",
        "answers checked",
        "authorize throughput",
        "authorize idle p50",
        "list idle p50",
        "actions throughput",
        "query throughput",
        "change visible p50",
        "stream",
        "stream, grants",
        "authorize streaming p50",
        "policy change p50",
        "answers checked after",
    ] {
        assert!(figure(&measured, name).is_some(), "{name}: {measured:?}");
    }
    assert_eq!(figure(&measured, "restart"), None);
    let mut report = Report::new(2, "floe bench run <b>".to_owned());
    let again = measured.clone();
    let row = Row::new(
        "wildcards",
        "in-process",
        "1000 facts",
        vec![measured, again],
    );
    report.rows.push(row);
    let table = report.to_string();
    assert!(table.contains("| change visible p50"), "{table}");
    let page = report.html();
    assert!(page.contains("<svg") && page.contains("polyline"), "{page}");
    assert!(
        page.contains("&lt;b&gt;") && !page.contains("<b>"),
        "{page}"
    );
    assert!(
        !page.contains("http://") && !page.contains("https://"),
        "it loads something"
    );
    let json = serde_json::to_string(&report).expect("JSON");
    let back: Report = serde_json::from_str(&json).expect("a report");
    assert_eq!(back.to_string(), table);
}

/// Plots of the page, each with the names of its lines.
fn plots(page: &str) -> Vec<Vec<&str>> {
    let legends = page.split("<ul>").skip(1);
    let items = legends.map(|rest| rest.split("</ul>").next().unwrap_or_default());
    items
        .map(|list| {
            let names = list.split("</i>").skip(1);
            names
                .filter_map(|name| name.split("</li>").next())
                .collect()
        })
        .collect()
}

#[test]
fn every_line_of_a_plot_has_a_name_of_its_own_and_marks_are_round() {
    let measured = |grants: u32| {
        let mut measured = Measured::default();
        measured.put("grants moved", "", f64::from(grants));
        measured.put("change visible p50", "us", f64::from(grants) * 2.0);
        measured.distributions.push(Distribution {
            name: "change visible".to_owned(),
            calls: 100_000,
            points: [0.01, 0.5, 0.9, 0.99, 0.999, 1.0]
                .map(|share| [share, 1.0 + share])
                .to_vec(),
        });
        measured
    };
    let mut report = Report::new(1, "floe bench run".to_owned());
    for grants in [10, 100, 1_000] {
        for mode in ["in-process", "http"] {
            let size = format!("{grants} grants");
            let row = Row::new("one change", mode, &size, vec![measured(grants)]);
            report.rows.push(row);
        }
    }
    let page = report.html();
    let plots = plots(&page);
    assert!(plots.contains(&vec!["in-process", "http"]), "{plots:?}");
    for names in &plots {
        let different: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(different.len(), names.len(), "{names:?}");
    }
    assert!(page.contains(">99.9%<") && page.contains(">50%<"), "{page}");
    assert!(
        !page.contains("66.667") && !page.contains("33.333"),
        "{page}"
    );
    assert!(page.contains(">grants moved</text>"), "{page}");
}

/// A target that says no to everything.
struct No(InProcess);

impl Target for No {
    fn apply(&self, changes: Vec<Change<Fact>>) -> Result<(), Failure> {
        self.0.apply(changes)
    }

    fn ask(&self, question: &Question) -> Result<Answer, Failure> {
        match self.0.ask(question)? {
            Answer::Allowed(_) => Ok(Answer::Allowed(false)),
            ids @ Answer::Ids(_) => Ok(ids),
        }
    }

    fn policy(&self, polar: &str) -> Result<(), Failure> {
        self.0.policy(polar)
    }

    fn memory(&self) -> u64 {
        self.0.memory()
    }

    fn grants(&self) -> Option<Grants> {
        self.0.grants()
    }

    fn restart(&mut self) -> Result<bool, Failure> {
        Ok(false)
    }
}

#[test]
fn a_wrong_answer_ends_the_measurement() {
    let world = world("flat", 1_000).expect("a world");
    let mut target = No(InProcess::new(world.policy()).expect("an engine"));
    let failure = measure(&*world, &mut target, &effort(), &|_| ()).expect_err("a wrong answer");
    assert!(
        failure.0.contains("is answered Allowed(false)"),
        "{failure}"
    );
}

#[test]
fn one_change_moves_as_many_grants_as_it_says() {
    let start = |policy: &str| -> Result<Box<dyn Target>, Failure> {
        Ok(Box::new(InProcess::new(policy)?))
    };
    let measured = blast(100, &start, &effort()).expect("every list is right");
    assert_eq!(figure(&measured, "grants moved"), Some(100.0));
    assert!(figure(&measured, "change visible p50").is_some());
}

#[test]
fn worlds_by_hand_have_the_facts_of_the_engine() {
    assert_eq!(BY_HAND, ["flat", "folders"]);
    for &name in BY_HAND {
        let by_hand = by_hand(name, 1_000, &effort()).expect("it is written");
        let world = world(name, 1_000).expect("a world");
        let mut target = InProcess::new(world.policy()).expect("an engine");
        let measured = measure(&*world, &mut target, &effort(), &|_| ()).expect("right answers");
        assert_eq!(figure(&by_hand, "facts"), figure(&measured, "facts"));
    }
    assert!(by_hand("github", 1_000, &effort()).is_err());
}

#[test]
fn an_export_reads_back() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("export");
    let world = world("github", 1_000).expect("a world");
    let written = export(&*world, 50, &directory).expect("it can be written");
    let read = |name| fs::read_to_string(directory.join(name)).expect("it is there");
    assert_eq!(read("policy.polar"), world.policy());
    let lines = |name| -> Vec<Value> {
        let json = |line| serde_json::from_str(line).expect("JSON on every line");
        read(name).lines().map(json).collect()
    };
    let facts = lines("facts.ndjson");
    assert_eq!(facts.len(), written.facts);
    assert!(
        facts
            .iter()
            .all(|fact| fact["predicate"].is_string() && fact["args"].is_array())
    );
    let updates = lines("updates.ndjson");
    assert_eq!(updates.len(), 50);
    let set = |set: &Value| set["inserts"].is_array() != set["deletes"].is_array();
    assert!(
        updates
            .iter()
            .flat_map(|update| update.as_array())
            .flatten()
            .all(set)
    );
    let queries = lines("queries.ndjson");
    assert_eq!((queries.len(), written.answered), (written.queries, true));
    for answer in [true, false] {
        assert!(
            queries.iter().any(|query| query["answer"] == answer),
            "{answer}"
        );
    }
}
