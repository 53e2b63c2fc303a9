//! Which pieces of a vocabulary continue a word, as far as the pieces themselves tell.

use tokenizers::{ModelWrapper, Tokenizer};

/// Marks a piece before which there was a space: byte-level vocabularies, and those of SentencePiece.
const SPACE_MARKS: [char; 2] = ['Ġ', '▁'];

/// For every id, whether its piece continues a word. WordPiece marks pieces inside words; others mark those that
/// follow a space, so that punctuation behind a word counts as part of it. `None` where no piece has a mark.
pub(super) fn continuations(tokenizer: &Tokenizer) -> Option<Vec<bool>> {
    let vocabulary = tokenizer.get_vocab(true);
    let size = vocabulary.values().max().map_or(0, |id| *id as usize + 1);
    let mut continues = vec![false; size];
    let inside = match tokenizer.get_model() {
        ModelWrapper::WordPiece(model) => Some(model.continuing_subword_prefix.as_str()),
        _ => None,
    };
    let mut marked = false;
    for (piece, id) in &vocabulary {
        let has_mark = inside.map_or_else(
            || piece.starts_with(SPACE_MARKS),
            |prefix| !prefix.is_empty() && piece.starts_with(prefix) && piece.len() > prefix.len(),
        );
        marked |= has_mark;
        continues[*id as usize] = has_mark == inside.is_some();
    }
    marked.then_some(continues)
}

#[cfg(test)]
mod tests {
    use tokenizers::models::bpe::BPE;

    use super::*;

    fn of_pieces<const N: usize>(pieces: [(&str, u32); N]) -> Option<Vec<bool>> {
        let vocabulary = pieces.map(|(piece, id)| (piece.to_string(), id));
        let model = BPE::builder().vocab_and_merges(vocabulary, Vec::new()).build().unwrap();
        continuations(&Tokenizer::new(model))
    }

    #[test]
    fn pieces_without_the_mark_of_a_space_continue_words() {
        let byte_level = [("Ġa", 0), ("b", 1), (",", 2)];
        assert_eq!(of_pieces(byte_level).unwrap(), [false, true, true]);
        assert_eq!(of_pieces([("▁a", 0), ("b", 1)]).unwrap(), [false, true]);
    }

    #[test]
    fn a_vocabulary_without_marks_does_not_tell() {
        assert_eq!(of_pieces([("a", 0), ("b", 1)]), None);
    }
}
