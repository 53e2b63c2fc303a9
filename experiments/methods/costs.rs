//! `--cost`: what a step of every method costs, as a Markdown table.

use std::path::Path;

use taskgraft::{
    methods::TaskWeighting,
    models::{bert::BertConfig, bert::Encoder, hugging_face},
    prelude::*,
    run_dir::write_atomic,
    stats::quartiles,
};

use super::{
    Args,
    step_cost::{CostSettings, StepCosts, cost_table},
};

/// Writes the table of step costs.
pub fn measure(args: &Args, file: &Path) -> Result<()> {
    let backend = args.study.backend()?;
    let device = backend.device()?;
    let trunk = match &args.study.init {
        Some(dir) => hugging_face::load_encoder(dir, &device)?.module,
        None => {
            let mut config = BertConfig::new(30_522, args.cost_width, args.cost_layers);
            config.num_attention_heads = args.cost_width / 32;
            Encoder::new(&config, 0, &device)?
        }
    };
    let methods: Vec<TaskWeighting> =
        TaskWeighting::names().into_iter().map(TaskWeighting::named).collect();
    let batch = (args.cost_texts, args.cost_length);
    let settings = CostSettings { trunk: &trunk, batch, rounds: args.cost_rounds, device: &device };
    let mut all = Vec::new();
    for &tasks in &args.cost_tasks {
        all.push(StepCosts::measure(&settings, tasks, &methods)?);
        println!("{tasks} tasks measured");
    }
    let plain = |costs: &StepCosts| {
        let seconds = quartiles(&costs.plain)[1];
        format!("{} tasks {seconds:.3} s", costs.tasks)
    };
    let table = format!(
        "{}\nTime of a step over that of T plain single-task steps ({}): median of {} rounds and quartiles; \
         behind the semicolon the same of processor time, over all rounds; {} texts of {} \
         tokens each task, on {backend}.\n",
        cost_table(&all),
        all.iter().map(plain).collect::<Vec<_>>().join(", "),
        args.cost_rounds,
        batch.0,
        batch.1
    );
    write_atomic(file, table.as_bytes())?;
    println!("{table}\nwritten to {}", file.display());
    Ok(())
}
