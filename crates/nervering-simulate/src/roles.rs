//! Who loads on what: shared loadings of the named neurons on the latent loop.
//!
//! Roles follow Kato et al. 2015 and the averages per state of the five partial recordings: AVA
//! ramps up through a reversal, RIM and AVE come late in it, AIB early and stays, AVB, RME, RID
//! and VB are active forward, RIV and SMDV in ventral, SMDD in dorsal turns, ALA follows nothing
//! well.

use crate::latent::N_LATENTS;

/// A named neuron.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Role {
    pub(crate) name: &'static str,
    /// Loadings on reversal, late reversal, reversal onset, forward, ventral and dorsal turn.
    pub(crate) loadings: [f64; N_LATENTS],
    /// Standard deviation of the fluctuations that no other neuron shares.
    pub(crate) private: f64,
    /// Median over animals of the range of its ΔF/F.
    pub(crate) amplitude: f64,
    /// Share of animals in which it is identified.
    pub(crate) identified: f64,
}

const fn always(
    name: &'static str,
    loadings: [f64; N_LATENTS],
    private: f64,
    amplitude: f64,
) -> Role {
    Role { name, loadings, private, amplitude, identified: 1. }
}

const fn often(name: &'static str, loadings: [f64; N_LATENTS], identified: f64) -> Role {
    Role { name, loadings, private: 0.08, amplitude: 0.8, identified }
}

/// The paper's fifteen, identified in every animal.
#[rustfmt::skip]
pub(crate) const PAPER_15: [Role; 15] = [
    always("AIBL", [0.15, 0.10, 0.65, 0.00, 0.15, 0.00], 0.07, 1.3),
    always("AIBR", [0.15, 0.10, 0.65, 0.00, 0.12, 0.00], 0.07, 1.3),
    always("ALA",  [0.10, 0.00, 0.10, 0.05, 0.05, 0.10], 0.20, 0.6),
    always("AVAL", [0.85, 0.15, 0.00, 0.00, 0.05, 0.05], 0.05, 1.5),
    always("AVAR", [0.85, 0.15, 0.00, 0.00, 0.05, 0.05], 0.05, 1.4),
    always("AVBL", [0.05, 0.00, 0.05, 0.60, 0.10, 0.00], 0.11, 1.3),
    always("AVER", [0.10, 0.75, 0.00, 0.05, 0.05, 0.05], 0.07, 1.2),
    always("RID",  [-0.05, 0.00, 0.15, 0.50, 0.05, 0.00], 0.12, 0.7),
    always("RIML", [0.15, 0.80, 0.00, 0.00, 0.00, 0.00], 0.05, 1.8),
    always("RIMR", [0.15, 0.80, 0.00, 0.00, 0.00, 0.00], 0.05, 1.9),
    always("RMED", [0.05, -0.05, -0.10, 0.70, -0.10, 0.25], 0.10, 1.4),
    always("RMEL", [0.05, 0.00, 0.00, 0.65, 0.00, 0.05], 0.10, 0.8),
    always("RMER", [0.05, 0.00, 0.00, 0.65, 0.00, 0.05], 0.10, 0.9),
    always("VB01", [0.10, -0.05, 0.00, 0.60, 0.00, 0.00], 0.10, 1.0),
    always("VB02", [0.10, -0.05, 0.00, 0.60, 0.00, 0.05], 0.10, 0.9),
];

/// Neurons that are identified in some animals; the last three in nearly all, so that the shared
/// neurons are fifteen to eighteen.
#[rustfmt::skip]
pub(crate) const SOMETIMES: [Role; 21] = [
    often("ASKL",  [0.00, 0.00, 0.00, 0.05, 0.00, 0.00], 0.4),
    often("ASKR",  [0.00, 0.00, 0.00, 0.05, 0.00, 0.00], 0.5),
    often("AVBR",  [0.05, 0.00, 0.05, 0.60, 0.10, 0.00], 0.7),
    often("OLQDL", [0.10, 0.00, 0.10, 0.10, 0.05, 0.05], 0.5),
    often("OLQDR", [0.10, 0.00, 0.10, 0.10, 0.05, 0.05], 0.5),
    often("OLQVL", [0.10, 0.00, 0.10, 0.10, 0.05, 0.05], 0.4),
    often("OLQVR", [0.10, 0.00, 0.10, 0.10, 0.05, 0.05], 0.4),
    often("RIBL",  [0.00, 0.00, 0.00, 0.55, 0.20, 0.20], 0.8),
    often("RIBR",  [0.00, 0.00, 0.00, 0.55, 0.20, 0.20], 0.6),
    often("RIFR",  [0.30, 0.10, 0.20, 0.00, 0.10, 0.00], 0.4),
    often("RIS",   [0.05, 0.00, 0.00, 0.05, 0.40, 0.10], 0.6),
    often("RIVL",  [0.00, 0.05, 0.05, 0.00, 0.80, 0.10], 0.8),
    often("RIVR",  [0.00, 0.05, 0.05, 0.00, 0.80, 0.10], 0.7),
    often("RMEV",  [0.05, 0.00, 0.00, 0.60, 0.10, 0.00], 0.7),
    often("SMDDL", [0.00, 0.00, 0.00, 0.15, 0.00, 0.85], 0.6),
    often("SMDVL", [0.00, 0.05, 0.00, 0.05, 0.85, 0.00], 0.6),
    often("URYDL", [0.05, 0.05, 0.05, 0.05, 0.05, 0.05], 0.4),
    often("VA01",  [0.60, 0.10, 0.05, 0.00, 0.05, 0.05], 0.8),
    often("AVEL",  [0.10, 0.75, 0.00, 0.05, 0.05, 0.05], 0.95),
    often("SMDDR", [0.00, 0.00, 0.00, 0.15, 0.00, 0.85], 0.9),
    often("SMDVR", [0.00, 0.05, 0.00, 0.05, 0.85, 0.00], 0.9),
];
