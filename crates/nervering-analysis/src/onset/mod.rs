//! Decoding the onset of backward locomotion from mean activity around it (the paper's Figure 1E, after
//! Brennan & Proekt 2019): does the mean of an animal's own onsets tell its onsets from other moments,
//! and does that of other animals?
//!
//! [`onsets`] makes a *template* of each animal, the mean over its onsets of all neurons' activity from
//! [`REACH_S`] before to [`REACH_S`] after. A frame's score is the correlation of the activity around it
//! with a template, and how well a template decodes is the probability that a frame of onset has a
//! higher score than a frame far from any. The sources do not say what was correlated with what; this
//! is the plainest reading. The onset that is scored never enters the template that scores it.

use crate::aligned::{TraceScale, labels, scaled_trace};
use crate::error::{AnalysisError, at_least};
use crate::over_animals::{Band, OverAnimals};
use crate::shifts::{ShiftTest, shift_test};
use nervering_recording::{NeuronName, Recording, StateCoding};
use nervering_statistics::bouts::bouts;
use nervering_statistics::seed::generator;
use nervering_statistics::{SignFlipTest, auroc, mean, pearson};

/// Seconds before and after an onset that its template covers.
pub const REACH_S: f64 = 3.;
/// Seconds between two points of a template: the interval between frames of the recordings.
const STEP_S: f64 = 1. / 3.;
/// Points of a template on each side of the onset.
const N_STEPS: usize = 9;
/// Points on each side of the onset at which mean scores are told, up to 15 s away.
const N_COURSE: usize = 45;

/// Which part of a template is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnsetWindow {
    /// From before to after the onset: is this one?
    Around,
    /// Before the onset alone: is one about to come?
    Before,
}

impl OnsetWindow {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Around, Self::Before];

    /// `around the onset` or `before the onset`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Around => "around the onset",
            Self::Before => "before the onset",
        }
    }

    /// Points of time that it has.
    fn n_points(self) -> usize {
        match self {
            Self::Around => 2 * N_STEPS + 1,
            Self::Before => N_STEPS,
        }
    }
}

/// Whose onsets a template is the mean of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Templates {
    /// The other onsets of the same animal.
    Own,
    /// One other animal's; the mean over these animals is told.
    OneOther,
    /// The mean of the templates of all other animals.
    Others,
}

impl Templates {
    /// All.
    pub const ALL: [Self; 3] = [Self::Own, Self::OneOther, Self::Others];

    /// `its own other onsets`, `one other animal` or `all other animals`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Own => "its own other onsets",
            Self::OneOther => "one other animal",
            Self::Others => "all other animals",
        }
    }
}

/// Onsets of several animals, decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Onsets {
    /// The neurons.
    pub neurons: Vec<NeuronName>,
    /// Times of a template's points in seconds from the onset.
    pub lags_s: Vec<f64>,
    /// Times in seconds from the onset at which [`OnsetScore::course`] is told.
    pub course_s: Vec<f64>,
    /// One per animal.
    pub animals: Vec<AnimalOnsets>,
    /// Over animals, by window, then by whose template.
    pub over_animals: Vec<TemplateScores>,
    /// Per window the mean of all others less the animal's own; `None` where no animal has both.
    pub others_less_own: Vec<(OnsetWindow, Option<SignFlipTest>)>,
    /// Circular shifts per test.
    pub n_shifts: usize,
}

/// The onsets of one animal.
#[derive(Debug, Clone, PartialEq)]
pub struct AnimalOnsets {
    /// The animal.
    pub animal: String,
    /// Onsets with a whole window around them.
    pub n_onsets: usize,
    /// Frames far from any onset that they are told from.
    pub n_others: usize,
    /// Its template in z-scores, row-major `[lag, neuron]`; `None` without an onset.
    pub template: Option<Vec<f64>>,
    /// By window, then by whose template.
    pub scores: Vec<OnsetScore>,
}

/// How well one kind of template decodes the onsets of an animal.
#[derive(Debug, Clone, PartialEq)]
pub struct OnsetScore {
    /// What of it is looked at.
    pub window: OnsetWindow,
    /// Whose it is.
    pub templates: Templates,
    /// Probability in [0, 1] that an onset scores above a frame far from any, ties counting half; `None`
    /// without a template, an onset, or such a frame.
    pub auroc: Option<f64>,
    /// The same with the animal's onsets moved along its recording, where the template is of all others.
    pub shifted: Option<ShiftTest>,
    /// Mean score over onsets, a correlation in [−1, 1], at each of [`Onsets::course_s`]; NaN where no
    /// recording goes so far. Empty where the probability is `None`.
    pub course: Vec<f64>,
}

