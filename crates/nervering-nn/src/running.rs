//! Statistics that grow with the recording: at each frame a batch norm and a mean over frames rest
//! on the frames up to it, after a prior that counts as some frames more. This is what can be
//! computed while an animal is being recorded. Evaluation only, in float64 on the host, one frame
//! after the other; a result never depends on a later frame, to the bit.

/// One replica's block, as it is without batch norm: row-major `[frame, row, width]`, of the
/// present frames.
pub(crate) struct FrameRows<'a> {
    pub(crate) values: &'a mut [f32],
    pub(crate) rows_per_frame: usize,
    pub(crate) width: usize,
}

/// A batch norm's parameters and the statistics before the first frame, each of `width` numbers.
pub(crate) struct RunningNorm<'a> {
    pub(crate) mean: &'a [f32],
    /// Biased.
    pub(crate) var: &'a [f32],
    pub(crate) scale: &'a [f32],
    pub(crate) shift: &'a [f32],
    pub(crate) epsilon: f64,
}

/// Normalises every frame with mean and variance over the rows of all frames up to it.
pub(crate) fn normalise(rows: &mut FrameRows, norm: &RunningNorm, prior_frames: f64) {
    let (width, frame_len) = (rows.width, rows.rows_per_frame * rows.width);
    let square = |v: f32| f64::from(v) * f64::from(v);
    let mut sums: Vec<f64> = norm.mean.iter().map(|&m| prior_frames * f64::from(m)).collect();
    let mut squares: Vec<f64> = norm
        .mean
        .iter()
        .zip(norm.var)
        .map(|(&mean, &var)| prior_frames * (f64::from(var) + square(mean)))
        .collect();
    let mut n_frames = prior_frames;
    for frame in rows.values.chunks_exact_mut(frame_len) {
        n_frames += 1.;
        for unit in 0..width {
            let of_unit = || frame[unit..].iter().step_by(width);
            let n_rows = rows.rows_per_frame as f64;
            sums[unit] += of_unit().map(|&v| f64::from(v)).sum::<f64>() / n_rows;
            squares[unit] += of_unit().map(|&v| square(v)).sum::<f64>() / n_rows;
        }
        for row in frame.chunks_exact_mut(width) {
            for (unit, v) in row.iter_mut().enumerate() {
                let mean = sums[unit] / n_frames;
                let var = (squares[unit] / n_frames - mean * mean).max(0.);
                let normal = (f64::from(*v) - mean) / (var + norm.epsilon).sqrt();
                *v = (normal * f64::from(norm.scale[unit]) + f64::from(norm.shift[unit])) as f32;
            }
        }
    }
}

/// Replaces every frame by the mean of all frames up to it, after `prior`, `[row, width]`.
pub(crate) fn mean_up_to(rows: &mut FrameRows, prior: &[f32], prior_frames: f64) {
    let mut sums: Vec<f64> = prior.iter().map(|&m| prior_frames * f64::from(m)).collect();
    let mut n_frames = prior_frames;
    for frame in rows.values.chunks_exact_mut(rows.rows_per_frame * rows.width) {
        n_frames += 1.;
        for (sum, v) in sums.iter_mut().zip(frame) {
            *sum += f64::from(*v);
            *v = (*sum / n_frames) as f32;
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
            let mut rows = FrameRows { values: &mut after, rows_per_frame: 2, width: 3 };
            let norm = RunningNorm {
                mean: &mean,
                var: &var,
                scale: &scale,
                shift: &shift,
                epsilon: EPSILON,
            };
            normalise(&mut rows, &norm, prior_frames);
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
        let mut rows = FrameRows { values: &mut after, rows_per_frame: 2, width: 3 };
        mean_up_to(&mut rows, &prior, 3.);
        for (k, &found) in after.iter().enumerate() {
            let (frame, at) = (k / 6, k % 6);
            let sum: f32 = (0..=frame).map(|t| before[t * 6 + at]).sum();
            let exact = (3. * prior[at] + sum) / (4 + frame) as f32;
            assert!((found - exact).abs() < 1e-5, "{k}: {found} against {exact}");
        }
    }
}
