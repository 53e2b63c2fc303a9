//! Tokenisation of `mteval-v14` for all scripts that have spaces, sacreBLEU's `intl`, by which T5 scores translations.
//!
//! Every punctuation mark of Unicode stands alone unless digits stand on both sides, and every symbol does. A full stop
//! after a number at the very end of a text stays with it, as in the script.

use std::sync::LazyLock;

use regex::Regex;

use super::overlap::words;

static PUNCTUATION_AFTER: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\P{N})(\p{P})"));
static PUNCTUATION_BEFORE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\p{P})(\P{N})"));
static SYMBOL: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\p{S})"));

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns are constants, and a test compiles them")
}

/// The tokens of a text.
pub fn tokens(text: &str) -> Vec<String> {
    let text = PUNCTUATION_AFTER.replace_all(text, "$1 $2 ");
    let text = PUNCTUATION_BEFORE.replace_all(&text, " $1 $2");
    let text = SYMBOL.replace_all(&text, " $1 ");
    words(&text).map(String::from).collect()
}
