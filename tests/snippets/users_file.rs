use taskgraft::prelude::*;

fn main() -> Result<()> {
    let mut study = Study::from_args("born-again")?; // --data --tasks-file --init --tasks --seeds --steps --set …
    study.settings(|s| s.section_mut("multi").mixture.rate = Rate::SizePower(0.75));
    study.tasks(["rte", "mrpc", "cola", "stsb"])?; // of --data; the built-in tasks without it
    study.recipe("Single", |plan| plan.each(plan.tasks(), |task| Stage::train([task])));
    study.recipe("Multi", |plan| plan.together(Stage::train(plan.tasks())));
    study.recipe("Multi, PCGrad", |plan| {
        plan.together(Stage::train(plan.tasks()).method("pcgrad"))
    });
    study.recipe("Single→Multi", |plan| {
        let teachers = plan.each(plan.tasks(), |task| Stage::train([task]))?;
        plan.together(Stage::train(plan.tasks()).taught_by(&teachers).anneal(Anneal::Linear))
    });
    study.run()?.report() // table with mean ± s.d. and p-values, plots, report.html
}
