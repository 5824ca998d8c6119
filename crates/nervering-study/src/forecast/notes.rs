//! What a reader of a forecasting study's tables must know, in sentences: what was cut against the
//! paper's grid, what a forecast is, what the numbers rest on, and what leaks.

use super::Forecast;
use crate::comparison::Comparison;
use crate::notes::{animals_of_views, derivatives, in_units, left_out, normalised};
use crate::plan::Plan;
use nervering_fit::{Normalisation, Protocol, View, WINDOW};
use nervering_models::ResidualOf;
use nervering_models::forecast::MOST_LAGS;
use nervering_models::trajectory::TrajectoryConfig;
use nervering_prepare::{EVALUATION_STEPS, TRAINING_STEPS, median_bout};
use nervering_train::ForecastFitConfig;

/// The notes of a plan, variant by variant.
pub(super) fn of_plan(plan: &Plan<Forecast>) -> Vec<String> {
    let (n_train, n_all) = (plan.n_trainable(), plan.animals().len());
    let mut notes = vec![format!("{}.", animals_of_views(n_train, n_all, &plan.views))];
    notes.extend(plan.mixed_units().map(in_units));
    notes.extend(cut(plan));
    let (history, every) = (MOST_LAGS, EVALUATION_STEPS);
    notes.push(format!(
        "A forecast says the {EVALUATION_STEPS} frames after its start; one starts at every {every}th frame, in tables of skill from every frame on at every frame, with {history} frames up to it. Networks train on {TRAINING_STEPS} steps. Errors are mean squares over starts and neurons, in [0, 1]² of each neuron's range; skill is 1 - MSE / MSE of copy."
    ));
    notes.extend(scored(plan));
    notes.extend(corrected(plan));
    // Variants that differ in their neurons alone rest on the same.
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    for (view, variant) in plan.views.iter().zip(&plan.config().variants) {
        let of_view = [splits(view), features(view), leaks(view)].join(" ");
        let name = variant.name.as_str();
        match said.iter_mut().find(|(text, _)| *text == of_view) {
            Some((_, names)) => names.push(name),
            None => said.push((of_view, vec![name])),
        }
    }
    let several = said.len() > 1;
    let note = |(text, names): (String, Vec<&str>)| match several {
        true => format!("{}: {text}", names.join(", ")),
        false => text,
    };
    notes.extend(said.into_iter().map(note));
    notes.extend(left_out(&plan.views));
    notes
}

/// Which neurons errors are of, where that is not all that models see.
fn scored(plan: &Plan<Forecast>) -> Option<String> {
    let config = plan.config();
    let views = plan.views.iter().zip(&config.variants);
    let of_variant = |(view, variant): (&View, &Comparison<Forecast>)| {
        let set = variant.choices.0.as_ref()?;
        let n_scored = variant.choices.places(&view.neurons).ok()?.len();
        let (name, n_seen) = (&variant.name, view.neurons.len());
        Some(format!(
            "Of the {n_seen} neurons that models of {name} see and forecast, errors are of {n_scored}: {set}."
        ))
    };
    let said: Vec<String> = views.filter_map(of_variant).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

/// What networks correct, where that is not persistence as in the paper.
fn corrected(plan: &Plan<Forecast>) -> Option<String> {
    (plan.n_steps() > 0 && plan.config().aim.network.residual_of == ResidualOf::Linear).then(|| {
        "Networks correct the forecast of linear, which they are before training: in training of each animal by what the others have taught, and of a single one by what knows it.".to_owned()
    })
}

fn cut(plan: &Plan<Forecast>) -> Option<String> {
    let mut cuts = Vec::new();
    let config = plan.config();
    if plan.n_steps() > 0 {
        let asked = config.variants.iter().map(|v| epochs_of(v.protocol())).max().unwrap_or(0);
        if config.epochs < asked {
            cuts.push(format!("{} of {asked} epochs", config.epochs));
        }
        let (width, whole) = (config.aim.network.width, TrajectoryConfig::scripts().width);
        if width < whole {
            cuts.push(format!("{width} of {whole} hidden units"));
        }
    }
    if plan.n_subsets_cut() > 0 {
        cuts.push(format!("up to {} subsets of animals of a size left out", plan.n_subsets_cut()));
    }
    (!cuts.is_empty()).then(|| format!("Cut against the paper's grid: {}.", cuts.join(", ")))
}

/// Epochs of a protocol.
pub(super) fn epochs_of(protocol: Protocol) -> usize {
    let engine = nervering_nn::ops::Engine::fastest();
    match protocol {
        Protocol::Paper | Protocol::Strict | Protocol::Animals => {
            ForecastFitConfig::paper(engine).epochs
        }
        Protocol::AuthorsCode => ForecastFitConfig::scripts(0., engine).epochs,
    }
}

/// A window of eight frames does not hold a start and eight steps after it.
const OTHER_PARTS: &str = "A forecast to train on starts one frame before its window, and what looks further back sees more frames before it: these inputs belong to windows of other parts, those that validate and test among them; what is to be said never does.";

fn splits(view: &View) -> String {
    match view.preparation.protocol {
        Protocol::Paper => format!(
            "Windows of {WINDOW} frames, shuffled: of ten parts eight train and one validates. Animals trained on are not evaluated: no window holds {EVALUATION_STEPS} steps. {OTHER_PARTS}"
        ),
        Protocol::AuthorsCode => format!(
            "Windows of {WINDOW} frames, shuffled: 70 % train, 30 % validate. Animals trained on are not evaluated: no window holds {EVALUATION_STEPS} steps. {OTHER_PARTS}"
        ),
        Protocol::Animals => format!(
            "Nine tenths of a recording train, the last validates, with a gap of one median bout{}; animals trained on are not evaluated.",
            without_states(view)
        ),
        Protocol::Strict => format!(
            "The first eight tenths of a recording train, the ninth validates, the last is forecast where the animal was trained on, with gaps of one median bout{}.",
            without_states(view)
        ),
    }
}

/// Where no state is known, no bout says how long a gap should be.
fn without_states(view: &View) -> String {
    let trained = view.animals[..view.n_trainable].iter().map(|animal| &animal.selected);
    let without = trained.filter(|selected| median_bout(&selected.states) == 0);
    let names: Vec<&str> = without.map(|selected| selected.animal.as_str()).collect();
    match names[..] {
        [] => String::new(),
        _ => format!(", and none in {}, whose states are unknown", names.join(", ")),
    }
}

fn features(view: &View) -> String {
    let statistics = match view.preparation.protocol {
        Protocol::Paper | Protocol::AuthorsCode => {
            "of all evaluated forecasts of an animal together (transductive)"
        }
        Protocol::Strict | Protocol::Animals => "of the animals trained on (inductive)",
    };
    format!("{} {} Batch statistics {statistics}.", derivatives(view), normalised(view))
}

fn leaks(view: &View) -> String {
    let looks_ahead = view.looks_ahead();
    let whole = view.preparation.normalisation == Normalisation::WholeRecording;
    let together = !matches!(view.preparation.protocol, Protocol::Strict | Protocol::Animals);
    let what = [
        (looks_ahead, "a derivative holds the frame that is to be forecast"),
        (whole, "ranges rest on the whole recording"),
        (together, "networks adapt to the evaluated animal"),
    ];
    let what: Vec<&str> = what.into_iter().filter(|(leaks, _)| *leaks).map(|(_, t)| t).collect();
    if what.is_empty() {
        return "Nothing of a frame after its start enters a forecast.".to_owned();
    }
    format!("It leaks: {}.", what.join("; "))
}
