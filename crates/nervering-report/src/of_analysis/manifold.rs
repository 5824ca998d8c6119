//! The loops that brains go round, found by Asymmetric Diffusion Map Modelling (Figure 2, after
//! Brennan & Proekt 2019): of each animal, and of all together.

use super::{
    AnalysisAbout, AnalysisReport, MOST_PANELS, count, number, percent, range, table, words,
};
use crate::cells::{Cell, TableData};
use crate::figure::{FigureData, States, manifold as figure};
use crate::table::{csv_bytes, number as field};
use nervering_analysis::{LoopManifold, LoopManifolds};

/// Direction of view in degrees.
const VIEW: [f64; 2] = [-35., 30.];
const NORMALISATION: &str = "min-max to [0, 1] over the whole recording, per neuron; then z-scores";

/// The report of loop manifolds.
pub fn manifold(found: &LoopManifolds, about: &AnalysisAbout<'_>) -> AnalysisReport {
    let asked = "Which loops does each brain go round, are they the same in all animals, and does \
                 the place on them say what an animal does?";
    let title =
        "Loop manifolds: asymmetric diffusion map modelling, per animal and of all together";
    let mut document = about.document(title, asked, &found.neurons);
    document.tables = vec![loops(found)];
    document.figures = figures(found, about);
    let summary = &mut document.summary;
    let periods: Vec<String> =
        found.alone.iter().map(|alone| format!("{:.0}", alone.period_s)).collect();
    summary.found.push(format!(
        "One round takes {} s in the animals by themselves{}.",
        periods.join(", "),
        found.together.as_ref().map_or_else(String::new, |together| format!(
            ", {:.0} s in all together",
            together.period_s
        ))
    ));
    if !found.unseen.is_empty() {
        let shares = |of: fn(&nervering_analysis::Unseen) -> Option<f64>| {
            range(found.unseen.iter().filter_map(of))
        };
        summary.found.push(format!(
            "Decoded from the manifold of the other animals, {} states: accuracy {} %, balanced {} %; \
             always saying the others' most frequent state {} %.",
            about.coding.n_classes(),
            shares(|unseen| unseen.accuracy),
            shares(|unseen| unseen.balanced_accuracy),
            shares(|unseen| unseen.majority)
        ));
    }
    summary.distrust.extend(distrust());
    AnalysisReport { document, files: vec![("tables/manifold.csv".to_owned(), coordinates(found))] }
}

fn distrust() -> Vec<String> {
    [
        "In-sample agreement is of bins with the frames that named them, and would be 100 % with one \
         frame per bin; only what is decoded from other animals says something.",
        "Features are scaled by each animal's whole recording, the decoded one included: what an \
         animal is told apart by has been seen without its labels.",
        "Derivatives are the file's, or central differences, and look ahead.",
        "Phase θ comes from the first complex eigenvector. Where rounds differ tenfold between animals \
         by themselves, that of a short one is no cycle of behaviour but whatever turned slowest in \
         a short recording: only the manifold of all together is then worth drawing.",
        "Coordinates have no unit and an arbitrary orientation, so that two manifolds must not be \
         compared by eye.",
        "Where this departs from the published description is said in `nervering-models`, `adm`.",
    ]
    .map(str::to_owned)
    .into()
}

