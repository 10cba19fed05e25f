//! The facts of a case.

use floe_frontend::ir::Program;

use crate::text::Reader;
use crate::value::{Fact, fits};

/// Facts and a time.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The stored facts.
    pub stored: Vec<Fact>,
    /// Facts that come along with each question.
    pub context: Vec<Fact>,
    /// Seconds since 1970.
    pub now: i64,
}

impl Facts {
    /// Reads a `facts` block and holds it against the signatures of the policy.
    pub fn read(program: &Program, text: &str) -> Result<Facts, String> {
        let mut facts = Facts::default();
        for line in lines(text) {
            if let Some(now) = line.strip_prefix("now = ") {
                facts.now = now.trim().parse().map_err(|_| format!("no time: {now}"))?;
                continue;
            }
            let mut reader = Reader::new(line);
            let fact = reader.fact()?;
            let refused = reader.take("->") && reader.take("refused");
            end(&mut reader)?;
            match (fits(program, &program.signatures, &fact), refused) {
                (true, false) => facts.stored.push(fact),
                (false, true) => {}
                (true, true) => return Err(format!("{fact} is used by the policy")),
                (false, false) => return Err(format!("{fact} is not used in the policy")),
            }
        }
        Ok(facts)
    }

    /// Reads a `context` block; facts that the policy cannot use do not count.
    pub fn set_context(&mut self, program: &Program, text: &str) -> Result<(), String> {
        self.context.clear();
        for line in lines(text) {
            let mut reader = Reader::new(line);
            let fact = reader.fact()?;
            end(&mut reader)?;
            let signatures = [&program.signatures, &program.context_signatures];
            if signatures
                .iter()
                .any(|signatures| fits(program, signatures, &fact))
            {
                self.context.push(fact);
            }
        }
        Ok(())
    }

    /// Everything a question sees.
    pub fn all(&self) -> impl Iterator<Item = Fact> {
        self.stored.iter().chain(&self.context).cloned()
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn end(reader: &mut Reader) -> Result<(), String> {
    reader.take(";");
    match reader.rest() {
        "" => Ok(()),
        rest => Err(format!("expected the end of the line at `{rest}`")),
    }
}
