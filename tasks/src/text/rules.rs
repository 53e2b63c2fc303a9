//! Where the texts of a tokenizer can be cut without changing their pieces, as far as its settings tell.

use tokenizers::{
    ModelWrapper, NormalizerWrapper, PreTokenizerWrapper, Tokenizer,
    pre_tokenizers::metaspace::PrependScheme,
};

/// Where texts can be cut without changing their pieces.
#[derive(Clone, Copy)]
pub(super) enum Rules {
    Bert,
    T5,
}

impl Rules {
    /// `None` where texts are to stay whole.
    pub fn of(tokenizer: &Tokenizer) -> Option<Self> {
        match tokenizer.get_model() {
            ModelWrapper::WordPiece(_) if has_berts_rules(tokenizer) => Some(Rules::Bert),
            ModelWrapper::Unigram(_) if has_t5s_rules(tokenizer) => Some(Rules::T5),
            _ => None,
        }
    }
}

/// Whether the tokenizer follows BERT's rules, and its added tokens are of the form `[NAME]`.
fn has_berts_rules(tokenizer: &Tokenizer) -> bool {
    matches!(tokenizer.get_normalizer(), Some(NormalizerWrapper::BertNormalizer(_)))
        && matches!(tokenizer.get_pre_tokenizer(), Some(PreTokenizerWrapper::BertPreTokenizer(_)))
        && tokenizer.get_added_tokens_decoder().values().all(|token| {
            token.content.starts_with('[')
                && !(token.content.contains(' ')
                    || token.lstrip
                    || token.rstrip
                    || token.single_word)
        })
}

/// Whether the tokenizer marks every word, wherever it stands, and normalises no further than a space; and its added
/// tokens are of the form `<NAME>`.
fn has_t5s_rules(tokenizer: &Tokenizer) -> bool {
    fn marks_words(rules: &PreTokenizerWrapper) -> bool {
        match rules {
            PreTokenizerWrapper::Metaspace(mark) => {
                mark.split && mark.prepend_scheme == PrependScheme::Always
            }
            PreTokenizerWrapper::Sequence(rules) => match rules.as_ref() {
                [PreTokenizerWrapper::WhitespaceSplit(_), last] => marks_words(last),
                _ => false,
            },
            _ => false,
        }
    }
    fn is_local(normalizer: &NormalizerWrapper) -> bool {
        match normalizer {
            NormalizerWrapper::Precompiled(_)
            | NormalizerWrapper::NFKC(_)
            | NormalizerWrapper::Nmt(_)
            | NormalizerWrapper::StripNormalizer(_) => true,
            NormalizerWrapper::Sequence(all) => all.as_ref().iter().all(is_local),
            _ => false,
        }
    }
    tokenizer.get_pre_tokenizer().is_some_and(marks_words)
        && tokenizer.get_normalizer().is_none_or(is_local)
        && tokenizer.get_added_tokens_decoder().values().all(|token| token.content.starts_with('<'))
}
