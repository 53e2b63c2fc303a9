//! The tasks, one file for each family or benchmark. A definition says what its data ask in one sentence, and then
//! what is read, how it is put in words and how it is scored.

mod classification;
mod closed_book;
mod commonsense;
mod dialogue;
mod entailment;
mod generation;
mod glue;
mod reading;
mod semantic_parsing;
mod sentiment;
mod steps;
mod summarization;
mod superglue;
mod superglue_steps;
mod wanted;

use super::Definition;

/// Every definition.
pub(super) fn all() -> Vec<Definition> {
    [
        glue::all(),
        superglue::all(),
        entailment::all(),
        sentiment::all(),
        classification::all(),
        commonsense::all(),
        closed_book::all(),
        reading::all(),
        dialogue::all(),
        semantic_parsing::all(),
        summarization::all(),
        generation::all(),
        wanted::all(),
    ]
    .concat()
}
