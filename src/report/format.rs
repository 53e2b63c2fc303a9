//! How numbers are written in every kind of report.
//!
//! Scores are shown times 100 with one decimal, p-values with three; a minus is a minus sign and a
//! missing value a dash.

/// What stands for a value that does not exist.
pub const MISSING: &str = "–";

/// A score, times 100.
pub fn score(value: f64) -> String {
    with_minus(format!("{:.1}", 100.0 * value))
}

/// A difference of scores, times 100, always with its sign.
pub fn difference(value: f64) -> String {
    let text = format!("{:+.1}", 100.0 * value);
    match text.as_str() {
        "+0.0" | "-0.0" => "0.0".to_owned(),
        _ => with_minus(text),
    }
}

/// A p-value.
pub fn p_value(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

/// A share, as a percentage.
pub fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

/// A number of things, with thin spaces between thousands.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let first = digits.len() % 3;
    let mut text = digits[..first].to_owned();
    for (index, digit) in digits[first..].char_indices() {
        if index % 3 == 0 && !text.is_empty() {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A duration, in the largest unit that keeps it above one.
pub fn seconds(value: f64) -> String {
    match value {
        v if v >= 5400.0 => format!("{:.1} h", v / 3600.0),
        v if v >= 90.0 => format!("{:.1} min", v / 60.0),
        v => format!("{v:.1} s"),
    }
}

fn with_minus(text: String) -> String {
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_in_a_paper() {
        assert_eq!(score(0.7049), "70.5");
        assert_eq!(difference(-0.0213), "−2.1");
        assert_eq!((difference(0.0004), difference(-0.0004)), ("0.0".into(), "0.0".into()));
        assert_eq!((p_value(0.0004), p_value(0.05)), ("<0.001".into(), "0.050".into()));
        assert_eq!(count(392_702), "392\u{202f}702");
        assert_eq!((count(7), count(1000)), ("7".into(), "1\u{202f}000".into()));
        assert_eq!(seconds(600.0), "10.0 min");
    }
}
