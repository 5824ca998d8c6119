//! From what networks say to what a model says: the members of an ensemble are averaged, and states that
//! a network tells apart and a study does not are put together.

use nervering_models::ModelName;
use nervering_recording::{State, StateCoding};
use std::sync::Arc;

/// How the replicas of a model become one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outputs {
    /// Networks whose log-probabilities are averaged.
    pub(crate) members: usize,
    /// Where the networks tell other states apart: the class of each of theirs, `None` for one that
    /// counts as nothing.
    pub(crate) classes: Option<Arc<[Option<u8>]>>,
    /// Classes of the model.
    pub(crate) n_classes: usize,
}

/// The states that a network is trained to tell apart, for a model that is to know `coding`. One that sees
/// signals over time learns all seven where it can, since finer states say more; it cannot where a
/// recording shows states of the coding that are none of the seven.
pub(crate) fn network_coding(
    model: ModelName,
    coding: &StateCoding,
    shown: impl IntoIterator<Item = State>,
) -> StateCoding {
    let fixed = !matches!(coding, StateCoding::Own(_));
    let is_finer =
        |state| StateCoding::Seven.class(state).is_some() || coding.class(state).is_none();
    match model.inputs().are_cropped() && fixed && shown.into_iter().all(is_finer) {
        true => StateCoding::Seven,
        false => coding.clone(),
    }
}

impl Outputs {
    pub(crate) fn new(members: usize, network: &StateCoding, model: &StateCoding) -> Self {
        let of_class = |name: &&str| {
            let state: Option<State> = name.parse().ok();
            state.and_then(|state| model.class(state)).map(|class| class as u8)
        };
        let classes =
            (network != model).then(|| network.class_names().iter().map(of_class).collect());
        Self { members, classes, n_classes: model.n_classes() }
    }

    /// Log-probabilities `[frame, class]` of the model, from those of its networks
    /// of so many classes.
    pub(crate) fn combined(&self, replicas: &[Vec<f32>], of_network: usize) -> Vec<f32> {
        let of_model = self.n_classes;
        if let ([only], None) = (replicas, &self.classes) {
            return only.clone();
        }
        let n_frames = replicas[0].len() / of_network;
        let mut combined = Vec::with_capacity(n_frames * of_model);
        for frame in 0..n_frames {
            let mean = |class: usize| {
                let at = frame * of_network + class;
                let sum: f64 = replicas.iter().map(|replica| f64::from(replica[at])).sum();
                (sum / replicas.len() as f64).exp()
            };
            let mut probabilities = vec![0f64; of_model];
            for class in 0..of_network {
                let to = match &self.classes {
                    None => Some(class),
                    Some(classes) => classes[class].map(usize::from),
                };
                if let Some(to) = to {
                    probabilities[to] += mean(class);
                }
            }
            let total: f64 = probabilities.iter().sum();
            let least = f64::from(f32::MIN_POSITIVE);
            combined.extend(probabilities.iter().map(|p| (p / total).max(least).ln() as f32));
        }
        combined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_averaged_and_states_put_together() {
        let outputs = Outputs::new(2, &StateCoding::Seven, &StateCoding::Two);
        let log = |values: [f32; 7]| values.map(f32::ln).to_vec();
        let a = log([0.1, 0.1, 0.2, 0.2, 0.1, 0.1, 0.2]);
        let said = outputs.combined(&[a.clone(), a], 7);
        // FWD and SLOW against the three reversals; turns count as nothing.
        let expected = [0.2f32 / 0.6, 0.4 / 0.6].map(f32::ln);
        for (said, expected) in said.iter().zip(expected) {
            assert!((said - expected).abs() < 1e-6, "{said} {expected}");
        }
    }

    #[test]
    fn seven_states_are_learnt_where_all_shown_are_among_them() {
        let coding = |model, shown: &[State]| {
            network_coding(model, &StateCoding::Four, shown.iter().copied())
        };
        let all = [State::Forward, State::Reverse1, State::Unknown];
        assert_eq!(coding(ModelName::Tcn, &all), StateCoding::Seven);
        assert_eq!(coding(ModelName::Gnn, &all), StateCoding::Four);
        assert_eq!(coding(ModelName::Tcn, &[State::Forward, State::Reverse]), StateCoding::Four);
    }
}
