//! What fuzzing found, each by its name.

use taskgraft_tasks::TextCorpus;

use super::{folder, gzip};

#[test]
fn a_gzip_bomb_is_refused() {
    let bomb = gzip(&vec![b'\n'; 17 << 20]);
    let dir = folder(&[("text.txt.gz", &bomb)]);
    let error = TextCorpus::read("text", dir.path().join("text.txt")).unwrap_err().to_string();
    assert!(error.contains("text.txt.gz") && error.contains("when decompressed"), "{error}");
    let dir = folder(&[("text.txt.gz", &gzip(&vec![b'a'; 15 << 20]))]);
    assert_eq!(TextCorpus::read("text", dir.path().join("text.txt")).unwrap().lines.len(), 1);
}
