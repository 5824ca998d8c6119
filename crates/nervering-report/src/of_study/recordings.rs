//! Recordings for the page to look into, and the figures of single animals.

use super::asked::{StudyReport, about_data, telling};
use crate::figure::{FigureData, States, heat_map, trace};
use crate::recording_view::{Prediction, RecordingView};
use nervering_recording::{NeuronName, Recording, State, TraceUnit};
use nervering_statistics::Evaluation;
use std::collections::BTreeSet;

/// Animals that the page holds: each takes some hundred kilobytes.
const MOST_VIEWS: usize = 5;
/// Models whose predictions stand under the labels.
const MOST_RIBBONS: usize = 4;

/// The first animals.
pub(crate) fn views(recordings: &[Recording]) -> Vec<RecordingView> {
    let shared = shared(recordings);
    let drawable = recordings.iter().filter(|recording| recording.n_frames() > 1);
    drawable.take(MOST_VIEWS).map(|recording| view(recording, &shared)).collect()
}

/// Neurons whose traces say most of forward and of reverse crawling, the most telling first: command
/// interneurons of either direction and the motor neurons that they drive.
const TELLING: [&[&str]; 2] = [
    &["AVAL", "AVAR", "AVEL", "AVER", "RIML", "RIMR", "AIBL", "AIBR", "VA01"],
    &["AVBL", "AVBR", "RIBL", "RIBR", "RID", "RMED", "VB02", "VB01"],
];

/// Adds what the last models of the first variant, and the best one, say of each animal, of the fits on most
/// other animals the first one. None has seen it.
pub(super) fn add_predictions(views: &mut [RecordingView], study: &StudyReport<'_>) {
    let Some(variant) = study.results.config.variants.first() else { return };
    let models: Vec<&str> = variant.models.iter().map(|model| model.as_str()).collect();
    let models = models.iter().filter(|model| **model != "majority");
    let models: Vec<&&str> = models.collect();
    let section = study.table.sections.iter().find(|section| section.variant == variant.name);
    let unseen = |model: &&str| {
        let rows = section.iter().flat_map(|section| &section.rows);
        let rows =
            rows.filter(|row| row.model == **model && row.unseen.balanced_accuracy.is_some());
        rows.max_by_key(|row| row.n_trained)?.unseen.balanced_accuracy.map(|spread| spread.mean)
    };
    let models = telling(&models, MOST_RIBBONS, unseen);
    let names: Vec<String> =
        variant.preparation.coding.class_names().into_iter().map(str::to_owned).collect();
    for view in views {
        let of_model = |model: &&&str| {
            let fits = study.results.fits.iter();
            let fits = fits.filter(|fit| fit.variant == variant.name && fit.model == **model);
            let said = fits.flat_map(|fit| {
                let of_animal = |e: &&Evaluation| {
                    e.animal == view.animal
                        && e.predicted.is_some()
                        && e.statistics.is_none_or(|s| s == variant.statistics[0])
                };
                fit.evaluations.iter().filter(of_animal).map(move |evaluation| (fit, evaluation))
            });
            // Of several largest ones the first.
            let (fit, evaluation) = said.rev().max_by_key(|(fit, _)| fit.trained_on.len())?;
            let states = evaluation.predicted_states()?;
            (states.len() == view.seconds.len()).then(|| Prediction {
                model: fit.model.clone(),
                trained_on: fit.trained_on.join(", "),
                states: States {
                    names: names.clone(),
                    of_frame: states.into_iter().map(Some).collect(),
                },
            })
        };
        view.predictions = models.iter().filter_map(of_model).collect();
    }
}

/// The figures of the first animal: its calcium, and telling neurons of those that are used.
pub(crate) fn first_animal(
    recordings: &[Recording],
    neurons: &[NeuronName],
    views: &[RecordingView],
) -> impl Iterator<Item = FigureData> {
    heat_map(recordings, views).into_iter().chain(trace(neurons, views))
}

