//! Who moves whom, by a linear regression: what inferred edges have to beat that claim to be more
//! than linear coefficients. As the graph networks do, it sees one frame and says the next.

use super::ridge::{PENALTIES, Regression};
use super::{ForecastError, ForecastFrames};

/// Sizes of the coefficients of a ridge regression of the next increment of every neuron on the
/// present frame of all, with the least of [`PENALTIES`], row-major `[receiver, sender]`: summed over
/// the features of both.
///
/// # Errors
/// [`ForecastError`] when there is no frame to regress on, or no finite answer.
pub fn linear_edges(frames: &ForecastFrames<'_>) -> Result<Vec<f64>, ForecastError> {
    let ForecastFrames { n_neurons: n, n_features, .. } = *frames;
    let columns = (0..frames.n_columns()).collect();
    let regression = Regression::with(frames, columns, 1, PENALTIES[0])?;
    let mut edges = vec![0.; n * n];
    for receiver in 0..frames.n_columns() {
        for sender in 0..frames.n_columns() {
            let size = regression.weight(sender, receiver).abs();
            edges[receiver / n_features * n + sender / n_features] += size;
        }
    }
    Ok(edges)
}
