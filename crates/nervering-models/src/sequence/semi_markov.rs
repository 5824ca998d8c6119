//! The explicit-duration semi-Markov chain: best sequence and posterior, in logarithms. The first and the
//! last segment may have begun earlier or end later: of them it is only known how long they last at least.

use super::chain::{Chain, largest, log_sum};

/// Sums of emissions up to each frame, `[class]` lists.
fn sums(emissions: &[f64], n: usize) -> Vec<Vec<f64>> {
    let of_class = |class: usize| {
        let mut sum = 0.;
        let mut sums = vec![0.];
        sums.extend(emissions.iter().skip(class).step_by(n).map(|emission| {
            sum += emission;
            sum
        }));
        sums
    };
    (0..n).map(of_class).collect()
}

/// Log-probability of a segment of frames `begin..end` of a recording of so many, as far as its duration
/// goes. One that begins or ends with the recording may have been longer than it is told apart.
fn lasts(chain: &Chain, class: usize, [begin, end]: [usize; 2], n_frames: usize) -> Option<f64> {
    let (durations, len) = (&chain.durations[class], end - begin);
    let censored = begin == 0 || end == n_frames;
    match (censored, len <= durations.longest()) {
        (true, true) => Some(durations.at_least(len)),
        (true, false) => Some(durations.at_least(durations.longest())),
        (false, true) => Some(durations.of(len)),
        (false, false) => None,
    }
}

/// The beginnings of a segment that ends before `end`: as many as its durations reach, and that of the
/// recording.
fn begins(chain: &Chain, class: usize, end: usize, n_frames: usize) -> impl Iterator<Item = usize> {
    // The last segment is censored, so that it may begin anywhere.
    let reach = if end == n_frames { end } else { chain.durations[class].longest().min(end) };
    let first = end - reach;
    (first > 0).then_some(0).into_iter().chain(first..end)
}

/// The most probable sequence.
pub(super) fn viterbi(chain: &Chain, emissions: &[f64]) -> Vec<u8> {
    let n = chain.n_classes();
    let n_frames = emissions.len() / n;
    let sums = sums(emissions, n);
    // Of the best sequence whose last segment is of a class and ends before a frame.
    let mut score = vec![f64::NEG_INFINITY; (n_frames + 1) * n];
    let mut begin_of = vec![0usize; (n_frames + 1) * n];
    // Of the best sequence that enters a class at a frame, and the class that it comes from.
    let mut enters = vec![0f64; (n_frames + 1) * n];
    let mut from = vec![0u8; (n_frames + 1) * n];
    for end in 1..=n_frames {
        for class in 0..n {
            let at = end * n + class;
            for begin in begins(chain, class, end, n_frames) {
                let Some(duration) = lasts(chain, class, [begin, end], n_frames) else { continue };
                let said = sums[class][end] - sums[class][begin];
                let total = enters[begin * n + class] + duration + said;
                if total > score[at] {
                    (score[at], begin_of[at]) = (total, begin);
                }
            }
        }
        for class in 0..n {
            let reached: Vec<f64> =
                (0..n).map(|k| score[end * n + k] + chain.transitions[k * n + class]).collect();
            let best = largest(&reached);
            enters[end * n + class] = reached[usize::from(best)];
            from[end * n + class] = best;
        }
    }
    let mut path = vec![0u8; n_frames];
    let mut end = n_frames;
    let mut class = if n_frames == 0 { 0 } else { largest(&score[end * n..(end + 1) * n]) };
    while end > 0 {
        let begin = begin_of[end * n + usize::from(class)];
        path[begin..end].fill(class);
        class = from[begin * n + usize::from(class)];
        end = begin;
    }
    path
}

/// Natural logarithms of the probability of each state at each frame, `[frame, class]`.
pub(super) fn posterior(chain: &Chain, emissions: &[f64]) -> Vec<f32> {
    let n = chain.n_classes();
    let n_frames = emissions.len() / n;
    let sums = sums(emissions, n);
    let segment = |class: usize, begin: usize, end: usize| {
        let duration = lasts(chain, class, [begin, end], n_frames)?;
        Some(duration + sums[class][end] - sums[class][begin])
    };
    // Of all sequences up to a frame, before which a segment of the class ends; and that enter it there.
    let mut ends = vec![f64::NEG_INFINITY; (n_frames + 1) * n];
    let mut enters = vec![0f64; (n_frames + 1) * n];
    for end in 1..=n_frames {
        for class in 0..n {
            let all: Vec<f64> = begins(chain, class, end, n_frames)
                .filter_map(|begin| Some(enters[begin * n + class] + segment(class, begin, end)?))
                .collect();
            ends[end * n + class] = log_sum(all.into_iter());
        }
        for class in 0..n {
            let reached = |k: usize| ends[end * n + k] + chain.transitions[k * n + class];
            enters[end * n + class] = log_sum((0..n).map(reached));
        }
    }
    // Of all that follows a segment of the class which ends before a frame.
    let mut after = vec![0f64; (n_frames + 1) * n];
    // Of all that follows the beginning of a segment of the class at a frame.
    let mut from = vec![f64::NEG_INFINITY; (n_frames + 1) * n];
    for begin in (0..n_frames).rev() {
        for class in 0..n {
            let longest = match begin == 0 {
                true => n_frames,
                false => n_frames.min(begin + chain.durations[class].longest()),
            };
            let ends = (begin + 1..=longest).chain((longest < n_frames).then_some(n_frames));
            let all: Vec<f64> = ends
                .filter_map(|end| Some(segment(class, begin, end)? + after[end * n + class]))
                .collect();
            from[begin * n + class] = log_sum(all.into_iter());
        }
        for class in 0..n {
            let follows = |k: usize| chain.transitions[class * n + k] + from[begin * n + k];
            after[begin * n + class] = log_sum((0..n).map(follows));
        }
    }
    let total = log_sum(ends[n_frames * n..].iter().copied());
    // A class holds a frame as often as it has been entered, less as often as it has been left.
    let mut held = vec![0f64; n];
    let mut posterior = Vec::with_capacity(n_frames * n);
    for frame in 0..n_frames {
        for (class, held) in held.iter_mut().enumerate() {
            let at = frame * n + class;
            *held += (enters[at] + from[at] - total).exp();
            if frame > 0 {
                *held -= (ends[at] + after[at] - total).exp();
            }
        }
        let sum: f64 = held.iter().map(|p| p.max(f64::from(f32::MIN_POSITIVE))).sum();
        posterior
            .extend(held.iter().map(|p| (p.max(f64::from(f32::MIN_POSITIVE)) / sum).ln() as f32));
    }
    posterior
}
