//! "Did you mean ...?"

/// The candidate nearest to `word`, if near enough to be a slip of the fingers.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Long names are no typing mistakes, and comparing them is quadratic.
    if word.len() > 64 {
        return None;
    }
    let lower = word.to_lowercase();
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .filter(|c| *c != word && c.len() <= 64)
        .map(|c| {
            let distance = strsim::damerau_levenshtein(&lower, &c.to_lowercase());
            (distance, c)
        })
        .filter(|&(distance, _)| distance <= allowed)
        .min()
        .map(|(_, c)| c)
}

/// What to say about a word of [`means_no_value`].
pub const NO_SUCH_VALUE: &str = "there is no such value: the absence of a fact is `not p(x)`";

/// Whether other languages have this word for the absence of a value.
#[must_use]
pub fn means_no_value(word: &str) -> bool {
    matches!(word, "null" | "nil" | "None" | "undefined")
}
