//! The complete example policies: those of the cases in `tests/cases/spec`.

use std::path::Path;

/// Name and text of each, in order.
pub(crate) fn all() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases/spec");
    let mut found: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("the folder exists")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            let case = std::fs::read_to_string(&path).expect("a case can be read");
            let (_, rest) = case.split_once("```polar\n").expect("a policy");
            let (text, _) = rest.split_once("```").expect("the end of a policy");
            (name.into_owned(), text.to_string())
        })
        .collect();
    found.sort();
    found
}
