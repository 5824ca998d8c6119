//! How far animals go through their states alike: state-wise means (Figure 1C) and the probability
//! that two animals' dynamics come from one distribution (Figure 1D).

use super::{AnalysisAbout, AnalysisReport, count, table, words};
use crate::cells::{Cell, TableData};
use crate::figure::{FigureData, distributions, state_means};
use crate::table::{csv_bytes, number as field};
use nervering_analysis::{
    ALPHA, Between, ExchangeUnit, Individuality, SameDistribution, StateDwell,
};

/// Neurons whose means are drawn, if they are there: a command neuron that all animals share, the
/// paper's example of an inconsistent one, and one of reversals.
const DRAWN: [&str; 3] = ["AVAL", "ALA", "RIML"];
/// Bouts behind an interval that is drawn: of two or three it may be wider than the trace is high.
const LEAST_BOUTS: usize = 4;
/// Animals whose pairs are drawn: ten make 45 columns.
const MOST_COMPARED: usize = 10;

/// The report of a comparison of animals.
pub fn variability(found: &Individuality, about: &AnalysisAbout<'_>) -> AnalysisReport {
    let asked = "Do neurons go through the states of behaviour alike in all animals?";
    let title = "Variability between animals: state-wise means, and tests for one distribution";
    let mut document = about.document(title, asked, &found.curves.neurons);
    document.tables = vec![neurons(found), dwell(found, about)];
    document.figures = vec![FigureData::StateMeans(means(found, about))];
    let compared = found.between.iter().map(|between| distributions(found, between, about));
    document.figures.extend(compared.map(FigureData::Distributions));
    let summary = &mut document.summary;
    summary.found.extend(found.between.iter().map(|between| said(between, found)));
    let different: usize = found.halves_different.iter().map(|(n, _)| n).sum();
    let tested: usize = found.halves_different.iter().map(|(_, n)| n).sum();
    summary.found.push(format!(
        "Between the two halves of one animal, exchanging bouts, {different} of {tested} tests have \
         p of {ALPHA} or less; chance alone would give {:.0}.",
        ALPHA * tested as f64
    ));
    summary.distrust.extend(distrust());
    let files = vec![
        ("tables/same-distribution.csv".to_owned(), tests(found)),
        ("tables/curves.csv".to_owned(), curves(found)),
    ];
    AnalysisReport { document, files }
}

fn unit(unit: ExchangeUnit) -> String {
    match unit {
        ExchangeUnit::Bout => "exchanging bouts".to_owned(),
        ExchangeUnit::Block(n) => format!("exchanging {n} blocks per animal"),
    }
}

fn short(unit: ExchangeUnit) -> &'static str {
    match unit {
        ExchangeUnit::Bout => "bouts",
        ExchangeUnit::Block(_) => "blocks",
    }
}

fn said(between: &Between, found: &Individuality) -> String {
    let names: Vec<&str> = between.consistent().into_iter().map(|name| name.as_str()).collect();
    let (different, pairs) = between.n_different();
    let listed = if names.is_empty() { String::new() } else { format!(" ({})", names.join(" ")) };
    format!(
        "{} of {} neurons are consistent{listed} {}, where the paper says 3 of 15; {different} of \
         {pairs} pairs of animals differ.",
        names.len(),
        found.curves.neurons.len(),
        unit(between.unit)
    )
}

fn distrust() -> Vec<String> {
    [
        "The number of consistent neurons is set by what is taken as independent. Exchanging bouts \
         takes drift within an animal for a difference between animals, as the halves show; \
         exchanging blocks allows for it and has little power: with six blocks p is at least 1/462.",
        "Consistent means that no pair of animals could be told apart. That is absence of evidence, \
         and comes easily with few bouts.",
        "The paper names no test: the energy distance, its sum over states and Holm's correction over \
         the pairs of a neuron are ours, as are z-scores over the whole recording.",
        "ALA, the paper's example of an inconsistent neuron, was among the consistent ones under most \
         settings on the eight minutes of the Kato worms that this was written on.",
        "States were derived from some of these neurons (AVA, VB02 among others), whose courses are \
         then alike by construction.",
    ]
    .map(str::to_owned)
    .into()
}

