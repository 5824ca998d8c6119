//! Are inferred edges a property of the worm, or of the fit? The mean correlation of the edges of
//! two fits that differ in one thing only: the fold left out, the initial weights, the recording they were
//! inferred on, the animals trained on; and of fits that share no training animal.

use super::error::AnalysisError;
use nervering_statistics::{mean, pearson};

/// The edges of one fit on one recording.
#[derive(Debug, Clone, PartialEq)]
pub struct FitEdges {
    /// The animals trained on.
    pub trained_on: Vec<String>,
    /// The fold left out.
    pub fold: usize,
    /// Which initial weights.
    pub initialisation: usize,
    /// The animal whose recording the edges were inferred on.
    pub recording: String,
    /// Weights, row-major `[receiver, sender]`.
    pub weights: Vec<f64>,
}

/// What two fits differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FitFactor {
    /// The fold alone.
    Fold,
    /// The initial weights alone.
    Initialisation,
    /// The recording alone: the same weights, another animal.
    Recording,
    /// The animals trained on alone; they may share some.
    TrainedOn,
    /// They share no training animal, and were inferred on different recordings; fold and initial weights may
    /// differ or not.
    Animals,
}

impl FitFactor {
    /// Every factor, in the order of the results.
    pub const ALL: [Self; 5] =
        [Self::Fold, Self::Initialisation, Self::Recording, Self::TrainedOn, Self::Animals];

    /// Name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fold => "fold",
            Self::Initialisation => "initial weights",
            Self::Recording => "recording",
            Self::TrainedOn => "animals trained on",
            Self::Animals => "no animal in common",
        }
    }

    /// Whether two fits differ in this and nothing else.
    fn separates(self, a: &FitEdges, b: &FitEdges) -> bool {
        let differs = [
            a.fold != b.fold,
            a.initialisation != b.initialisation,
            a.recording != b.recording,
            a.trained_on != b.trained_on,
        ];
        let only = |factor: usize| (0..4).all(|k| differs[k] == (k == factor));
        match self {
            Self::Fold => only(0),
            Self::Initialisation => only(1),
            Self::Recording => only(2),
            Self::TrainedOn => only(3),
            Self::Animals => {
                differs[2] && !a.trained_on.iter().any(|name| b.trained_on.contains(name))
            }
        }
    }
}

/// How alike edges are that differ in one factor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stability {
    /// The factor.
    pub factor: FitFactor,
    /// Pairs of fits.
    pub n_pairs: usize,
    /// Pairs without a correlation, since one's edges are all equal; they are in no mean.
    pub n_constant: usize,
    /// Mean Pearson correlation over pairs, edges from a neuron to itself left out.
    pub mean: Option<f64>,
    /// Standard deviation over pairs. Pairs share fits, so it is no standard error.
    pub sd: Option<f64>,
}

