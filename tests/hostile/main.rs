//! What the framework reads of others: settings and names from the command line, files of runs, checkpoints, and
//! predictions; damaged and made up.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

#[path = "../common/mod.rs"]
mod common;
#[path = "../damage/mod.rs"]
mod damage;
#[path = "../../experiments/text_to_text/mod.rs"]
#[allow(dead_code)] // What chooses tasks is the experiments' own.
mod settings_of_t5;
#[path = "../../experiments/tartan/settings.rs"]
#[allow(dead_code)]
mod settings_of_tartan;

mod checkpoints;
mod run_files;
mod settings;