/// How well one kind of template decodes the onsets of animals.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateScores {
    /// What of it is looked at.
    pub window: OnsetWindow,
    /// Whose it is.
    pub templates: Templates,
    /// [`OnsetScore::auroc`] of each animal.
    pub auroc: OverAnimals,
    /// Mean over animals of the same with onsets moved along the recording.
    pub moved: Option<f64>,
    /// Animals in which p of [`OnsetScore::shifted`] is below .05, and all that were tested.
    pub n_significant: (usize, usize),
    /// [`OnsetScore::course`] over animals.
    pub course: Band,
}

impl Onsets {
    /// What was found under one window and kind of template.
    ///
    /// # Panics
    /// Never: every window has every kind of template.
    pub fn scores(&self, window: OnsetWindow, templates: Templates) -> &TemplateScores {
        let is =
            |scores: &&TemplateScores| (scores.window, scores.templates) == (window, templates);
        self.over_animals.iter().find(is).expect("every window has every kind of template")
    }
}

impl TemplateScores {
    fn of(animals: &[AnimalOnsets], window: OnsetWindow, templates: Templates, seed: u64) -> Self {
        let of_kind = |score: &&OnsetScore| (score.window, score.templates) == (window, templates);
        let scores: Vec<&OnsetScore> =
            animals.iter().flat_map(|animal| animal.scores.iter().filter(of_kind)).collect();
        let shifted: Vec<ShiftTest> = scores.iter().filter_map(|score| score.shifted).collect();
        let moved: Vec<f64> = shifted.iter().map(|shifted| shifted.mean).collect();
        let courses = scores.iter().map(|score| score.course.as_slice());
        let courses: Vec<&[f64]> = courses.filter(|course| !course.is_empty()).collect();
        let values = scores.iter().map(|score| score.auroc).collect();
        let parts = ["onset", window.as_str(), templates.as_str()];
        Self {
            window,
            templates,
            auroc: OverAnimals::of(values, seed, &parts),
            moved: (!moved.is_empty()).then(|| mean(&moved)),
            n_significant: (shifted.iter().filter(|s| s.p < 0.05).count(), shifted.len()),
            course: Band::of(&courses),
        }
    }
}

/// Decodes the onsets of backward locomotion in every animal: frames of reverse crawling after a frame of
/// another known state, of four. Traces are z-scored over the whole recording, without derivatives.
///
/// # Errors
/// [`AnalysisError`] for fewer than two animals, one without states, and a neuron that is missing, has
/// missing values or never varies.
pub fn onsets(
    recordings: &[Recording],
    neurons: &[NeuronName],
    n_shifts: usize,
    seed: u64,
) -> Result<Onsets, AnalysisError> {
    at_least("number of animals", recordings.len(), 2)?;
    at_least("number of neurons", neurons.len(), 1)?;
    let activity = |recording: &Recording| Activity::of(recording, neurons);
    let activities: Vec<Activity> =
        recordings.iter().map(activity).collect::<Result<_, AnalysisError>>()?;
    let templates: Vec<Option<Vec<f64>>> =
        activities.iter().map(|activity| activity.template(|_| true)).collect();
    let of_animal = |(k, activity): (usize, &Activity)| {
        let others = templates.iter().enumerate().filter(|(other, _)| *other != k);
        let others: Vec<&[f64]> = others.filter_map(|(_, t)| t.as_deref()).collect();
        let scores = OnsetWindow::ALL.iter().flat_map(|&window| {
            let width = window.n_points() * neurons.len();
            [
                activity.by_own(window, width),
                activity.by_each(window, Templates::OneOther, width, &others),
                activity.by_mean(window, width, &others, n_shifts, seed),
            ]
        });
        let scores = scores.collect();
        AnimalOnsets {
            animal: activity.animal.clone(),
            n_onsets: activity.whole(&activity.onsets).len(),
            n_others: activity.far(&activity.onsets).len(),
            template: templates[k].clone(),
            scores,
        }
    };
    let points =
        |n: usize| -> Vec<f64> { (0..=2 * n).map(|k| (k as f64 - n as f64) * STEP_S).collect() };
    let animals: Vec<AnimalOnsets> = activities.iter().enumerate().map(of_animal).collect();
    let kinds = OnsetWindow::ALL.iter().flat_map(|&w| Templates::ALL.map(|t| (w, t)));
    let mut found = Onsets {
        neurons: neurons.to_vec(),
        lags_s: points(N_STEPS),
        course_s: points(N_COURSE),
        over_animals: kinds.map(|(w, t)| TemplateScores::of(&animals, w, t, seed)).collect(),
        others_less_own: Vec::new(),
        animals,
        n_shifts,
    };
    let difference = |window: OnsetWindow| {
        let of = |templates| &found.scores(window, templates).auroc;
        (window, of(Templates::Others).less(of(Templates::Own), seed, &["onset", window.as_str()]))
    };
    found.others_less_own = OnsetWindow::ALL.map(difference).to_vec();
    Ok(found)
}

