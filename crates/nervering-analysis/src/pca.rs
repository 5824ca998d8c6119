//! Principal components of one animal's time derivatives (the paper's Figure S1, after Kato et al.
//! 2015): how much of the variance three components hold (about 65 % there), the animal's path
//! through them, and how far they tell its states apart.
//!
//! The published figure rests on derivatives smoothed over the whole trace by a method that is not
//! reproduced here. Frame-to-frame differences are mostly noise, which no few components hold, so
//! the share depends on the smoothing; results carry it.

use super::aligned::{TraceScale, labels, rescale};
use super::error::{AnalysisError, at_least};
use faer::Mat;
use nervering_prepare::{DerivativeMethod, DerivativeSource, derivative};
use nervering_recording::{NeuronName, Recording, StateCoding};

/// Which neurons of an animal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PcaNeurons<'a> {
    /// All recorded, identified or not.
    All,
    /// All recorded that have a value at every frame and vary.
    Complete,
    /// These.
    Named(&'a [NeuronName]),
}

/// Whether neurons with larger derivatives weigh more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PcaScale {
    /// They do: derivatives are only centred, ΔF/F per second.
    Centred,
    /// They do not: each neuron's derivative has variance 1.
    Standardised,
}

/// How derivatives are prepared and how many components are kept.
#[derive(Debug, Clone, PartialEq)]
pub struct PcaConfig {
    /// Where the derivative comes from.
    pub derivative: DerivativeSource,
    /// Standard deviation in seconds of a Gaussian over the differences, 0 for none. A derivative
    /// that comes from the file is a smoother already, and left as it is.
    pub smoothing_s: f64,
    /// How neurons are weighed.
    pub scale: PcaScale,
    /// Components kept; at least 1.
    pub n_components: usize,
    /// The states told apart.
    pub coding: StateCoding,
}

impl PcaScale {
    /// Both scales.
    pub const ALL: [Self; 2] = [Self::Centred, Self::Standardised];

    /// Name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Centred => "centred",
            Self::Standardised => "standardised",
        }
    }
}

impl PcaConfig {
    /// Three components of centred derivatives, smoothed over one second where they are
    /// differences. On the real partial worms this gives Kato's share.
    pub fn new(coding: StateCoding) -> Self {
        Self {
            derivative: DerivativeSource::FileOrCentral,
            smoothing_s: 1.,
            scale: PcaScale::Centred,
            n_components: 3,
            coding,
        }
    }
}

/// The components of one animal.
#[derive(Debug, Clone, PartialEq)]
pub struct AnimalPca {
    /// The animal.
    pub animal: String,
    /// The neurons as the file names them, in the order of the components' entries.
    pub neurons: Vec<String>,
    /// How the derivative was computed.
    pub derivative: DerivativeMethod,
    /// Share of the variance that each of all components holds, in [0, 1], descending.
    pub explained: Vec<f64>,
    /// The kept components, row-major `[component, neuron]`, of length 1; the entry of largest size
    /// is positive.
    pub components: Vec<f64>,
    /// The path through them, row-major `[frame, component]`.
    pub scores: Vec<f64>,
    /// Share of the variance of the path that lies between states, in [0, 1], over frames with a
    /// known state; `None` without one.
    pub state_share: Option<f64>,
}

impl AnimalPca {
    /// Share of the variance that the first `n` components hold.
    pub fn explained_by(&self, n: usize) -> f64 {
        self.explained.iter().take(n).sum()
    }
}

/// The principal components of one recording.
///
/// # Errors
/// [`AnalysisError`] for a recording without states, a neuron that is missing, has missing values or
/// never varies, and settings out of range.
pub fn pca(
    recording: &Recording,
    neurons: PcaNeurons<'_>,
    config: &PcaConfig,
) -> Result<AnimalPca, AnalysisError> {
    let labels = labels(recording, &config.coding)?;
    let slopes = slopes(recording, neurons, config)?;
    let decomposition = decompose(&slopes.values, slopes.n_neurons(), recording.animal())?;
    let components = decomposition.first(config.n_components);
    let scores = project(&slopes.values, &components, slopes.n_neurons());
    let groups: Vec<Option<usize>> = labels.iter().map(|label| label.map(usize::from)).collect();
    Ok(AnimalPca {
        animal: recording.animal().to_owned(),
        state_share: between_share(&scores, components.len() / slopes.n_neurons(), &groups),
        neurons: slopes.neurons,
        derivative: config.derivative.method(recording),
        explained: decomposition.explained,
        components,
        scores,
    })
}

