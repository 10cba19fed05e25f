//! The complete example policies in `tests/policies`.

use std::path::Path;

/// Name and text of each, in order.
pub(crate) fn all() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policies");
    let mut found: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("the folder exists")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            let text = std::fs::read_to_string(&path).expect("a policy can be read");
            (name.into_owned(), text)
        })
        .filter(|(name, _)| name.ends_with(".polar"))
        .collect();
    found.sort();
    found
}
