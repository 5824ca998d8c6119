//! States of behaviour up to 30 s ahead and the time to the next switch, told by Asymmetric Diffusion Map
//! Modelling of the other animals (Brennan & Proekt 2019).

use super::over_animals::{ends, smallest_p, spread};
use super::{AnalysisAbout, AnalysisReport, number, table, words};
use crate::cells::{Cell, TableData, p_text, shown};
use crate::figure::{CurveRole, FigureData, curves, dots};
use crate::table::{csv_bytes, number as field};
use nervering_analysis::{
    AHEAD_S, Ahead, AheadBy, Band, StateTeller, StatesOverAnimals, SwitchOverAnimals, SwitchTeller,
};
use nervering_statistics::SignFlipTest;

/// Seconds ahead that tables show.
const SHOWN_S: [usize; 8] = [0, 1, 3, 5, 10, 15, 20, 30];
/// Seconds ahead that the summary says.
const SAID_S: [usize; 3] = [3, 10, 30];
const NORMALISATION: &str = "min-max per neuron, the animals trained on by their whole recordings, the \
                             one told by its range so far or its whole recording";

/// The report of states and switches ahead.
pub fn ahead(found: &Ahead, about: &AnalysisAbout<'_>) -> AnalysisReport {
    let asked = "How far ahead does the loop manifold of other animals tell what an animal will do, and \
                 when it will switch, beyond what its present state tells?";
    let title = "States of behaviour up to 30 s ahead, and the time to the next switch";
    let mut document = about.document(title, asked, &found.neurons);
    document.tables = found.scopes.iter().map(states).collect();
    document.tables.push(switches(found));
    document.figures = vec![
        FigureData::Curves(lines(found, about, Quantity::Balanced)),
        FigureData::Curves(lines(found, about, Quantity::Bits)),
        FigureData::Dots(errors(found, about)),
    ];
    let summary = &mut document.summary;
    summary
        .found
        .extend(found.scopes.iter().flat_map(|by| [said_of_states(by), said_of_switches(by)]));
    summary.distrust.extend(distrust());
    let files = vec![
        ("tables/ahead-animals.csv".to_owned(), states_csv(found)),
        ("tables/switches-animals.csv".to_owned(), switches_csv(found)),
    ];
    AnalysisReport { document, files }
}

fn of(by: &AheadBy, teller: StateTeller) -> Option<&StatesOverAnimals> {
    by.states.iter().find(|states| states.teller == teller)
}

fn said_of_states(by: &AheadBy) -> String {
    let percent = |teller, second: usize| {
        let mean = of(by, teller).and_then(|states| states.by_second.get(second)?[0].mean);
        mean.map_or_else(|| "–".to_owned(), |mean| format!("{:.0}", 100. * mean))
    };
    let at = |&second: &usize| {
        let [adm, alone, stays] = [StateTeller::Adm, StateTeller::StatesAlone, StateTeller::Stays]
            .map(|teller| percent(teller, second));
        let test = of(by, StateTeller::StatesAlone).and_then(|s| s.adm_less.get(second)?[0]);
        let p = test.map_or_else(|| "–".to_owned(), |test| p_text(test.p));
        format!(
            "{second} s ahead {adm} % (states alone {alone} %, p {p}; the state stays {stays} %)"
        )
    };
    let bits = |teller| {
        let of_second = |&second: &usize| {
            let mean = of(by, teller).and_then(|states| states.by_second.get(second)?[1].mean);
            mean.map_or_else(|| "–".to_owned(), |mean| shown(mean, 2))
        };
        SAID_S.iter().map(of_second).collect::<Vec<_>>().join(", ")
    };
    format!(
        "Scaled by the {}, the chain over phase and loop tells the state with a balanced accuracy of: {}. In \
         bits per frame it is {}; states alone {}.",
        by.scope.as_str(),
        SAID_S.iter().map(at).collect::<Vec<_>>().join("; "),
        bits(StateTeller::Adm),
        bits(StateTeller::StatesAlone)
    )
}

fn said_of_switches(by: &AheadBy) -> String {
    let error = |teller: SwitchTeller| {
        let found = by.switches.iter().find(|switches| switches.teller == teller);
        found.and_then(|found| found.error_s.mean).map_or_else(|| "–".to_owned(), |e| shown(e, 1))
    };
    let [adm, alone, dwell, constant] = SwitchTeller::ALL.map(error);
    format!(
        "Scaled by the {}, the time to the next switch, cut at {AHEAD_S} s, is wrong by {adm} s, where \
         states alone are by {alone} s, the usual rest of the state by {dwell} s, and one constant by \
         {constant} s.",
        by.scope.as_str()
    )
}

