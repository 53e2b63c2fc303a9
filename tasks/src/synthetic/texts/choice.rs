//! Commonsense: which of two sentences can be true? In the other one a thing does what only beings can do.

use super::{super::grammar::Draw, asked};
use crate::{Target, Text};

pub(super) const LABELS: [&str; 2] = ["sentence1", "sentence2"];

pub(in crate::synthetic) fn generate(draw: &mut Draw, index: usize) -> (Text, Target) {
    let sound = draw.event();
    let mut absurd = draw.reworded(sound.clone());
    absurd.subject.noun = draw.thing().noun;
    let label = index % 2;
    let (first, second) = if label == 0 { (sound, absurd) } else { (absurd, sound) };
    let (first, second) = (draw.tell(&first), draw.tell(&second));
    asked("choice", &[("sentence1", &first), ("sentence2", &second)], LABELS[label])
}