fn neurons(found: &Individuality) -> TableData {
    let mut columns = vec!["neuron".to_owned()];
    for between in &found.between {
        let short = short(between.unit);
        columns.push(format!("pairs that differ, {short}"));
        columns.push(format!("smallest p (Holm), {short}"));
        columns.push(format!("consistent, {short}"));
    }
    columns.push("animals whose halves differ".to_owned());
    let mut table = TableData { columns, ..table("consistency", "Neurons", &[]) };
    for (k, neuron) in found.curves.neurons.iter().enumerate() {
        let mut row = vec![words(neuron.as_str())];
        for between in &found.between {
            let of_neuron = &between.neurons[k];
            row.push(words(&format!("{} of {}", of_neuron.n_different, of_neuron.n_pairs)));
            row.push(of_neuron.smallest_p_holm.map_or(Cell::Missing, Cell::P));
            row.push(words(if of_neuron.is_consistent() { "yes" } else { "no" }));
        }
        let (different, tested) = found.halves_different[k];
        row.push(words(&format!("{different} of {tested}")));
        table.rows.push(row);
    }
    table.notes.push(format!(
        "Permutation tests on the energy distance between bouts, {} exchanges each, states summed. \
         Pairs differ at {ALPHA} after Holm's correction over the pairs of a neuron; halves at \
         {ALPHA}, not corrected.",
        found.n_permutations
    ));
    table
}

fn dwell(found: &Individuality, about: &AnalysisAbout<'_>) -> TableData {
    let mut columns = vec!["animal".to_owned(), "compared".to_owned()];
    columns.extend(about.state_names());
    let title = "Bouts × the median length of complete ones in seconds";
    let mut table = TableData { columns, ..table("dwell", title, &[]) };
    for (dwell, &n_bouts) in found.dwell.iter().zip(&found.n_bouts) {
        let state = |state: &StateDwell| match state.median_s() {
            Some(median) => words(&format!("{} × {median:.1}", state.n_bouts)),
            None if state.n_bouts > 0 => words(&state.n_bouts.to_string()),
            None => Cell::Missing,
        };
        let mut row = vec![words(&dwell.animal), count(n_bouts)];
        row.extend(dwell.states.iter().map(state));
        table.rows.push(row);
    }
    table
        .notes
        .push(format!("Compared: complete bouts of at least {} frames.", found.align.min_frames));
    table
}

fn means(found: &Individuality, about: &AnalysisAbout<'_>) -> state_means::Data {
    let curves = &found.curves;
    let named =
        DRAWN.iter().filter_map(|name| curves.neurons.iter().position(|n| n.as_str() == *name));
    let mut drawn: Vec<usize> = named.collect();
    if drawn.is_empty() {
        drawn = (0..curves.neurons.len().min(DRAWN.len())).collect();
    }
    let x: Vec<f32> = curves.phases.iter().map(|&phase| phase as f32).collect();
    let single = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<_>>();
    let panel = |neuron: usize, state: usize| {
        let of_panel = curves.curves.iter().filter(|c| (c.neuron, c.state) == (neuron, state));
        let animals = of_panel.map(|curve| {
            let half_width = curve.half_width.as_ref().filter(|_| curve.n_bouts >= LEAST_BOUTS);
            let ends = |sign: f64| match half_width {
                Some(half) => curve
                    .mean
                    .iter()
                    .zip(half)
                    .map(|(mean, half)| (mean + sign * half) as f32)
                    .collect(),
                None => vec![f32::NAN; curve.mean.len()],
            };
            state_means::AnimalMean {
                animal: curves.animals[curve.animal].clone(),
                n_bouts: curve.n_bouts,
                mean: single(&curve.mean),
                low: ends(-1.),
                high: ends(1.),
            }
        });
        let all = curves.means.iter().find(|m| (m.neuron, m.state) == (neuron, state));
        state_means::MeansPanel {
            neuron: curves.neurons[neuron].to_string(),
            state: curves.states[state].to_owned(),
            x: x.clone(),
            animals: animals.collect(),
            all: all.map(|mean| single(&mean.mean)).unwrap_or_default(),
        }
    };
    let states = 0..curves.states.len();
    let panels = drawn.iter().flat_map(|&n| states.clone().map(move |s| (n, s)));
    state_means::Data {
        about: about.figure(
            "state-means",
            &format!(
                "Activity through each state, per animal; intervals of {LEAST_BOUTS} bouts or more"
            ),
            "z-scores over the whole recording, per neuron",
        ),
        abscissa: "phase".to_owned(),
        quantity: "z-score".to_owned(),
        panels: panels.map(|(neuron, state)| panel(neuron, state)).collect(),
    }
}

