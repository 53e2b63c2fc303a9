//! What can be wrong between a tokenizer and a network, with the token, its id and the sizes, and what to do about it.

/// One way in which a tokenizer and a network do not belong together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenizerProblem {
    #[error(
        "the tokenizer's `{token}` has the id {id}, but `vocab_size` is {vocab_size}: there are embeddings for ids 0 to \
         {}; enlarge the network's table (transformers: `resize_token_embeddings({})`), or use its own tokenizer",
        vocab_size - 1, id + 1
    )]
    BeyondTable { token: String, id: u32, vocab_size: usize },
    #[error(
        "the tokenizer marks the second text of a pair by segment {}, but `type_vocab_size` is {type_vocab_size}; use \
         the network's own tokenizer",
        segments - 1
    )]
    Segments { segments: usize, type_vocab_size: usize },
    #[error(
        "the tokenizer's {role} `{token}` has the id {id}, but `{field}` is {configured} (`vocab_size` {vocab_size}); \
         {consequence}; write {id} there if the tokenizer is the network's, else use the network's own"
    )]
    Differs {
        role: &'static str,
        token: String,
        id: u32,
        field: &'static str,
        configured: usize,
        vocab_size: usize,
        consequence: &'static str,
    },
    #[error(
        "`decoder_start_token_id` is {configured} (`vocab_size` {vocab_size}), which is not a special token of the \
         tokenizer ({special}); T5's decoder starts with padding: write {pad} there if the tokenizer is the network's"
    )]
    DecoderStart { configured: usize, vocab_size: usize, special: String, pad: u32 },
}
