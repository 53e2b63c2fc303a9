//! Conversations: what is wanted (intents), and what has been said about it so far (states).

use crate::{
    Family::Dialogue,
    Split,
    metrics::Metric,
    registry::{
        Definition,
        definition::define,
        format::Format::{Csv, Json, JsonIn},
        record::{Problem, Record},
    },
};

pub(super) fn all() -> Vec<Definition> {
    vec![banking77(), clinc150(), sim_m(), sgd()]
}

/// What does a customer of a bank want?
fn banking77() -> Definition {
    define("banking77", Dialogue)
        .cite("Casanueva et al., 2020, arXiv:2003.04807")
        .folder("t2t/banking77")
        .train("train.csv", Csv(&["text", "category"]), 10_003)
        .test("test.csv", Csv(&["text", "category"]), 3_080)
        .hold_out(Split::Dev, 10)
        .step(|record| words_of("category", record))
        .keys(&["text"])
        .answer("category")
        .scored_by(&[Metric::ExactMatch])
}

/// What does a user of an assistant want? Questions out of its scope, which are published apart, are not read.
fn clinc150() -> Definition {
    define("clinc150", Dialogue)
        .cite("Larson et al., 2019, arXiv:1909.02027")
        .folder("t2t/clinc150")
        .train("data_full.json", JsonIn("train"), 15_000)
        .dev("data_full.json", JsonIn("val"), 3_000)
        .test("data_full.json", JsonIn("test"), 4_500)
        .step(|record| words_of("1", record))
        .key("text", "0")
        .answer("1")
        .scored_by(&[Metric::ExactMatch])
}

/// `card_arrival` as `card arrival`.
fn words_of(field: &str, record: Record) -> Result<Vec<Record>, Problem> {
    let words = record.text(field)?.replace('_', " ");
    Ok(vec![record.with(field, words)])
}

/// What has a user said about the tickets they want? The target is the state after each of their turns.
fn sim_m() -> Definition {
    define("sim_m", Dialogue)
        .cite("Shah et al., 2018, arXiv:1801.04871")
        .folder("t2t/sim_m")
        .train("train.json", Json, 1_973)
        .dev("dev.json", Json, 627)
        .test("test.json", Json, 1_364)
        .step(states_of_turns)
        .keys(&["dialogue"])
        .answer("state")
        .scored_by(&[Metric::ExactMatch])
}

fn states_of_turns(record: Record) -> Result<Vec<Record>, Problem> {
    let (mut said, mut records) = (String::new(), Vec::new());
    for turn in record.nested("turns")? {
        if turn.find("system_utterance").is_some() {
            say(&mut said, "system", &turn.text("system_utterance.text")?);
        }
        say(&mut said, "user", &turn.text("user_utterance.text")?);
        let mut slots = Vec::new();
        for slot in turn.nested("dialogue_state")? {
            slots.push(format!("{}: {}", slot.text("slot")?, slot.text("value")?));
        }
        let state = in_order(slots);
        records.push(turn.with("dialogue", said.as_str()).with("state", state));
    }
    Ok(records)
}

/// What does a user want of which service, and what have they said about it? The target is the intent and the slots
/// after each of their turns, service by service.
fn sgd() -> Definition {
    define("sgd", Dialogue)
        .cite("Rastogi et al., 2020, arXiv:1909.05855")
        .folder("t2t/sgd")
        .train("train/dialogues_*.json", Json, 0)
        .dev("dev/dialogues_*.json", Json, 0)
        .test("test/dialogues_*.json", Json, 0)
        .step(frames_of_turns)
        .keys(&["dialogue"])
        .answer("state")
        .scored_by(&[Metric::ExactMatch])
}

fn frames_of_turns(record: Record) -> Result<Vec<Record>, Problem> {
    let (mut said, mut records) = (String::new(), Vec::new());
    for turn in record.nested("turns")? {
        let speaker = turn.text("speaker")?;
        let is_user = speaker == "USER";
        say(&mut said, if is_user { "user" } else { "system" }, &turn.text("utterance")?);
        if !is_user {
            continue;
        }
        let mut states = Vec::new();
        for frame in turn.nested("frames")? {
            let intent = frame.text("state.active_intent")?;
            let values = frame.get("state.slot_values")?.as_object();
            let slots = values.ok_or("field `state.slot_values`: expected an object")?.iter();
            let slots = slots.map(|(slot, values)| match values[0].as_str() {
                Some(value) => Ok(format!("{slot}: {value}")),
                None => Err(format!("slot `{slot}`: expected a list of texts")),
            });
            let slots = in_order(slots.collect::<Result<_, Problem>>()?);
            states.push(format!("{} {intent}; {slots}", frame.text("service")?));
        }
        let state = states.join(" | ");
        records.push(turn.with("dialogue", said.as_str()).with("state", state));
    }
    Ok(records)
}

fn say(said: &mut String, speaker: &str, text: &str) {
    if !said.is_empty() {
        said.push(' ');
    }
    said.extend([speaker, ": ", text]);
}

/// Slots sorted by name, so that equal states are equal texts.
fn in_order(mut slots: Vec<String>) -> String {
    slots.sort_unstable();
    if slots.is_empty() { "none".into() } else { slots.join("; ") }
}
