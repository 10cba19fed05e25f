//! Where settings come from: the later layer wins.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use floe_frontend::diag::suggest;

use super::Settings;
use super::file::{self, KeyEntry};

/// The layer that a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A TOML file.
    File(PathBuf),
    /// A variable of the environment.
    Variable(String),
    /// A flag of the command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File(path) => write!(f, "file {}", path.display()),
            Origin::Variable(name) => write!(f, "variable {name}"),
            Origin::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// What was set, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layers {
    values: BTreeMap<String, (String, Origin)>,
    keys: Vec<KeyEntry>,
    ignored: Vec<String>,
}

impl Layers {
    /// What a file and the environment say. Variables are `FLOE_` and the name in capitals,
    /// dots as underscores; `OSO_PORT` changes the port, as it does for the vendor's server.
    ///
    /// # Errors
    /// The file cannot be read, or sets what there is not.
    pub(crate) fn load(
        file: Option<&Path>,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Layers, String> {
        let mut layers = Layers::default();
        if let Some(path) = file {
            let read = file::read(path)?;
            for (name, value) in read.values {
                layers.set(&name, value, Origin::File(path.to_owned()))?;
            }
            layers.keys = read.keys;
        }
        let mut variables: Vec<(String, String)> = variables.collect();
        // Whatever order they are in: what is Floe's own says more.
        variables.sort_by_key(|(variable, _)| variable.starts_with("FLOE_"));
        for (variable, value) in variables {
            if variable == "OSO_PORT" {
                let address = format!("127.0.0.1:{value}");
                layers.set("listen", address, Origin::Variable(variable))?;
                continue;
            }
            // Where the vendor's server keeps its data: `floe serve` heeds it.
            if variable == "OSO_DIRECTORY" {
                layers.ignored.push(variable);
                continue;
            }
            let Some(name) = variable.strip_prefix("FLOE_") else {
                continue;
            };
            if name == "CONFIG" {
                continue;
            }
            let known = Settings::ENTRIES
                .iter()
                .find(|e| variable_of(e.name) == variable);
            match known {
                Some(entry) => layers.set(entry.name, value, Origin::Variable(variable))?,
                None => layers.ignored.push(variable),
            }
        }
        Ok(layers)
    }

    /// Sets a value, over what was set before.
    ///
    /// # Errors
    /// There is no such setting.
    pub(crate) fn set(&mut self, name: &str, value: String, origin: Origin) -> Result<(), String> {
        if !Settings::ENTRIES.iter().any(|e| e.name == name) {
            let near = suggest::nearest(name, Settings::ENTRIES.iter().map(|e| e.name));
            let near = near.map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
            return Err(format!("there is no setting `{name}` ({origin}){near}"));
        }
        self.values.insert(name.to_owned(), (value, origin));
        Ok(())
    }

    /// What was set, and where.
    pub(crate) fn get(&self, name: &str) -> Option<(&str, Option<&Origin>)> {
        let (value, origin) = self.values.get(name)?;
        Some((value, Some(origin)))
    }

    /// A setting as messages name it, with where its value comes from.
    pub(crate) fn named(&self, name: &str) -> String {
        match self.get(name).and_then(|(_, origin)| origin) {
            Some(origin) => format!("setting `{name}` ({origin})"),
            None => format!("setting `{name}`"),
        }
    }

    /// The keys that the file lists.
    pub(crate) fn keys(&self) -> &[KeyEntry] {
        &self.keys
    }

    /// Says that a variable has an effect after all.
    pub(crate) fn heed(&mut self, variable: &str) {
        self.ignored.retain(|ignored| ignored != variable);
    }

    /// Variables that look like settings and are none.
    pub(crate) fn ignored(&self) -> &[String] {
        &self.ignored
    }
}

/// The variable of a setting.
pub(crate) fn variable_of(name: &str) -> String {
    format!("FLOE_{}", name.to_uppercase().replace('.', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(all: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
        let all = all.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        all.collect::<Vec<_>>().into_iter()
    }

    #[test]
    fn the_later_layer_wins() {
        let environment = [
            ("FLOE_LISTEN", "127.0.0.1:1"),
            ("FLOE_LIMITS_BODY", "1MiB"),
            ("FLOE_TYPO", "x"),
            ("OTHER", "y"),
        ];
        let mut layers = Layers::load(None, variables(&environment)).unwrap();
        let flag = Origin::Flag("--listen".to_owned());
        layers
            .set("listen", "127.0.0.1:2".to_owned(), flag)
            .unwrap();
        let settings = Settings::new(&layers).unwrap();
        assert_eq!(settings.listen.port(), 2);
        assert_eq!(settings.limits_body.0, 1 << 20);
        assert_eq!(layers.ignored(), ["FLOE_TYPO"]);
    }

    #[test]
    fn the_order_of_variables_says_nothing() {
        let ours = ("FLOE_LISTEN", "127.0.0.1:9000");
        let vendors = ("OSO_PORT", "8081");
        for all in [[ours, vendors], [vendors, ours]] {
            let layers = Layers::load(None, variables(&all)).unwrap();
            assert_eq!(Settings::new(&layers).unwrap().listen.port(), 9000);
        }
        let layers = Layers::load(None, variables(&[vendors])).unwrap();
        assert_eq!(Settings::new(&layers).unwrap().listen.port(), 8081);
    }

    #[test]
    fn a_wrong_value_is_named_with_its_origin() {
        let layers = Layers::load(None, variables(&[("FLOE_LIMITS_BODY", "big")])).unwrap();
        assert_eq!(
            Settings::new(&layers).unwrap_err(),
            "setting `limits.body` (variable FLOE_LIMITS_BODY): \"big\" is not a size such as \
             512, 64KiB or 11MiB"
        );
        let mut layers = Layers::default();
        let flag = Origin::Flag("--set".to_owned());
        let why = layers.set("limit.body", String::new(), flag).unwrap_err();
        assert_eq!(
            why,
            "there is no setting `limit.body` (flag --set); did you mean `limits.body`?"
        );
    }
}