fn distrust() -> Vec<String> {
    [
        "By the whole recording an animal is scaled as the source does, which has seen the future: its \
         smallest and largest values. The range so far has not, and is rough in the first minutes.",
        "All tellers but frequencies start from the state that the manifold decodes, not from the \
         labelled one: states alone and the state that stays are as wrong at 0 s as it is.",
        "The state told is the one whose probability is most above its frequency, since balanced accuracy \
         counts rare states as much as frequent ones; probabilities alone would hardly ever tell a turn.",
        "Labels were derived from some of these neurons over the whole recording, and smoothly in time, so \
         that they may know a little of what comes.",
    ]
    .map(str::to_owned)
    .into()
}

fn states(by: &AheadBy) -> TableData {
    let title = format!("States ahead of animals never seen, scaled by the {}", by.scope.as_str());
    let mut table = table(
        &format!("ahead-{}", by.scope.as_str().replace(' ', "-")),
        &title,
        &[
            "s ahead",
            "adm, balanced %",
            "states alone",
            "state stays",
            "adm less alone",
            "p",
            "adm, bits",
            "alone, bits",
            "adm less alone, bits",
            "p (bits)",
        ],
    );
    let cells = |second: usize| -> Option<Vec<Cell>> {
        let [adm, alone, stays] =
            [StateTeller::Adm, StateTeller::StatesAlone, StateTeller::Stays].map(|t| of(by, t));
        let (adm, alone, stays) = (adm?, alone?, stays?);
        let [balanced, bits] = alone.adm_less.get(second)?;
        let less = |test: &Option<SignFlipTest>, unit: f64, decimals: u8| {
            number(test.map(|test| unit * test.mean_difference), decimals)
        };
        let p = |test: &Option<SignFlipTest>| test.map_or(Cell::Missing, |test| Cell::P(test.p));
        let of = |states: &StatesOverAnimals| spread(&states.by_second[second][0], 100., 1);
        let mean = |states: &StatesOverAnimals| number(states.by_second[second][1].mean, 2);
        Some(vec![
            number(second as f64, 0),
            of(adm),
            of(alone),
            of(stays),
            less(balanced, 100., 1),
            p(balanced),
            mean(adm),
            mean(alone),
            less(bits, 1., 2),
            p(bits),
        ])
    };
    table.rows.extend(SHOWN_S.into_iter().filter_map(cells));
    table.notes.push(
        "Each animal by the loop manifold of all others: mean ± SD over animals. Balanced: mean recall over \
         the states that occur; saying always the same state gives one over their number. Bits: log₂ of \
         the probability told of the state that came over its frequency in the other animals, per frame."
            .to_owned(),
    );
    table.notes.push(smallest_p(by.animals.len()));
    table
}

fn switches(found: &Ahead) -> TableData {
    let mut table = table(
        "switches",
        &format!("Time to the next switch of state, cut at {AHEAD_S} s"),
        &[
            "scaled by",
            "told by",
            "wrong by, s",
            "95 % interval",
            "adm less, s",
            "p",
            "rank correlation",
        ],
    );
    for by in &found.scopes {
        for switches in &by.switches {
            let test = switches.adm_less.filter(|_| switches.teller != SwitchTeller::Adm);
            table.rows.push(vec![
                words(by.scope.as_str()),
                words(switches.teller.as_str()),
                spread(&switches.error_s, 1., 2),
                ends(&switches.error_s, 1., 2),
                number(test.map(|test| test.mean_difference), 2),
                test.map_or(Cell::Missing, |test| Cell::P(test.p)),
                spread(&switches.correlation, 1., 2),
            ]);
        }
    }
    table.notes.push(
        "Mean absolute error over the frames of known state, mean ± SD over animals. Each tells the median \
         of what it takes for possible. Dwell of the state: what was left of a bout at the frames of that \
         state in the other animals; constant: at all their frames."
            .to_owned(),
    );
    table
}

/// What is drawn against seconds ahead.
#[derive(Clone, Copy, PartialEq)]
enum Quantity {
    Balanced,
    Bits,
}

