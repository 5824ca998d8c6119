//! A forecaster on a recording: its neurons selected, derived and normalised as in training, rolled
//! out from some frames, and brought back to the units of the recording.

use super::fan::traces_of;
use super::network::Starts;
use super::residual::increments;
use super::{AnyForecaster, Fan, FittedForecaster, ForecastingModel, RollOutFrom};
use crate::error::ModelError;
use crate::scaling::Scaling;
use nervering_models::ForecasterSizes;
use nervering_models::forecast::follow;
use nervering_prepare::{N_FEATURES, Selected, select};
use nervering_recording::{NeuronName, NeuronSet, Recording, StateCoding};

/// Which frames to forecast from, and how far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForecastRequest {
    /// The first frame to start from, from 0; later where a model needs more frames before it.
    pub from: usize,
    /// The last one; `None` for the last of the recording, of which nothing is known beyond.
    pub to: Option<usize>,
    /// From one start to the next.
    pub every: usize,
    /// Steps ahead, 1 to [`ForecastingModel::MOST_STEPS`].
    pub n_steps: usize,
    /// Whether to say how sure each is.
    pub intervals: Intervals,
}

/// Whether forecasts come with intervals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intervals {
    /// They do not.
    None,
    /// With conformal intervals of 90 %. They rest on what was missed in the animal so far, so that it is
    /// forecast from every frame.
    Conformal,
}

/// Intervals of traces in the recording's units, row-major `[start, step, neuron]`.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastIntervals {
    /// 5 %.
    pub low: Vec<f64>,
    /// 50 %.
    pub median: Vec<f64>,
    /// 95 %.
    pub high: Vec<f64>,
}

/// What a forecaster says of one recording.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordingForecasts {
    /// Name of the animal.
    pub animal: String,
    /// The neurons forecast.
    pub neurons: Vec<NeuronName>,
    /// Frames that forecasts start from.
    pub starts: Vec<usize>,
    /// Their times in seconds.
    pub seconds: Vec<f64>,
    /// Steps ahead.
    pub n_steps: usize,
    /// In the recording's units: ΔF/F, and per second of the derivative. Row-major
    /// `[start, step, neuron, feature]` with trace and derivative. Not finite where the roll-out
    /// diverged.
    pub values: Vec<f64>,
    /// The same as the model makes it, in the interval that it works in.
    pub normalised: Vec<f64>,
    /// How sure they are, where that was asked for.
    pub intervals: Option<ForecastIntervals>,
    /// Whether the model was trained on this animal, by its name or by its data.
    pub is_trained_on: bool,
}

impl RecordingForecasts {
    /// Numbers that are not finite.
    pub fn n_diverged(&self) -> usize {
        self.values.iter().filter(|value| !value.is_finite()).count()
    }
}

impl ForecastingModel {
    /// Checks that recordings have all neurons of the model.
    ///
    /// # Errors
    /// [`ModelError::Neurons`] names every one that is missing, and where.
    pub fn check_neurons(&self, recordings: &[Recording]) -> Result<(), ModelError> {
        let set = NeuronSet::Names(self.neurons.clone());
        set.resolve(recordings).map(|_| ()).map_err(|missing| ModelError::Neurons { missing })
    }

    /// Frames without which it says nothing, the one that a forecast starts from included; it may rest on
    /// all before it.
    pub fn n_history(&self) -> usize {
        match &self.fitted.0 {
            AnyForecaster::Network { network, .. } => network.burn_in(),
            AnyForecaster::Baseline { fitted, .. } => fitted.n_history(),
        }
    }

    /// Forecasts a recording.
    ///
    /// # Errors
    /// [`ModelError`] for neurons that the recording lacks, another rate than that of training, values that cannot be prepared, and a
    /// request without a start or for other steps than the model has.
    pub fn forecast(
        &self,
        recording: &Recording,
        request: &ForecastRequest,
    ) -> Result<RecordingForecasts, ModelError> {
        let ForecastRequest { from, to, every, n_steps, intervals } = *request;
        if n_steps == 0 || n_steps > Self::MOST_STEPS {
            return Err(ModelError::Steps { found: n_steps, most: Self::MOST_STEPS });
        }
        let selected = self.selected(recording)?;
        self.check_rate(recording)?;
        let n_history = self.n_history();
        let first = from.max(n_history - 1);
        let end = to.map_or(selected.n_frames, |to| selected.n_frames.min(to.saturating_add(1)));
        let starts: Vec<usize> = (first..end).step_by(every.max(1)).collect();
        if starts.is_empty() {
            let (animal, n_frames) = (selected.animal.clone(), selected.n_frames);
            return Err(ModelError::NoStart { animal, n_frames, n_history });
        }
        let features = self.scaling.features(&selected, self.interval)?;
        let normalised = self.fitted.forecasts(&features, &starts, n_steps, RollOutFrom::Training);
        let values = self.in_units(&normalised, &selected, &starts);
        let intervals = match intervals {
            Intervals::None => None,
            Intervals::Conformal => Some(self.intervals(&features, &selected, &starts, n_steps)?),
        };
        let is_trained_on = self.provenance.animals.iter().any(|animal| animal.is(&selected));
        let seconds = starts.iter().map(|&start| selected.seconds[start]).collect();
        let (animal, neurons) = (selected.animal, self.neurons.clone());
        Ok(RecordingForecasts {
            animal,
            neurons,
            starts,
            seconds,
            n_steps,
            values,
            normalised,
            intervals,
            is_trained_on,
        })
    }

