//! Checks of what the microscope adds: jumps of one frame, motion of the whole brain, bleaching.

use super::finding::{Finding, listed, per_animal};
use super::measure::{column_names, columns_where, median, rank_trend, spread, trace};
use crate::warning::Level::{Advice, Doubtful};
use nervering_recording::Recording;

/// Standard deviations of a normal variable in its median absolute value.
const ABSOLUTE_TO_SD: f64 = 1.483;

/// A frame that leaves its neighbours by more than half of the trace's range, and by far more than
/// other frames do. One such frame sets a minimum or maximum by which the whole trace may be scaled.
pub(super) fn spikes(recordings: &[Recording]) -> Vec<Finding> {
    const NOISE: f64 = 10.;
    let has_spike = |trace: &[f64]| {
        let out = |three: &[f64]| (three[1] - (three[0] + three[2]) / 2.).abs();
        let usual = ABSOLUTE_TO_SD * median(trace.windows(3).map(out)).unwrap_or(0.);
        let large = (NOISE * usual).max(0.5 * spread(trace));
        trace.windows(3).any(|three| out(three) > large && large > 0.)
    };
    per_animal(recordings, |recording| {
        let columns = columns_where(recording, has_spike);
        let text = || {
            format!(
                "jump by half their range for one frame, and min–max scaling follows such frames; look at them: {}",
                column_names(recording, &columns)
            )
        };
        (!columns.is_empty()).then(|| (Advice, text()))
    })
}

/// Frames in which a large part of all neurons jump at once: the animal moved, or the focus did.
/// Calcium rises over several frames and in some neurons only.
pub(super) fn motion_artefact(recordings: &[Recording]) -> Vec<Finding> {
    const MIN_NEURONS: usize = 8;
    const PART: f64 = 0.4;
    per_animal(recordings, |recording| {
        let n_neurons = recording.neurons().len();
        let mut jumping = vec![0_usize; recording.n_frames()];
        for column in 0..n_neurons {
            let trace = trace(recording, column);
            let steps: Vec<f64> = trace.windows(2).map(|two| (two[1] - two[0]).abs()).collect();
            let usual = median(steps.iter().copied()).unwrap_or(0.);
            let large = (6. * ABSOLUTE_TO_SD * usual).max(0.15 * spread(&trace));
            for (frame, step) in steps.iter().enumerate() {
                if *step > large && large > 0. {
                    jumping[frame + 1] += 1;
                }
            }
        }
        let at_least = MIN_NEURONS.max((PART * n_neurons as f64).ceil() as usize);
        let frames: Vec<usize> =
            (0..jumping.len()).filter(|&frame| jumping[frame] >= at_least).map(|k| k + 1).collect();
        let text = || {
            format!(
                "{:.0} % of the neurons or more jump together at frame {}; did the animal or the focus move? cut or interpolate there",
                100. * PART,
                listed(&frames)
            )
        };
        (!frames.is_empty()).then(|| (Doubtful, text()))
    })
}

/// Most neurons falling (bleaching) or rising from beginning to end.
pub(super) fn drift(recordings: &[Recording]) -> Vec<Finding> {
    const STRONG: f64 = 0.6;
    const MIN_FRAMES: usize = 60;
    per_animal(recordings, |recording| {
        if recording.n_frames() < MIN_FRAMES {
            return None;
        }
        let columns = 0..recording.neurons().len();
        let trend = median(columns.filter_map(|k| rank_trend(&trace(recording, k))))?;
        let how = if trend < 0. { "fall, as by bleaching," } else { "rise" };
        let text = || {
            format!(
                "most neurons {how} from beginning to end (median rank correlation with time {trend:.2}); use the bleach-corrected traces or remove the trend"
            )
        };
        (trend.abs() > STRONG).then(|| (Doubtful, text()))
    })
}