fn heat_map(recordings: &[Recording], views: &[RecordingView]) -> Option<FigureData> {
    let view = views.first()?;
    let title = format!("Calcium of {}, neurons that all animals share on top", view.animal);
    Some(FigureData::HeatMap(heat_map::Data {
        about: about_data("calcium", &title, &size(view), &view.unit),
        recording: 0,
        n_shared: shared(recordings).len(),
        limits: heat_map::middle(&view.values),
        scale: heat_map::HeatScale::PerNeuron,
    }))
}

fn trace(neurons: &[NeuronName], views: &[RecordingView]) -> Option<FigureData> {
    let view = views.first()?;
    let place = |name: &str| view.neurons.iter().position(|neuron| neuron == name);
    let is_used = |name: &&&str| neurons.iter().any(|neuron| neuron.as_str() == **name);
    let telling = TELLING.iter().filter_map(|names| place(names.iter().find(is_used)?));
    let mut chosen: Vec<usize> = telling.collect();
    if chosen.is_empty() {
        chosen.extend(neurons.first().and_then(|name| place(name.as_str())));
    }
    let names: Vec<&str> = chosen.iter().map(|&k| view.neurons[k].as_str()).collect();
    let title = format!("{} of {}, coloured by behaviour", names.join(" and "), view.animal);
    let n = format!("1 animal, {} frames", view.seconds.len());
    let about = about_data("traces", &title, &n, &view.unit);
    (!chosen.is_empty()).then_some(FigureData::Trace(trace::Data {
        about,
        recording: 0,
        neurons: chosen,
    }))
}

fn size(view: &RecordingView) -> String {
    format!("1 animal, {} neurons, {} frames", view.neurons.len(), view.seconds.len())
}

fn shared(recordings: &[Recording]) -> BTreeSet<NeuronName> {
    let mut recordings = recordings.iter();
    let Some(first) = recordings.next() else { return BTreeSet::new() };
    let mut shared: BTreeSet<NeuronName> = first.identified().cloned().collect();
    recordings.for_each(|recording| shared.retain(|name| recording.column(name).is_some()));
    shared
}

fn view(recording: &Recording, shared: &BTreeSet<NeuronName>) -> RecordingView {
    let labels = recording.neurons();
    let mut order: Vec<usize> = (0..labels.len()).collect();
    // Shared ones first, then other named ones, each by name; unnamed ones as they come.
    order.sort_by_key(|&k| match labels[k].name() {
        Some(name) if shared.contains(name) => (0, name.to_string()),
        Some(name) => (1, name.to_string()),
        None => (2, String::new()),
    });
    // A ten-thousandth of ΔF/F is far below the noise, and half as long in the file.
    let rounded = |value: f64| ((value * 1e4).round() / 1e4) as f32;
    let values = order.iter().flat_map(|&k| recording.traces().neuron(k)).map(rounded);
    RecordingView {
        animal: recording.animal().to_owned(),
        seconds: recording.time().seconds().iter().map(|&s| s as f32).collect(),
        neurons: order.iter().map(|&k| labels[k].to_string()).collect(),
        values: values.collect(),
        unit: unit(recording),
        states: states(recording),
        predictions: Vec::new(),
    }
}

/// What the traces are, as a word on an axis.
pub(crate) fn unit(recording: &Recording) -> String {
    match recording.unit().unit {
        TraceUnit::Unknown => "unknown unit".to_owned(),
        known => known.to_string(),
    }
}

/// The states of a recording by their names: the known ones, then those that are its own.
pub(crate) fn states(recording: &Recording) -> States {
    let usual = |state: &State| !matches!(state, State::Unknown | State::Quiescence);
    let mut listed: Vec<State> = State::ALL.into_iter().filter(usual).collect();
    let Some(behavior) = recording.behavior() else {
        let names = listed.iter().filter_map(|state| state.known_name()).map(str::to_owned);
        return States { names: names.collect(), of_frame: vec![None; recording.n_frames()] };
    };
    for state in behavior.shown() {
        if !listed.contains(&state) {
            listed.push(state);
        }
    }
    let place = |state: &State| listed.iter().position(|k| k == state).map(|k| k as u8);
    let of_frame = behavior.states().iter().map(place).collect();
    let names = listed.iter().map(|&state| behavior.name(state).to_owned()).collect();
    States { names, of_frame }
}
