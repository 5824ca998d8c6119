//! Statistics that grow with the recording: at each frame a batch norm and a mean over frames rest
//! on the frames up to it, after a prior that counts as some frames more. This is what can be
//! computed while an animal is being recorded. Evaluation only, in float64 on the host, one frame
//! after the other; a result never depends on a later frame, to the bit.

/// A batch norm over the frames so far.
pub(super) struct RunningNorm {
    n_frames: f64,
    /// Per unit, sums over frames of the mean over rows, and of the mean square.
    sums: Vec<f64>,
    squares: Vec<f64>,
    affine: Affine,
}

/// What follows the normalisation, and its epsilon.
pub(super) struct Affine {
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
    pub(super) epsilon: f64,
}

impl RunningNorm {
    /// Starts from mean and biased variance of each unit.
    pub(super) fn new(mean: &[f32], var: &[f32], prior_frames: f64, affine: Affine) -> Self {
        let square = |(&mean, &var): (&f32, &f32)| f64::from(var) + f64::from(mean).powi(2);
        Self {
            n_frames: prior_frames,
            sums: mean.iter().map(|&mean| prior_frames * f64::from(mean)).collect(),
            squares: mean.iter().zip(var).map(|unit| prior_frames * square(unit)).collect(),
            affine,
        }
    }

    /// Takes the next frame, row-major `[row, unit]`, and normalises it.
    pub(super) fn advance(&mut self, frame: &mut [f32]) {
        let width = self.sums.len();
        let n_rows = (frame.len() / width) as f64;
        self.n_frames += 1.;
        for unit in 0..width {
            let of_unit = || frame[unit..].iter().step_by(width).map(|&v| f64::from(v));
            self.sums[unit] += of_unit().sum::<f64>() / n_rows;
            self.squares[unit] += of_unit().map(|v| v * v).sum::<f64>() / n_rows;
            let mean = self.sums[unit] / self.n_frames;
            let var = (self.squares[unit] / self.n_frames - mean * mean).max(0.);
            let factor = f64::from(self.affine.scale[unit]) / (var + self.affine.epsilon).sqrt();
            let shift = f64::from(self.affine.shift[unit]);
            for v in frame[unit..].iter_mut().step_by(width) {
                *v = ((f64::from(*v) - mean) * factor + shift) as f32;
            }
        }
    }
}

/// The mean of the frames so far.
pub(super) struct RunningMean {
    n_frames: f64,
    sums: Vec<f64>,
}

impl RunningMean {
    /// Starts from the mean of earlier frames, row-major `[row, unit]`.
    pub(super) fn new(mean: &[f32], prior_frames: f64) -> Self {
        let sums = mean.iter().map(|&mean| prior_frames * f64::from(mean)).collect();
        Self { n_frames: prior_frames, sums }
    }

    /// Takes the next frame and replaces it by the mean.
    pub(super) fn advance(&mut self, frame: &mut [f32]) {
        self.n_frames += 1.;
        for (sum, v) in self.sums.iter_mut().zip(frame) {
            *sum += f64::from(*v);
            *v = (*sum / self.n_frames) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPSILON: f64 = 1e-5;

    /// Two rows of three units in each of seven frames.
    fn values() -> Vec<f32> {
        (0..7 * 2 * 3).map(|k| (k as f32 * 0.83).sin() + 0.1 * k as f32).collect()
    }

    /// By the definition: every frame's statistics anew from all rows up to it.
    #[test]
    fn every_frame_is_normalised_with_the_rows_up_to_it() {
        let (mean, var) = ([0.3f32, -1., 2.], [0.5f32, 2., 0.1]);
        let (scale, shift) = ([1f32, 2., -0.5], [0f32, 0.1, 0.2]);
        let before = values();
        for prior_frames in [0., 2.5] {
            let mut after = before.clone();
            let affine = Affine { scale: scale.into(), shift: shift.into(), epsilon: EPSILON };
            let mut norm = RunningNorm::new(&mean, &var, prior_frames, affine);
            after.chunks_exact_mut(6).for_each(|frame| norm.advance(frame));
            for (k, &found) in after.iter().enumerate() {
                let (frame, unit) = (k / 6, k % 3);
                let seen: Vec<f64> =
                    (0..=frame * 2 + 1).map(|row| f64::from(before[row * 3 + unit])).collect();
                // The prior's rows: half of them a deviation above the mean, half below.
                let (m, sd) = (f64::from(mean[unit]), f64::from(var[unit]).sqrt());
                let prior_rows = 2. * prior_frames;
                let n = prior_rows + seen.len() as f64;
                let centre = (prior_rows * m + seen.iter().sum::<f64>()) / n;
                let spread = prior_rows / 2.
                    * ((m + sd - centre).powi(2) + (m - sd - centre).powi(2))
                    + seen.iter().map(|v| (v - centre).powi(2)).sum::<f64>();
                let normal = (f64::from(before[k]) - centre) / (spread / n + EPSILON).sqrt();
                let exact = normal * f64::from(scale[unit]) + f64::from(shift[unit]);
                assert!((f64::from(found) - exact).abs() < 1e-5, "{k}: {found} against {exact}");
            }
        }
    }

    #[test]
    fn every_frame_becomes_the_mean_of_the_frames_up_to_it() {
        let before = values();
        let mut after = before.clone();
        let prior: Vec<f32> = (0..6).map(|k| k as f32).collect();
        let mut mean = RunningMean::new(&prior, 3.);
        after.chunks_exact_mut(6).for_each(|frame| mean.advance(frame));
        for (k, &found) in after.iter().enumerate() {
            let (frame, at) = (k / 6, k % 6);
            let sum: f32 = (0..=frame).map(|t| before[t * 6 + at]).sum();
            let exact = (3. * prior[at] + sum) / (4 + frame) as f32;
            assert!((found - exact).abs() < 1e-5, "{k}: {found} against {exact}");
        }
    }
}
