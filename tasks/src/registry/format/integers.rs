//! Integers of JSON that 64 bits cannot hold.
//!
//! The parser makes floating-point numbers of them, in which ids that differ in their last digits become one. They
//! are searched for in the text, since their value no longer tells them from numbers that were written as floats.

use crate::file::abridged;

/// Fewer digits always fit.
const MOST_DIGITS_THAT_FIT: usize = 18;

/// The first such integer in sound JSON.
pub(super) fn integer_beyond_64_bits(json: &str) -> Option<&str> {
    let bytes = json.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_string(bytes, at),
            b'-' | b'0'..=b'9' => {
                let length = bytes[at..].iter().take_while(|byte| is_of_number(**byte)).count();
                let number = &json[at..at + length];
                if length > MOST_DIGITS_THAT_FIT && !fits(number) {
                    return Some(number);
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    None
}

/// What is wrong with a record that holds one.
pub(super) fn too_large(integer: &str) -> String {
    format!(
        "the integer {} does not fit in 64 bits; write it as a text, in quotation marks",
        abridged(integer)
    )
}

/// The place after the string that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')
}

/// Whether a number is no integer, or one of 64 bits.
fn fits(number: &str) -> bool {
    number.contains(['.', 'e', 'E'])
        || number.parse::<i64>().is_ok()
        || number.parse::<u64>().is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn only_integers_outside_strings_count() {
        let large = "18446744073709551616";
        assert_eq!(integer_beyond_64_bits(&format!("[1, -{large}]")), Some(&*format!("-{large}")));
        assert_eq!(integer_beyond_64_bits(&format!("{{\"a\\\"{large}\": \"{large}\"}}")), None);
        assert_eq!(integer_beyond_64_bits("[18446744073709551615, -9223372036854775808]"), None);
        assert_eq!(integer_beyond_64_bits("-9223372036854775809"), Some("-9223372036854775809"));
        assert_eq!(integer_beyond_64_bits("[1e300, 123456789012345678901.5]"), None);
        assert!(too_large(large).contains("in quotation marks"));
    }

    proptest! {
        /// The parser keeps all digits of the integers that are not found here, and not of those that are.
        #[test]
        fn an_integer_is_found_exactly_if_the_parser_would_change_it(digits in "-?[1-9][0-9]{0,24}") {
            let parsed = serde_json::from_str::<Value>(&digits).unwrap();
            let kept = format!("{parsed}") == digits;
            prop_assert_eq!(integer_beyond_64_bits(&digits).is_none(), kept);
        }
    }
}
