//! Facts in a file or a stream: one JSON object per line.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use crate::wire::Fact;

/// A line beyond this size is no fact.
const LINE_BYTES: usize = 1 << 20;

/// Lines with facts; empty ones are passed over.
pub(crate) struct Lines {
    name: String,
    from: Box<dyn BufRead>,
    line: Vec<u8>,
    number: u64,
    bytes: u64,
}

impl Lines {
    /// Of a file, or of standard input for `-`.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(crate) fn open(path: &Path) -> Result<Lines, String> {
        let (name, from): (String, Box<dyn BufRead>) = if path.as_os_str() == "-" {
            ("<stdin>".to_owned(), Box::new(BufReader::new(io::stdin())))
        } else {
            let name = path.display().to_string();
            let file = File::open(path).map_err(|why| format!("cannot read {name}: {why}"))?;
            (name, Box::new(BufReader::with_capacity(1 << 16, file)))
        };
        Ok(Lines {
            name,
            from,
            line: Vec::new(),
            number: 0,
            bytes: 0,
        })
    }

    /// The next line that is not empty; `None` at the end.
    ///
    /// # Errors
    /// It cannot be read, or is too long.
    pub(crate) fn next_line(&mut self) -> Result<Option<&[u8]>, String> {
        loop {
            self.line.clear();
            let mut limited = io::Read::take(&mut self.from, LINE_BYTES as u64 + 1);
            let read = limited.read_until(b'\n', &mut self.line);
            let read = read.map_err(|why| format!("cannot read {}: {why}", self.name))?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            self.bytes += read as u64;
            if read > LINE_BYTES {
                return Err(self.wrong("the line is longer than a fact can be"));
            }
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        Ok(Some(self.line.trim_ascii()))
    }

    /// The next fact; `None` at the end.
    ///
    /// # Errors
    /// It cannot be read, or is no fact.
    pub(crate) fn next_fact(&mut self) -> Result<Option<Fact<'_>>, String> {
        if self.next_line()?.is_none() {
            return Ok(None);
        }
        let line = self.line.trim_ascii();
        let fact = serde_json::from_slice(line).map_err(|why| self.wrong(&why.to_string()))?;
        Ok(Some(fact))
    }

    /// The last line read, as it is.
    pub(crate) fn line(&self) -> &[u8] {
        self.line.trim_ascii()
    }

    /// The number of the last line read, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Bytes read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// A sentence about the last line read.
    pub(crate) fn wrong(&self, why: &str) -> String {
        format!("{}:{}: {why}", self.name, self.number)
    }
}
