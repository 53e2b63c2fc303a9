//! How a program was called: which program, with which arguments, where; enough to call it again.
//!
//! The digest is of the program as it runs, which may have been replaced on disk since; it is taken once per process.

use std::{
    env,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use serde::{Deserialize, Serialize};

use super::sha256_file;

/// A call of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// Full path of the program.
    pub program: PathBuf,
    /// SHA-256 of the program, where the system lets it be read.
    #[serde(default)]
    pub program_sha256: Option<String>,
    /// Without the program's name.
    pub arguments: Vec<String>,
    /// The folder that relative paths among the arguments start from.
    pub working_folder: PathBuf,
}

impl Invocation {
    /// How this process was called; `None` where the system doesn't say.
    pub fn of_this_process() -> Option<Self> {
        static DIGEST: OnceLock<Option<String>> = OnceLock::new();
        let program = env::current_exe().ok()?;
        let digest = DIGEST.get_or_init(|| sha256_file(running(&program)).ok());
        Some(Self {
            program_sha256: digest.clone(),
            arguments: arguments().skip(1).collect(),
            working_folder: env::current_dir().ok()?,
            program,
        })
    }

    /// The command line with other arguments, as a POSIX shell takes it.
    pub fn command(&self, arguments: &[String]) -> String {
        let program = self.program.to_string_lossy().into_owned();
        quoted([program].into_iter().chain(arguments.iter().cloned()))
    }

    /// The call that a command line in a POSIX shell's quoting makes from `working_folder`; `None` if it is empty.
    pub fn of_command(command: &str, working_folder: &Path) -> Option<Self> {
        let mut words = split(command).into_iter();
        Some(Self {
            program: words.next()?.into(),
            program_sha256: None,
            arguments: words.collect(),
            working_folder: working_folder.into(),
        })
    }
}

/// This process's arguments with the program's name; what is not Unicode is replaced.
pub fn arguments() -> impl Iterator<Item = String> {
    env::args_os().map(|argument| argument.to_string_lossy().into_owned())
}

/// Joins arguments so that a POSIX shell splits them the same way.
pub fn quoted(arguments: impl IntoIterator<Item = String>) -> String {
    let quote = |argument: String| {
        let plain = |c: char| c.is_alphanumeric() || "-_./=,:+@%".contains(c);
        if !argument.is_empty() && argument.chars().all(plain) {
            argument
        } else {
            format!("'{}'", argument.replace('\'', r"'\''"))
        }
    };
    let quoted: Vec<String> = arguments.into_iter().map(quote).collect();
    quoted.join(" ")
}

/// Splits what [`quoted`] joined.
fn split(command: &str) -> Vec<String> {
    let (mut words, mut word, mut within) = (Vec::new(), None::<String>, false);
    let mut characters = command.chars();
    while let Some(c) = characters.next() {
        match c {
            '\'' => {
                within = !within;
                word.get_or_insert_default();
            }
            ' ' if !within => words.extend(word.take()),
            '\\' if !within => word.get_or_insert_default().extend(characters.next()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Where the running program can be read even if another lies under its name by now.
#[cfg(target_os = "linux")]
fn running(_: &Path) -> &Path {
    Path::new("/proc/self/exe")
}

#[cfg(not(target_os = "linux"))]
fn running(program: &Path) -> &Path {
    program
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_quoted_where_a_shell_would_split_them_and_split_again() {
        let arguments = ["bam", "--set", "a=b c", "it's", "", "ä", "'"].map(String::from);
        let command = quoted(arguments.clone());
        assert_eq!(command, r"bam --set 'a=b c' 'it'\''s' '' ä ''\'''");
        assert_eq!(split(&command), arguments);
        let call = Invocation::of_command(&command, Path::new("/tmp")).unwrap();
        assert_eq!((call.program, call.arguments.len()), (PathBuf::from("bam"), 6));
        assert_eq!(Invocation::of_command("", Path::new("/tmp")), None);
    }

    #[test]
    fn this_process_is_a_program_that_exists_in_a_folder_that_exists() {
        let call = Invocation::of_this_process().unwrap();
        assert!(call.program.is_file() && call.working_folder.is_dir());
        assert_eq!(call.program_sha256, sha256_file(&call.program).ok());
    }
}
