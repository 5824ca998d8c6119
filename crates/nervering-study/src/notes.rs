//! What a reader of a study's tables must know, in sentences: what was cut against the paper's grid,
//! how frames were split, what the numbers rest on, and what leaks.

use crate::aim::Aim;
use crate::comparison::Comparison;
use crate::config::named;
use crate::decode::Decode;
use crate::plan::Plan;
use nervering_fit::{
    Hyperparameters, Inputs, NetworkChoices, Normalisation, Protocol, Validation, View, WINDOW,
};
use nervering_prepare::DerivativeMethod;
use nervering_recording::{MixedUnits, StateCoding};
use nervering_statistics::{NetworkStatistics, TakenFrom};
use std::collections::BTreeSet;

/// Epochs of the paper.
pub(crate) const PAPER_EPOCHS: usize = 800;

/// The notes of a plan, variant by variant.
pub(crate) fn of_plan(plan: &Plan<Decode>) -> Vec<String> {
    let mut notes = vec![animals(plan)];
    notes.extend(plan.mixed_units().map(in_units));
    notes.extend(no_unseen_animal(plan));
    notes.extend(cut(plan));
    if plan.config().aim.initialisations > 1 {
        let n = plan.config().aim.initialisations;
        notes
            .push(format!("Every fit of a network is made {n} times, from other initial weights."));
    }
    let several = plan.views.len() > 1;
    let mut said = Vec::new();
    for (view, variant) in plan.views.iter().zip(&plan.config().variants) {
        let choices = choices(variant).unwrap_or_default();
        let of_view = [splits(view), features(view, variant), leaks(view, variant), choices];
        let of_view = of_view.join(" ").trim_end().to_owned();
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

/// Where there is no other animal to test on.
pub(crate) fn no_unseen_animal<A: Aim>(plan: &Plan<A>) -> Option<String> {
    let alone = match plan.animals().len() {
        1 => "There is one animal",
        _ => "Every fit is trained on all animals",
    };
    let only_one =
        if plan.animals().len() == 1 { ", and no spread over animals exists" } else { "" };
    plan.leaves_no_animal_unseen().then(|| {
        format!("{alone}: none is unseen, nothing here says how a model does on another{only_one}.")
    })
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
    // A variant with epochs of its own says so.
    let of_study = plan.config().variants.iter().any(|variant| variant.epochs.is_none());
    if of_study && epochs < PAPER_EPOCHS && plan.n_steps() > 0 {
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
    let from = |from: TakenFrom| match from {
        TakenFrom::Evaluated => "of the evaluated frames (transductive)",
        TakenFrom::Training => "of the animals trained on (inductive)",
        TakenFrom::Running => "of the evaluated animal so far (causal)",
    };
    let taken = |statistics: &NetworkStatistics| {
        let NetworkStatistics { edges, batch_norm } = *statistics;
        match edges == batch_norm {
            true => format!("batch norms and static edges {}", from(edges)),
            false => format!("batch norms {}, static edges {}", from(batch_norm), from(edges)),
        }
    };
    let statistics: Vec<String> = variant.statistics.iter().map(taken).collect();
    let (derivatives, normalised) = (derivatives(view), normalised(view));
    let signals = variant.models.iter().any(|model| model.inputs() != Inputs::Frames);
    let signals = match signals {
        true => {
            " Models of time see the smoothed trace (0.35 s) as z-score and its slope, over the same frames."
        }
        false => "",
    };
    let statistics = statistics.join("; or ");
    format!("{derivatives} {normalised} Networks take {statistics}.{signals}")
}

/// What of a network is otherwise than its name has it.
fn choices(variant: &Comparison<Decode>) -> Option<String> {
    let Hyperparameters { network, learning_rate } = variant.choices;
    let NetworkChoices { width, activation, edge_scale } = network;
    let said = [
        width.map(|width| format!("{width} hidden units")),
        activation.map(|activation| format!("activation {activation}")),
        edge_scale.map(|scale| format!("edges scaled by {scale}")),
        learning_rate.map(|rate| format!("learning rate {rate}")),
        variant.epochs.map(|epochs| format!("{epochs} epochs")),
    ];
    let said: Vec<String> = said.into_iter().flatten().collect();
    (!said.is_empty()).then(|| format!("Networks with {}.", said.join(", ")))
}

fn leaks(view: &View, variant: &Comparison<Decode>) -> String {
    let validated = match view.preparation.validation {
        Validation::Training => "",
        Validation::Extended => {
            "Every second extended animal chooses the epoch of networks by its labels: half of what stands under the extended set is no test of them. "
        }
    };
    format!("{validated}{}", leaks_of_protocol(view, variant))
}

fn leaks_of_protocol(view: &View, variant: &Comparison<Decode>) -> String {
    let NetworkStatistics { edges, batch_norm } = variant.statistics[0];
    let adapts = [
        (view.preparation.normalisation == Normalisation::WholeRecording, "normalisation"),
        (batch_norm == TakenFrom::Evaluated, "batch norms"),
        (edges == TakenFrom::Evaluated, "edges"),
    ];
    let adapts: Vec<&str> =
        adapts.iter().filter(|(does, _)| *does).map(|(_, what)| *what).collect();
    let adapts = match &adapts[..] {
        [] => "Nothing of an evaluated frame's future enters its prediction.".to_owned(),
        [before @ .., last] => {
            let before = before.join(", ");
            let and = if before.is_empty() { "" } else { " and " };
            format!("Unseen animals are unseen, but adapt {before}{and}{last}.")
        }
    };
    match view.preparation.protocol {
        Protocol::Paper => format!(
            "It leaks: test frames take part in the normalisation, and windows of one bout lie in training and test. {adapts}"
        ),
        Protocol::AuthorsCode => format!(
            "It leaks as the paper does, and the frames reported of the same animals chose the epoch. {adapts}"
        ),
        Protocol::Strict | Protocol::Animals => adapts,
    }
}
