//! An encoder's tokenizer as files from which `transformers` makes the same tokens.
//!
//! Casing and rules are in `tokenizer.json`. The generic class is named beside it, since the classes of BERT and
//! RoBERTa put rules of their own in the place of the file's. Special tokens around a text and a pair are added to a
//! file that says nothing of them.

use std::path::Path;

use tokenizers::{
    PostProcessorWrapper, Tokenizer,
    processors::{bert::BertProcessing, roberta::RobertaProcessing},
};

use super::{guarded::guarded, save, special::SpecialTokens};
use crate::Result;

/// Writes `tokenizer_config.json` and `tokenizer.json`.
pub(super) fn save(
    tokenizer: &Tokenizer,
    special: &SpecialTokens,
    max_length: usize,
    dir: &Path,
) -> Result<()> {
    let [pad, unk, cls, sep, mask] = special.names;
    let mut config = serde_json::json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": pad,
        "unk_token": unk,
        "cls_token": cls,
        "sep_token": sep,
        "mask_token": mask,
        "model_max_length": max_length,
        "clean_up_tokenization_spaces": false,
    });
    if !special.are_berts() {
        config["bos_token"] = cls.into();
        config["eos_token"] = sep.into();
    }
    save::write(dir, "tokenizer_config.json", &format!("{config:#}\n"))?;
    let text = match surrounds(tokenizer, special) {
        true => save::serialised(tokenizer)?,
        false => save::serialised(&surrounding(tokenizer.clone(), special))?,
    };
    save::write(dir, "tokenizer.json", &text)
}

/// Whether the tokenizer itself puts around a text and a pair what an encoder does.
fn surrounds(tokenizer: &Tokenizer, special: &SpecialTokens) -> bool {
    let SpecialTokens { cls, sep, between, second_segment, .. } = *special;
    let ids = |text: &str| guarded(|| tokenizer.encode_fast(text, false));
    let (Ok(a), Ok(single), Ok(pair)) = (
        ids("a"),
        guarded(|| tokenizer.encode_fast("a", true)),
        guarded(|| tokenizer.encode(("a", "a"), true)),
    ) else {
        return false;
    };
    let text = a.get_ids();
    let of_single = [&[cls], text, &[sep]].concat();
    let of_pair = [&of_single[..], &vec![sep; between - 1], text, &[sep]].concat();
    let mut segments = vec![0; of_single.len()];
    segments.resize(of_pair.len(), u32::from(second_segment));
    single.get_ids() == of_single && pair.get_ids() == of_pair && pair.get_type_ids() == segments
}

fn surrounding(mut tokenizer: Tokenizer, special: &SpecialTokens) -> Tokenizer {
    let [_, _, cls, sep, _] = special.names.map(String::from);
    let (cls, sep) = ((cls, special.cls), (sep, special.sep));
    let processor: PostProcessorWrapper = match special.are_berts() {
        true => BertProcessing::new(sep, cls).into(),
        false => RobertaProcessing::new(sep, cls).into(),
    };
    tokenizer.with_post_processor(Some(processor));
    tokenizer
}
