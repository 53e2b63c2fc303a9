//! Porter's stemmer in the variant of NLTK's `PorterStemmer`, which `rouge_score` uses.
//!
//! The algorithm is that of Porter, "An algorithm for suffix stripping" (Program 14(3), 1980), with the changes that
//! NLTK makes by default: a table of irregular words, `-ies` and `-ied` of four letters, `y` to `i` only behind a
//! consonant that is not alone, `bli`, `alli`, `fulli` and `logi`, and words of up to two letters left alone. It is
//! neither Porter's own later version nor Snowball's English stemmer ("Porter 2"). Words are lower-case ASCII
//! letters and digits; digits count as consonants.

/// Irregular words and their stems.
const IRREGULAR: [(&str, &str); 16] = [
    ("sky", "sky"),
    ("skies", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("news", "news"),
    ("innings", "inning"),
    ("inning", "inning"),
    ("outings", "outing"),
    ("outing", "outing"),
    ("cannings", "canning"),
    ("canning", "canning"),
    ("howe", "howe"),
    ("proceed", "proceed"),
    ("exceed", "exceed"),
    ("succeed", "succeed"),
];

/// A suffix and what takes its place.
type Rule = (&'static str, &'static str);

const STEP_2: [Rule; 21] = [
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("bli", "ble"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
    ("fulli", "ful"),
];

const STEP_3: [Rule; 7] = [
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
];

const STEP_4: [&str; 19] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou",
    "ism", "ate", "iti", "ous", "ive", "ize",
];

/// The stem of a word of lower-case ASCII letters and digits.
pub fn stem(word: &str) -> String {
    if let Some((_, stem)) = IRREGULAR.iter().find(|(irregular, _)| *irregular == word) {
        return (*stem).into();
    }
    if word.len() <= 2 {
        return word.into();
    }
    let word = plurals(word);
    let word = past_and_progressive(word);
    let word = final_y(word);
    let word = step_2(word);
    let word = first_of(&STEP_3, &word, |stem| measure(stem) > 0);
    let word = step_4(word);
    final_l(final_e(word))
}

/// Step 1a: `-sses`, `-ies`, `-s`.
fn plurals(word: &str) -> String {
    if word.len() == 4 && word.ends_with("ies") {
        return word[..3].into();
    }
    first_of(&[("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")], word, |_| true)
}

/// Step 1b: `-eed`, `-ed`, `-ing`, and what was lost or doubled before them.
fn past_and_progressive(word: String) -> String {
    if let Some(stem) = word.strip_suffix("ied") {
        return format!("{stem}{}", if word.len() == 4 { "ie" } else { "i" });
    }
    if let Some(stem) = word.strip_suffix("eed") {
        return if measure(stem) > 0 { format!("{stem}ee") } else { word };
    }
    let mut cut = ["ed", "ing"].iter().filter_map(|suffix| word.strip_suffix(suffix));
    let Some(stem) = cut.find(|stem| has_vowel(stem)) else { return word };
    if ["at", "bl", "iz"].iter().any(|end| stem.ends_with(end)) {
        return format!("{stem}e");
    }
    if ends_in_double_consonant(stem) {
        let kept = if stem.ends_with(['l', 's', 'z']) { stem } else { &stem[..stem.len() - 1] };
        return kept.into();
    }
    if measure(stem) == 1 && ends_in_short_syllable(stem) {
        return format!("{stem}e");
    }
    stem.into()
}

/// Step 1c: `y` becomes `i` behind a consonant that does not begin the word.
fn final_y(word: String) -> String {
    match word.strip_suffix('y') {
        Some(stem) if stem.len() > 1 && consonants(stem).last() == Some(&true) => {
            format!("{stem}i")
        }
        _ => word,
    }
}

/// Step 2: double suffixes to single ones.
fn step_2(word: String) -> String {
    match word.strip_suffix("alli") {
        Some(stem) if measure(stem) > 0 => return step_2(format!("{stem}al")),
        _ => {}
    }
    // The `l` of `logi` counts as part of the stem, so that `geologi` is cut like `archaeologi`.
    match word.strip_suffix("ogi") {
        Some(stem) if stem.ends_with('l') && measure(stem) > 0 => format!("{stem}og"),
        Some(_) => word,
        None => first_of(&STEP_2, &word, |stem| measure(stem) > 0),
    }
}

/// Step 4: single suffixes off long stems.
fn step_4(word: String) -> String {
    let found = STEP_4.iter().find_map(|suffix| Some((suffix, word.strip_suffix(suffix)?)));
    match found {
        Some((suffix, stem))
            if measure(stem) > 1 && (*suffix != "ion" || stem.ends_with(['s', 't'])) =>
        {
            stem.into()
        }
        _ => word,
    }
}

/// Step 5a.
fn final_e(word: String) -> String {
    match word.strip_suffix('e') {
        Some(stem) if measure(stem) > 1 => stem.into(),
        Some(stem) if measure(stem) == 1 && !ends_in_short_syllable(stem) => stem.into(),
        _ => word,
    }
}

/// Step 5b: `-ll` to `-l`.
fn final_l(mut word: String) -> String {
    if word.ends_with("ll") && measure(&word[..word.len() - 1]) > 1 {
        word.pop();
    }
    word
}

/// Applies the first rule whose suffix the word has, if what stands before it satisfies the condition; no later rule
/// is tried where it does not.
fn first_of(rules: &[Rule], word: &str, condition: impl Fn(&str) -> bool) -> String {
    let found = rules.iter().find_map(|(from, to)| Some((word.strip_suffix(from)?, to)));
    match found {
        Some((stem, to)) if condition(stem) => format!("{stem}{to}"),
        _ => word.into(),
    }
}

/// For every letter whether it is a consonant: not a vowel, and not a `y` behind a consonant.
fn consonants(word: &str) -> Vec<bool> {
    let mut all: Vec<bool> = Vec::with_capacity(word.len());
    for letter in word.bytes() {
        let consonant = match letter {
            b'a' | b'e' | b'i' | b'o' | b'u' => false,
            b'y' => all.last() != Some(&true),
            _ => true,
        };
        all.push(consonant);
    }
    all
}

/// Porter's m: how often a vowel is followed by a consonant.
fn measure(stem: &str) -> usize {
    consonants(stem).windows(2).filter(|pair| **pair == [false, true]).count()
}

fn has_vowel(stem: &str) -> bool {
    consonants(stem).contains(&false)
}

fn ends_in_double_consonant(stem: &str) -> bool {
    let bytes = stem.as_bytes();
    bytes.len() >= 2
        && bytes[bytes.len() - 1] == bytes[bytes.len() - 2]
        && consonants(stem).last() == Some(&true)
}

/// Porter's *o: consonant, vowel, consonant other than w, x, y; in NLTK also vowel and consonant alone.
fn ends_in_short_syllable(stem: &str) -> bool {
    match consonants(stem).as_slice() {
        [.., true, false, true] => !stem.ends_with(['w', 'x', 'y']),
        [false, true] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn steps_do_what_the_paper_shows() {
        for (word, expected) in [
            ("caresses", "caress"),
            ("ponies", "poni"),
            ("agreed", "agre"),
            ("feed", "feed"),
            ("plastered", "plaster"),
            ("hopping", "hop"),
            ("falling", "fall"),
            ("filing", "file"),
            ("relational", "relat"),
            ("triplicate", "triplic"),
            ("adoption", "adopt"),
            ("controlling", "control"),
            ("cease", "ceas"),
        ] {
            assert_eq!(stem(word), expected, "{word}");
        }
    }

    #[test]
    fn changes_of_nltk_are_made() {
        for (word, expected) in [
            ("dies", "die"),
            ("flies", "fli"),
            ("died", "die"),
            ("spied", "spi"),
            ("enjoy", "enjoy"),
            ("by", "by"),
            ("spy", "spi"),
            ("dying", "die"),
            ("innings", "inning"),
            ("geology", "geolog"),
            ("succeed", "succeed"),
            ("owed", "owe"),
        ] {
            assert_eq!(stem(word), expected, "{word}");
        }
    }
}