/// The mean of templates; `None` of none.
fn average(templates: &[&[f64]]) -> Option<Vec<f64>> {
    let n = templates.len() as f64;
    let at = |k: usize| templates.iter().map(|template| template[k]).sum::<f64>() / n;
    templates.first().map(|first| (0..first.len()).map(at).collect())
}

/// One animal as it is scored.
struct Activity {
    animal: String,
    seconds: Vec<f64>,
    known: Vec<bool>,
    /// Frames at which reversals begin.
    onsets: Vec<usize>,
    /// Of each frame whose window lies in the recording the activity around it, `[lag, neuron]`.
    windows: Vec<Option<Vec<f64>>>,
}

impl Activity {
    fn of(recording: &Recording, neurons: &[NeuronName]) -> Result<Self, AnalysisError> {
        let coding = StateCoding::Four;
        let labels = labels(recording, &coding)?;
        let reverse = coding.class_names().iter().position(|name| *name == "reverse");
        let after_another = |start: usize| start > 0 && labels[start - 1].is_some();
        let of_reverse = bouts(&labels).into_iter().filter(|b| Some(b.class.into()) == reverse);
        let onsets = of_reverse.map(|bout| bout.start).filter(|&start| after_another(start));
        let traces: Vec<Vec<f64>> = neurons
            .iter()
            .map(|neuron| scaled_trace(recording, neuron, TraceScale::ZScore))
            .collect::<Result<_, _>>()?;
        let seconds = recording.time().seconds().to_vec();
        let window = |frame: usize| {
            let mut window = Vec::with_capacity((2 * N_STEPS + 1) * neurons.len());
            for k in 0..=2 * N_STEPS {
                let at = seconds[frame] + (k as f64 - N_STEPS as f64) * STEP_S;
                let (before, part) = between(&seconds, at)?;
                let after = (before + 1).min(seconds.len() - 1);
                let value =
                    |trace: &Vec<f64>| trace[before] + part * (trace[after] - trace[before]);
                window.extend(traces.iter().map(value));
            }
            Some(window)
        };
        Ok(Self {
            animal: recording.animal().to_owned(),
            known: labels.iter().map(Option::is_some).collect(),
            onsets: onsets.collect(),
            windows: (0..seconds.len()).map(window).collect(),
            seconds,
        })
    }

    /// Of some frames those with a whole window.
    fn whole(&self, frames: &[usize]) -> Vec<usize> {
        frames.iter().copied().filter(|&frame| self.windows[frame].is_some()).collect()
    }

    /// Whether the windows of two frames have nothing in common.
    fn apart(&self, a: usize, b: usize) -> bool {
        (self.seconds[a] - self.seconds[b]).abs() > 2. * REACH_S
    }

    /// Frames of known state whose windows have nothing in common with those of these onsets.
    fn far(&self, onsets: &[usize]) -> Vec<usize> {
        let far = |frame: &usize| {
            self.known[*frame]
                && self.windows[*frame].is_some()
                && onsets.iter().all(|&onset| self.apart(onset, *frame))
        };
        (0..self.seconds.len()).filter(far).collect()
    }

    /// The mean window of some of its onsets; `None` of none.
    fn template(&self, of: impl Fn(usize) -> bool) -> Option<Vec<f64>> {
        let chosen = self.onsets.iter().filter(|&&onset| of(onset));
        let windows: Vec<&[f64]> =
            chosen.filter_map(|&onset| self.windows[onset].as_deref()).collect();
        average(&windows)
    }

    /// The score of every frame with a whole window, looking at the first `width` values.
    fn scores(&self, template: &[f64], width: usize) -> Vec<Option<f64>> {
        let score =
            |window: &Option<Vec<f64>>| pearson(&window.as_ref()?[..width], &template[..width]);
        self.windows.iter().map(score).collect()
    }

