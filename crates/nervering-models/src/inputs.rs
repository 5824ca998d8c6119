//! How a model takes what it sees: frames as they are prepared for all models, or signals of its own
//! over time.

/// What the numbers of a frame are to a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Inputs {
    /// Trace and derivative of each neuron, as the study prepares them: one frame by itself, or, for
    /// models with a memory, frames in order.
    Frames,
    /// The smoothed trace of each neuron as a z-score, and its slope, over time.
    Signals(Look),
    /// The same, and whether the animal has the neuron: for models that take whichever are there.
    Tokens(Look),
    /// Levels and slopes at frames some way before and after side by side, for models that take each row of
    /// numbers by itself: eight seconds to each side that the look allows, 0.6 s apart.
    Context(Look),
}

impl Inputs {
    /// Which frames an answer rests on, of models that see signals over time.
    pub fn look(self) -> Option<Look> {
        match self {
            Self::Frames => None,
            Self::Signals(look) | Self::Tokens(look) | Self::Context(look) => Some(look),
        }
    }

    /// Whether a model that takes them is an ensemble of networks trained on crops.
    pub fn are_cropped(self) -> bool {
        matches!(self, Self::Signals(_) | Self::Tokens(_))
    }

    /// Whether an animal may lack neurons.
    pub fn may_be_absent(self) -> bool {
        matches!(self, Self::Tokens(_))
    }
}

/// Which frames an answer rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Look {
    /// Those before and those after: for whole recordings.
    Around,
    /// Those up to so many seconds after the frame: for recordings under way, where the answer comes as
    /// much later.
    Back {
        /// How much later, in seconds.
        delay_s: f64,
    },
}
