//! PostgreSQL over a Unix socket, in a directory of its own that goes when the run is over.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use floe_benches::workload::{Change, Fact};
use postgres::types::ToSql;
use postgres::{Client, NoTls, Statement};
use rustc_hash::FxHashMap;

use super::{Row, Script, Target};
use crate::contestant::{About, Contestant};
use crate::stage::{Ask, Check, Stage};

/// A server with one client.
pub(crate) struct Postgres<const SYNCED: bool> {
    client: Client,
    script: Script,
    inserts: Vec<Statement>,
    deletes: Vec<Statement>,
    prepared: FxHashMap<String, Statement>,
    _server: Server,
}

/// A running server; killed when it is dropped.
struct Server {
    process: Child,
    dir: tempfile::TempDir,
}

/// Where the server's programs are: on the path, else where Debian puts them.
fn program(name: &str) -> Result<PathBuf> {
    let named = std::env::var_os("PGBIN").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = named.into_iter().collect();
    places.extend(std::env::split_paths(&path));
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        places.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    let found = places.into_iter().map(|place| place.join(name));
    let mut found = found.filter(|path| path.is_file());
    found
        .next()
        .with_context(|| format!("`{name}` is not installed; benches/rivals/postgres installs it"))
}

/// The same command as the user `postgres`, if this one may not run a server.
fn unprivileged(program: &Path) -> Result<Command> {
    let root = std::fs::read_to_string("/proc/self/status")
        .unwrap_or_default()
        .lines()
        .any(|line| line.starts_with("Uid:\t0\t"));
    if !root {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("setpriv");
    command
        .args([
            "--reuid=postgres",
            "--regid=postgres",
            "--clear-groups",
            "--",
        ])
        .arg(program);
    Ok(command)
}

impl Server {
    fn start(synced: bool) -> Result<Server> {
        let dir = tempfile::Builder::new().prefix("rival-").tempdir()?;
        // The server's user needs a directory of its own; the parent only has to let it in.
        let data = dir.path().join("data");
        std::fs::create_dir(&data)?;
        let owned = Command::new("chown")
            .arg("postgres")
            .args([dir.path(), &data])
            .status();
        let initdb = program("initdb")?;
        let made = unprivileged(&initdb)?
            .arg("--pgdata")
            .arg(&data)
            .args([
                "--username=rival",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
            ])
            .stdout(Stdio::null())
            .output()?;
        ensure!(
            made.status.success(),
            "initdb failed (chown {owned:?}): {}",
            String::from_utf8_lossy(&made.stderr)
        );
        let settings = [
            "listen_addresses=".to_owned(),
            format!("unix_socket_directories={}", dir.path().display()),
            "shared_buffers=1GB".to_owned(),
            "work_mem=64MB".to_owned(),
            "maintenance_work_mem=256MB".to_owned(),
            "max_wal_size=4GB".to_owned(),
            "jit=off".to_owned(),
            // One plan for each statement, made once: the plans do not depend on the values.
            "plan_cache_mode=force_generic_plan".to_owned(),
            "random_page_cost=1.1".to_owned(),
            format!("synchronous_commit={}", if synced { "on" } else { "off" }),
        ];
        let mut command = unprivileged(&program("postgres")?)?;
        command.arg("-D").arg(&data);
        for setting in &settings {
            command.args(["-c", setting]);
        }
        let log = std::fs::File::create(dir.path().join("log"))?;
        let process = command
            .stdout(Stdio::null())
            .stderr(Stdio::from(log))
            .spawn()?;
        Ok(Server { process, dir })
    }

    fn connect(&mut self) -> Result<Client> {
        let socket = self.dir.path().display();
        let address = format!("host={socket} user=rival dbname=postgres");
        let begin = Instant::now();
        loop {
            match Client::connect(&address, NoTls) {
                Ok(client) => return Ok(client),
                Err(why) if begin.elapsed() > Duration::from_secs(30) => {
                    let log = std::fs::read_to_string(self.dir.path().join("log"));
                    bail!("no connection: {why}; its log: {}", log.unwrap_or_default());
                }
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
            if let Some(status) = self.process.try_wait()? {
                let log = std::fs::read_to_string(self.dir.path().join("log"));
                bail!("the server ended ({status}): {}", log.unwrap_or_default());
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Quit at once: nothing in it is wanted any more.
        let id = self.process.id().to_string();
        _ = Command::new("kill").args(["-QUIT", &id]).status();
        _ = self.process.wait();
    }
}

impl<const SYNCED: bool> Postgres<SYNCED> {
    fn prepare(&mut self, sql: &str) -> Result<Statement> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).with_context(|| sql.to_owned())?;
        self.prepared.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

fn parameters(arguments: &[i32]) -> Vec<&(dyn ToSql + Sync)> {
    arguments.iter().map(|a| a as &(dyn ToSql + Sync)).collect()
}

/// A row in the text form of COPY.
fn copied(target: &Target, arguments: &[i32], into: &mut Vec<u8>) {
    for (place, (_, term)) in target.columns.iter().enumerate() {
        let tab = if place == 0 { "" } else { "\t" };
        write!(into, "{tab}{}", term.value(arguments)).expect("memory takes what is written");
    }
    into.push(b'\n');
}

impl<const SYNCED: bool> Contestant for Postgres<SYNCED> {
    type Load = Vec<(String, Vec<u8>)>;
    type Change = Vec<(Row, bool)>;
    type Check = (Statement, [i32; 2]);
    type Ask = (Statement, i32);
    type Ids = Vec<i32>;
    const WORLDS: &'static [&'static str] = &super::WORLDS;

    fn start(stage: &Stage) -> Result<Self> {
        let script = Script::of(stage.world)?;
        let mut server = Server::start(SYNCED)?;
        let mut client = server.connect()?;
        // Clustered primary keys are SQLite's; here covering indexes do the same.
        client.batch_execute(&script.tables.replace(" WITHOUT ROWID", ""))?;
        let (mut inserts, mut deletes) = (Vec::new(), Vec::new());
        for (_, target) in &script.facts {
            inserts.push(client.prepare(&target.insert())?);
            deletes.push(client.prepare(&target.delete())?);
        }
        Ok(Postgres {
            client,
            script,
            inserts,
            deletes,
            prepared: FxHashMap::default(),
            _server: server,
        })
    }

    fn about(&mut self) -> About {
        let version = self.client.query_one("SHOW server_version", &[]);
        let version: String = version.map(|row| row.get(0)).unwrap_or_default();
        About {
            name: if SYNCED { "postgres" } else { "postgres async" },
            version: format!("PostgreSQL {version}"),
            against: if SYNCED {
                &["floe serve", "floe stored"]
            } else {
                &["floe dev", "floe"]
            },
            data: "one table a relation, integer keys, covering indexes, COPY, then VACUUM ANALYZE",
            freshness: "the newest change",
            completeness: "the whole policy, evaluated for each question by a prepared (recursive) query",
            durability: if SYNCED {
                "write-ahead log, synced for each change"
            } else {
                "write-ahead log, synced a moment later (synchronous_commit = off)"
            },
            transport: "a Unix socket, binary protocol, prepared statements, ids as integers",
        }
    }

    fn prepare_load(&mut self, stage: &Stage) -> Result<Vec<(String, Vec<u8>)>> {
        let mut tables: Vec<(String, Vec<u8>)> = Vec::new();
        for fact in &stage.facts {
            let (place, arguments) = self.script.row(stage, fact)?;
            let target = &self.script.facts[place].1;
            let copy = format!("COPY {} ({}) FROM STDIN", target.table, target.names());
            let at = tables.iter().position(|(known, _)| *known == copy);
            let at = at.unwrap_or_else(|| {
                tables.push((copy, Vec::new()));
                tables.len() - 1
            });
            copied(target, &arguments, &mut tables[at].1);
        }
        Ok(tables)
    }

    fn prepare_change(
        &mut self,
        stage: &Stage,
        changes: &[Change<Fact>],
    ) -> Result<Vec<(Row, bool)>> {
        self.script.changes(stage, changes)
    }

    fn prepare_check(&mut self, stage: &Stage, check: &Check) -> Result<(Statement, [i32; 2])> {
        let (sql, arguments) = self.script.check(stage, check)?;
        let sql = sql.to_owned();
        Ok((self.prepare(&sql)?, arguments))
    }

    fn prepare_ask(&mut self, stage: &Stage, ask: &Ask) -> Result<(Statement, i32)> {
        let (sql, actor) = self.script.list(stage, ask)?;
        let sql = sql.to_owned();
        Ok((self.prepare(&sql)?, actor))
    }

    fn load(&mut self, facts: Vec<(String, Vec<u8>)>) -> Result<()> {
        for (copy, rows) in &facts {
            let mut writer = self.client.copy_in(copy)?;
            writer.write_all(rows)?;
            writer.finish()?;
        }
        self.client.batch_execute(&self.script.indexes)?;
        self.client.batch_execute("VACUUM ANALYZE")?;
        Ok(())
    }

    fn change(&mut self, change: &Vec<(Row, bool)>) -> Result<()> {
        let statement = |insert: bool, place: usize| {
            let all = if insert { &self.inserts } else { &self.deletes };
            all[place].clone()
        };
        // A single statement is a transaction of its own: one round trip.
        if let [((place, arguments), insert)] = &change[..] {
            let rows = self
                .client
                .execute(&statement(*insert, *place), &parameters(arguments))?;
            ensure!(rows == 1, "a change without effect");
            return Ok(());
        }
        let mut transaction = self.client.transaction()?;
        for ((place, arguments), insert) in change {
            let all = if *insert {
                &self.inserts
            } else {
                &self.deletes
            };
            let rows = transaction.execute(&all[*place], &parameters(arguments))?;
            ensure!(rows == 1, "a change without effect");
        }
        transaction.commit()?;
        Ok(())
    }

    fn authorize(&mut self, (statement, arguments): &(Statement, [i32; 2])) -> Result<bool> {
        let row = self.client.query_one(statement, &parameters(arguments))?;
        Ok(row.get(0))
    }

    fn list(&mut self, (statement, actor): &(Statement, i32)) -> Result<Vec<i32>> {
        let rows = self.client.query(statement, &[actor])?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
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
