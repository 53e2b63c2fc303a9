//! The arguments of an experiment, changed for another call: another output folder, one seed.

/// The arguments without `--out`, and without the dashboard, which would take over the terminal.
pub fn without_out(arguments: &[String]) -> Vec<String> {
    let mut kept = without(arguments, "--out");
    if !kept.iter().any(|argument| argument == "--plain") {
        kept.insert(0, "--plain".into());
    }
    kept
}

/// The arguments with another output folder.
pub fn with_out(arguments: &[String], out: String) -> Vec<String> {
    [vec!["--out".into(), out], without(arguments, "--out")].concat()
}

/// The arguments for one seed alone.
pub fn with_seed(arguments: &[String], seed: u64) -> Vec<String> {
    let others = without(&without(arguments, "--seeds"), "--first-seed");
    let one = ["--seeds", "1", "--first-seed"].map(String::from);
    [&one[..], &[seed.to_string()], &others].concat()
}

/// The arguments without an option that takes a value, in either form: `--name value`, `--name=value`.
fn without(arguments: &[String], name: &str) -> Vec<String> {
    let mut kept = Vec::new();
    let mut all = arguments.iter();
    while let Some(argument) = all.next() {
        if argument == name {
            all.next();
        } else if argument.strip_prefix(name).is_none_or(|rest| !rest.starts_with('=')) {
            kept.push(argument.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(String::from).collect()
    }

    #[test]
    fn the_output_folder_is_replaced_in_either_form() {
        for old in ["--steps 3 --out runs/a --plain", "--out=runs/a --steps 3 --plain"] {
            let plain = without_out(&words(old));
            assert_eq!(plain, words("--steps 3 --plain"));
            assert_eq!(with_out(&plain, "b".into()), words("--out b --steps 3 --plain"));
        }
        assert_eq!(without_out(&words("--outer 1")), words("--plain --outer 1"));
    }

    #[test]
    fn one_seed_replaces_all() {
        let old = words("--seeds 5 --set lr=1 --first-seed=2");
        assert_eq!(with_seed(&old, 4), words("--seeds 1 --first-seed 4 --set lr=1"));
    }
}
