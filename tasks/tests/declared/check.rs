//! Checking reads everything, and what is wrong with one task does not hide the others.

use taskgraft_tasks::declared::check;

use super::{assert_says, folder};

#[test]
fn each_task_is_told_of_whatever_is_wrong_with_others() {
    let rows: &[u8] = b"t,y\na,1\nb,0\n";
    let tasks = "[sound]\ntrain = \"a.csv\"\ndev = \"a.csv\"\ntest = \"c.csv\"\ntext = \"{t}\"\nlabel = \"y\"\n\
        [bad_row]\ntrain = \"a.csv\"\ndev = \"b.csv\"\ntext = \"{t}\"\nlabel = \"y\"\n\
        [bad_key]\ntrian = \"a.csv\"\n";
    let dir = folder(&[
        ("a.csv", rows),
        ("b.csv", b"t,y\na,1\nb,2\n"),
        ("c.csv", b"t\nx\n"),
        ("own.toml", tasks.as_bytes()),
    ]);
    let checked = check(&dir.path().join("own.toml")).unwrap();
    let lines: Vec<String> = checked.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines[0],
        "sound: 2 labels, train 2, dev 2, test 1 (0 with a target); accuracy, macro_f1"
    );
    assert_says(&lines[1], &["bad_row: error:", "b.csv:3", "unknown label `2`"]);
    assert_says(&lines[2], &["bad_key: error:", "own.toml", "did you mean `train`"]);
    assert!(checked[0].outcome.is_ok() && checked[1].outcome.is_err());
}

#[test]
fn what_is_odd_is_noted() {
    let tasks = "[mine]\ntrain = \"a.csv\"\ndev = \"b.csv\"\ntext = \"{t}\"\nlabel = \"y\"\n";
    let dir = folder(&[
        ("a.csv", b"t,y\n ,1\nb,0\n"),
        ("b.csv", b"t,y\na,1\nb,1\n"),
        ("own.toml", tasks.as_bytes()),
    ]);
    let line = check(&dir.path().join("own.toml")).unwrap()[0].to_string();
    assert_says(&line, &["note: 1 of 2 (50.0%) train texts are blank", "note: all 2 dev examples"]);
}
