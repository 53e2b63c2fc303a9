//! Longest-first truncation of a pair: the longer sequence loses its last token until both fit, the second where
//! both are as long (BERT, BAM, and `longest_first` of Hugging Face's Python tokenizers).
//!
//! Hugging Face's Rust tokenizers split an odd room the other way where both sequences are cut and the first is not
//! the longer one: there the second keeps one token more, here the first does.

/// How many tokens of sequences of `a` and `b` tokens are kept where there is room for `room` in all.
pub fn longest_first(a: usize, b: usize, room: usize) -> (usize, usize) {
    if a + b <= room {
        return (a, b);
    }
    let half = room / 2;
    if b <= half {
        (room - b, b)
    } else if a <= room - half {
        (a, room - a)
    } else {
        (room - half, half)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::longest_first;

    fn one_at_a_time(mut a: usize, mut b: usize, room: usize) -> (usize, usize) {
        while a + b > room {
            if a > b {
                a -= 1;
            } else {
                b -= 1;
            }
        }
        (a, b)
    }

    proptest! {
        #[test]
        fn the_closed_form_removes_one_token_at_a_time(a in 0usize..60, b in 0usize..60, room in 0usize..80) {
            prop_assert_eq!(longest_first(a, b, room), one_at_a_time(a, b, room));
        }
    }
}
