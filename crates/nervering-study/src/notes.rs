//! What a reader of a study's tables must know, in sentences: what was cut against the paper's grid,
//! how frames were split, what the numbers rest on, and what leaks.

use crate::comparison::Comparison;
use crate::config::named;
use crate::decode::Decode;
use crate::plan::Plan;
use nervering_fit::{Normalisation, Protocol, View, WINDOW};
use nervering_models::Inputs;
use nervering_prepare::DerivativeMethod;
use nervering_recording::{MixedUnits, StateCoding};
use nervering_statistics::BatchStatistics;
use std::collections::BTreeSet;

/// Epochs of the paper.
pub(crate) const PAPER_EPOCHS: usize = 800;

/// The notes of a plan, variant by variant.
pub(crate) fn of_plan(plan: &Plan<Decode>) -> Vec<String> {
    let mut notes = vec![animals(plan)];
    notes.extend(plan.mixed_units().map(in_units));
    notes.extend(cut(plan));
    if plan.config().aim.initialisations > 1 {
        let n = plan.config().aim.initialisations;
        notes
            .push(format!("Every fit of a network is made {n} times, from other initial weights."));
    }
    let several = plan.views.len() > 1;
    let mut said = Vec::new();
    for (view, variant) in plan.views.iter().zip(&plan.config().variants) {
        let of_view = [splits(view), features(view, variant), leaks(view, variant)].join(" ");
        // Variants that differ in their neurons alone rest on the same.
        if !said.contains(&of_view) {
            let name = if several { format!("{}: ", variant.name) } else { String::new() };
            notes.push(name + &of_view);
            said.push(of_view);
        }
    }
    notes.extend(left_out(&plan.views));
    notes
}

fn animals(plan: &Plan<Decode>) -> String {
    let animals = animals_of_views(plan.n_trainable(), plan.animals().len(), &plan.views);
    let states = range(&plan.views, &|view| view.preparation.coding.n_classes());
    let own = match plan.views.first().map(|view| &view.preparation.coding) {
        Some(coding @ StateCoding::Own(names))
            if plan.views.iter().all(|view| view.preparation.coding == *coding) =>
        {
            named(names).map_or_else(String::new, |named| format!(" ({named})"))
        }
        _ => String::new(),
    };
    format!("{animals}, {states} states{own}.")
}

/// `5 animals and 21 that are only evaluated (extended), 15 neurons`.
pub(crate) fn animals_of_views(n_train: usize, n_all: usize, views: &[View]) -> String {
    let extended = match n_all - n_train {
        0 => String::new(),
        n => format!(" and {n} that are only evaluated (extended)"),
    };
    let neurons = range(views, &|view| view.neurons.len());
    format!("{n_train} animals{extended}, {neurons} neurons")
}

/// That animals are in different units.
pub(crate) fn in_units(units: &MixedUnits) -> String {
    format!(
        "Animals in different units: {units}, as their files say or their values look. Only what each animal's own range takes away is comparable."
    )
}

fn range(views: &[View], of: &dyn Fn(&View) -> usize) -> String {
    let numbers: BTreeSet<usize> = views.iter().map(of).collect();
    let (low, high) = (numbers.first().unwrap_or(&0), numbers.last().unwrap_or(&0));
    if low == high { low.to_string() } else { format!("{low} to {high}") }
}

/// The animals of the extended set that some variant could not use.
pub(crate) fn left_out(views: &[View]) -> Option<String> {
    let left_out: BTreeSet<&String> = views.iter().flat_map(|view| &view.left_out).collect();
    let names: Vec<&str> = left_out.into_iter().map(String::as_str).collect();
    let note = || format!("Not evaluated where they lack a neuron: {}.", names.join(", "));
    (!names.is_empty()).then(note)
}

fn cut(plan: &Plan<Decode>) -> Option<String> {
    let mut cuts = Vec::new();
    for variant in &plan.config().variants {
        let (run, cut) = (variant.folds_run, variant.preparation.n_folds);
        if run < cut {
            let folds = format!("{run} of {cut} folds run");
            if !cuts.contains(&folds) {
                cuts.push(folds);
            }
        }
    }
    let epochs = plan.config().epochs;
    if epochs < PAPER_EPOCHS && plan.n_steps() > 0 {
        cuts.push(format!("{epochs} of {PAPER_EPOCHS} epochs"));
    }
    if plan.n_subsets_cut() > 0 {
        cuts.push(format!("up to {} subsets of animals of a size left out", plan.n_subsets_cut()));
    }
    (!cuts.is_empty()).then(|| format!("Cut against the paper's grid: {}.", cuts.join(", ")))
}

