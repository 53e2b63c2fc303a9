//! Rounding of float32 numbers to bfloat16: to the nearest, ties to even. What is not a number stays so.

/// The number nearest to this one that bfloat16 has.
pub(super) fn round(value: f32) -> f32 {
    let bits = value.to_bits();
    if value.is_nan() {
        return value;
    }
    let carry = 0x7FFF + (bits >> 16 & 1);
    f32::from_bits((bits + carry) & 0xFFFF_0000)
}
