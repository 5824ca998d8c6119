//! What every trained forecaster is to the training engine: a `burn` module that predicts the
//! next frame from one frame, and is rolled out on its own predictions (eq. 4–5).

use crate::written::{GIVEN, Operation, Place, Written};
use burn::module::Module;
use burn::tensor::Tensor;
use nervering_nn::pass::Pass;
use std::str::FromStr;

/// How the increment of a frame follows from the network's last layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Increment {
    /// As it is: the text.
    Unbounded,
    /// Through tanh, which the scripts added because roll-outs diverged.
    Tanh,
}

impl Increment {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Unbounded, Self::Tanh];

    /// The name, for example `tanh`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unbounded => "unbounded",
            Self::Tanh => "tanh",
        }
    }

    /// The frame `x` and the increment from the last layer's result, which may be one for all nodes.
    pub(crate) fn added_to(self, x: Tensor<4>, raw: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Unbounded => x + raw,
            Self::Tanh => x + raw.tanh(),
        }
    }

    /// [`Increment::added_to`] written out.
    pub(crate) fn write(self, to: &mut Written, x: Place, raw: Place) -> Place {
        let raw = match self {
            Self::Unbounded => raw,
            Self::Tanh => to.add(Operation::Tanh, &[raw]),
        };
        to.add(Operation::Add, &[x, raw])
    }
}

/// What a network that forecasts corrects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResidualOf {
    /// Persistence: `x_{t+1} = x_t + f(x_t)`, eq. 4–5.
    #[default]
    Copy,
    /// The forecast of `linear`, whose increments `l_h = L_h − L_{h−1}` from the start of a roll-out are
    /// added: `x_{t+h} = x_{t+h−1} + l_h + f(x_{t+h−1})`, with an `f` that is zero before training, so that
    /// an untrained network says what `linear` says. Not in the paper.
    Linear,
}

impl ResidualOf {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Copy, Self::Linear];

    /// The name, for example `linear`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Linear => "linear",
        }
    }
}

/// A text that names nothing that a network may correct.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found residual of {found:?}, expected copy or linear")]
pub struct UnknownResidualOf {
    /// The text as it was written.
    pub found: String,
}

impl FromStr for ResidualOf {
    type Err = UnknownResidualOf;

    fn from_str(text: &str) -> Result<Self, UnknownResidualOf> {
        let by_name = |of: &Self| of.as_str() == text;
        let unknown = || UnknownResidualOf { found: text.to_owned() };
        Self::ALL.into_iter().find(by_name).ok_or_else(unknown)
    }
}

/// A predicted frame, moved by what the forecast that is corrected moves by at a step, from 0; `drift` is
/// `[replica, sequence, step, neuron, feature]`, nothing where persistence is corrected.
pub fn drifted(predicted: Tensor<4>, drift: Option<&Tensor<5>>, step: usize) -> Tensor<4> {
    match drift {
        None => predicted,
        Some(drift) => predicted + drift.clone().narrow(2, step, 1).squeeze_dim::<4>(2),
    }
}

/// A text that names no increment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found increment {found:?}, expected unbounded or tanh")]
pub struct UnknownIncrement {
    /// The text as it was written.
    pub found: String,
}

impl FromStr for Increment {
    type Err = UnknownIncrement;

    fn from_str(text: &str) -> Result<Self, UnknownIncrement> {
        let by_name = |increment: &Self| increment.as_str() == text;
        let unknown = || UnknownIncrement { found: text.to_owned() };
        Self::ALL.into_iter().find(by_name).ok_or_else(unknown)
    }
}

/// A network that forecasts traces and derivatives, with a replica axis. What a [`Pass`] calls
/// frames are the sequences here: each is forecast from one frame, and all of them make one batch.
pub trait ForecastingNetwork: Module + 'static {
    /// What it carries from step to step of a roll-out besides the frame; nothing in Markovian
    /// networks. Starts at its default.
    type Memory: Default;

    /// Frames of truth that a forecast rests on, the one that it starts from included: 1 in
    /// Markovian networks.
    fn burn_in(&self) -> usize {
        1
    }

    /// Takes in a frame before the start of a forecast, `[replica, sequence, neuron, feature]`.
    fn remember(&self, _pass: &Pass, _x: Tensor<4>, _memory: &mut Self::Memory) {}

    /// The next frame of each sequence, `[replica, sequence, neuron, feature]` → the same shape:
    /// the frame plus the predicted increment.
    fn next(&self, pass: &Pass, x: Tensor<4>, memory: &mut Self::Memory) -> Tensor<4>;

    /// The steps from a frame `x`, `[sequence, neuron, feature]`, to the next, in the order in which
    /// [`Self::next`] takes what it takes over frames.
    fn write(&self, to: &mut Written, x: Place) -> Place;

    /// A step of a roll-out written out.
    fn written(&self) -> Written {
        let mut to = Written::default();
        self.write(&mut to, GIVEN);
        to
    }

    /// The weights by which neurons hear each other when this frame is the next to be taken in,
    /// `[replica, receiver, sender]`, their mean over sequences where they differ; nothing in
    /// networks without.
    fn edges(&self, _pass: &Pass, _x: Tensor<4>, _memory: &mut Self::Memory) -> Option<Tensor<3>> {
        None
    }

    /// The frame that forecasts start from, and the memory of the burn-in before it. `history`,
    /// `[replica, sequence, frame, neuron, feature]`, ends with that frame; no frame of it before
    /// the burn-in is looked at.
    ///
    /// # Panics
    /// When it is shorter than the burn-in.
    fn start(&self, pass: &Pass, history: Tensor<5>) -> (Tensor<4>, Self::Memory) {
        let (n_frames, burn_in) = (history.dims()[2], self.burn_in());
        assert!(n_frames >= burn_in, "found {n_frames} frames of history, expected {burn_in}");
        let frame = |at: usize| history.clone().narrow(2, at, 1).squeeze_dim::<4>(2);
        let mut memory = Self::Memory::default();
        for at in n_frames - burn_in..n_frames - 1 {
            self.remember(pass, frame(at), &mut memory);
        }
        (frame(n_frames - 1), memory)
    }

    /// `n_steps` frames, each predicted from the prediction before it:
    /// `[replica, sequence, step, neuron, feature]`. `history` as in [`Self::start`].
    fn roll_out(&self, pass: &Pass, history: Tensor<5>, n_steps: usize) -> Tensor<5> {
        self.roll_out_along(pass, history, None, n_steps)
    }

    /// The same where another forecast is corrected, whose increments are `drift`: see [`ResidualOf`].
    fn roll_out_along(
        &self,
        pass: &Pass,
        history: Tensor<5>,
        drift: Option<&Tensor<5>>,
        n_steps: usize,
    ) -> Tensor<5> {
        let (mut x, mut memory) = self.start(pass, history);
        let mut steps = Vec::with_capacity(n_steps);
        for step in 0..n_steps {
            x = drifted(self.next(pass, x, &mut memory), drift, step);
            steps.push(x.clone());
        }
        Tensor::stack(steps, 2)
    }
}