/// Prepared derivatives of one animal.
pub(super) struct Slopes {
    pub(super) neurons: Vec<String>,
    /// Row-major `[frame, neuron]`; each neuron's mean is 0.
    pub(super) values: Vec<f64>,
}

impl Slopes {
    pub(super) fn n_neurons(&self) -> usize {
        self.neurons.len()
    }
}

/// Derives, smooths and scales the neurons of a recording.
pub(super) fn slopes(
    recording: &Recording,
    neurons: PcaNeurons<'_>,
    config: &PcaConfig,
) -> Result<Slopes, AnalysisError> {
    let PcaConfig { derivative: source, smoothing_s, scale, n_components, .. } = *config;
    let animal = recording.animal();
    let columns: Vec<usize> = match neurons {
        PcaNeurons::All => (0..recording.neurons().len()).collect(),
        PcaNeurons::Complete => {
            (0..recording.neurons().len()).filter(|&k| is_complete(recording, k)).collect()
        }
        PcaNeurons::Named(names) => names
            .iter()
            .map(|name| {
                let (animal, neuron) = (animal.to_owned(), name.clone());
                recording.column(name).ok_or(AnalysisError::MissingNeuron { animal, neuron })
            })
            .collect::<Result<_, _>>()?,
    };
    at_least("number of components", n_components, 1)?;
    at_least("number of neurons", columns.len(), n_components)?;
    if !(smoothing_s.is_finite() && smoothing_s >= 0.) {
        let (found, expected) = (smoothing_s.to_string(), "a number of seconds, 0 or more".into());
        return Err(AnalysisError::Setting { what: "smoothing", found, expected });
    }
    let sd_frames = smoothing_s * recording.time().fps();
    let n_neurons = columns.len();
    let mut values = vec![0.; recording.n_frames() * n_neurons];
    let mut names = Vec::with_capacity(n_neurons);
    for (k, &column) in columns.iter().enumerate() {
        let name = recording.neurons()[column].to_string();
        let (mut slope, method) = derivative(recording, column, source);
        if method != DerivativeMethod::FromFile && sd_frames > 0. {
            slope = smooth(&slope, sd_frames);
        }
        match scale {
            PcaScale::Standardised => rescale(&mut slope, TraceScale::ZScore, animal, &name)?,
            PcaScale::Centred => {
                // For the check of missing and constant values alone.
                rescale(&mut slope.clone(), TraceScale::ZScore, animal, &name)?;
                let mean = slope.iter().sum::<f64>() / slope.len() as f64;
                slope.iter_mut().for_each(|value| *value -= mean);
            }
        }
        slope.into_iter().enumerate().for_each(|(t, value)| values[t * n_neurons + k] = value);
        names.push(name);
    }
    Ok(Slopes { neurons: names, values })
}

/// Whether a neuron has a derivative at every frame, and not always the same trace.
fn is_complete(recording: &Recording, column: usize) -> bool {
    let values: Vec<f64> = recording.traces().neuron(column).collect();
    let known = recording
        .file_derivative()
        .is_none_or(|file| file.values.neuron(column).all(|value| !value.is_nan()));
    known
        && values.iter().all(|value| !value.is_nan())
        && values.iter().any(|value| *value != values[0])
}

/// A Gaussian moving average, cut off at four standard deviations and, near the ends, to the frames
/// that exist.
fn smooth(values: &[f64], sd_frames: f64) -> Vec<f64> {
    let reach = ((4. * sd_frames).ceil() as usize).min(values.len());
    let weight = |distance: usize| (-(distance as f64 / sd_frames).powi(2) / 2.).exp();
    let weights: Vec<f64> = (0..=reach).map(weight).collect();
    (0..values.len())
        .map(|t| {
            let (mut sum, mut total) = (0., 0.);
            for s in t.saturating_sub(reach)..values.len().min(t + reach + 1) {
                sum += weights[s.abs_diff(t)] * values[s];
                total += weights[s.abs_diff(t)];
            }
            sum / total
        })
        .collect()
}

/// Principal axes of a matrix whose columns have mean 0.
pub(super) struct Decomposition {
    /// Row-major `[component, column]`, by descending variance.
    axes: Vec<f64>,
    n_columns: usize,
    /// Share of the variance along each.
    pub(super) explained: Vec<f64>,
}

impl Decomposition {
    /// The first `n` axes, `[component, column]`.
    pub(super) fn first(&self, n: usize) -> Vec<f64> {
        self.axes[..n * self.n_columns].to_vec()
    }
}

