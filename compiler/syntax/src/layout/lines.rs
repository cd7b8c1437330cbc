//! The lines of a file: where they start, where their text ends, how far they are indented.

/// A line; positions are bytes of the file.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    pub start: usize,
    /// Behind the last byte, without the line's end.
    pub end: usize,
    /// Bytes of blanks in front.
    pub blanks: usize,
    /// Columns of blanks in front; a tab, which is refused, counts as four.
    pub indent: usize,
    /// The first byte that is no blank, or 0; `/` only where it begins a comment is a comment.
    pub first: u8,
    pub is_comment: bool,
    pub has_tab: bool,
}

/// All lines, and an empty one behind a last line feed is left out.
pub fn table(text: &str) -> Vec<Line> {
    let mut lines = Vec::with_capacity(text.len() / 24);
    let mut start = 0;
    for raw in text.split_inclusive('\n') {
        let content = raw.trim_end_matches(['\n', '\r']);
        lines.push(line(start, content));
        start += raw.len();
    }
    lines
}

fn line(start: usize, content: &str) -> Line {
    let trimmed = content.trim_start_matches([' ', '\t']);
    let blanks = content.len() - trimmed.len();
    let tabs = content.as_bytes()[..blanks].iter().filter(|&&byte| byte == b'\t').count();
    Line {
        start,
        end: start + content.len(),
        blanks,
        indent: blanks + 3 * tabs,
        first: trimmed.as_bytes().first().copied().unwrap_or(0),
        is_comment: trimmed.starts_with("//"),
        has_tab: tabs > 0,
    }
}
