//! What the framework reads of others: settings and names from the command line, files of runs, checkpoints, and
//! predictions; damaged and made up.
#![cfg(any(feature = "cpu", feature = "ndarray"))]

#[path = "../common/mod.rs"]
mod common;
#[path = "../damage/mod.rs"]
mod damage;

mod checkpoints;
mod run_files;
mod settings;