    /// Follows the recording from its first frame on to say how sure forecasts from `starts` are.
    fn intervals(
        &self,
        features: &[f32],
        selected: &Selected,
        starts: &[usize],
        n_steps: usize,
    ) -> Result<ForecastIntervals, ModelError> {
        let fans = self.fans.as_ref().ok_or(ModelError::NoIntervals { model: self.model })?;
        let n = self.neurons.len();
        let last = starts[starts.len() - 1];
        let every: Vec<usize> = (self.n_history() - 1..=last).collect();
        let from = RollOutFrom::Training;
        let said = self.fitted.forecasts(features, &every, Self::MOST_STEPS, from);
        let mut following = fans.begin();
        let mut wanted = starts.iter().peekable();
        // Of each end, `[start, step, neuron, feature]`, as forecasts are; the derivative says nothing.
        let mut ends = [const { Vec::<f64>::new() }; 3];
        for (&frame, said) in every.iter().zip(said.chunks_exact(Self::MOST_STEPS * n * N_FEATURES))
        {
            let traces: Vec<f64> = said.iter().step_by(N_FEATURES).copied().collect();
            following.push(&traces_of(features, n, frame), &traces);
            if wanted.next_if_eq(&&frame).is_some() {
                let Fan { low, median, high } = following.fan();
                for (end, values) in ends.iter_mut().zip([low, median, high]) {
                    end.extend(values[..n_steps * n].iter().flat_map(|&value| [value, 0.]));
                }
            }
        }
        let [low, median, high] = ends.map(|end| {
            let values = self.in_units(&end, selected, starts);
            values.into_iter().step_by(N_FEATURES).collect()
        });
        Ok(ForecastIntervals { low, median, high })
    }

    /// The model's neurons of a recording, in its units.
    pub(crate) fn selected(&self, recording: &Recording) -> Result<Selected, ModelError> {
        self.check_neurons(std::slice::from_ref(recording))?;
        // A coding has nothing to say here: labels are not looked at.
        Ok(select(recording, &self.neurons, &StateCoding::Two, self.derivative)?)
    }

    /// Normalised forecasts in the units of the recording: by the range that the frame was
    /// normalised by from which each starts.
    fn in_units(&self, normalised: &[f64], selected: &Selected, starts: &[usize]) -> Vec<f64> {
        let n_columns = self.neurons.len() * N_FEATURES;
        let per_start = normalised.len() / starts.len();
        let mut ranges = match &self.scaling {
            Scaling::Training(ranges) => ranges.values().to_vec(),
            Scaling::WholeRecording | Scaling::Causal | Scaling::Signals(_) => {
                vec![(f64::INFINITY, f64::NEG_INFINITY); n_columns]
            }
        };
        let mut seen = 0;
        let mut values = Vec::with_capacity(normalised.len());
        for (of_start, &start) in normalised.chunks_exact(per_start).zip(starts) {
            let until = match &self.scaling {
                Scaling::Training(_) => 0,
                Scaling::WholeRecording | Scaling::Signals(_) => selected.n_frames,
                Scaling::Causal => start + 1,
            };
            for frame in seen..until {
                let row = &selected.values[frame * n_columns..(frame + 1) * n_columns];
                for ((low, high), &value) in ranges.iter_mut().zip(row) {
                    (*low, *high) = (low.min(value), high.max(value));
                }
            }
            seen = seen.max(until);
            values.extend(of_start.iter().enumerate().map(|(at, &value)| {
                let (low, high) = ranges[at % n_columns];
                low + self.interval.to_unit(value) * (high - low)
            }));
        }
        values
    }

    pub(super) fn sizes(&self) -> ForecasterSizes {
        ForecasterSizes { n_neurons: self.neurons.len(), n_features: N_FEATURES }
    }
}

impl FittedForecaster {
    /// `[start, step, neuron, feature]`, of an animal whose `features` are
    /// `[frame, neuron, feature]`. `from` says where networks take statistics from.
    pub fn forecasts(
        &self,
        features: &[f32],
        starts: &[usize],
        n_steps: usize,
        from: RollOutFrom,
    ) -> Vec<f64> {
        match &self.0 {
            AnyForecaster::Baseline { fitted, n_columns } => {
                follow(fitted.as_ref(), features, *n_columns, starts, n_steps)
            }
            AnyForecaster::Network { network, corrected, .. } => {
                let [n_neurons, n_features] = network.sizes();
                let drift = corrected.as_ref().map(|corrected| {
                    let n_columns = n_neurons * n_features;
                    increments(corrected.as_ref(), features, n_columns, starts, n_steps)
                });
                let starts = Starts { frames: starts, n_steps, drift: drift.as_deref() };
                let said = network.forecast(features, &starts, from);
                said.into_iter().map(f64::from).collect()
            }
        }
    }

    /// Frames that a network looks at, the start included; `None` for what is no network.
    pub fn burn_in(&self) -> Option<usize> {
        match &self.0 {
            AnyForecaster::Baseline { .. } => None,
            AnyForecaster::Network { network, .. } => Some(network.burn_in()),
        }
    }

    /// The weights by which nodes hear each other, `[receiver, sender]`, in an animal whose `features` are
    /// `[frame, neuron, feature]`: of a network that infers them at each frame, mean over the starts; `None` for what
    /// has none.
    pub fn edges(&self, features: &[f32], starts: &[usize]) -> Option<Vec<f64>> {
        match &self.0 {
            AnyForecaster::Baseline { fitted, .. } => fitted.edges(features),
            AnyForecaster::Network { network, .. } => network.edges(features, starts),
        }
    }
}
