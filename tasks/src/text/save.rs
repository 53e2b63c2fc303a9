//! Tokenizers as files, under their final names only once they are whole.

use std::{fs, path::Path};

use tokenizers::Tokenizer;

use crate::{Error, Result};

/// What `tokenizer.json` holds.
pub(super) fn serialised(tokenizer: &Tokenizer) -> Result<String> {
    tokenizer.to_string(false).map_err(|e| Error::Tokenizer(e.to_string()))
}

/// Writes a file of a folder, which is made where it is not there.
pub(super) fn write(dir: &Path, name: &str, text: &str) -> Result<()> {
    let (part, whole) = (dir.join(format!("{name}.part")), dir.join(name));
    fs::create_dir_all(dir).map_err(|e| Error::io(dir, e))?;
    fs::write(&part, text).map_err(|e| Error::io(&part, e))?;
    fs::rename(&part, &whole).map_err(|e| Error::io(&whole, e))
}
