//! How a neuron goes through a state in each animal (the paper's Figure 1C, after Brennan & Proekt
//! 2019): per neuron, state and animal the mean over bouts at each phase, with a 95 % interval that
//! takes the bout, not the frame, as the unit. Beside them stands the mean over animals, which may
//! resemble none of them.

use super::aligned::AlignedBouts;
use nervering_recording::NeuronName;
use nervering_statistics::{mean, student_t_quantile};

/// Coverage aimed at.
const LEVEL: f64 = 0.95;

/// Curves of several animals.
#[derive(Debug, Clone, PartialEq)]
pub struct Variability {
    /// The neurons.
    pub neurons: Vec<NeuronName>,
    /// Names of the states.
    pub states: Vec<String>,
    /// The animals.
    pub animals: Vec<String>,
    /// Phases in [0, 1] at which curves are given.
    pub phases: Vec<f64>,
    /// One per neuron, state and animal that has such a bout, in that order.
    pub curves: Vec<AnimalCurve>,
    /// One per neuron and state that any animal has, in that order.
    pub means: Vec<MeanCurve>,
}

/// One neuron in one state of one animal.
#[derive(Debug, Clone, PartialEq)]
pub struct AnimalCurve {
    /// Index of the neuron.
    pub neuron: usize,
    /// Index of the state.
    pub state: usize,
    /// Index of the animal.
    pub animal: usize,
    /// Bouts averaged.
    pub n_bouts: usize,
    /// Mean over bouts at each phase, in units of the scaled trace.
    pub mean: Vec<f64>,
    /// Half the width of the 95 % interval at each phase: Student's t times the standard error over
    /// bouts; `None` for a single bout.
    pub half_width: Option<Vec<f64>>,
}

/// One neuron in one state over animals.
#[derive(Debug, Clone, PartialEq)]
pub struct MeanCurve {
    /// Index of the neuron.
    pub neuron: usize,
    /// Index of the state.
    pub state: usize,
    /// Animals averaged, each counting once.
    pub n_animals: usize,
    /// Mean over the animals' means at each phase.
    pub mean: Vec<f64>,
}

/// Averages the bouts of animals that were aligned in the same way.
///
/// # Panics
/// When the animals differ in neurons, phases or coding.
pub fn variability(animals: &[AlignedBouts]) -> Variability {
    let Some(first) = animals.first() else {
        return Variability {
            neurons: Vec::new(),
            states: Vec::new(),
            animals: Vec::new(),
            phases: Vec::new(),
            curves: Vec::new(),
            means: Vec::new(),
        };
    };
    for other in animals {
        let same = (&other.neurons, other.n_phases, &other.coding)
            == (&first.neurons, first.n_phases, &first.coding);
        assert!(same, "animals aligned in different ways");
    }
    let states: Vec<String> = first.coding.class_names().into_iter().map(str::to_owned).collect();
    let (mut curves, mut means) = (Vec::new(), Vec::new());
    for neuron in 0..first.neurons.len() {
        for state in 0..states.len() {
            let of_animal = |(k, bouts)| curve(bouts, neuron, state, k);
            let of_state: Vec<AnimalCurve> =
                animals.iter().enumerate().filter_map(of_animal).collect();
            if !of_state.is_empty() {
                let at = |phase: usize| of_state.iter().map(|c| c.mean[phase]).collect::<Vec<_>>();
                let over_animals = (0..first.n_phases).map(|phase| mean(&at(phase))).collect();
                let n_animals = of_state.len();
                means.push(MeanCurve { neuron, state, n_animals, mean: over_animals });
            }
            curves.extend(of_state);
        }
    }
    let last = (first.n_phases - 1) as f64;
    Variability {
        neurons: first.neurons.clone(),
        states,
        animals: animals.iter().map(|a| a.animal.clone()).collect(),
        phases: (0..first.n_phases).map(|k| k as f64 / last).collect(),
        curves,
        means,
    }
}

