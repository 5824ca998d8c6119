//! The hidden Markov chain: best sequence and posterior, in logarithms. Every state is as likely as any
//! other to be the first.

use super::chain::{largest, log_sum};

/// The most probable sequence; of equals that whose later states come first.
pub(super) fn viterbi(steps: &[f64], emissions: &[f64]) -> Vec<u8> {
    let n = steps.len().isqrt();
    let Some((first, rest)) = emissions.split_at_checked(n) else { return Vec::new() };
    let mut score = first.to_vec();
    let mut from: Vec<u8> = Vec::with_capacity(rest.len());
    for emission in rest.chunks_exact(n) {
        let mut next = Vec::with_capacity(n);
        for (to, emission) in emission.iter().enumerate() {
            let reached: Vec<f64> = (0..n).map(|k| score[k] + steps[k * n + to]).collect();
            let best = largest(&reached);
            from.push(best);
            next.push(reached[usize::from(best)] + emission);
        }
        score = next;
    }
    let mut path = vec![largest(&score)];
    for from in from.chunks_exact(n).rev() {
        path.push(from[usize::from(path[path.len() - 1])]);
    }
    path.reverse();
    path
}

/// What the frames up to one say of its states, from what those up to the one before say: logarithms, of
/// which only the differences count.
pub(super) fn follow(steps: &[f64], before: Option<&[f64]>, emission: &[f64]) -> Vec<f64> {
    let n = emission.len();
    let of_state = |to: usize| {
        let reached = match before {
            None => 0.,
            Some(before) => log_sum((0..n).map(|k| before[k] + steps[k * n + to])),
        };
        reached + emission[to]
    };
    let row: Vec<f64> = (0..n).map(of_state).collect();
    // Sums over long recordings lose digits.
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    row.into_iter().map(|value| value - largest).collect()
}

/// Natural logarithms of the probability of each state at each frame, `[frame, class]`, given all frames
/// or those up to so many after each.
pub(super) fn posterior(steps: &[f64], emissions: &[f64], lag: Option<usize>) -> Vec<f32> {
    let n = steps.len().isqrt();
    let n_frames = emissions.len() / n;
    let mut forward: Vec<f64> = Vec::with_capacity(emissions.len());
    for emission in emissions.chunks_exact(n) {
        let before = forward.len().checked_sub(n).map(|begin| &forward[begin..]);
        forward.extend(follow(steps, before, emission));
    }
    let back = |after: &[f64], emission: &[f64]| -> Vec<f64> {
        let of =
            |from: usize| log_sum((0..n).map(|k| steps[from * n + k] + emission[k] + after[k]));
        let row: Vec<f64> = (0..n).map(of).collect();
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        row.iter().map(|value| value - largest).collect()
    };
    let emission = |frame: usize| &emissions[frame * n..(frame + 1) * n];
    let end = vec![0.; n];
    let mut later = end.clone();
    let mut reversed: Vec<Vec<f32>> = Vec::with_capacity(n_frames);
    for frame in (0..n_frames).rev() {
        let after = match lag {
            None if frame + 1 == n_frames => later.clone(),
            None => {
                later = back(&later, emission(frame + 1));
                later.clone()
            }
            Some(lag) => {
                let last = (frame + lag).min(n_frames - 1);
                (frame + 1..=last).rev().fold(end.clone(), |after, at| back(&after, emission(at)))
            }
        };
        let joint = (0..n).map(|k| forward[frame * n + k] + after[k]);
        let total = log_sum(joint.clone());
        reversed.push(joint.map(|value| (value - total) as f32).collect());
    }
    reversed.into_iter().rev().flatten().collect()
}
