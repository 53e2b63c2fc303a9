//! Tokenisation of `mteval-v13a`, the script of the WMT and NIST campaigns, as sacreBLEU does it by default.
//!
//! Symbols stand alone; so do full stops and commas unless digits stand on both sides, and dashes behind a digit.
//! Apostrophes and other dashes stay where they are. Made for languages written in Latin script: everything outside
//! ASCII is left as it is.

use super::overlap::words;

/// The tokens of a text.
pub fn tokens(text: &str) -> Vec<String> {
    let mut text = text.trim_end_matches(super::overlap::is_space).replace("<skipped>", "");
    text = text.replace("-\n", "").replace('\n', " ");
    for (entity, character) in [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")] {
        text = text.replace(entity, character);
    }
    // The padding keeps a full stop at the end apart from what is before it.
    western(&format!(" {text} "))
}

/// The part of the rules that is about languages in Latin script; Chinese texts are cut by it too.
pub(super) fn western(text: &str) -> Vec<String> {
    let mut spaced = Vec::with_capacity(text.len());
    for c in text.chars() {
        if is_symbol(c) { spaced.extend([' ', c, ' ']) } else { spaced.push(c) }
    }
    let digit = |c: char| c.is_ascii_digit();
    let point = |c: char| c == '.' || c == ',';
    let spaced = pairs(&spaced, |a, b| !digit(a) && point(b), |a, b| [a, ' ', b, ' ']);
    let spaced = pairs(&spaced, |a, b| point(a) && !digit(b), |a, b| [' ', a, ' ', b]);
    let spaced = pairs(&spaced, |a, b| digit(a) && b == '-', |a, b| [a, ' ', b, ' ']);
    words(&spaced.iter().collect::<String>()).map(String::from).collect()
}

/// ASCII symbols and the space, but for apostrophe, comma, dash and full stop.
fn is_symbol(c: char) -> bool {
    matches!(c, '{'..='~' | '['..='`' | ' '..='&' | '('..='+' | ':'..='@' | '/')
}

/// Replaces pairs of neighbours from left to right; a character that was part of a pair begins no other one.
fn pairs(
    text: &[char],
    is_pair: impl Fn(char, char) -> bool,
    replaced: impl Fn(char, char) -> [char; 4],
) -> Vec<char> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 4);
    let mut rest = text;
    loop {
        match rest {
            [a, b, after @ ..] if is_pair(*a, *b) => {
                out.extend(replaced(*a, *b));
                rest = after;
            }
            [a, after @ ..] => {
                out.push(*a);
                rest = after;
            }
            [] => return out,
        }
    }
}
