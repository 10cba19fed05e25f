//! Worlds in SQL: one script for a world, read by both databases.
//!
//! A script has sections, each begun by a line `-- tables`, `-- indexes` (made after loading),
//! `-- fact SHAPE` (the row a fact is, as `table(column = value, ...)` where a value is a
//! number or `$n`, the n-th argument that is no string), `-- authorize ACTION TYPE` and
//! `-- list ACTION TYPE`. The actor is `$1`, the resource `$2`.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use anyhow::{Context, Result, bail};
use floe_benches::workload::{Change, Fact};
use rustc_hash::FxHashMap;

#[cfg(feature = "postgres")]
pub(crate) use postgres::Postgres;
#[cfg(feature = "sqlite")]
pub(crate) use sqlite::Sqlite;

use crate::stage::{Ask, Check, Stage};

/// Worlds that have a script.
const WORLDS: [&str; 3] = ["flat", "folders", "github"];

/// A row of a table, waiting for arguments.
#[derive(Clone, Debug)]
struct Target {
    table: String,
    columns: Vec<(String, Term)>,
}

#[derive(Clone, Copy, Debug)]
enum Term {
    Number(i32),
    /// From zero.
    Argument(usize),
}

/// A script, taken apart.
struct Script {
    tables: String,
    indexes: String,
    facts: Vec<(String, Target)>,
    checks: FxHashMap<String, String>,
    lists: FxHashMap<String, String>,
}

/// A fact as a row: which target of the script, and the arguments.
type Row = (usize, Vec<i32>);

impl Script {
    fn of(world: &str) -> Result<Script> {
        let text = match world {
            "flat" => include_str!("../../worlds/flat/queries.sql"),
            "folders" => include_str!("../../worlds/folders/queries.sql"),
            "github" => include_str!("../../worlds/github/queries.sql"),
            _ => bail!("{world} has no script in SQL"),
        };
        Script::parse(text)
    }

    fn parse(text: &str) -> Result<Script> {
        let mut script = Script {
            tables: String::new(),
            indexes: String::new(),
            facts: Vec::new(),
            checks: FxHashMap::default(),
            lists: FxHashMap::default(),
        };
        for section in text.split("\n-- ").skip(1) {
            let (head, body) = section.split_once('\n').unwrap_or((section, ""));
            let body = body.trim();
            match head.split_once(' ').unwrap_or((head, "")) {
                ("tables", _) => body.clone_into(&mut script.tables),
                ("indexes", _) => body.clone_into(&mut script.indexes),
                ("fact", shape) => script.facts.push((shape.to_owned(), Target::parse(body)?)),
                ("authorize", what) => _ = script.checks.insert(what.into(), body.into()),
                ("list", what) => _ = script.lists.insert(what.into(), body.into()),
                _ => bail!("a section that is none: {head}"),
            }
        }
        Ok(script)
    }

    fn row(&self, stage: &Stage, fact: &Fact) -> Result<Row> {
        let (shape, numbers) = stage.numbers.row(fact);
        let place = self.facts.iter().position(|(known, _)| *known == shape);
        let place = place.with_context(|| format!("no table takes {shape}"))?;
        let signed = |number| i32::try_from(number).context("a number below 2^31");
        Ok((
            place,
            numbers.into_iter().map(signed).collect::<Result<_>>()?,
        ))
    }

    fn changes(&self, stage: &Stage, changes: &[Change<Fact>]) -> Result<Vec<(Row, bool)>> {
        let row = |change: &Change<Fact>| Ok((self.row(stage, &change.fact)?, change.insert));
        changes.iter().map(row).collect()
    }

    /// The query of a check, with its actor and its resource.
    fn check(&self, stage: &Stage, check: &Check) -> Result<(&str, [i32; 2])> {
        let what = format!("{} {}", check.action, check.resource.kind);
        let sql = self.checks.get(&what).context(what)?;
        let number = |value| i32::try_from(stage.numbers.of(value));
        Ok((sql, [number(&check.actor)?, number(&check.resource)?]))
    }

    /// The query of a list, with its actor.
    fn list(&self, stage: &Stage, ask: &Ask) -> Result<(&str, i32)> {
        let what = format!("{} {}", ask.action, ask.kind);
        let sql = self.lists.get(&what).context(what)?;
        Ok((sql, i32::try_from(stage.numbers.of(&ask.actor))?))
    }
}

impl Target {
    fn parse(text: &str) -> Result<Target> {
        let (table, rest) = text.split_once('(').context("a table with its columns")?;
        let columns = rest.trim_end_matches(')').split(',').map(|column| {
            let (name, term) = column.split_once('=').context("column = value")?;
            let term = match term.trim().strip_prefix('$') {
                Some(place) => Term::Argument(place.parse::<usize>()? - 1),
                None => Term::Number(term.trim().parse()?),
            };
            Ok((name.trim().to_owned(), term))
        });
        Ok(Target {
            table: table.trim().to_owned(),
            columns: columns.collect::<Result<_>>()?,
        })
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| &**name).collect();
        names.join(", ")
    }

    /// Inserts the row; arguments are `$1`, `$2` and so on.
    fn insert(&self) -> String {
        let terms: Vec<String> = self.columns.iter().map(|(_, term)| term.sql()).collect();
        let (table, names, terms) = (&self.table, self.names(), terms.join(", "));
        format!("INSERT INTO {table} ({names}) VALUES ({terms})")
    }

    /// Deletes the row.
    fn delete(&self) -> String {
        let equal = |(name, term): &(String, Term)| format!("{name} = {}", term.sql());
        let equals: Vec<String> = self.columns.iter().map(equal).collect();
        format!("DELETE FROM {} WHERE {}", self.table, equals.join(" AND "))
    }
}

impl Term {
    fn sql(self) -> String {
        match self {
            Term::Number(number) => number.to_string(),
            Term::Argument(place) => format!("${}", place + 1),
        }
    }

    #[cfg(feature = "postgres")]
    fn value(self, arguments: &[i32]) -> i32 {
        match self {
            Term::Number(number) => number,
            Term::Argument(place) => arguments[place],
        }
    }
}
