//! The published sizes of T5 1.0 (Raffel et al., 2020, section 3.8) and 1.1, with the vocabulary of
//! 32,128: 32,000 pieces, 100 sentinels, and padding to a round number.

use super::T5Config;

const VOCABULARY: usize = 32_128;

impl T5Config {
    /// T5 1.0 small, 60 million parameters.
    pub fn small() -> Self {
        Self::v1_0(VOCABULARY, 512, 2048, 6, 8)
    }

    /// T5 1.0 base, 220 million parameters.
    pub fn base() -> Self {
        Self::v1_0(VOCABULARY, 768, 3072, 12, 12)
    }

    /// T5 1.0 large, 740 million parameters.
    pub fn large() -> Self {
        Self::v1_0(VOCABULARY, 1024, 4096, 24, 16)
    }

    /// T5 1.0 with 3 billion parameters.
    pub fn three_billion() -> Self {
        Self::v1_0(VOCABULARY, 1024, 16_384, 24, 32).with_head_width(128)
    }

    /// T5 1.0 with 11 billion parameters.
    pub fn eleven_billion() -> Self {
        Self::v1_0(VOCABULARY, 1024, 65_536, 24, 128).with_head_width(128)
    }

    /// T5 1.1 (also Flan-T5) small, 77 million parameters.
    pub fn small_v1_1() -> Self {
        Self::v1_1(VOCABULARY, 512, 1024, 8, 6)
    }

    /// T5 1.1 (also Flan-T5) base, 250 million parameters.
    pub fn base_v1_1() -> Self {
        Self::v1_1(VOCABULARY, 768, 2048, 12, 12)
    }

    /// T5 1.1 (also Flan-T5) large, 780 million parameters.
    pub fn large_v1_1() -> Self {
        Self::v1_1(VOCABULARY, 1024, 2816, 24, 16)
    }

    /// T5 1.1 (also Flan-T5) XL, 2.8 billion parameters.
    pub fn xl_v1_1() -> Self {
        Self::v1_1(VOCABULARY, 2048, 5120, 24, 32)
    }

    /// T5 1.1 (also Flan-T5) XXL, 11 billion parameters.
    pub fn xxl_v1_1() -> Self {
        Self::v1_1(VOCABULARY, 4096, 10_240, 24, 64)
    }

    /// 2 + 2 layers of width 64 in 1.1's form, to train from scratch in seconds.
    pub fn tiny(vocab_size: usize) -> Self {
        Self::v1_1(vocab_size, 64, 128, 2, 4).with_head_width(16)
    }
}
