//! Tokenised examples on disk, made once and memory-mapped from then on.
//!
//! A [`FeatureCache`] is a folder of files, each named by a digest of all that its contents follow from: the source
//! files' bytes, the tokenizer, the lengths that texts are cut to, and the version of the format ([`CacheKey`]). So
//! nothing is ever out of date, and runs with other settings have other files. A file gets its name once it is whole
//! and on disk; it is checked whenever it is opened, and made anew with a warning where it is not as it was written.

mod features;
mod format;
mod key;
mod store;
mod writer;

pub use features::{Features, Origin};
pub use key::CacheKey;
pub use store::FeatureCache;
pub use writer::FeatureWriter;
