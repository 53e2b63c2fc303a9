//! Files of a run: written whole or not at all, and known by their digests.

mod atomic;
mod digest;
mod error;

pub use atomic::{remove_unfinished, sync_folder, temporary_in, write_atomic};
pub use digest::{WITHOUT_EFFECT, config_digest, sha256_bytes, sha256_file};
pub use error::RunDirError;
