//! What lies in a folder in place of the files that are read, in words that say how to come by them.
//!
//! Networks are published as pickled PyTorch files, TensorFlow or Flax checkpoints, pointers of git-lfs; and a download
//! may give a web page. None of these is read; each is named, with the way from there to a safetensors file.

use std::collections::BTreeSet;
use std::path::Path;

/// How many names of other files are told.
const TOLD: usize = 6;
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";

/// What the contents are, where they are those of another file than the one that is wanted.
pub(super) fn in_place_of_a_file(contents: &[u8]) -> Option<String> {
    let start = contents.trim_ascii_start();
    let is_page =
        |tag: &[u8]| start.len() >= tag.len() && start[..tag.len()].eq_ignore_ascii_case(tag);
    Some(if contents.starts_with(LFS) {
        "a pointer of git-lfs lies in place of the file: run `git lfs pull` in its repository, or download the file itself"
            .into()
    } else if is_page(b"<!doctype html") || is_page(b"<html") {
        "a web page lies in place of the file: download the file itself".into()
    } else if contents.starts_with(b"PK\x03\x04") || contents.starts_with(b"\x80\x02") {
        format!("a PyTorch file (pickle) under another name; {}", convert("AutoModel"))
    } else if contents.is_empty() {
        "the file is empty: download it again".into()
    } else {
        return None;
    })
}

/// Of a folder without `config.json`.
pub(super) fn without_config(directory: &Path) -> String {
    let Some(names) = names_in(directory) else { return no_folder() };
    let is_google = names.iter().any(|name| name == "bert_config.json");
    match is_google {
        true => "no such file, but `bert_config.json` is there, as Google published BERT: rename it, add \
                 `\"model_type\": \"bert\"`, and convert the weights with transformers"
            .into(),
        false => format!(
            "no such file; a network is a folder with `config.json` and `model.safetensors`, and this one {}",
            holds(&names)
        ),
    }
}

/// Of a folder without `model.safetensors`.
pub(super) fn without_weights(directory: &Path) -> String {
    let Some(names) = names_in(directory) else { return no_folder() };
    let find = |is: &dyn Fn(&str) -> bool| names.iter().find(|name| is(name));
    let class = match std::fs::read_to_string(directory.join("config.json")) {
        // The class without a head would leave the output matrix out.
        Ok(config) if config.contains("\"d_kv\"") => "AutoModelForSeq2SeqLM",
        _ => "AutoModel",
    };
    let with = |name: &str, what: &str| format!("no such file, but `{name}` is there: {what}");
    if let Some(name) = find(&|name| name.ends_with(".bin") || name.ends_with(".bin.index.json")) {
        with(
            name,
            &format!("weights in Python's pickle format, which are not read; {}", convert(class)),
        )
    } else if let Some(name) = find(&|name| name.ends_with(".pt") || name.ends_with(".pth")) {
        with(name, &format!("a PyTorch file (pickle), which is not read; {}", convert(class)))
    } else if let Some(name) = find(&|name| name.ends_with(".h5") || name.contains(".ckpt")) {
        with(name, &format!("weights of TensorFlow, which are not read; {}", convert(class)))
    } else if let Some(name) = find(&|name| name.ends_with(".msgpack")) {
        with(name, &format!("weights of Flax, which are not read; {}", convert(class)))
    } else if let Some(name) = find(&|name| name == "adapter_model.safetensors") {
        with(
            name,
            "an adapter of PEFT; merge it into its network (`merge_and_unload`) and save that",
        )
    } else if let Some(name) = find(&|name| name.ends_with(".safetensors")) {
        with(
            name,
            "weights are read under the name `model.safetensors`, or by `model.safetensors.index.json`",
        )
    } else {
        format!("no such file; the folder {}", holds(&names))
    }
}

/// A prefix that names in a file have before those that are missing, and the first such name. A family's own prefix
/// stays: that of `module.bert.pooler` is `module.`.
pub(super) fn common_prefix(missing: &[&str], found: &[&str]) -> Option<(String, String)> {
    let wanted: BTreeSet<&str> = missing.iter().copied().collect();
    let there: BTreeSet<&str> = found.iter().copied().collect();
    let (prefix, example) = found.iter().find_map(|name| {
        let parts = name.match_indices('.').map(|(at, _)| name.split_at(at + 1));
        let mut parts = parts.filter(|(_, rest)| wanted.contains(rest));
        parts.next().map(|(prefix, _)| (prefix, *name))
    })?;
    let own = ["bert.", "roberta.", "transformer."];
    let outer = own.iter().find_map(|own| prefix.strip_suffix(own)).unwrap_or(prefix);
    let with = |inner: &str, name: &str| there.contains(format!("{outer}{inner}{name}").as_str());
    let is_there = |name: &&&str| with("", name) || own.iter().any(|own| with(own, name));
    let count = missing.iter().filter(is_there).count();
    let all_but_few = !outer.is_empty() && 4 * count >= 3 * missing.len();
    all_but_few.then(|| (outer.to_owned(), example.to_owned()))
}

fn convert(class: &str) -> String {
    format!(
        "convert them once: `python -c \"from transformers import {class}; \
         {class}.from_pretrained('FOLDER').save_pretrained('FOLDER')\"`"
    )
}

fn no_folder() -> String {
    "its folder does not exist".into()
}

fn holds(names: &BTreeSet<String>) -> String {
    if names.is_empty() {
        return "is empty".into();
    }
    let told: Vec<_> = names.iter().take(TOLD).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(TOLD);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("holds {}{more}", told.join(", "))
}

/// The names in a folder; `None` where there is no such folder.
fn names_in(directory: &Path) -> Option<BTreeSet<String>> {
    let entries = std::fs::read_dir(directory).ok()?;
    Some(entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
}
