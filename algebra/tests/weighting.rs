//! Weightings: closed forms, reference values, and the conformance suite that every registered method must pass.

#[path = "weighting/closed_form.rs"]
mod weighting_closed_form;
#[path = "weighting/conflicts.rs"]
mod weighting_conflicts;
#[path = "weighting/conformance.rs"]
mod weighting_conformance;
#[path = "weighting/cost.rs"]
mod weighting_cost;
#[path = "weighting/golden.rs"]
mod weighting_golden;
#[path = "weighting/own.rs"]
mod weighting_own;
#[path = "weighting/preferences.rs"]
mod weighting_preferences;
#[path = "weighting/scale.rs"]
mod weighting_scale;
#[path = "weighting/support.rs"]
mod weighting_support;