/// Singular value decomposition of `values`, row-major `[row, column]`.
pub(super) fn decompose(
    values: &[f64],
    n_columns: usize,
    animal: &str,
) -> Result<Decomposition, AnalysisError> {
    let n_frames = values.len() / n_columns;
    at_least("number of frames", n_frames, n_columns)?;
    let matrix = Mat::from_fn(n_frames, n_columns, |t, k| values[t * n_columns + k]);
    let svd = matrix.thin_svd().map_err(|_| {
        let animal = animal.to_owned();
        AnalysisError::NoConvergence { animal, n_frames }
    })?;
    let (singular, axes) = (svd.S().column_vector(), svd.V());
    let variances: Vec<f64> = (0..n_columns).map(|k| singular[k] * singular[k]).collect();
    let total: f64 = variances.iter().sum();
    let axis = |component: usize| {
        let axis: Vec<f64> = (0..n_columns).map(|k| axes[(k, component)]).collect();
        // The sign of an axis is arbitrary; a rule makes figures repeatable.
        let largest = axis.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs()));
        let sign = largest.unwrap_or(1.).signum();
        axis.into_iter().map(move |value| sign * value)
    };
    Ok(Decomposition {
        axes: (0..n_columns).flat_map(axis).collect(),
        n_columns,
        explained: variances.into_iter().map(|variance| variance / total).collect(),
    })
}

/// Projects rows onto axes `[component, column]`; the result is row-major `[row, component]`.
pub(super) fn project(values: &[f64], axes: &[f64], n_columns: usize) -> Vec<f64> {
    let dot = |row: &[f64], axis: &[f64]| row.iter().zip(axis).map(|(x, a)| x * a).sum();
    values
        .chunks_exact(n_columns)
        .flat_map(|row| axes.chunks_exact(n_columns).map(move |axis| dot(row, axis)))
        .collect()
}

/// Share of the variance of `scores`, `[row, component]`, that lies between groups (η², summed over
/// components), over rows with a group; `None` when these do not vary or there are none.
pub(super) fn between_share(
    scores: &[f64],
    n_components: usize,
    groups: &[Option<usize>],
) -> Option<f64> {
    let n_groups = groups.iter().flatten().max()? + 1;
    let known = || {
        let rows = scores.chunks_exact(n_components).zip(groups);
        rows.filter_map(|(row, group)| group.map(|group| (row, group)))
    };
    let mut counts = vec![0usize; n_groups];
    let mut sums = vec![0.; n_groups * n_components];
    for (row, group) in known() {
        counts[group] += 1;
        for (sum, value) in sums[group * n_components..].iter_mut().zip(row) {
            *sum += value;
        }
    }
    let n: usize = counts.iter().sum();
    let centre =
        |c: usize| (0..n_groups).map(|g| sums[g * n_components + c]).sum::<f64>() / n as f64;
    let centre: Vec<f64> = (0..n_components).map(centre).collect();
    let squares = |row: &[f64]| -> f64 {
        row.iter().zip(&centre).map(|(value, centre)| (value - centre).powi(2)).sum()
    };
    let total: f64 = known().map(|(row, _)| squares(row)).sum();
    let between = |group: usize| {
        let count = counts[group] as f64;
        let sums = &sums[group * n_components..(group + 1) * n_components];
        count * squares(&sums.iter().map(|sum| sum / count).collect::<Vec<_>>())
    };
    let between: f64 = (0..n_groups).filter(|&group| counts[group] > 0).map(between).sum();
    (total > 0.).then(|| between / total)
}

