//! Spans that tags mark, in words: `PERSON: the wug; ACT: blicked`.
//!
//! Spans are those that conlleval reads, as in [`span_f1`](crate::metrics::span_f1): one begins at `B`, and at an `I`
//! that goes on no span of its type. A tag with another prefix begins one too. A span without a type is its words.

/// The spans of tags and words, in order; `none` where no word is in a span.
pub(crate) fn spans<'a>(tagged: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    let mut open: Option<&str> = None;
    for (tag, word) in tagged {
        let (prefix, kind) = match tag.split_once('-') {
            Some(parts) => parts,
            None if matches!(tag, "B" | "I") => (tag, ""),
            None => {
                open = None;
                continue;
            }
        };
        if prefix == "I" && open == Some(kind) {
            text.extend([" ", word]);
            continue;
        }
        text.push_str(if text.is_empty() { "" } else { "; " });
        text.push_str(kind);
        text.push_str(if kind.is_empty() { "" } else { ": " });
        text.push_str(word);
        open = Some(kind);
    }
    if text.is_empty() { "none".into() } else { text }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(tags: &str, words: &str) -> String {
        spans(tags.split(' ').zip(words.split(' ')))
    }

    /// The spans that conlleval counts in these tags.
    #[test]
    fn ill_formed_tags_are_read_as_conlleval_reads_them() {
        assert_eq!(of("I-x", "w"), "x: w");
        assert_eq!(of("B-a I-b O I-c", "fly to new york"), "a: fly; b: to; c: york");
        assert_eq!(of("B-a O I-a", "u v w"), "a: u; a: w");
        assert_eq!(of("I-a I-a B-a I-a", "u v w x"), "a: u v; a: w x");
        assert_eq!(of("B I O I", "u v w x"), "u v; x");
        assert_eq!(of("O O", "u v"), "none");
    }

    proptest! {
        #[test]
        fn every_word_with_a_tag_is_written_once_and_in_order(
            tags in proptest::collection::vec(
                proptest::sample::select(vec!["O", "B-a", "I-a", "B-b", "I-b", "I", "B"]), 0..12),
        ) {
            let words: Vec<String> = (0..tags.len()).map(|place| format!("w{place}")).collect();
            let text = spans(tags.iter().copied().zip(words.iter().map(String::as_str)));
            let written: Vec<&str> = text.split([' ', ';', ':']).filter(|w| w.starts_with('w')).collect();
            let tagged = tags.iter().zip(&words).filter(|(tag, _)| **tag != "O");
            prop_assert_eq!(written, tagged.map(|(_, word)| word.as_str()).collect::<Vec<_>>());
            prop_assert!(!text.starts_with([' ', ';']));
        }
    }
}