fn curve(
    aligned: &AlignedBouts,
    neuron: usize,
    state: usize,
    animal: usize,
) -> Option<AnimalCurve> {
    let n_phases = aligned.n_phases;
    let of_state = aligned.bouts.iter().filter(|bout| bout.state == state);
    let bouts: Vec<&[f64]> =
        of_state.map(|bout| &bout.values[neuron * n_phases..(neuron + 1) * n_phases]).collect();
    let n_bouts = bouts.len();
    if n_bouts == 0 {
        return None;
    }
    let at = |phase: usize| bouts.iter().map(|bout| bout[phase]).collect::<Vec<_>>();
    let half_width = (n_bouts > 1).then(|| {
        let t = student_t_quantile((1. + LEVEL) / 2., n_bouts - 1);
        (0..n_phases).map(|phase| t * standard_error(&at(phase))).collect()
    });
    let mean = (0..n_phases).map(|phase| mean(&at(phase))).collect();
    Some(AnimalCurve { neuron, state, animal, n_bouts, mean, half_width })
}

/// Standard error of the mean of at least two values.
fn standard_error(values: &[f64]) -> f64 {
    let (centre, n) = (mean(values), values.len() as f64);
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    (squares / (n - 1.) / n).sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::aligned::tests::{names, recording, states};
    use super::super::aligned::{AlignConfig, align_bouts};
    use super::*;
    use nervering_recording::{State, StateCoding};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn curves_are_means_over_bouts_and_animals_count_once() {
        let (f, r) = (State::Forward, State::Reverse1);
        let one = states(&[(r, 3), (f, 4), (r, 4), (f, 4), (r, 3)]);
        let two = states(&[(r, 3), (f, 4), (r, 3)]);
        let worms = [
            recording("a", &["AVAL"], &one, |t, _| if t == 5 { 4. } else { (t / 11) as f64 }),
            recording("b", &["AVAL"], &two, |t, _| t as f64),
        ];
        let config = AlignConfig { n_phases: 4, ..AlignConfig::new(StateCoding::Two) };
        let aligned = worms.map(|w| align_bouts(&w, &names(&["AVAL"]), &config).unwrap());
        let found = variability(&aligned);
        assert_eq!(found.phases, [0., 1. / 3., 2. / 3., 1.]);
        let counts: Vec<_> = found.curves.iter().map(|c| (c.state, c.animal, c.n_bouts)).collect();
        assert_eq!(counts, [(0, 0, 2), (0, 1, 1), (1, 0, 1)]);
        let forward = |bout: usize, phase| aligned[0].bouts[bout].values[phase];
        let curve = &found.curves[0];
        for phase in 0..4 {
            let (x, y) = (forward(0, phase), forward(2, phase));
            assert!((curve.mean[phase] - (x + y) / 2.).abs() < 1e-12);
            // Two values: standard error |x − y| / 2, and t(0.975, 1) = 12.706.
            let half_width = curve.half_width.as_ref().unwrap()[phase];
            assert!((half_width - 12.706_204_736 * (x - y).abs() / 2.).abs() < 1e-6);
            let both = (curve.mean[phase] + found.curves[1].mean[phase]) / 2.;
            assert!((found.means[0].mean[phase] - both).abs() < 1e-12);
        }
        assert_eq!(found.curves[1].half_width, None);
        assert_eq!((found.means[1].state, found.means[1].n_animals), (1, 1));
        assert!(variability(&[]).curves.is_empty());
    }

    #[test]
    fn intervals_cover_the_mean_of_the_bouts_distribution() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let (mut covered, mut n) = (0, 0);
        for _ in 0..300 {
            let bout = |rng: &mut ChaCha8Rng| super::super::AlignedBout {
                state: 0,
                first_frame: 0,
                n_frames: 5,
                values: vec![(0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.; 2],
            };
            let aligned = AlignedBouts {
                animal: "a".into(),
                neurons: names(&["AVAL"]),
                n_phases: 2,
                coding: StateCoding::Two,
                bouts: (0..6).map(|_| bout(&mut rng)).collect(),
            };
            let found = variability(&[aligned]);
            let curve = &found.curves[0];
            covered += usize::from(curve.mean[0].abs() <= curve.half_width.as_ref().unwrap()[0]);
            n += 1;
        }
        // 95 % of 300 with a standard deviation of 3.8.
        assert!((274..=296).contains(&covered), "{covered} of {n}");
    }
}
