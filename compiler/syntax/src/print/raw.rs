//! Text of several lines that is moved as a block: host declarations, bodies of procs, source blocks.
//!
//! All lines go left or right by the same number of columns, so their shape stays. Host text loses
//! tabs in front, blanks behind and all but one of several empty lines; of a source nothing is lost.

use super::STEP;

/// Columns of blanks in front of a line; a tab counts as four, as in `layout`.
pub fn indent(line: &str) -> usize {
    let blanks = line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t'));
    blanks.map(|byte| if byte == b'\t' { STEP } else { 1 }).sum()
}

/// The indentation of the last line of a text.
pub fn last_indent(text: &str) -> usize {
    indent(&text[text.rfind('\n').map_or(0, |at| at + 1)..])
}

/// A declaration that stood on a line indented by `from`, moved to the margin.
pub fn declaration(out: &mut String, from: usize, text: &str) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    out.push_str(trimmed(first));
    lines(out, rest, from, 0);
}

/// `{ .. }` of a proc whose line is indented by `to`.
pub fn body(out: &mut String, to: usize, text: &str) {
    let inside = &text[1..text.len() - 1];
    out.push('{');
    let Some((first, rest)) = inside.split_once('\n') else {
        let inside = inside.trim();
        return if inside.is_empty() { out.push('}') } else { out.extend([" ", inside, " }"]) };
    };
    let first = first.trim();
    if first.starts_with("//") {
        out.extend([" ", first]);
    } else if !first.is_empty() {
        new_line(out, to + STEP, first);
    }
    let from = rest.lines().find(|line| !line.trim().is_empty()).map_or(0, indent);
    lines(out, rest.trim_end(), from, to + STEP);
    new_line(out, to, "}");
}

/// A `\\` string of several lines, below each other.
pub fn lines_string(out: &mut String, to: usize, text: &str) {
    let mut lines = text.lines().map(|line| line.trim_start_matches([' ', '\t']));
    out.push_str(lines.next().unwrap_or(""));
    lines.filter(|line| !line.is_empty()).for_each(|line| new_line(out, to, line));
}

/// Lines of host text, moved by `to - from`; empty ones in front are left out where a block begins.
fn lines(out: &mut String, text: &str, from: usize, to: usize) {
    let mut empty = out.ends_with('{');
    let mut owes_empty = false;
    for line in text.lines() {
        let content = line.trim_start_matches([' ', '\t']);
        if content.trim().is_empty() {
            owes_empty = !empty;
            continue;
        }
        if std::mem::take(&mut owes_empty) {
            out.push('\n');
        }
        empty = false;
        new_line(out, (indent(line) + to).saturating_sub(from), trimmed(content));
    }
}

/// Without blanks behind, unless they may be part of a `\\` string.
fn trimmed(line: &str) -> &str {
    if line.contains("\\\\") { line.trim_end_matches('\r') } else { line.trim_end() }
}

fn new_line(out: &mut String, indent: usize, text: &str) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
    out.push_str(text);
}

/// `{ .. }` of a source block behind a call whose line is indented by `to`.
pub fn source(out: &mut String, to: usize, text: &str) {
    let inside = &text[1..text.len() - 1];
    let Some((head, rest)) = inside.split_once('\n') else {
        let inside = inside.trim();
        return if inside.is_empty() { out.push_str("{}") } else { out.extend(["{ ", inside, " }"]) };
    };
    out.push('{');
    let head = head.trim();
    if !head.is_empty() {
        out.extend([" ", head]);
    }
    let mut content: Vec<&str> = rest.split('\n').map(|line| line.trim_end_matches('\r')).collect();
    let closing = content.pop().unwrap_or("");
    let filled = || content.iter().filter(|line| !line.trim_matches([' ', '\t']).is_empty());
    let blanks = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    // Where tabs indent, columns are a matter of opinion: nothing is moved.
    let has_tabs = filled().any(|line| line[..blanks(line)].contains('\t'));
    let from = filled().map(|line| blanks(line)).min().unwrap_or(0);
    for line in &content {
        match line {
            line if line.trim_matches([' ', '\t']).is_empty() => out.push('\n'),
            line if has_tabs => out.extend(["\n", line]),
            line => new_line(out, to + STEP + blanks(line) - from, &line[blanks(line)..]),
        }
    }
    new_line(out, if has_tabs { indent(closing) } else { to }, "}");
}
