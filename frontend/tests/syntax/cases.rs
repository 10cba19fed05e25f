//! Reading data files: `### name`, the input, `---`, what is expected.

use std::path::Path;

/// One case of a data file.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) input: String,
    pub(crate) expected: String,
}

/// All cases of `tests/syntax/<file>`.
pub(crate) fn read(file: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/syntax")
        .join(file);
    let text = std::fs::read_to_string(path).expect("the data file can be read");
    text.split("### ")
        .skip(1)
        .map(|case| {
            let (name, rest) = case.split_once('\n').expect("a name");
            let (input, expected) = rest.split_once("---\n").expect("two parts");
            Case {
                name: name.to_owned(),
                input: input.to_owned(),
                expected: expected.trim_end().to_owned(),
            }
        })
        .collect()
}
