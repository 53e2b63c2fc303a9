//! Tokenisation of Chinese, sacreBLEU's `zh`: every Chinese character is a token, and what is between them is cut as
//! 13a cuts it.
//!
//! The ranges are sacreBLEU's. Two of its ranges beyond the basic plane are written with five digits where its
//! language reads four, so that they take in U+2001 to U+2A6D instead; scores follow it in that.

use super::{overlap::is_space, tokenize_13a::western};

/// The tokens of a text.
pub fn tokens(text: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(2 * text.len());
    for c in text.trim_matches(is_space).chars() {
        if is_chinese(c) { spaced.extend([' ', c, ' ']) } else { spaced.push(c) }
    }
    western(&spaced)
}

fn is_chinese(c: char) -> bool {
    matches!(c,
        '\u{2001}'..='\u{2a6d}'
        | '\u{2e80}'..='\u{2fdf}'
        | '\u{2ff0}'..='\u{303f}'
        | '\u{3100}'..='\u{312f}'
        | '\u{31a0}'..='\u{31bf}'
        | '\u{31c0}'..='\u{31ef}'
        | '\u{3200}'..='\u{33ff}'
        | '\u{3400}'..='\u{4db5}'
        | '\u{4e00}'..='\u{9fbb}'
        | '\u{f900}'..='\u{fa2d}'
        | '\u{fa30}'..='\u{fa6a}'
        | '\u{fa70}'..='\u{fad9}'
        | '\u{fe10}'..='\u{fe1f}'
        | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ffef}')
}