/// Compares all pairs of fits; one entry per factor, in the order of [`FitFactor::ALL`].
///
/// # Errors
/// [`AnalysisError::Edges`] when a fit has not `n_neurons` × `n_neurons` finite weights.
pub fn stability(fits: &[FitEdges], n_neurons: usize) -> Result<Vec<Stability>, AnalysisError> {
    let off_diagonal = |fit: &FitEdges| {
        let is_sound = fit.weights.len() == n_neurons * n_neurons
            && fit.weights.iter().all(|weight| weight.is_finite());
        if !is_sound {
            return Err(AnalysisError::Edges {
                place: format!("trained on {:?}, fold {}", fit.trained_on, fit.fold),
                found: format!("{} weights, or one that is no number", fit.weights.len()),
                expected: format!("{n_neurons} × {n_neurons} finite numbers"),
            });
        }
        let weights = fit.weights.iter().enumerate();
        let others = weights.filter(|(at, _)| at / n_neurons != at % n_neurons);
        Ok(others.map(|(_, weight)| *weight).collect())
    };
    let edges: Vec<Vec<f64>> = fits.iter().map(off_diagonal).collect::<Result<_, _>>()?;
    let of_factor = |factor: FitFactor| {
        let (mut correlations, mut n_constant) = (Vec::new(), 0);
        for a in 0..fits.len() {
            for b in (a + 1..fits.len()).filter(|&b| factor.separates(&fits[a], &fits[b])) {
                match pearson(&edges[a], &edges[b]) {
                    Some(correlation) => correlations.push(correlation),
                    None => n_constant += 1,
                }
            }
        }
        let n = correlations.len();
        let centre = (n > 0).then(|| mean(&correlations));
        let squares = |centre: f64| correlations.iter().map(|r| (r - centre).powi(2)).sum::<f64>();
        let sd = centre.filter(|_| n > 1).map(|c| (squares(c) / (n - 1) as f64).sqrt());
        Stability { factor, n_pairs: n + n_constant, n_constant, mean: centre, sd }
    };
    Ok(FitFactor::ALL.map(of_factor).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn fit(trained_on: &[&str], fold: usize, initialisation: usize, recording: &str) -> FitEdges {
        FitEdges {
            trained_on: trained_on.iter().map(|&name| name.to_owned()).collect(),
            fold,
            initialisation,
            recording: recording.into(),
            weights: vec![0.5; 9],
        }
    }

    #[test]
    fn pairs_differ_in_one_factor_and_in_nothing_else() {
        let base = fit(&["a"], 0, 1, "a");
        let others = [
            (fit(&["a"], 1, 1, "a"), vec![FitFactor::Fold]),
            (fit(&["a"], 0, 2, "a"), vec![FitFactor::Initialisation]),
            (fit(&["a"], 0, 1, "b"), vec![FitFactor::Recording]),
            (fit(&["b"], 0, 1, "a"), vec![FitFactor::TrainedOn]),
            (fit(&["a"], 1, 2, "a"), vec![]),
            (fit(&["b"], 1, 1, "b"), vec![FitFactor::Animals]),
            (fit(&["b", "a"], 1, 1, "b"), vec![]),
        ];
        for (other, expected) in others {
            let found: Vec<_> =
                FitFactor::ALL.into_iter().filter(|f| f.separates(&base, &other)).collect();
            assert_eq!(found, expected, "{other:?}");
        }
    }

    #[test]
    fn edges_of_an_animal_that_folds_hardly_move_are_stable_over_folds_only() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut fits = Vec::new();
        for animal in ["a", "b", "c"] {
            let own: Vec<f64> = (0..100).map(|_| rng.random()).collect();
            for fold in 0..3 {
                let weights = own.iter().map(|w| w + rng.random_range(0.0..0.1)).collect();
                fits.push(FitEdges { weights, ..fit(&[animal], fold, 1, animal) });
            }
        }
        let found = stability(&fits, 10).unwrap();
        let by = |factor| found.iter().find(|s| s.factor == factor).unwrap();
        assert_eq!((by(FitFactor::Fold).n_pairs, by(FitFactor::Animals).n_pairs), (9, 27));
        assert!(by(FitFactor::Fold).mean.unwrap() > 0.95);
        assert!(by(FitFactor::Animals).mean.unwrap().abs() < 0.3);
        assert_eq!(
            (by(FitFactor::Initialisation).n_pairs, by(FitFactor::Initialisation).mean),
            (0, None)
        );
    }

    #[test]
    fn constant_edges_are_counted_and_wrong_sizes_refused() {
        let fits = [fit(&["a"], 0, 1, "a"), fit(&["a"], 1, 1, "a")];
        let found = stability(&fits, 3).unwrap();
        assert_eq!((found[0].n_pairs, found[0].n_constant, found[0].mean), (1, 1, None));
        let error = stability(&fits, 4).unwrap_err().to_string();
        assert!(error.contains("fold 0: found 9 weights"), "{error}");
    }
}