fn distributions(
    found: &Individuality,
    between: &Between,
    about: &AnalysisAbout<'_>,
) -> distributions::Data {
    let animals = &found.curves.animals;
    let n = animals.len().min(MOST_COMPARED);
    let pairs: Vec<(usize, usize)> = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b))).collect();
    let p = |neuron: usize, (first, second): (usize, usize)| {
        let name = &found.curves.neurons[neuron];
        let is = |test: &&SameDistribution| {
            (&test.neuron, test.first, test.second) == (name, first, second)
        };
        between.tests.iter().find(is)?.p
    };
    let rows = 0..found.curves.neurons.len();
    let short_names = short_names(&animals[..n]);
    let named: Vec<String> =
        short_names.iter().zip(animals).map(|(short, name)| format!("{short} {name}")).collect();
    distributions::Data {
        about: about.figure(
            &format!("same-distribution-{}", short(between.unit)),
            &format!("Do two animals' dynamics come from one distribution, {}", unit(between.unit)),
            "z-scores over the whole recording, per neuron",
        ),
        rows: found.curves.neurons.iter().map(ToString::to_string).collect(),
        columns: pairs
            .iter()
            .map(|&(a, b)| format!("{}–{}", short_names[a], short_names[b]))
            .collect(),
        probabilities: rows.flat_map(|k| pairs.iter().map(move |&pair| p(k, pair))).collect(),
        test: format!(
            "permutation of the energy distance between bouts, {}, {} times; p not corrected; animals \
             {}",
            unit(between.unit),
            found.n_permutations,
            named.join(", ")
        ),
    }
}

/// Names without what all have in common at their beginning, cut to what tells them apart.
fn short_names(names: &[String]) -> Vec<String> {
    let letters: Vec<Vec<char>> = names.iter().map(|name| name.chars().collect()).collect();
    let Some(first) = letters.first() else { return Vec::new() };
    let is_shared = |at: &usize| letters.iter().all(|name| name.get(*at) == first.get(*at));
    let shared = (0..first.len()).take_while(is_shared).count();
    // Of names that are alike to their end, the end is kept.
    let shared = if names.len() > 1 { shared } else { 0 };
    let cut = |n: usize| -> Vec<String> {
        letters.iter().map(|name| name.iter().skip(shared).take(n).collect()).collect()
    };
    let distinct = |names: &[String]| {
        let once: std::collections::BTreeSet<&String> = names.iter().collect();
        once.len() == names.len() && names.iter().all(|name| !name.is_empty())
    };
    let short = (3..=10).map(cut).find(|names| distinct(names));
    short.unwrap_or_else(|| (1..=names.len()).map(|k| k.to_string()).collect())
}

/// Every test.
fn tests(found: &Individuality) -> Vec<u8> {
    let header = [
        "compared",
        "exchanged",
        "neuron",
        "first",
        "second",
        "bouts_first",
        "bouts_second",
        "distance",
        "p",
    ];
    let animals = &found.curves.animals;
    let row = |what: &str, unit: &str, test: &SameDistribution, first: String, second: String| {
        vec![
            what.to_owned(),
            unit.to_owned(),
            test.neuron.to_string(),
            first,
            second,
            test.n_bouts[0].to_string(),
            test.n_bouts[1].to_string(),
            field(Some(test.distance)),
            field(test.p),
        ]
    };
    let between = found.between.iter().flat_map(|between| {
        between.tests.iter().map(|test| {
            let [first, second] = [test.first, test.second].map(|k| animals[k].clone());
            row("animals", short(between.unit), test, first, second)
        })
    });
    // As many tests per animal as neurons, in the order of the animals.
    let n_neurons = found.curves.neurons.len().max(1);
    let halves = found.halves.iter().enumerate().map(|(k, test)| {
        let of = |half: &str| format!("{}, {half} half", animals[k / n_neurons]);
        row("halves", "bouts", test, of("first"), of("second"))
    });
    csv_bytes(&header.map(str::to_owned), between.chain(halves))
}

/// Every mean, of all neurons.
fn curves(found: &Individuality) -> Vec<u8> {
    let header = ["neuron", "state", "animal", "n_bouts", "phase", "mean", "half_width_95"];
    let curves = &found.curves;
    let rows = curves.curves.iter().flat_map(|curve| {
        curves.phases.iter().enumerate().map(move |(k, &phase)| {
            vec![
                curves.neurons[curve.neuron].to_string(),
                curves.states[curve.state].to_owned(),
                curves.animals[curve.animal].clone(),
                curve.n_bouts.to_string(),
                field(Some(phase)),
                field(Some(curve.mean[k])),
                field(curve.half_width.as_ref().map(|half| half[k])),
            ]
        })
    });
    csv_bytes(&header.map(str::to_owned), rows)
}

#[cfg(test)]
mod tests {
    use super::short_names;

    #[test]
    fn names_are_cut_to_what_tells_them_apart() {
        let short = |names: &[&str]| {
            short_names(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>())
        };
        let kato = ["TS20140715e_lite-1", "TS20140715f_lite-1", "TS20140905c_lite-1"];
        assert_eq!(short(&kato), ["715e_", "715f_", "905c_"].map(|name| &name[..4]));
        assert_eq!(short(&["sim01", "sim02"]), ["1", "2"]);
        assert_eq!(short(&["a", "ab"]), ["1", "2"], "what is left is empty");
    }
}
