//! The regression of all training animals together: [`Pooled`], how it is fitted, and how its settings
//! are chosen on training animals alone.

use super::heads::{HEADS, WALKED_AS_ONE};
use super::moments::{Factorised, Moments, Penalties, Rows, columns_of_traces};
use super::watched::{LAGS, Prior, Watched, n_inputs};
use crate::forecast::{ForecastAnimal, ForecastError, ForecastFrames};
use faer::Mat;
use std::ops::Range;

/// Penalties on a neuron's own inputs that there are to choose from.
const OWN: [f64; 4] = [3e-4, 3e-3, 3e-2, 3e-1];
/// Penalties on the inputs of others that there are to choose from.
const OTHERS: [f64; 5] = [0.3, 1., 3., 10., 30.];
/// Parts of the animals that are left out in turn, at most.
const MOST_PARTS: usize = 10;
/// Where nothing can choose: one animal, with no stretch of validation frames that is long enough.
const UNCHOSEN: Penalties = Penalties { own: 3e-3, others: 3. };

/// The training animals, as moments.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pooled {
    pub(super) n_features: usize,
    pub(super) prior: Prior,
    pub(super) penalties: Penalties,
    /// Every animal counts alike.
    pub(super) moments: Moments,
    /// Frames of an animal, in the mean.
    pub(super) frames_of_animal: f64,
    /// `[input, output]`.
    pub(super) weights: Mat<f64>,
}

/// A training animal, and what may be learnt from it.
pub(super) struct Learnt<'a> {
    /// All its frames, `[frame, neuron, feature]`.
    pub(super) features: &'a [f32],
    /// Frames that all steps ahead can be learnt from.
    pub(super) starts: Vec<usize>,
    pub(super) moments: Moments,
}

/// Which frames are learnt from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Learning {
    Train,
    Validation,
    TrainAndValidation,
}

/// Frames with [`LAGS`] frames before them that lie with the [`HEADS`] frames after them in one stretch
/// of the frames that are learnt from.
pub(super) fn starts(animal: &ForecastAnimal<'_>, which: Learning) -> Vec<usize> {
    let mut frames = match which {
        Learning::Train => animal.train.to_vec(),
        Learning::Validation => animal.validation.to_vec(),
        Learning::TrainAndValidation => [animal.train, animal.validation].concat(),
    };
    frames.sort_unstable();
    let stretches = frames.chunk_by(|a, b| a + 1 == *b);
    let of_stretch = |stretch: &[usize]| -> Range<usize> {
        let (first, last) = (stretch[0], stretch[stretch.len() - 1]);
        first.max(LAGS)..(last + 1).saturating_sub(HEADS)
    };
    stretches.flat_map(of_stretch).collect()
}

/// The animals as moments of their frames; those without a frame to learn from are left out.
pub(super) fn learnt<'a>(
    frames: &ForecastFrames<'a>,
    prior: &Prior,
    which: Learning,
) -> Vec<Learnt<'a>> {
    let sizes = [n_inputs(frames.n_neurons), frames.n_columns() * HEADS];
    let of_animal = |animal: &ForecastAnimal<'a>| {
        let starts = starts(animal, which);
        let mut moments = Moments::none(sizes[0], sizes[1]);
        let mut rows = Rows::default();
        let mut watched = Watched::new(prior, frames.n_features);
        // Starts ascend.
        let mut wanted = starts.iter().copied().peekable();
        for frame in animal.features.chunks_exact(frames.n_columns()) {
            if wanted.peek().is_none() {
                break;
            }
            watched.push(frame);
            let complete = watched.n_frames().checked_sub(HEADS + 1);
            if complete.is_some() && wanted.peek() == complete.as_ref() {
                wanted.next();
                let (seen, targets) = watched.completed().expect("so many frames were pushed");
                rows.push(&seen.inputs, &targets);
            }
            if rows.n() == WALKED_AS_ONE {
                moments.add_rows(&rows);
                rows.clear();
            }
        }
        moments.add_rows(&rows);
        Learnt { features: animal.features, starts, moments }
    };
    frames.animals.iter().map(of_animal).filter(|learnt| !learnt.starts.is_empty()).collect()
}