    /// How well scores tell these onsets from frames far from them.
    fn auroc_at(&self, scores: &[Option<f64>], onsets: &[usize]) -> Option<f64> {
        let known = |frames: Vec<usize>, is: bool| {
            frames.into_iter().filter_map(move |frame| Some((scores[frame]?, is)))
        };
        let far = known(self.far(onsets), false);
        let (scores, positive): (Vec<f64>, Vec<bool>) =
            known(self.whole(onsets), true).chain(far).unzip();
        auroc(&scores, &positive)
    }

    /// Each onset by the mean of those of the animal whose windows have nothing in common with its own.
    fn by_own(&self, window: OnsetWindow, width: usize) -> OnsetScore {
        let far = self.far(&self.onsets);
        let (mut shares, mut courses) = (Vec::new(), Vec::new());
        for onset in self.whole(&self.onsets) {
            let Some(template) = self.template(|other| self.apart(onset, other)) else { continue };
            let scores = self.scores(&template, width);
            let (mut all, mut positive) = (vec![scores[onset]], vec![true]);
            all.extend(far.iter().map(|&frame| scores[frame]));
            positive.resize(all.len(), false);
            if let Some(all) = all.into_iter().collect::<Option<Vec<f64>>>() {
                shares.extend(auroc(&all, &positive));
                courses.push(self.course(&scores, &[onset]));
            }
        }
        OnsetScore {
            window,
            templates: Templates::Own,
            auroc: (!shares.is_empty()).then(|| mean(&shares)),
            shifted: None,
            course: over(&courses),
        }
    }

    /// All onsets by each of some templates, averaged over these.
    fn by_each(
        &self,
        window: OnsetWindow,
        templates: Templates,
        width: usize,
        each: &[&[f64]],
    ) -> OnsetScore {
        let (mut found, mut courses) = (Vec::new(), Vec::new());
        for template in each {
            let scores = self.scores(template, width);
            if let Some(auroc) = self.auroc_at(&scores, &self.onsets) {
                found.push(auroc);
                courses.push(self.course(&scores, &self.whole(&self.onsets)));
            }
        }
        OnsetScore {
            window,
            templates,
            auroc: (!found.is_empty()).then(|| mean(&found)),
            shifted: None,
            course: over(&courses),
        }
    }

    /// All onsets by the mean of some templates, beside the same with onsets moved.
    fn by_mean(
        &self,
        window: OnsetWindow,
        width: usize,
        templates: &[&[f64]],
        n_shifts: usize,
        seed: u64,
    ) -> OnsetScore {
        let mean = average(templates);
        let mean: Vec<&[f64]> = mean.as_deref().into_iter().collect();
        let mut score = self.by_each(window, Templates::Others, width, &mean);
        if let (Some(template), Some(found)) = (mean.first(), score.auroc) {
            let mut rng = generator(seed, &["onset", window.as_str(), &self.animal]);
            let of_frames = self.scores(template, width);
            let moved = |shift: usize| {
                let n = self.seconds.len();
                let onsets = self.onsets.iter().map(|onset| (onset + shift) % n);
                self.auroc_at(&of_frames, &onsets.collect::<Vec<_>>())
            };
            score.shifted = shift_test(found, &self.seconds, n_shifts, &mut rng, moved);
        }
        score
    }

    /// Mean score over onsets at each time from them.
    fn course(&self, scores: &[Option<f64>], onsets: &[usize]) -> Vec<f64> {
        let at = |k: usize| {
            let lag = (k as f64 - N_COURSE as f64) * STEP_S;
            let score = |&onset: &usize| {
                let (before, part) = between(&self.seconds, self.seconds[onset] + lag)?;
                scores[if part < 0.5 { before } else { before + 1 }]
            };
            mean(&onsets.iter().filter_map(score).collect::<Vec<_>>())
        };
        (0..=2 * N_COURSE).map(at).collect()
    }
}

/// The frame at or before a time, and how far the time is on the way to the next frame, in [0, 1); `None`
/// outside the recording.
fn between(seconds: &[f64], at: f64) -> Option<(usize, f64)> {
    let after = seconds.partition_point(|&second| second <= at);
    let before = after.checked_sub(1)?;
    match seconds.get(after) {
        Some(next) => Some((before, (at - seconds[before]) / (next - seconds[before]))),
        None => (at <= seconds[before]).then_some((before, 0.)),
    }
}

/// Mean of courses point by point, over those that go so far; empty of none.
fn over(courses: &[Vec<f64>]) -> Vec<f64> {
    let n = courses.first().map_or(0, Vec::len);
    let at = |k: usize| courses.iter().map(|c| c[k]).filter(|v| v.is_finite()).collect::<Vec<_>>();
    (0..n).map(|k| mean(&at(k))).collect()
}

#[cfg(test)]
mod tests;