fn loops(found: &LoopManifolds) -> TableData {
    let mut table = table(
        "loops",
        "Manifolds, and what they say of behaviour",
        &[
            "manifold of",
            "frames",
            "loops",
            "bins",
            "round, s",
            "size of the eigenvalue",
            "states in sample, %",
            "from the others: accuracy, %",
            "balanced, %",
            "majority, %",
        ],
    );
    let row = |name: &str, manifold: &LoopManifold| {
        vec![
            words(name),
            count(manifold.frames.len()),
            count(manifold.n_loops),
            count(manifold.n_bins),
            number(manifold.period_s, 1),
            number(manifold.eigenvalue_size, 3),
            percent(manifold.in_sample),
        ]
    };
    for (k, alone) in found.alone.iter().enumerate() {
        let mut cells = row(&alone.animals[0], alone);
        match found.unseen.get(k) {
            Some(unseen) => cells.extend([
                percent(unseen.accuracy),
                percent(unseen.balanced_accuracy),
                percent(unseen.majority),
            ]),
            None => cells.extend([Cell::Missing, Cell::Missing, Cell::Missing]),
        }
        table.rows.push(cells);
    }
    if let Some(together) = &found.together {
        let mut cells = row("all animals", together);
        cells.extend([Cell::Missing, Cell::Missing, Cell::Missing]);
        table.rows.push(cells);
    }
    let mut derivatives: Vec<&str> = found.derivatives.iter().map(|d| d.as_str()).collect();
    derivatives.dedup();
    table.notes.push(format!(
        "Frames: those with 50 frames of history and a successor. Bins: of phase and loop, that hold \
         a frame. Round: a full turn of the phase. From the others: the animal decoded by the \
         manifold of all other animals, beside always saying their most frequent state. Traces and \
         derivatives ({}) of {} neurons.",
        derivatives.join(", "),
        found.neurons.len()
    ));
    table
}

fn figures(found: &LoopManifolds, about: &AnalysisAbout<'_>) -> Vec<FigureData> {
    let trajectory = |manifold: &LoopManifold, animal: usize| {
        let frames = manifold.frames.iter().filter(|frame| frame.animal == animal);
        figure::Trajectory {
            animal: manifold.animals[animal].clone(),
            points: frames.clone().map(|f| f.coordinates.map(|c| c as f32)).collect(),
            states: States {
                names: about.state_names(),
                of_frame: frames.map(|frame| frame.state).collect(),
            },
            axes: None,
        }
    };
    let data = |name: &str, title: &str, of: &str, animals| {
        FigureData::Manifold(figure::Data {
            about: about.figure(name, title, NORMALISATION),
            method: format!(
                "Asymmetric diffusion map of {of}, {} neurons and their derivatives; the first frame \
                 is the one with 50 frames of history",
                found.neurons.len()
            ),
            axes: ["x", "y", "z"].map(str::to_owned),
            animals,
            view: VIEW,
        })
    };
    let alone = found.alone.iter().take(MOST_PANELS).map(|alone| trajectory(alone, 0)).collect();
    let mut figures =
        vec![data("loops", "The loop manifold of each animal", "each animal by itself", alone)];
    if let Some(together) = &found.together {
        let panels = (0..together.animals.len().min(MOST_PANELS)).map(|k| trajectory(together, k));
        figures.push(data(
            "loops-together",
            "Each animal on the loop manifold of all",
            "all animals together",
            panels.collect(),
        ));
    }
    figures
}

/// The place of every frame.
fn coordinates(found: &LoopManifolds) -> Vec<u8> {
    let header =
        ["manifold", "animal", "frame", "time_s", "state", "x", "y", "z", "theta", "alpha", "bin"];
    let names = found.coding.class_names();
    let of_manifold = |(name, manifold): (String, &LoopManifold)| -> Vec<Vec<String>> {
        let row = |frame: &nervering_analysis::LoopFrame| {
            let [x, y, z] = frame.coordinates.map(|c| field(Some(c)));
            vec![
                name.clone(),
                manifold.animals[frame.animal].clone(),
                frame.frame.to_string(),
                field(Some(frame.seconds)),
                frame.state.map_or("unknown", |state| names[usize::from(state)]).to_owned(),
                x,
                y,
                z,
                field(Some(frame.theta)),
                frame.alpha.to_string(),
                frame.bin.to_string(),
            ]
        };
        manifold.frames.iter().map(row).collect()
    };
    let alone = found.alone.iter().map(|alone| ("alone".to_owned(), alone));
    let together = found.together.iter().map(|together| ("together".to_owned(), together));
    csv_bytes(&header.map(str::to_owned), alone.chain(together).flat_map(of_manifold))
}