/// Mean and SD of the traces, and means of the other features, over what is learnt from: the frames
/// that train and validate, whether or not they lie in a long stretch.
pub(super) fn prior(frames: &ForecastFrames<'_>) -> Prior {
    let ForecastFrames { n_neurons, n_features, .. } = *frames;
    let n = frames.n_columns();
    let (mut sums, mut squares, mut count) = (vec![0.; n], vec![0.; n], 0usize);
    let of_animal =
        |animal: &ForecastAnimal<'_>| -> Vec<usize> { [animal.train, animal.validation].concat() };
    for animal in frames.animals {
        for frame in of_animal(animal) {
            let row = &animal.features[frame * n..(frame + 1) * n];
            for (at, value) in row.iter().map(|&value| f64::from(value)).enumerate() {
                sums[at] += value;
                squares[at] += value * value;
            }
            count += 1;
        }
    }
    let count = count.max(1) as f64;
    let mean = |at: usize| sums[at] / count;
    let sd = |at: usize| (squares[at] / count - mean(at).powi(2)).max(0.).sqrt();
    let traces = || (0..n_neurons).map(|neuron| neuron * n_features);
    let others = (0..n).filter(|at| at % n_features != 0);
    Prior {
        means: traces().map(mean).collect(),
        sds: traces().map(sd).collect(),
        levels: others.map(mean).collect(),
    }
}

/// At most ten parts of so many animals, each to be left out in turn: every animal by itself, where
/// there are no more.
pub(super) fn parts(n_animals: usize) -> Vec<Range<usize>> {
    let n = n_animals.min(MOST_PARTS);
    (0..n).map(|k| k * n_animals / n..(k + 1) * n_animals / n).collect()
}

/// All but some.
pub(super) fn without<'a, 'b>(all: &'b [Learnt<'a>], out: &Range<usize>) -> Vec<&'b Learnt<'a>> {
    all[..out.start].iter().chain(&all[out.end..]).collect()
}

