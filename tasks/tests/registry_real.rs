//! The registry over published files, where they are: `TASKGRAFT_DATA` (a folder that holds `glue/`, `superglue/` and
//! `t2t/`), or `../shared/data` beside the workspace. Without them these tests print that they are skipped.

use std::path::{Path, PathBuf};

use taskgraft_tasks::{
    Example, Split, Target, TargetKind, Task,
    registry::{Presence, Registry, definitions},
    suite::Suite,
    written::score_written,
};

fn registry() -> Option<Registry> {
    let data = std::env::var_os("TASKGRAFT_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    if ["glue", "superglue", "t2t"].iter().all(|folder| data.join(folder).is_dir()) {
        return Some(Registry::new(data));
    }
    println!("skipped: not all of glue, superglue, t2t in {}; set TASKGRAFT_DATA", data.display());
    None
}

#[test]
fn dump() {
    let Some(registry) = registry() else { return };
    for d in definitions() {
        if matches!(registry.presence(&d), Presence::Missing { .. }) {
            continue;
        }
        match registry.load(d.name) {
            Ok(task) => {
                let sizes: Vec<_> =
                    task.splits.iter().map(|(s, e)| (s.to_string(), e.len())).collect();
                println!(
                    "{} {} {:?} published {:?} {:?}",
                    d.name,
                    d.family,
                    sizes,
                    d.sizes(),
                    registry.presence(&d)
                );
                for e in task.splits.values().filter_map(|e| e.first()) {
                    let i = e.input().unwrap();
                    let a = e.answer();
                    println!(
                        "   {} => {:?}",
                        i.chars().take(300).collect::<String>(),
                        a.map(|a| (
                            a.text.chars().take(150).collect::<String>(),
                            a.accepted.len(),
                            a.group
                        ))
                    );
                }
            }
            Err(e) => println!("{} ERROR {e}", d.name),
        }
    }
}
