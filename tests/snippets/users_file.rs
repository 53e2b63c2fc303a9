use taskgraft::prelude::*;

fn main() -> Result<()> {
    Study::from_args("born-again")? // --data --init --tasks --seeds --steps --backend --set …
        .tasks(["rte", "mrpc", "cola", "stsb"]) // of --data; the built-in tasks without it
        .settings(|s| s.multi.mixture.rate = Rate::SizePower(0.75))
        .method(Method::single())
        .method(Method::multi())
        .method(Method::born_again().anneal(Anneal::Linear))
        .run()? // methods × seeds, on the same data in the same order
        .report() // table with mean ± s.d. and p-values, plots, report.html
}
