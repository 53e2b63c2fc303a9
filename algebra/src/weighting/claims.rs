//! The table of what every registered weighting needs and claims, for documents and reports.

use super::{
    GramianNeed, LossScaling, Needs, NonConflict, Ordering, Properties, Result, SingleTask, Total,
    all,
};

/// A Markdown table with a row per method; a dash is a property that the method does not claim.
///
/// # Errors
/// None for registered methods.
pub fn claims_table() -> Result<String> {
    let mut table = String::from(
        "| method | needs | one task | conflicts with no task | losses rescaled | tasks reordered | duplicates ignored \
         | weights | caveat |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    for method in all() {
        let cells = cells(&method.needs()?, &method.properties()?).join(" | ");
        table.push_str(&format!("| {} | {cells} |\n", method.name));
    }
    Ok(table)
}

fn cells(needs: &Needs, claims: &Properties) -> [String; 8] {
    let mut needed = vec![match needs.gramian {
        GramianNeed::None => "losses",
        GramianNeed::Norms => "losses, gradient norms",
        GramianNeed::Full => "Gramian",
    }];
    if needs.losses_after {
        needed.push("losses after the update");
    }
    if needs.tracking.is_some() {
        needed.push("averaged gradients");
    }
    let single = match claims.single_task {
        SingleTask::Plain => "plain training",
        SingleTask::PositiveMultiple => "positive multiple",
    };
    let conflict = match claims.non_conflict {
        NonConflict::Always => "always",
        NonConflict::IndependentGradients => "independent gradients",
        NonConflict::TwoTasks => "two tasks",
        NonConflict::Unclaimed => "–",
    };
    let scaling = match claims.loss_scaling {
        LossScaling::Invariant => "same direction",
        LossScaling::Linear => "linear",
        LossScaling::Common => "same direction, if all alike",
        LossScaling::Unclaimed => "–",
    };
    let ordering = match claims.ordering {
        Ordering::Equivariant => "weights follow",
        Ordering::Drawn => "drawn by place",
        Ordering::Given => "given by place",
    };
    let duplicates = if claims.ignores_duplicates { "yes" } else { "–" };
    let sign = if claims.non_negative { "≥ 0" } else { "any sign" };
    let weights = match claims.total {
        Total::One => format!("{sign}, sum 1"),
        Total::Tasks => format!("{sign}, sum T"),
        Total::Unclaimed => sign.to_owned(),
    };
    [
        needed.join(", "),
        single.into(),
        conflict.into(),
        scaling.into(),
        ordering.into(),
        duplicates.into(),
        weights,
        claims.caveat.into(),
    ]
}