fn lines(found: &Ahead, about: &AnalysisAbout<'_>, quantity: Quantity) -> curves::Data {
    let (name, title, text, unit, reference) = match quantity {
        Quantity::Balanced => (
            "ahead",
            "States ahead of animals never seen: balanced accuracy",
            "balanced accuracy, %",
            100.,
            Some(100. / found.coding.n_classes() as f64),
        ),
        Quantity::Bits => (
            "ahead-bits",
            "States ahead of animals never seen: bits more than frequencies know",
            "bits per frame",
            1.,
            Some(0.),
        ),
    };
    let series = |states: &StatesOverAnimals| {
        let band: &Band = match quantity {
            Quantity::Balanced => &states.balanced,
            Quantity::Bits => &states.bits,
        };
        let scaled = |values: &[f64]| values.iter().map(|value| unit * value).collect::<Vec<f64>>();
        // Bands of baselines would hide what they are compared with.
        let is_model = states.teller == StateTeller::Adm;
        let [low, high] =
            if is_model { band.ends().map(|end| scaled(&end)) } else { Default::default() };
        curves::Series {
            name: states.teller.as_str().to_owned(),
            role: if is_model { CurveRole::Model } else { CurveRole::Baseline },
            x: found.seconds.clone(),
            mean: scaled(&band.mean),
            low,
            high,
        }
    };
    let panel = |by: &AheadBy| curves::CurvesPanel {
        title: format!("scaled by the {}", by.scope.as_str()),
        // What is tested stands in front; frequencies are the line across.
        series: by
            .states
            .iter()
            .rev()
            .filter(|states| states.teller != StateTeller::Frequencies)
            .map(series)
            .collect(),
    };
    curves::Data {
        about: about.figure(name, title, NORMALISATION),
        abscissa: "seconds ahead".to_owned(),
        quantity: text.to_owned(),
        band: "± SD over animals".to_owned(),
        reference,
        panels: found.scopes.iter().map(panel).collect(),
    }
}

fn errors(found: &Ahead, about: &AnalysisAbout<'_>) -> dots::Data {
    let row = |by: &AheadBy, switches: &SwitchOverAnimals| dots::DotRow {
        name: switches.teller.as_str().to_owned(),
        group: by.scope.as_str().to_owned(),
        values: switches.error_s.values.iter().map(|value| value.unwrap_or(f64::NAN)).collect(),
        mean: switches.error_s.mean,
    };
    let rows = found.scopes.iter().flat_map(|by| by.switches.iter().map(|of| row(by, of)));
    let animals = found.scopes.first().map_or(&[] as &[_], |by| by.animals.as_slice());
    dots::Data {
        about: about.figure(
            "switches",
            &format!("How wrong the time to the next switch is told, cut at {AHEAD_S} s"),
            NORMALISATION,
        ),
        quantity: "mean absolute error, s".to_owned(),
        reference: None,
        animals: animals.iter().map(|animal| animal.animal.clone()).collect(),
        rows: rows.collect(),
    }
}

/// Every animal at every second.
fn states_csv(found: &Ahead) -> Vec<u8> {
    let header = ["scaled_by", "animal", "told_by", "seconds_ahead", "balanced_accuracy", "bits"];
    let mut rows = Vec::new();
    for by in &found.scopes {
        for animal in &by.animals {
            for told in &animal.states {
                for (k, &seconds) in found.seconds.iter().enumerate() {
                    rows.push(vec![
                        by.scope.as_str().to_owned(),
                        animal.animal.clone(),
                        told.teller.as_str().to_owned(),
                        field(Some(seconds)),
                        field(Some(told.balanced[k])),
                        field(Some(told.bits[k])),
                    ]);
                }
            }
        }
    }
    csv_bytes(&header.map(str::to_owned), rows)
}

/// The time to the next switch in every animal.
fn switches_csv(found: &Ahead) -> Vec<u8> {
    let header = ["scaled_by", "animal", "told_by", "frames", "error_s", "rank_correlation"];
    let rows = found.scopes.iter().flat_map(|by| {
        by.animals.iter().flat_map(move |animal| {
            animal.switches.iter().map(move |times| {
                vec![
                    by.scope.as_str().to_owned(),
                    animal.animal.clone(),
                    times.teller.as_str().to_owned(),
                    times.n_frames.to_string(),
                    field(times.error_s),
                    field(times.correlation),
                ]
            })
        })
    });
    csv_bytes(&header.map(str::to_owned), rows)
}
