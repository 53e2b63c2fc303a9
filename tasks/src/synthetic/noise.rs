//! Wrong targets, drawn from a stream of their own so that the texts do not depend on the noise.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::{Target, TargetKind};

/// Another target of the same kind: another label, a score drawn anew, or another type for every span.
pub fn wrong(rng: &mut ChaCha8Rng, kind: &TargetKind, target: Target) -> Target {
    match (kind, target) {
        (TargetKind::Class { labels }, Target::Class(class)) => {
            Target::Class((class + rng.random_range(1..labels.len())) % labels.len())
        }
        (TargetKind::Score { min, max }, Target::Score(_)) => {
            // Drawn in single precision, as the clean scores are made.
            Target::Score(f64::from(rng.random_range(*min as f32..=*max as f32)))
        }
        (TargetKind::Tags { labels }, Target::Tags(tags)) => {
            // `O` first, then a pair of begin and inside for each type.
            let spans = labels.len() - 1;
            let shift = 2 * rng.random_range(1..spans / 2);
            let moved = |tag: usize| {
                if tag == 0 { 0 } else { 1 + (tag - 1 + shift) % spans }
            };
            Target::Tags(tags.into_iter().map(moved).collect())
        }
        (_, target) => target,
    }
}