#[cfg(test)]
mod tests {
    use super::super::aligned::tests::{names, recording, states};
    use super::*;
    use nervering_recording::State;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn components_diagonalise_the_covariance() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let (n, k) = (60, 5);
        let mut values: Vec<f64> = (0..n * k).map(|_| rng.random_range(-1.0..1.0)).collect();
        for t in 0..n {
            values[t * k + 3] = 2. * values[t * k] - values[t * k + 1] + 0.1 * values[t * k + 3];
        }
        let found = decompose(&values, k, "a").unwrap();
        let axes = found.first(k);
        let scores = project(&values, &axes, k);
        let total: f64 = values.iter().map(|v| v * v).sum();
        for a in 0..k {
            for b in 0..k {
                let axis = |c: usize| &axes[c * k..(c + 1) * k];
                let dot: f64 = axis(a).iter().zip(axis(b)).map(|(x, y)| x * y).sum();
                assert!((dot - f64::from(u8::from(a == b))).abs() < 1e-12);
                let inner: f64 = (0..n).map(|t| scores[t * k + a] * scores[t * k + b]).sum();
                let expected = if a == b { found.explained[a] } else { 0. };
                assert!((inner / total - expected).abs() < 1e-12, "{a} {b}");
            }
            let largest =
                axes[a * k..(a + 1) * k].iter().max_by(|x, y| x.abs().total_cmp(&y.abs()));
            assert!(*largest.unwrap() > 0.);
        }
        assert!(found.explained.is_sorted_by(|a, b| a >= b));
    }

    #[test]
    fn a_plane_of_derivatives_is_found_and_its_states_told_apart() {
        let s = states(&[(State::Forward, 30), (State::Reverse1, 30), (State::Forward, 30)]);
        // AVAL rises in forward and falls in reverse; the others follow, VB02 twice as far.
        let level = |t: usize| {
            if t < 30 {
                t as f64
            } else if t < 60 {
                60. - t as f64
            } else {
                t as f64 - 60.
            }
        };
        let worm = recording("a", &["AVAL", "9", "VB02"], &s, |t, k| {
            level(t) * [1., -1., 2.][k] + if k == 1 { 0.01 * (t % 2) as f64 } else { 0. }
        });
        let config =
            PcaConfig { smoothing_s: 0., n_components: 2, ..PcaConfig::new(StateCoding::Two) };
        let all = pca(&worm, PcaNeurons::All, &config).unwrap();
        assert_eq!(all.neurons, ["AVAL", "9", "VB02"]);
        assert!(all.explained_by(1) > 0.999 && (all.explained_by(3) - 1.).abs() < 1e-12);
        assert!(all.state_share.unwrap() > 0.9);
        assert_eq!((all.components.len(), all.scores.len()), (6, 180));
        let named = names(&["VB02", "AVAL"]);
        let two = pca(&worm, PcaNeurons::Named(&named), &config).unwrap();
        let slope = two.components[0] / two.components[1];
        assert!((slope - 2.).abs() < 1e-9, "{slope}");
        let equal = PcaConfig { scale: PcaScale::Standardised, ..config };
        let two = pca(&worm, PcaNeurons::Named(&named), &equal).unwrap();
        assert!((two.components[0] - two.components[1]).abs() < 1e-9);
    }

    #[test]
    fn smoothing_keeps_lines_inside_and_lowers_noise() {
        let line: Vec<f64> = (0..50).map(f64::from).collect();
        let smoothed = smooth(&line, 2.);
        (8..42).for_each(|t| assert!((smoothed[t] - t as f64).abs() < 1e-9));
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let noise: Vec<f64> = (0..2000).map(|_| rng.random_range(-1.0..1.0)).collect();
        let power = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>();
        // White noise keeps 1 / (2 √π σ) of its power.
        let kept = power(&smooth(&noise, 3.)) / power(&noise);
        assert!((kept - 0.094).abs() < 0.03, "{kept}");
    }

    #[test]
    fn the_share_between_groups_is_one_for_groups_without_spread() {
        let groups = [Some(0), Some(2), None, Some(0), Some(2)];
        assert_eq!(between_share(&[1., 5., 99., 1., 5.], 1, &groups), Some(1.));
        // Means 1 and 1 around 1.
        assert_eq!(between_share(&[0., 1., 99., 2., 1.], 1, &groups), Some(0.));
        assert_eq!(between_share(&[1., 1.], 1, &[None, None]), None);
        assert_eq!(between_share(&[1., 1.], 1, &[Some(0), Some(1)]), None);
    }

    #[test]
    fn settings_that_cannot_be_are_named() {
        let s = states(&[(State::Forward, 9), (State::Reverse1, 9)]);
        let worm = recording("a", &["AVAL", "RIML"], &s, |t, k| (t * t + k * t % 3) as f64);
        let error = |config: PcaConfig| pca(&worm, PcaNeurons::All, &config).unwrap_err();
        let config = PcaConfig { n_components: 2, ..PcaConfig::new(StateCoding::Two) };
        let three = error(PcaConfig { n_components: 3, ..config.clone() }).to_string();
        assert!(three.contains("number of neurons: found 2, expected at least 3"), "{three}");
        let negative = error(PcaConfig { smoothing_s: -1., ..config.clone() }).to_string();
        assert!(negative.contains("smoothing: found -1"), "{negative}");
        assert!(pca(&worm, PcaNeurons::All, &config).is_ok());
    }
}
