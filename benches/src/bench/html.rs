//! The report as a page: figures as tables, distributions and growth as plots, nothing loaded
//! from anywhere.

use std::fmt::Write as _;

use super::report::unique;
use super::svg::{Axis, Line, escape, plot};
use super::{Figure, Report, Row};

const STYLE: &str = "\
body{font:15px/1.45 system-ui,sans-serif;max-width:1200px;margin:2em auto;padding:0 1em;color:#1f2937}\
h1{font-size:1.6em}h2{margin-top:2em;border-bottom:1px solid #d1d5db}h3{margin:1.2em 0 .3em}\
table{border-collapse:collapse;font-size:13px;margin:1em 0}td,th{padding:.25em .7em;text-align:right;\
border-bottom:1px solid #e5e7eb;white-space:nowrap}td:first-child,th:first-child{text-align:left}\
small{color:#6b7280}code{background:#f3f4f6;padding:.1em .3em}.plots{display:flex;flex-wrap:wrap;gap:1em}\
figure{margin:0;width:570px}svg{width:100%;background:#fff}svg text{font-size:11px;fill:#4b5563}\
svg .axis{font-size:12px}svg .grid{stroke:#e5e7eb}svg polyline{stroke-width:1.8}\
ul{list-style:none;display:flex;flex-wrap:wrap;gap:.2em 1em;margin:.2em 0;padding:0 0 0 4em;font-size:12px}\
li i{display:inline-block;width:.8em;height:.8em;margin-right:.4em}";

/// Figures whose growth is shown, where a world was measured at several scales.
const GROWTH: [&str; 8] = [
    "load",
    "memory per fact",
    "change visible p50",
    "change visible p99",
    "stream",
    "authorize idle p50",
    "list idle p50",
    "policy change p50",
];

pub(super) fn page(report: &Report) -> String {
    let mut html = format!(
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>floe bench</title>\
         <meta name='viewport' content='width=device-width'><style>{STYLE}</style>\
         <h1>floe bench</h1>"
    );
    let machine = &report.machine;
    _ = write!(
        html,
        "<p>{}, {} threads, {:.0} GB, Linux {}, load {} when it began; commit <code>{}</code>.<br>\
         <code>{}</code><br>Medians of {} repetitions, each in a process of its own; the small \
         figures are the lowest and the highest.</p>",
        escape(&machine.processor),
        machine.threads,
        machine.memory as f64 / 1e9,
        escape(&machine.system),
        machine.load,
        escape(&report.commit),
        escape(&report.command),
        report.repetitions
    );
    for name in unique(report.rows.iter().map(|row| &*row.name)) {
        let rows: Vec<&Row> = report.rows.iter().filter(|row| row.name == name).collect();
        _ = write!(html, "<h2>{}</h2>", escape(name));
        table(&mut html, &rows);
        html.push_str("<div class='plots'>");
        growth(&mut html, &rows);
        for row in rows.iter().filter(|row| !row.distributions.is_empty()) {
            latency(&mut html, row);
        }
        html.push_str("</div>");
    }
    html + "</html>\n"
}

fn table(html: &mut String, rows: &[&Row]) {
    html.push_str("<table><tr><th></th>");
    for row in rows {
        _ = write!(html, "<th>{}</th>", escape(&row.title()));
    }
    html.push_str("</tr>");
    let figures = rows.iter().flat_map(|row| &row.figures);
    for name in unique(figures.map(|figure| &*figure.name)) {
        _ = write!(html, "<tr><td>{}</td>", escape(name));
        for row in rows {
            let cell = row.figure(name).map_or("-".to_owned(), |figure| {
                let shown = escape(&figure.to_string());
                match shown.split_once(" (") {
                    Some((median, spread)) => format!("{median} <small>({spread}</small>"),
                    None => shown,
                }
            });
            _ = write!(html, "<td>{cell}</td>");
        }
        html.push_str("</tr>");
    }
    html.push_str("</table>");
}

/// Shares of all calls, placed the further to the right the rarer the calls are that are left
/// out.
const SHARES: [(f64, &str); 6] = [
    (1.0, "0%"),
    (2.0, "50%"),
    (10.0, "90%"),
    (100.0, "99%"),
    (1_000.0, "99.9%"),
    (10_000.0, "99.99%"),
];

/// Times up to a share of all calls, for each kind of call.
fn latency(html: &mut String, row: &Row) {
    let rarity = |share: f64| 1.0 / (1.0 - share.min(0.9999));
    let lines: Vec<Line> = (row.distributions.iter())
        .map(|distribution| Line {
            name: format!("{} ({} calls)", distribution.name, distribution.calls),
            points: (distribution.points.iter())
                .filter(|[share, _]| {
                    *share < 1.0 && (1.0 - share) * distribution.calls as f64 >= 1.0
                })
                .map(|&[share, micros]| [rarity(share), micros])
                .collect(),
        })
        .collect();
    let across = Axis {
        label: "share of calls below",
        marks: &SHARES,
    };
    let up = Axis {
        label: "microseconds",
        marks: &[],
    };
    let plot = plot(&across, &up, &lines);
    _ = write!(
        html,
        "<div><h3>Latency: {}</h3>{plot}</div>",
        escape(&row.title())
    );
}

/// What the rows of a world differ in: the number of facts, or of the grants that one change
/// moved.
const SIZES: [&str; 2] = ["facts", "grants moved"];

/// Figures against the size, if there are several.
fn growth(html: &mut String, rows: &[&Row]) {
    let of = |size: &&str| rows.iter().any(|row| row.figure(size).is_some());
    let Some(size) = SIZES.into_iter().find(of) else {
        return;
    };
    let modes = unique(rows.iter().map(|row| &*row.mode));
    for name in GROWTH {
        let mut unit = "";
        let mut lines = Vec::new();
        for mode in &modes {
            let rows = rows.iter().filter(|row| row.mode == *mode);
            let both = rows.filter_map(|row| Some((row.figure(size)?, row.figure(name)?)));
            let both: Vec<(&Figure, &Figure)> = both.collect();
            if both.len() > 1 {
                unit = &both[0].1.unit;
                let points = both
                    .iter()
                    .map(|(size, figure)| [size.median, figure.median]);
                lines.push(Line {
                    name: (*mode).to_owned(),
                    points: points.collect(),
                });
            }
        }
        if lines.is_empty() {
            continue;
        }
        let across = Axis {
            label: size,
            marks: &[],
        };
        let up = Axis {
            label: &format!("{name}, {unit}"),
            marks: &[],
        };
        let plot = plot(&across, &up, &lines);
        _ = write!(html, "<div><h3>Growth: {}</h3>{plot}</div>", escape(name));
    }
}
