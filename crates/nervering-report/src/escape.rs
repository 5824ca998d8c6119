//! Text inside HTML and SVG.

/// Text as HTML and XML take it, in elements and in attributes. Control characters, which XML
/// forbids, and characters that turn the direction of all that follows, by which a name could
/// disguise its surroundings, are shown as U+FFFD.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' => escaped.push(c),
            c if c.is_control() || turns_direction(c) => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Separators of lines and paragraphs; embeddings, overrides and isolates of Unicode's bidirectional algorithm (UAX 9), and the two
/// non-characters that XML forbids.
pub(crate) fn turns_direction(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
}
