//! A network that says what a forecast of one neuron misses, from that neuron's last frames, conditioned
//! on the whole population's: in the manner of POCO (Duan et al. 2025, "POCO: scalable neural forecasting
//! through population conditioning"), in code of its own. [`Population`] is an ensemble of them.
//!
//! Of neuron i, `w_i` are its last 8 frames relative to its running mean
//! and SD, `w` those of all neurons side by side, φ is the GELU and D dropout:
//!
//! ```text
//! u_i = W_o w_i + b_o                          its own window
//! p   = D(φ(W_p w + b_p))                      the population
//! (a_i, c_i) = W_m p + b_m + e_i               what it does to neuron i, which e_i stands for
//! v_i = φ((1 + a_i) ⊙ u_i + c_i)
//! h_i = φ(W_h v_i + b_h)
//! y_if = W_f h_i + b_f                         each step ahead, of trace and derivative
//! ```
//!
//! Every layer has 64 units. `W_f` and `b_f` start at zero, so that an untrained
//! network corrects nothing; `e_i` does too, so that neurons begin alike, and one that is not among those
//! trained on would be conditioned by `b_m` alone. POCO's population encoder is an attention over tokens of
//! all neurons and sessions; one layer takes its place here, since there are a few neurons and minutes of
//! each, and it corrects a linear forecast where ours corrects the one it is trained behind.
//!
//! A neuron that has not moved yet, such as one that a file fills with a constant, is absent: nothing of it
//! is looked at, and nothing corrected. Passes are written out over slices (`network`, `gradient`),
//! since the operations are tiny; their composed form on `burn` is the oracle in tests. `training` fits.

mod gradient;
mod network;
#[cfg(test)]
mod tests;
mod training;

pub(super) use network::{Parameters, Part, Sizes};
pub(super) use training::{EPOCHS, Missed, N_NETWORKS};

use network::Frames;

/// An ensemble: what they say is averaged.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Population {
    /// [`N_NETWORKS`], of the same sizes.
    pub(super) networks: Vec<Parameters>,
    /// The epoch that each keeps, from 1; 0 where none was better than to correct nothing.
    pub(super) epochs: Vec<usize>,
}

impl Population {
    /// `networks of epochs 3, 0, 7, 12 of 12`.
    pub(super) fn choice(&self) -> String {
        let epochs: Vec<String> = self.epochs.iter().map(ToString::to_string).collect();
        format!("networks of epochs {} of {EPOCHS}", epochs.join(", "))
    }

    /// What is to be added to a forecast from a frame, `[neuron, feature, head]`. `windows` are
    /// `[neuron, 8]`, and only neurons that are `present` are looked at.
    pub(super) fn correction(&self, windows: &[f32], present: &[bool]) -> Vec<f64> {
        let frames = Frames { windows, present };
        let mut sum: Vec<f64> = Vec::new();
        for network in &self.networks {
            let said = network.said(frames);
            sum.resize(said.len(), 0.);
            sum.iter_mut().zip(said).for_each(|(sum, value)| *sum += f64::from(value));
        }
        let n = self.networks.len() as f64;
        sum.iter_mut().for_each(|sum| *sum /= n);
        sum
    }
}
