//! Text as JSON strings, where an answer is put together from pieces.

/// Appends a text as a JSON string.
pub(crate) fn quote(text: &str, to: &mut Vec<u8>) {
    let written = serde_json::to_writer(to, text);
    debug_assert!(written.is_ok(), "a vector takes whatever is written");
}

/// Appends an id as it stands in a list, with the comma behind it.
pub(crate) fn listed(id: &str, to: &mut Vec<u8>) {
    quote(id, to);
    to.push(b',');
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn quoted_text_reads_back() {
        let all: String = (0..0x300).filter_map(char::from_u32).collect();
        let texts = ["", "plain", "é😀", "\"", "a\\b\n\0\u{1f}\u{7f}", &all];
        let mut json = b"[".to_vec();
        texts.iter().for_each(|text| listed(text, &mut json));
        json.pop();
        json.push(b']');
        let read: Vec<String> = serde_json::from_slice(&json).unwrap();
        assert_eq!(read, texts);
    }
}
