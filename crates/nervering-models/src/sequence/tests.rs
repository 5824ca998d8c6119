//! Against all sequences of a few frames, one by one.

use super::*;
use proptest::prelude::*;

const N: usize = 3;

/// Every sequence of so many frames.
fn sequences(n_frames: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..N.pow(n_frames as u32))
        .map(move |k| (0..n_frames).map(|t| k / N.pow(t as u32) % N).collect())
}

/// Log-probability of a sequence under a chain, by its definition.
fn score(chain: &Chain, structure: Structure, emissions: &[f32], path: &[usize]) -> f64 {
    let said: f64 =
        path.iter().enumerate().map(|(t, &k)| chain.weight * f64::from(emissions[t * N + k])).sum();
    let steps = chain.steps();
    let follows: f64 = match structure {
        Structure::Frames | Structure::Filter => 0.,
        Structure::Markov => path.windows(2).map(|pair| steps[pair[0] * N + pair[1]]).sum(),
        Structure::SemiMarkov => {
            let segments: Vec<&[usize]> = path.chunk_by(|a, b| a == b).collect();
            let last = segments.len() - 1;
            let duration = |(at, segment): (usize, &&[usize])| {
                let durations = &chain.durations[segment[0]];
                match at == 0 || at == last {
                    true => durations.at_least(segment.len().min(durations.longest())),
                    false if segment.len() > durations.longest() => f64::NEG_INFINITY,
                    false => durations.of(segment.len()),
                }
            };
            let moves =
                segments.windows(2).map(|pair| chain.transitions[pair[0][0] * N + pair[1][0]]);
            segments.iter().enumerate().map(duration).sum::<f64>() + moves.sum::<f64>()
        }
    };
    said + follows
}

fn case() -> impl Strategy<Value = (Chain, Vec<f32>)> {
    let row = || prop::collection::vec(0.05..1f64, 3);
    let rows = (prop::collection::vec(row(), N), prop::collection::vec(row(), N));
    (rows, prop::collection::vec(-4f32..0., 3..=7 * N), 0.3..1f64).prop_map(
        |((follow, last), mut emissions, weight)| {
            emissions.truncate(emissions.len() / N * N);
            let share = |row: &[f64]| -> Vec<f64> {
                let sum: f64 = row.iter().sum();
                row.iter().map(|value| value / sum).collect()
            };
            let mut transitions = vec![f64::NEG_INFINITY; N * N];
            for (from, row) in follow.iter().enumerate() {
                let total: f64 = row.iter().sum::<f64>() - row[from];
                for to in (0..N).filter(|to| *to != from) {
                    transitions[from * N + to] = (row[to] / total).ln();
                }
            }
            let durations =
                last.iter().map(|row| Durations::from_probabilities(&share(row))).collect();
            (Chain { transitions, durations, weight }, emissions)
        },
    )
}

proptest! {
    #[test]
    fn the_best_sequence_and_the_posterior_agree_with_all_sequences((chain, emissions) in case()) {
        let n_frames = emissions.len() / N;
        for structure in [Structure::Markov, Structure::SemiMarkov] {
            let all: Vec<(f64, Vec<usize>)> = sequences(n_frames)
                .map(|path| (score(&chain, structure, &emissions, &path), path))
                .collect();
            let best = all.iter().map(|(score, _)| *score).fold(f64::NEG_INFINITY, f64::max);
            let found = chain.most_probable(structure, &emissions);
            let found: Vec<usize> = found.into_iter().map(usize::from).collect();
            let of_found = score(&chain, structure, &emissions, &found);
            prop_assert!((best - of_found).abs() < 1e-9, "{structure:?}: {of_found} of {best}");
            let total = log_sum(all.iter().map(|(score, _)| *score));
            let posterior = chain.posterior(structure, &emissions);
            for frame in 0..n_frames {
                for class in 0..N {
                    let with = all.iter().filter(|(_, path)| path[frame] == class);
                    let exact = log_sum(with.map(|(score, _)| *score)) - total;
                    let found = f64::from(posterior[frame * N + class]);
                    prop_assert!((exact.exp() - found.exp()).abs() < 1e-6, "{structure:?} {exact} {found}");
                }
            }
        }
    }

    #[test]
    fn a_filter_sees_as_far_as_its_lag((chain, emissions) in case(), lag in 0usize..3) {
        let n_frames = emissions.len() / N;
        let filtered = chain.filtered(&emissions, lag);
        for frame in 0..n_frames {
            let seen = (frame + lag + 1).min(n_frames) * N;
            let whole = chain.posterior(Structure::Markov, &emissions[..seen]);
            for class in 0..N {
                let (a, b) = (filtered[frame * N + class], whole[frame * N + class]);
                prop_assert!((a - b).abs() < 1e-5, "{a} {b}");
            }
        }
    }
}

proptest! {
    #[test]
    fn a_chain_that_is_followed_says_what_the_filter_says((chain, emissions) in case()) {
        let mut so_far = None;
        let said: Vec<f32> =
            emissions.chunks_exact(N).flat_map(|row| chain.follow(&mut so_far, row)).collect();
        prop_assert_eq!(said, chain.filtered(&emissions, 0));
    }
}

#[test]
fn a_chain_learns_transitions_and_durations_between_known_ends() {
    let labels = |runs: &[(Option<u8>, usize)]| -> Vec<Option<u8>> {
        runs.iter().flat_map(|&(class, n)| std::iter::repeat_n(class, n)).collect()
    };
    let (a, b, c) = (Some(0), Some(1), Some(2));
    let first = labels(&[(a, 5), (b, 20), (a, 40), (c, 9), (None, 3), (b, 7)]);
    let chain = Chain::fit(&[&first], N);
    // Counts with 0.2 for each that was not seen: 0→1 once, 0→2 once, 1→0 once.
    let expected = [(1, 0.5), (2, 0.5), (3, 1.2 / 1.4), (5, 0.2 / 1.4), (6, 0.5), (7, 0.5)];
    for (at, probability) in expected {
        assert!((chain.transitions[at].exp() - probability).abs() < 1e-12, "{at}");
    }
    let most = |class: usize| {
        let probabilities = chain.durations[class].probabilities();
        assert!((probabilities.iter().sum::<f64>() - 1.).abs() < 1e-9);
        let best = probabilities.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
        best.0 + 1
    };
    // The peak of a density of logarithms lies a little below: exp(ln d − h²).
    assert_eq!((most(0), most(1), most(2)), (37, 18, 8));
}

#[test]
fn a_flicker_is_no_bout_where_bouts_are_long() {
    let bouts = |class: u8| std::iter::repeat_n(Some(class), 30);
    let labels: Vec<Option<u8>> = (0..6).flat_map(|k| bouts(k % 2)).collect();
    let chain = Chain::fit(&[&labels], 2);
    // Thirty frames of one state and thirty of the other, with two that say the opposite.
    let said = |frame: usize| match (frame < 30) != (frame == 10 || frame == 45) {
        true => [0.8f32, 0.2],
        false => [0.2, 0.8],
    };
    let log: Vec<f32> = (0..60).flat_map(said).map(f32::ln).collect();
    let expected: Vec<u8> = (0..60).map(|frame| u8::from(frame >= 30)).collect();
    assert_ne!(chain.most_probable(Structure::Frames, &log), expected);
    assert_eq!(chain.most_probable(Structure::Markov, &log), expected);
    assert_eq!(chain.most_probable(Structure::SemiMarkov, &log), expected);
}