/// Moments in which every animal counts alike.
fn mean_of(animals: &[&Learnt<'_>], n_features: usize) -> Moments {
    let first = &animals[0].moments;
    let mut sum = Moments::none(first.inputs.nrows(), first.squares.len());
    for Learnt { moments, .. } in animals {
        sum.add(moments, moments.weight(n_features) / animals.len() as f64);
    }
    sum
}

/// The penalties with the most skill, mean over animals, where each pair of moments is fitted and each
/// list of animals forecast; of equals the first. Nothing where none has a finite skill.
fn best_penalties(folds: &[(Moments, Vec<&Learnt<'_>>)], n_features: usize) -> Option<Penalties> {
    let mut best: Option<(f64, Penalties)> = None;
    for others in OTHERS {
        let of_fold = |(fitted, _): &(Moments, Vec<&Learnt<'_>>)| fitted.factorised(others);
        let Some(solved) = folds.iter().map(of_fold).collect::<Option<Vec<_>>>() else { continue };
        for own in OWN {
            let skill_of = |(solved, (_, animals)): (&Factorised, &(Moments, Vec<&Learnt<'_>>))| {
                let weights = solved.with_own(own)?;
                let skill = |animal: &&Learnt<'_>| animal.moments.skill(&weights, n_features);
                Some(animals.iter().map(skill).sum::<f64>())
            };
            let skills = solved.iter().zip(folds).map(skill_of).collect::<Option<Vec<_>>>();
            let skill = skills.map_or(f64::NAN, |skills| skills.iter().sum::<f64>());
            if skill.is_finite() && best.is_none_or(|(most, _)| skill > most) {
                best = Some((skill, Penalties { own, others }));
            }
        }
    }
    best.map(|(_, penalties)| penalties)
}

impl Learnt<'_> {
    /// Its traces alone, `[frame, neuron]`.
    pub(super) fn traces(&self, n_features: usize) -> Vec<f32> {
        self.features.iter().step_by(n_features).copied().collect()
    }

    /// The same animal with nothing but these.
    pub(super) fn with_traces<'b>(&self, traces: &'b [f32], n_features: usize) -> Learnt<'b> {
        let moments = self.moments.of_traces(n_features);
        Learnt { features: traces, starts: self.starts.clone(), moments }
    }
}

impl Pooled {
    /// Fits on the frames that train and validate, with the penalties that are best for animals that
    /// were left out in turn. Of one animal, those that are best for its validation frames after a fit
    /// on its training frames.
    pub(super) fn fit<'a>(
        frames: &ForecastFrames<'a>,
    ) -> Result<(Self, Vec<Learnt<'a>>), ForecastError> {
        let prior = prior(frames);
        let n_features = frames.n_features;
        let animals = learnt(frames, &prior, Learning::TrainAndValidation);
        let folds: Vec<(Moments, Vec<&Learnt<'_>>)>;
        let (train, validation);
        match &animals[..] {
            [] => return Err(ForecastError::NoStretch { expected: HEADS + 1 }),
            [_] => {
                train = learnt(frames, &prior, Learning::Train);
                validation = learnt(frames, &prior, Learning::Validation);
                folds = match (&train[..], &validation[..]) {
                    ([], _) | (_, []) => Vec::new(),
                    ([train], [validation, ..]) => {
                        vec![(mean_of(&[train], n_features), vec![validation])]
                    }
                    _ => unreachable!("there is one animal"),
                };
            }
            animals => {
                let fold = |out: Range<usize>| {
                    let fitted = mean_of(&without(animals, &out), n_features);
                    (fitted, animals[out].iter().collect())
                };
                folds = parts(animals.len()).into_iter().map(fold).collect();
            }
        }
        let penalties = match &folds[..] {
            [] => UNCHOSEN,
            folds => best_penalties(folds, n_features).ok_or(ForecastError::NotFinite)?,
        };
        let everyone: Vec<&Learnt<'_>> = animals.iter().collect();
        let pooled = Self::of(prior, penalties, n_features, &everyone);
        Ok((pooled.ok_or(ForecastError::NotFinite)?, animals))
    }

    /// Of some animals; nothing where the equations have no finite answer.
    pub(super) fn of(
        prior: Prior,
        penalties: Penalties,
        n_features: usize,
        animals: &[&Learnt<'_>],
    ) -> Option<Self> {
        let moments = mean_of(animals, n_features);
        let weights = moments.solve(penalties)?;
        let n_frames: usize = animals.iter().map(|animal| animal.starts.len()).sum();
        let frames_of_animal = n_frames as f64 / animals.len() as f64;
        Some(Self { n_features, prior, penalties, moments, frames_of_animal, weights })
    }

    /// The same without some of the animals that it was fitted on.
    pub(super) fn without(&self, all: &[Learnt<'_>], out: &Range<usize>) -> Option<Self> {
        let others = without(all, out);
        Self::of(self.prior.clone(), self.penalties, self.n_features, &others)
    }

    /// The same of traces alone: what is chosen by skill in traces is chosen the same, in half the time.
    pub(super) fn of_traces(&self) -> Self {
        let moments = self.moments.of_traces(self.n_features);
        let weights = columns_of_traces(&self.weights, self.n_features);
        let prior = Prior { levels: Vec::new(), ..self.prior.clone() };
        let (penalties, frames_of_animal) = (self.penalties, self.frames_of_animal);
        Self { n_features: 1, prior, penalties, moments, frames_of_animal, weights }
    }

    /// `penalty 0.003 on a neuron's own past, 3 on that of others`.
    pub(super) fn choice(&self) -> String {
        let Penalties { own, others } = self.penalties;
        format!("penalty {own} on a neuron's own past, {others} on that of others")
    }

    pub(super) fn n_neurons(&self) -> usize {
        self.prior.means.len()
    }
}
