//! What the tests draw: a document with a figure of every kind, made from recordings. Traces,
//! states and trajectories are the recordings' own; scores, losses and weights are made up by
//! formula, within the spreads that studies have shown, and stand for nothing.
#![allow(dead_code)]

pub mod hostile;

use nervering_recording::Recording;
use nervering_report::figure::*;
use nervering_report::{
    Citation, Document, FigureData, Prediction, RecordingView, Setting, States, Summary,
};
use nervering_simulate::{SimulationConfig, simulate};
use std::path::PathBuf;

/// Simulated animals, short ones.
pub fn simulated(n_animals: usize, duration_s: f64) -> Vec<Recording> {
    let config = SimulationConfig { n_animals, duration_s, ..SimulationConfig::default() };
    simulate(&config, 7).unwrap().into_iter().map(|animal| animal.recording).collect()
}

/// The real partial worms; `None` (and a line that says so) where absent.
pub fn worms() -> Option<Vec<Recording>> {
    let data = std::env::var_os("NERVERING_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let file = data.join("kato2015/WT_NoStim_part.mat");
    if !file.exists() {
        println!("no {}: simulated animals are drawn instead", file.display());
        return None;
    }
    Some(
        nervering_io::read_recordings(&file, &nervering_io::ReadOptions::default())
            .unwrap()
            .recordings,
    )
}

/// A number in [0, 1) that looks random and is the same everywhere.
pub fn hash(a: usize, b: usize) -> f64 {
    let mut x = (a as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (b as u64 + 1);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

pub fn about(name: &str, title: &str) -> About {
    About {
        name: name.into(),
        title: title.into(),
        n: "5 animals, 31 training subsets, 10 folds".into(),
        protocol: "paper".into(),
        normalisation: "min-max over the whole recording (transductive)".into(),
    }
}

/// The states of a recording by their short names.
pub fn states(recording: &Recording) -> States {
    let names = ["FWD", "SLOW", "DT", "VT", "REV1", "REV2", "REVSUS", "REV"].map(str::to_owned);
    let of = |state: &nervering_recording::State| {
        names.iter().position(|name| Some(name.as_str()) == state.known_name()).map(|k| k as u8)
    };
    let of_frame = recording.behavior().unwrap().states().iter().map(of).collect();
    States { names: names.to_vec(), of_frame }
}

/// Names, how many are shared, and values `[neuron, frame]`, shared neurons first.
pub fn ordered(recordings: &[Recording], at: usize) -> (Vec<String>, usize, Vec<f32>) {
    let recording = &recordings[at];
    let shared = |column: usize| {
        let name = recording.neurons()[column].name();
        name.is_some_and(|name| recordings.iter().all(|other| other.column(name).is_some()))
    };
    let mut columns: Vec<usize> = (0..recording.neurons().len()).collect();
    columns.sort_by_key(|&column| !shared(column));
    let n_shared = columns.iter().filter(|&&column| shared(column)).count();
    let names = columns.iter().map(|&column| recording.neurons()[column].to_string());
    let values = columns.iter().flat_map(|&column| recording.traces().neuron(column));
    (names.collect(), n_shared, values.map(|v| v as f32).collect())
}

pub fn seconds(recording: &Recording) -> Vec<f32> {
    recording.time().seconds().iter().map(|&s| s as f32).collect()
}

/// The first three principal components of the shared neurons, by power iteration.
pub fn components(values: &[f32], n_neurons: usize, n_frames: usize) -> Vec<[f32; 3]> {
    let mut rows: Vec<Vec<f64>> = values
        .chunks(n_frames)
        .take(n_neurons)
        .map(|r| r.iter().map(|&v| v.into()).collect())
        .collect();
    for row in &mut rows {
        let mean = row.iter().sum::<f64>() / n_frames as f64;
        row.iter_mut().for_each(|v| *v -= mean);
    }
    let mut points = vec![[0f32; 3]; n_frames];
    for axis in 0..3 {
        let mut w: Vec<f64> = (0..n_neurons).map(|k| 1. + hash(k, axis)).collect();
        let mut score = vec![0.; n_frames];
        for _ in 0..60 {
            let norm = w.iter().map(|v| v * v).sum::<f64>().sqrt();
            w.iter_mut().for_each(|v| *v /= norm);
            for (t, score) in score.iter_mut().enumerate() {
                *score = rows.iter().zip(&w).map(|(row, w)| row[t] * w).sum();
            }
            for (w, row) in w.iter_mut().zip(&rows) {
                *w = row.iter().zip(&score).map(|(a, b)| a * b).sum();
            }
        }
        let norm = w.iter().map(|v| v * v).sum::<f64>().sqrt();
        for (t, point) in points.iter_mut().enumerate() {
            point[axis] = score[t] as f32;
            for (row, w) in rows.iter_mut().zip(&w) {
                row[t] -= score[t] * w / norm;
            }
        }
    }
    points
}

pub fn scores(name: &str, models: &[&str], kinds: &[(&str, f64)], singles: usize) -> scores::Data {
    let mut all = Vec::new();
    for n_trained in 1..=4 {
        for (m, model) in models.iter().enumerate() {
            for (k, (kind, level)) in kinds.iter().enumerate() {
                let centre = level + 0.018 * n_trained as f64 + 0.012 * m as f64;
                let single = |s: usize| {
                    let noise = hash(s * 31 + m, n_trained * 7 + k) + hash(s, m * 5 + k) - 1.;
                    (centre + 0.12 * (1. - level) * 4. * noise).clamp(0., 1.)
                };
                let values: Vec<f64> = (0..singles).map(single).collect();
                let mean = values.iter().sum::<f64>() / singles as f64;
                let var = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / singles as f64;
                all.push(scores::Score {
                    model: model.to_string(),
                    n_trained,
                    on: kind.to_string(),
                    mean: Some(mean),
                    sd: Some(var.sqrt()),
                    n: singles / 10,
                    singles: values,
                });
            }
        }
    }
    scores::Data {
        about: about(name, "Accuracy of every model, four states told apart"),
        measure: "accuracy".into(),
        over: "pairs of training subset and evaluated animal".into(),
        scores: all,
    }
}

const MODELS: [&str; 5] = ["majority", "svm", "mlp", "gnn-text", "gnn"];

pub fn horizon() -> horizon::Data {
    let curve = |model: &str, role, scale: f64, power: f64| {
        let steps: Vec<u32> = (1..=16).collect();
        let mean: Vec<f64> =
            steps.iter().map(|&s| scale * (f64::from(s) / 16.).powf(power)).collect();
        let low = mean.iter().map(|v| 0.8 * v).collect();
        let high = mean.iter().map(|v| 1.25 * v).collect();
        horizon::Curve { model: model.into(), role, steps, mean, low, high }
    };
    use horizon::CurveRole::{Baseline, Model};
    let panel = |title: &str, worse: f64| horizon::HorizonPanel {
        title: title.into(),
        curves: vec![
            curve("copy", Baseline, 0.42, 0.6),
            curve("var", Baseline, 0.38 * worse, 0.7),
            curve("mlp", Model, 0.45 * worse, 0.9),
            curve("gnn", Model, 0.27 * worse, 0.75),
        ],
    };
    horizon::Data {
        about: about("horizon", "Error of forecasts on unseen animals"),
        error: "mean squared error, [0, 1]²".into(),
        band: "± SD over animals".into(),
        panels: vec![panel("trained on 1 animal", 1.6), panel("trained on 4 animals", 1.)],
    }
}

fn fans() -> fan::Data {
    let truth: Vec<f64> = (0..65)
        .map(|t| 0.5 + 0.3 * (f64::from(t) / 9.).sin() + 0.03 * hash(t as usize, 5))
        .collect();
    let fan = |start: u32, narrow: f64| {
        let known = truth[(start - 200) as usize];
        let of =
            |k: f64| (1..=16).map(|step| known + k * f64::from(step).sqrt() / narrow).collect();
        fan::Fan { start, low: of(-0.06), median: of(0.005), high: of(0.07) }
    };
    let panel = |model: &str, narrow: f64| fan::FanPanel {
        model: model.into(),
        fans: [200, 216, 232, 248].map(|start| fan(start, narrow)).to_vec(),
    };
    fan::Data {
        about: about("fans", "Forecasts of AVAL, with intervals of 90 %"),
        trace: "AVAL, [0, 1]".into(),
        first: 200,
        panels: vec![panel("ar", 1.), panel("linear", 1.6)],
        truth: truth.clone(),
    }
}

pub fn graph(name: &str, neurons: &[String]) -> graph::Data {
    let n = neurons.len();
    let weight = |k: usize| hash(k, 3).powi(5) as f32;
    let synapses =
        |k: usize| if hash(k, 9) > 0.87 { (1. + 9. * hash(k, 4)).floor() as f32 } else { 0. };
    let gap = |k: usize| {
        let (i, j) = ((k / n).min(k % n), (k / n).max(k % n));
        if i != j && hash(i, j + 40) > 0.9 { 1. } else { 0. }
    };
    graph::Data {
        about: about(name, "Inferred edges beside the connectome"),
        neurons: neurons.to_vec(),
        inferred: (0..n * n).map(weight).collect(),
        model: "gnn, mean over folds".into(),
        null: Some(graph::NullData {
            name: "correlation of traces".into(),
            weights: (0..n * n).map(|k| hash(k, 11) as f32 - 0.3).collect(),
        }),
        connectome: Some(graph::ConnectomeData {
            known_from: graph::KnownFrom::Anatomy,
            source: "White et al. 1986".into(),
            chemical: (0..n * n).map(synapses).collect(),
            electrical: (0..n * n).map(gap).collect(),
        }),
        threshold: 0.3,
    }
}

fn state_means(recording: &Recording, neuron: &str, state: u8) -> state_means::MeansPanel {
    let x: Vec<f32> = (0..=20).map(|k| k as f32 / 20.).collect();
    let name = neuron.to_owned();
    let column = recording.column(&neuron.parse().unwrap());
    let trace: Vec<f64> =
        column.map_or(vec![0.; recording.n_frames()], |c| recording.traces().neuron(c).collect());
    let states = states(recording);
    let level = trace.iter().sum::<f64>() / trace.len() as f64;
    let animals = (0..5).map(|a| {
        let mean = |&x: &f32| (level + 0.25 * (a as f64 * 0.4 + f64::from(x) * 2.5).sin()) as f32;
        let mean: Vec<f32> = x.iter().map(mean).collect();
        state_means::AnimalMean {
            animal: format!("worm{}", a + 1),
            n_bouts: 12,
            low: mean.iter().map(|m| m - 0.12).collect(),
            high: mean.iter().map(|m| m + 0.12).collect(),
            mean,
        }
    });
    let animals: Vec<_> = animals.collect();
    let all = (0..x.len()).map(|k| animals.iter().map(|a| a.mean[k]).sum::<f32>() / 5.).collect();
    state_means::MeansPanel {
        neuron: name,
        state: states.names[usize::from(state)].clone(),
        x,
        animals,
        all,
    }
}

fn training() -> training::Data {
    let epochs: Vec<u32> = (0..80).map(|k| 1 + k * 10).collect();
    let panel = |(m, model): (usize, &&str)| {
        let fit = |f: usize, floor: f64, bump: f64| -> Vec<f32> {
            let rate = 60. + 90. * hash(f, m);
            let loss = |&e: &u32| {
                let e = f64::from(e);
                (floor + (1.3 - floor) * (-e / rate).exp() + bump * e / 800.) as f32
            };
            epochs.iter().map(loss).collect()
        };
        let band = |fits: &[Vec<f32>]| {
            let list = |rank: usize| {
                let at = |k: usize| {
                    let mut losses: Vec<f32> = fits.iter().map(|fit| fit[k]).collect();
                    losses.sort_by(f32::total_cmp);
                    losses[rank]
                };
                (0..epochs.len()).map(at).collect()
            };
            let [p10, p25, median, p75, p90] = [2, 5, 10, 15, 18].map(list);
            training::Band { p10, p25, median, p75, p90 }
        };
        let validation: Vec<Vec<f32>> =
            (0..21).map(|f| fit(f, 0.1 + 0.1 * hash(f, 9 + m), 0.2 * hash(f, 11))).collect();
        let kept = validation.iter().map(|fit| {
            let best = (0..80).min_by(|&a, &b| fit[a].total_cmp(&fit[b])).unwrap();
            (epochs[best], fit[best])
        });
        let training: Vec<Vec<f32>> = (0..21).map(|f| fit(f, 0.05, 0.)).collect();
        training::CurvePanel {
            model: model.to_string(),
            condition: "trained on 4 animals".into(),
            n_fits: 21,
            epochs: epochs.clone(),
            training: band(&training),
            kept: kept.collect(),
            validation: band(&validation),
            learning_rate: epochs.iter().map(|&e| 1e-3 * 0.25f64.powi(e as i32 / 300)).collect(),
        }
    };
    training::Data {
        about: about("training", "Loss against epoch"),
        loss: "loss, nats per frame".into(),
        panels: ["mlp", "gnn-text", "gnn"].iter().enumerate().map(panel).collect(),
    }
}

fn leakage() -> leakage::Data {
    let score = |centre: f64, spread: f64, m: usize| {
        let singles: Vec<f64> =
            (0..25).map(|k| (centre + spread * (hash(k, m) - 0.5)).min(1.)).collect();
        leakage::Score { mean: singles.iter().sum::<f64>() / 25., singles }
    };
    let models = MODELS.iter().enumerate().map(|(m, model)| leakage::Pair {
        model: model.to_string(),
        leaking: score(if m == 0 { 0.5 } else { 0.985 }, 0.03, m),
        strict: score(if m == 0 { 0.49 } else { 0.84 + 0.02 * m as f64 }, 0.12, m + 20),
    });
    leakage::Data {
        about: about("leakage", "What shuffled windows claim and what separate blocks find"),
        measure: "accuracy on test frames of the same animal".into(),
        leaking: "shuffled windows of 8 frames".into(),
        strict: "contiguous blocks with a gap of one median bout".into(),
        models: models.collect(),
    }
}

fn curves() -> curves::Data {
    let series = |name: &str, role, height: f64| {
        let x: Vec<f64> = (-45..=45).map(|k| f64::from(k) / 3.).collect();
        let mean: Vec<f64> = x.iter().map(|x| height * (-x * x / 8.).exp() - 0.1).collect();
        let low = mean.iter().map(|v| v - 0.08).collect();
        let high = mean.iter().map(|v| v + 0.08).collect();
        curves::Series { name: name.into(), role, x, mean, low, high }
    };
    let panel = |title: &str, height: f64| curves::CurvesPanel {
        title: title.into(),
        series: vec![
            series("its own other onsets", CurveRole::Model, 0.7 * height),
            series("one other animal", CurveRole::Model, 0.4 * height),
            series("states alone", CurveRole::Baseline, 0.2 * height),
        ],
    };
    curves::Data {
        about: about("curves", "Scores of templates around the onset of backward crawling"),
        abscissa: "time from onset, s".into(),
        quantity: "correlation".into(),
        band: "± SD over animals".into(),
        reference: Some(0.),
        panels: vec![panel("around the onset", 1.), panel("before the onset", 0.6)],
    }
}

fn dots() -> dots::Data {
    let row = |(k, (group, name)): (usize, (&str, &str))| {
        let values: Vec<f64> = (0..5).map(|animal| 0.9 - 0.4 * hash(k, animal)).collect();
        let mean = Some(values.iter().sum::<f64>() / 5.);
        dots::DotRow { name: name.into(), group: group.into(), values, mean }
    };
    let rows = [
        ("around the onset", "its own other onsets"),
        ("around the onset", "one other animal"),
        ("before the onset", "its own other onsets"),
        ("before the onset", "one other animal"),
    ];
    dots::Data {
        about: about("dots", "How well onsets are told from other frames"),
        quantity: "area under the ROC".into(),
        reference: Some(0.5),
        animals: (1..=5).map(|k| format!("worm{k}")).collect(),
        rows: rows.into_iter().enumerate().map(row).collect(),
    }
}

pub fn figures(recordings: &[Recording]) -> Vec<FigureData> {
    let (neurons, n_shared, _) = ordered(recordings, 0);
    let recording = &recordings[0];
    let heat = heat_map::Data {
        about: about("heat-map", "Calcium of a whole brain under its behaviour"),
        recording: 0,
        n_shared,
        limits: [-0.2, 1.2],
        scale: heat_map::HeatScale::PerNeuron,
    };
    let place = |name: &str| neurons.iter().position(|n| n == name).unwrap();
    let manifold = manifold::Data {
        about: about("manifold", "Trajectories along principal components"),
        method: "Principal components of the shared neurons' ΔF/F, per animal".into(),
        axes: ["PC 1", "PC 2", "PC 3"].map(str::to_owned),
        view: [-35., 25.],
        animals: (0..recordings.len())
            .map(|at| {
                let (_, n_shared, values) = ordered(recordings, at);
                let n_frames = recordings[at].n_frames();
                manifold::Trajectory {
                    animal: recordings[at].animal().to_owned(),
                    points: components(&values, n_shared, n_frames),
                    states: states(&recordings[at]),
                    axes: None,
                }
            })
            .collect(),
    };
    let one = manifold::Data {
        about: about("diffusion-map", "Trajectory on a diffusion map"),
        method: "Asymmetric diffusion map of the shared neurons".into(),
        axes: ["ψ 1", "ψ 2", "ψ 3"].map(str::to_owned),
        animals: manifold.animals[..1].to_vec(),
        ..manifold.clone()
    };
    let panels = ["ALA", "RIML"]
        .iter()
        .flat_map(|neuron| [2, 6].map(|state| state_means(recording, neuron, state)));
    let means = state_means::Data {
        about: about("state-means", "Activity of two neurons in two states"),
        abscissa: "phase of the bout".into(),
        quantity: "ΔF/F".into(),
        panels: panels.collect(),
    };
    let shared = &neurons[..n_shared];
    let columns = ["FWD", "SLOW", "DT", "VT", "REV1", "REV2", "REVSUS"].map(str::to_owned);
    let distributions = distributions::Data {
        about: about("distributions", "Whether animals differ"),
        rows: shared.to_vec(),
        probabilities: (0..n_shared * 7)
            .map(|k| (k % 23 != 5).then(|| hash(k, 2).powi(3)))
            .collect(),
        columns: columns.to_vec(),
        test: "Kolmogorov–Smirnov between animals, Holm's correction".into(),
    };
    let confusion = confusion::Data {
        about: about("confusion", "Predicted and labelled states of unseen animals"),
        states: ["reverse", "forward", "dorsal turn", "ventral turn"].map(str::to_owned).to_vec(),
        models: vec![
            confusion::Counts {
                model: "gnn, trained on 4 animals".into(),
                counts: vec![
                    vec![6021, 162, 39, 150],
                    vec![73, 6656, 79, 50],
                    vec![46, 106, 449, 320],
                    vec![73, 81, 463, 517],
                ],
            },
            confusion::Counts {
                model: "mlp, trained on 4 animals".into(),
                counts: vec![
                    vec![4725, 46, 8, 70],
                    vec![122, 6508, 108, 79],
                    vec![43, 334, 351, 266],
                    vec![1323, 117, 563, 622],
                ],
            },
        ],
    };
    let same = "test folds of the animals trained on";
    let two = [(same, 0.93), ("unseen animals", 0.72)];
    let three = [("same animals", 0.93), ("unseen animals", 0.72), ("Nichols, 21 animals", 0.6)];
    let fifteen: Vec<String> = shared.iter().take(15).cloned().collect();
    vec![
        FigureData::HeatMap(heat),
        FigureData::Trace(trace::Data {
            about: about("traces", "Two neurons, coloured by behaviour"),
            recording: 0,
            neurons: vec![place("AVAL"), place("RID")],
        }),
        FigureData::StateMeans(means),
        FigureData::Distributions(distributions),
        FigureData::Manifold(manifold),
        FigureData::Manifold(one),
        FigureData::Strip(scores("accuracy", &MODELS, &two, 30)),
        FigureData::Bars(scores("accuracy-bars", &MODELS, &three, 30)),
        FigureData::Learning(scores("learning", &MODELS, &three, 30)),
        FigureData::Confusion(confusion),
        FigureData::Against(against()),
        FigureData::Horizon(horizon()),
        FigureData::Fan(fans()),
        FigureData::GraphMatrix(graph("graph-matrix", &fifteen)),
        FigureData::GraphNetwork(graph("graph-network", &fifteen)),
        FigureData::Training(training()),
        FigureData::Leakage(leakage()),
        FigureData::Curves(curves()),
        FigureData::Dots(dots()),
    ]
}

fn against() -> against::Data {
    let conditions = ["0", "0.35", "1", "2", "offline"].map(str::to_owned);
    let line = |model: &str, top: f64, from: usize| against::Line {
        model: model.to_owned(),
        mean: (0..5).map(|k| (k >= from).then_some(top - 0.02 * (5 - k) as f64)).collect(),
        sd: (0..5).map(|k| (k >= from && k < 4).then_some(0.03)).collect(),
    };
    let panel = |title: &str, top: f64| against::AgainstPanel {
        title: title.to_owned(),
        lines: vec![line("tcn", top, 0), line("logistic", top - 0.15, 3)],
    };
    against::Data {
        about: about("delay", "Balanced accuracy against how long an answer waits"),
        measure: "balanced accuracy".into(),
        over: "unseen animals".into(),
        condition: "seconds that an answer waits".into(),
        conditions: conditions.to_vec(),
        panels: vec![panel("4 states", 0.92), panel("7 states", 0.78)],
    }
}

pub fn view(recordings: &[Recording], at: usize) -> RecordingView {
    let (neurons, _, values) = ordered(recordings, at);
    let states = states(&recordings[at]);
    let predicted = |k: usize, model: &str| {
        let mut predicted = states.clone();
        for t in 0..predicted.of_frame.len() {
            // Errors come in runs, as those of decoders do.
            if hash(t / 6, k) < 0.12 {
                predicted.of_frame[t] = Some((hash(t / 6, k + 50) * 7.) as u8);
            }
        }
        Prediction { model: model.to_owned(), trained_on: "worm2, worm3".into(), states: predicted }
    };
    RecordingView {
        animal: recordings[at].animal().to_owned(),
        seconds: seconds(&recordings[at]),
        neurons,
        values,
        unit: "ΔF/F".into(),
        predictions: vec![predicted(1, "gnn"), predicted(2, "mlp")],
        states,
    }
}

/// A document with everything in it.
pub fn document(recordings: &[Recording]) -> Document {
    let sentences = |texts: &[&str]| texts.iter().map(|text| text.to_string()).collect();
    let settings = |pairs: &[(&str, &str)]| {
        let setting =
            |&(name, value): &(&str, &str)| Setting { name: name.into(), value: value.into() };
        pairs.iter().map(setting).collect()
    };
    Document {
        summary: Summary {
            asked: sentences(&["Do decoders of behaviour hold on animals they have never seen?"]),
            data: sentences(&["5 animals, 15 neurons that all share, 4 states, 6,815 frames."]),
            found: sentences(&[
                "On unseen animals the GNN reaches 84 ± 6 %, the majority class 43 % (n = 20 pairs).",
            ]),
            distrust: sentences(&[
                "Normalisation has seen the test frames.",
                "Labels were derived from eight neurons, two of which are among the inputs.",
            ]),
        },
        tables: vec![horizon().table(&[1, 8, 16])],
        figures: figures(recordings),
        recordings: (0..recordings.len()).map(|at| view(recordings, at)).collect(),
        configuration: settings(&[("protocol", "paper"), ("neurons", "paper-15"), ("epochs", "800")]),
        study_file: Some("[study]\nname = \"fig4\"\nepochs = 800\n".into()),
        software: settings(&[("nervering", "0.1.0")]),
        seeds: settings(&[("seed", "0")]),
        citations: vec![
            Citation {
                text: "Wang et al. 2020, Generalizable Machine Learning in Neuroscience using Graph Neural Networks.".into(),
                url: Some("https://arxiv.org/abs/2010.08569".into()),
            },
            Citation { text: "Kato et al. 2015, Cell 163:656.".into(), url: None },
        ],
        ..Document::new("Four states on unseen worms")
    }
}
