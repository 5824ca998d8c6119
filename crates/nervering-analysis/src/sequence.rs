//! What the order of states says without a neuron, [`sequence_only`]: the baseline of decoders that see frames in
//! order, which may have learnt which state follows which.
//!
//! Each state of an animal is guessed from the true state before it, by how often which state follows which in the
//! other animals. A decoder is never told the true state before, so that this knows more of order than it can.

use super::aligned::labels;
use super::error::{AnalysisError, at_least};
use super::over_animals::OverAnimals;
use nervering_recording::{Recording, StateCoding};
use nervering_statistics::bouts::{Bout, bouts};
use nervering_statistics::metrics::{accuracy, balanced_accuracy};

/// Added to how often each state has followed another, so that none is impossible.
const PRIOR: f64 = 0.2;

/// What the order of states says, of animals that are each told by all others.
#[derive(Debug, Clone, PartialEq)]
pub struct SequenceOnly {
    /// The states told apart.
    pub coding: StateCoding,
    /// One per animal.
    pub animals: Vec<AnimalSequence>,
    /// Share of frames that are right, over animals.
    pub accuracy: OverAnimals,
    /// Mean recall of the states that an animal has, over animals.
    pub balanced: OverAnimals,
    /// Share of bouts that are right, over animals.
    pub bouts_right: OverAnimals,
}

/// Of one animal.
#[derive(Debug, Clone, PartialEq)]
pub struct AnimalSequence {
    /// The animal.
    pub animal: String,
    /// Bouts with a bout before them.
    pub n_bouts: usize,
    /// Share of their frames in a bout whose state is guessed right, in [0, 1]; `None` without a bout.
    pub accuracy: Option<f64>,
    /// Mean over the states of these frames of the share that is right; `None` without a bout.
    pub balanced: Option<f64>,
    /// Share of bouts whose state is guessed right; `None` without a bout.
    pub bouts_right: Option<f64>,
}

/// Guesses every bout of every animal from the bout before it. Deterministic but for intervals of more than five
/// animals.
///
/// # Errors
/// [`AnalysisError`] for fewer than two animals, and for a recording without states.
pub fn sequence_only(
    recordings: &[Recording],
    coding: &StateCoding,
    seed: u64,
) -> Result<SequenceOnly, AnalysisError> {
    at_least("number of animals", recordings.len(), 2)?;
    let coding = coding.resolve(recordings)?;
    let of_animal = |recording| Ok(bouts(&labels(recording, &coding)?));
    let all: Vec<Vec<Bout>> =
        recordings.iter().map(of_animal).collect::<Result<_, AnalysisError>>()?;
    let n = coding.n_classes();
    let told = |(at, recording): (usize, &Recording)| {
        let mut counts = vec![vec![PRIOR; n]; n];
        let others = all.iter().enumerate().filter(|(other, _)| *other != at);
        for pair in others.flat_map(|(_, bouts)| bouts.windows(2).filter(|pair| follow(pair))) {
            counts[usize::from(pair[0].class)][usize::from(pair[1].class)] += 1.;
        }
        let next = |state: u8| {
            let of = &counts[usize::from(state)];
            let others = (0..n).rev().filter(|&other| other != usize::from(state));
            others.max_by(|&a, &b| of[a].total_cmp(&of[b]))
        };
        let mut confusion = vec![vec![0; n]; n];
        let (mut n_bouts, mut n_right) = (0, 0);
        for pair in all[at].windows(2).filter(|pair| follow(pair)) {
            let Some(said) = next(pair[0].class) else { continue };
            let state = usize::from(pair[1].class);
            n_bouts += 1;
            n_right += usize::from(said == state);
            confusion[said][state] += (pair[1].end - pair[1].start) as u64;
        }
        AnimalSequence {
            animal: recording.animal().to_owned(),
            n_bouts,
            accuracy: accuracy(&confusion),
            balanced: balanced_accuracy(&confusion),
            bouts_right: (n_bouts > 0).then(|| n_right as f64 / n_bouts as f64),
        }
    };
    let animals: Vec<AnimalSequence> = recordings.iter().enumerate().map(told).collect();
    let over = |name: &str, of: fn(&AnimalSequence) -> Option<f64>| {
        OverAnimals::of(animals.iter().map(of).collect(), seed, &["sequence", name])
    };
    Ok(SequenceOnly {
        accuracy: over("accuracy", |animal| animal.accuracy),
        balanced: over("balanced", |animal| animal.balanced),
        bouts_right: over("bouts", |animal| animal.bouts_right),
        coding,
        animals,
    })
}

/// Whether the second of two bouts begins where the first ends.
fn follow(pair: &[Bout]) -> bool {
    pair[0].end == pair[1].start
}

#[cfg(test)]
mod tests {
    use super::*;
    use nervering_recording::{
        Behavior, NeuronLabel, Provenance, RecordingParts, State, TimeBase, Traces,
    };

    /// Bouts of so many frames.
    fn animal(name: &str, states: &[(State, usize)]) -> Recording {
        let frames: Vec<State> =
            states.iter().flat_map(|&(state, n)| std::iter::repeat_n(state, n)).collect();
        let n = frames.len();
        Recording::new(RecordingParts {
            animal: name.into(),
            neurons: vec![NeuronLabel::from_text("AVAL")],
            traces: Traces::new(n, 1, vec![0.; n]).unwrap(),
            derivative: None,
            behavior: Some(Behavior::new(frames)),
            time: TimeBase::new((0..n).map(|k| k as f64).collect()).unwrap(),
            provenance: Provenance::default(),
        })
        .unwrap()
    }

    #[test]
    fn bouts_are_guessed_by_what_follows_in_others_and_frames_count_with_their_bout() {
        use State::{DorsalTurn as D, Forward as F, Reverse1 as R, VentralTurn as V};
        // In the others a ventral turn follows two reversals of three.
        let known =
            [(F, 9), (R, 4), (V, 2), (F, 7), (R, 3), (V, 2), (F, 8), (R, 4), (D, 2), (F, 3)];
        let asked = [(F, 5), (R, 4), (V, 3), (F, 6), (R, 2), (D, 1)];
        let found = sequence_only(
            &[animal("known", &known), animal("asked", &asked)],
            &StateCoding::Four,
            0,
        )
        .unwrap();
        let of = &found.animals[1];
        // The first bout has none before it; the dorsal turn is said to be a ventral one.
        assert_eq!((of.animal.as_str(), of.n_bouts), ("asked", 5));
        assert_eq!(of.accuracy, Some(15. / 16.));
        assert_eq!(of.bouts_right, Some(4. / 5.));
        assert_eq!(of.balanced, Some(3. / 4.));
    }

    #[test]
    fn one_animal_has_none_to_learn_from() {
        let one = [animal("alone", &[(State::Forward, 3)])];
        assert!(sequence_only(&one, &StateCoding::Four, 0).is_err());
    }
}