fn splits(view: &View) -> String {
    let n_folds = view.preparation.n_folds;
    match view.preparation.protocol {
        Protocol::Paper => format!(
            "Windows of {WINDOW} frames in {n_folds} shuffled folds: {} train, 1 validates, 1 tests.",
            n_folds - 2
        ),
        Protocol::AuthorsCode => format!(
            "Windows of {WINDOW} frames, shuffled: 70 % train, 30 % validate and are reported as the same animals."
        ),
        Protocol::Animals => "Whole animals: every frame of the animals trained on may be learnt from (the last tenth chooses the epoch of networks that choose one); only animals never seen are tested, over their whole recordings.".to_owned(),
        Protocol::Strict => format!(
            "{n_folds} test blocks in the second half of each recording; a fold trains on what lies before its block, with gaps of one median bout."
        ),
    }
}

/// How derivatives were computed, and whether they look ahead.
pub(crate) fn derivatives(view: &View) -> String {
    let methods: BTreeSet<DerivativeMethod> =
        view.animals.iter().map(|animal| animal.selected.derivative_method).collect();
    let methods: Vec<&str> = methods.into_iter().map(DerivativeMethod::as_str).collect();
    let ahead = if view.looks_ahead() { ", which look ahead" } else { "" };
    format!("Derivative: {}{ahead}.", methods.join(", "))
}

/// What features are normalised by.
pub(crate) fn normalised(view: &View) -> String {
    let interval = view.preparation.interval().as_str();
    let normalisation = match view.preparation.normalisation {
        Normalisation::WholeRecording => "by each animal's whole recording (transductive)",
        Normalisation::Training => "by the training frames of the animals trained on (inductive)",
        Normalisation::Causal => "by each animal's own past (causal)",
    };
    format!("Min-max to {interval} {normalisation}.")
}

fn features(view: &View, variant: &Comparison<Decode>) -> String {
    let statistics: Vec<&str> = variant
        .statistics
        .iter()
        .map(|statistics| match statistics {
            BatchStatistics::Evaluated => "of the evaluated frames (transductive)",
            BatchStatistics::Training => "of the animals trained on (inductive)",
            BatchStatistics::Running => "of the evaluated animal so far (causal)",
        })
        .collect();
    let (derivatives, normalised) = (derivatives(view), normalised(view));
    let statistics = statistics.join("; ");
    let signals = variant.models.iter().any(|model| model.inputs() != Inputs::Frames);
    let signals = match signals {
        true => {
            " Models of time see the smoothed trace (0.35 s) as z-score and its slope, over the same frames."
        }
        false => "",
    };
    format!("{derivatives} {normalised} Batch statistics {statistics}.{signals}")
}

fn leaks(view: &View, variant: &Comparison<Decode>) -> String {
    let adapts = match (view.preparation.normalisation, &variant.statistics[..]) {
        (Normalisation::WholeRecording, [BatchStatistics::Evaluated, ..]) => {
            "Unseen animals are unseen, but adapt normalisation and batch norm."
        }
        (Normalisation::WholeRecording, _) => {
            "Unseen animals are unseen, but normalised over their whole recording."
        }
        (_, [BatchStatistics::Evaluated, ..]) => {
            "Unseen animals are unseen, but adapt the batch norm."
        }
        _ => "Nothing of an evaluated frame's future enters its prediction.",
    };
    match view.preparation.protocol {
        Protocol::Paper => format!(
            "It leaks: test frames take part in the normalisation, and windows of one bout lie in training and test. {adapts}"
        ),
        Protocol::AuthorsCode => format!(
            "It leaks as the paper does, and the frames reported of the same animals chose the epoch. {adapts}"
        ),
        Protocol::Strict | Protocol::Animals => adapts.to_owned(),
    }
}
