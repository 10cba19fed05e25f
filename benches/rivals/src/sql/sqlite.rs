//! SQLite in this process.

use anyhow::Result;
use floe_benches::workload::{Change, Fact};
use rusqlite::{CachedStatement, Connection, params_from_iter};

use super::{Row, Script};
use crate::contestant::{About, Contestant};
use crate::stage::{Ask, Check, Stage};

/// A database in memory, or in a file as its documentation advises for durability.
pub(crate) struct Sqlite<const FILE: bool> {
    connection: Connection,
    script: Script,
    inserts: Vec<String>,
    deletes: Vec<String>,
    _dir: Option<tempfile::TempDir>,
}

/// SQLite numbers parameters with a question mark.
fn dialect(sql: &str) -> String {
    sql.replace('$', "?")
}

impl<const FILE: bool> Sqlite<FILE> {
    fn statement(&self, sql: &str) -> Result<CachedStatement<'_>> {
        Ok(self.connection.prepare_cached(sql)?)
    }
}

impl<const FILE: bool> Contestant for Sqlite<FILE> {
    type Load = Vec<Row>;
    type Change = Vec<(Row, bool)>;
    type Check = (String, [i32; 2]);
    type Ask = (String, i32);
    type Ids = Vec<i32>;
    const WORLDS: &'static [&'static str] = &super::WORLDS;

    fn start(stage: &Stage) -> Result<Self> {
        let script = Script::of(stage.world)?;
        let dir = if FILE {
            Some(tempfile::tempdir()?)
        } else {
            None
        };
        let connection = match &dir {
            Some(dir) => Connection::open(dir.path().join("rival.db"))?,
            None => Connection::open_in_memory()?,
        };
        let pragmas = if FILE {
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA mmap_size = 1073741824;"
        } else {
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
        };
        connection.execute_batch(pragmas)?;
        connection.execute_batch("PRAGMA cache_size = -262144; PRAGMA temp_store = MEMORY;")?;
        connection.execute_batch(&script.tables)?;
        connection.set_prepared_statement_cache_capacity(64);
        let targets = || script.facts.iter().map(|(_, target)| target);
        Ok(Sqlite {
            inserts: targets().map(|target| dialect(&target.insert())).collect(),
            deletes: targets().map(|target| dialect(&target.delete())).collect(),
            connection,
            script,
            _dir: dir,
        })
    }

    fn about(&mut self) -> About {
        About {
            name: if FILE { "sqlite file" } else { "sqlite" },
            version: format!("SQLite {}", rusqlite::version()),
            against: if FILE {
                &["floe stored"]
            } else {
                &["floe symbols", "floe"]
            },
            data: "one table a relation, integer keys, clustered primary keys, covering indexes, ANALYZE",
            freshness: "the newest change",
            completeness: "the whole policy, evaluated for each question by a prepared (recursive) query",
            durability: if FILE {
                "write-ahead log, synced for each change (synchronous = FULL)"
            } else {
                "none, in memory without a journal"
            },
            transport: "a call in the same process, prepared statements, ids as integers",
        }
    }

    fn prepare_load(&mut self, stage: &Stage) -> Result<Vec<Row>> {
        let row = |fact| self.script.row(stage, fact);
        stage.facts.iter().map(row).collect()
    }

    fn prepare_change(
        &mut self,
        stage: &Stage,
        changes: &[Change<Fact>],
    ) -> Result<Vec<(Row, bool)>> {
        self.script.changes(stage, changes)
    }

    fn prepare_check(&mut self, stage: &Stage, check: &Check) -> Result<(String, [i32; 2])> {
        let (sql, arguments) = self.script.check(stage, check)?;
        Ok((dialect(sql), arguments))
    }

    fn prepare_ask(&mut self, stage: &Stage, ask: &Ask) -> Result<(String, i32)> {
        let (sql, actor) = self.script.list(stage, ask)?;
        Ok((dialect(sql), actor))
    }

    fn load(&mut self, facts: Vec<Row>) -> Result<()> {
        self.connection.execute_batch("BEGIN")?;
        for (place, arguments) in &facts {
            let mut insert = self.statement(&self.inserts[*place])?;
            insert.execute(params_from_iter(arguments))?;
        }
        self.connection.execute_batch("COMMIT")?;
        self.connection.execute_batch(&self.script.indexes)?;
        self.connection.execute_batch("ANALYZE")?;
        Ok(())
    }

    fn change(&mut self, change: &Vec<(Row, bool)>) -> Result<()> {
        self.statement("BEGIN")?.execute(())?;
        for ((place, arguments), insert) in change {
            let sql = if *insert {
                &self.inserts
            } else {
                &self.deletes
            };
            let rows = self
                .statement(&sql[*place])?
                .execute(params_from_iter(arguments))?;
            anyhow::ensure!(rows == 1, "a change without effect");
        }
        self.statement("COMMIT")?.execute(())?;
        Ok(())
    }

    fn authorize(&mut self, (sql, arguments): &(String, [i32; 2])) -> Result<bool> {
        let mut statement = self.statement(sql)?;
        Ok(statement.query_row(*arguments, |row| row.get(0))?)
    }

    fn list(&mut self, (sql, actor): &(String, i32)) -> Result<Vec<i32>> {
        let mut statement = self.statement(sql)?;
        let mut rows = statement.query([actor])?;
        let mut ids = Vec::new();
        while let Some(row) = rows.next()? {
            ids.push(row.get(0)?);
        }
        Ok(ids)
    }

    fn ids(&self, stage: &Stage, ask: &Ask, ids: Vec<i32>) -> Vec<String> {
        let id = |number| {
            stage
                .numbers
                .id(ask.kind, u32::try_from(number).expect("a key"))
        };
        ids.into_iter().map(|n| id(n).to_owned()).collect()
    }
}
