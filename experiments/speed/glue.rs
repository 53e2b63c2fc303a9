//! Epochs of GLUE tasks from a pretrained encoder, from the files to the dev scores: reading, tokenising, training, and
//! evaluation, as a study does them.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use burn::module::Module;
use clap::Parser;
use serde::{Deserialize, Serialize};
use taskgraft::{
    Error, Result,
    device::Backend,
    models::{hugging_face::load_encoder, kernels::Precision},
    study::{Lineage, StageResult, Study, StudyArgs},
};

use super::{round::Epoch, work::Size};

/// The tasks of a round, in turn.
pub const TASKS: [&str; 4] = ["rte", "mrpc", "cola", "stsb"];
/// Length of a quick epoch, on both sides.
const QUICK_STEPS: u64 = 3;

/// Where data and encoder are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    pub data: PathBuf,
    pub init: PathBuf,
}

impl Files {
    /// Arguments that PyTorch's script takes beside the common ones.
    pub fn arguments(&self, size: Size) -> Vec<std::ffi::OsString> {
        let mut all: Vec<std::ffi::OsString> = vec![
            "--data".into(),
            self.data.clone().into(),
            "--init".into(),
            self.init.clone().into(),
        ];
        all.extend(["--tasks".into(), TASKS.join(",").into()]);
        if size == Size::Quick {
            all.extend(["--steps".into(), QUICK_STEPS.to_string().into()]);
        }
        all
    }

    /// Number of the encoder's parameters.
    pub fn parameters(&self, backend: Backend) -> Result<usize> {
        let encoder = load_encoder(&self.init, &backend.device()?)?;
        Ok(encoder.module.num_params())
    }

    /// The epoch of a task that is `number` in turn, and its seconds; every round has a seed of its own.
    ///
    /// # Errors
    /// As of a study.
    pub fn epoch(
        &self,
        number: usize,
        size: Size,
        precision: Precision,
        backend: Backend,
    ) -> Result<(f64, Epoch)> {
        let (task, seed) = (TASKS[number % TASKS.len()], (number / TASKS.len()) as u64);
        let out = tempfile::tempdir().map_err(Error::io("a temporary folder"))?;
        let precision = if precision == Precision::Bf16 { "bf16" } else { "f32" };
        let mut line: Vec<std::ffi::OsString> = vec!["speed".into()];
        line.extend(["--data".into(), self.data.clone().into()]);
        line.extend(["--init".into(), self.init.clone().into()]);
        line.extend(["--out".into(), out.path().into()]);
        let words = format!(
            "--plain --tasks {task} --seeds 1 --first-seed {seed} --precision {precision} --backend {backend} \
             --set evaluations=1 --set checkpoint_every=0 --set both_orders=false"
        );
        line.extend(words.split(' ').map(Into::into));
        let length = match size {
            Size::Full => ["--epochs".into(), "1".into()],
            Size::Quick => ["--steps".into(), QUICK_STEPS.to_string()],
        };
        line.extend(length.map(Into::into));
        let args = StudyArgs::try_parse_from(line).map_err(|e| Error::Usage(e.to_string()))?;

        let started = Instant::now();
        let mut study = Study::new("speed", args)?;
        let tasks = study.tasks([task])?;
        study.lineage(Lineage::single(), &tasks);
        let report = study.run()?;
        let seconds = started.elapsed().as_secs_f64();
        let score = report.comparison.methods.iter().flat_map(|row| &row.seeds);
        let score = score.flat_map(|seed| &seed.by_task).flatten().next();
        let missing = || Error::Training(format!("an epoch of {task} left no score"));
        let (tokens, computed) = tokens(out.path(), seed)?;
        Ok((seconds, Epoch { score: 100.0 * score.ok_or_else(missing)?, tokens, computed }))
    }
}

/// Tokens of the only run below a study's folder, without and with padding.
fn tokens(out: &Path, seed: u64) -> Result<(u64, u64)> {
    let folder = out.join(format!("single/seed-{seed}"));
    for entry in fs::read_dir(&folder).map_err(Error::io(&folder))? {
        let path = entry.map_err(Error::io(&folder))?.path().join("finished.json");
        if path.exists() {
            let text = fs::read(&path).map_err(Error::io(&path))?;
            let padding = serde_json::from_slice::<serde_json::Value>(&text)
                .and_then(|mut file| serde_json::from_value::<StageResult>(file["scores"].take()))
                .map_err(|e| Error::File { path, problem: e.to_string() })?
                .padding;
            return Ok((padding.real, padding.computed));
        }
    }
    Err(Error::Training(format!("no finished run in {}", folder.display())))
}

#[cfg(all(test, feature = "cpu"))]
mod tests {
    use taskgraft::{
        models::{
            bert::{BertConfig, Encoder},
            hugging_face::{HeadDescription, Model, save_model},
        },
        tasks::text::TextEncoder,
    };

    use super::*;

    const PAIR: [&str; 2] = ["a man sleeps", "two cats ran far away"];

    /// The tasks' files, of twelve rows each.
    fn glue(folder: &Path) {
        let [a, b] = PAIR;
        let rte = |i: usize| format!("{i}\t{a}\t{b}\t{}", ["entailment", "not_entailment"][i % 2]);
        let mrpc = |i: usize| format!("{}\t1\t2\t{a}\t{b}", i % 2);
        let cola = |i: usize| format!("x\t{}\t\t{b}", i % 2);
        let stsb = |i: usize| format!("{i}\tg\tf\ty\t0\tn\tn\t{a}\t{b}\t{}.0", i % 5);
        let mrpc_head = "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n";
        let stsb_head = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n";
        let rows = |row: &dyn Fn(usize) -> String| (0..12).map(|i| row(i) + "\n").collect();
        let tasks: [(&str, &str, String); 4] = [
            ("RTE", "index\tsentence1\tsentence2\tlabel\n", rows(&rte)),
            ("MRPC", mrpc_head, rows(&mrpc)),
            ("CoLA", "", rows(&cola)),
            ("STS-B", stsb_head, rows(&stsb)),
        ];
        for (task, head, rows) in tasks {
            fs::create_dir_all(folder.join(task)).unwrap();
            for split in ["train", "dev"] {
                fs::write(folder.join(task).join(format!("{split}.tsv")), format!("{head}{rows}"))
                    .unwrap();
            }
        }
    }

    #[test]
    fn every_task_of_a_round_is_trained_from_its_files_with_pairs_in_one_order() {
        let folder = tempfile::tempdir().unwrap();
        let (data, init) = (folder.path().join("glue"), folder.path().join("encoder"));
        glue(&data);
        let encoder = TextEncoder::train(PAIR.into_iter(), 60, 16).unwrap();
        let config = BertConfig::new(encoder.vocab_size(), 32, 1);
        let trunk = Encoder::new(&config, 0, &Backend::Cpu.device().unwrap()).unwrap();
        save_model(&Model { trunk: trunk.into(), head: None }, &HeadDescription::Plain, &init)
            .unwrap();
        encoder.save(&init).unwrap();

        let files = Files { data, init };
        assert!(files.parameters(Backend::Cpu).unwrap() > 1000);
        for number in 0..TASKS.len() {
            let epoch = files.epoch(number, Size::Quick, Precision::F32, Backend::Cpu);
            let (seconds, Epoch { score, tokens, computed }) = epoch.unwrap();
            assert!(seconds > 0.0 && (-100.0..=100.0).contains(&score));
            assert!(tokens > 0 && tokens <= computed, "{tokens} of {computed}");
        }
    }
}
