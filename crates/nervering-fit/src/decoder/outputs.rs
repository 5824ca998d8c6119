//! From what networks say to what a model says: the members of an ensemble are averaged, and states that
//! a network tells apart and a study does not are put together.

use crate::signals::of_member;
use nervering_models::{Inputs, ModelName};
use nervering_recording::{State, StateCoding};
use std::sync::Arc;

/// How the replicas of a model become one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outputs {
    /// Networks whose log-probabilities are averaged.
    pub(crate) members: usize,
    /// What each of them sees.
    pub(crate) inputs: Inputs,
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

/// The class of a model that each class of its networks belongs to, where they tell other states apart.
pub(crate) fn classes(network: &StateCoding, model: &StateCoding) -> Option<Arc<[Option<u8>]>> {
    let of_class = |name: &&str| {
        let state: Option<State> = name.parse().ok();
        state.and_then(|state| model.class(state)).map(|class| class as u8)
    };
    (network != model).then(|| network.class_names().iter().map(of_class).collect())
}

impl Outputs {
    pub(crate) fn new(name: ModelName, network: &StateCoding, model: &StateCoding) -> Self {
        let (members, inputs, n_classes) = (name.members(), name.inputs(), model.n_classes());
        Self { members, inputs, classes: classes(network, model), n_classes }
    }

    /// What each member sees of the features of an animal.
    pub(crate) fn of_members<'a>(
        &self,
        features: &'a [f32],
    ) -> impl Iterator<Item = &'a [f32]> + use<'a> {
        let inputs = self.inputs;
        (0..self.members).map(move |member| of_member(features, inputs, member))
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
        let tcn = Outputs::new(ModelName::Tcn, &StateCoding::Seven, &StateCoding::Two);
        assert_eq!((tcn.members, tcn.n_classes), (4, 2));
        let outputs = Outputs { members: 2, ..tcn };
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
    fn members_look_at_one_scale_after_the_other() {
        let seen = |model, features: &[f32]| -> Vec<Vec<f32>> {
            let outputs = Outputs::new(model, &StateCoding::Two, &StateCoding::Two);
            outputs.of_members(features).map(<[f32]>::to_vec).collect()
        };
        let features = [1., 2., 3., 4.];
        let [scores, places] = [vec![1., 2.], vec![3., 4.]];
        let expected = [scores.clone(), places.clone(), scores, places];
        assert_eq!(seen(ModelName::Tcn, &features), expected);
        assert_eq!(seen(ModelName::TcnCausal, &features), vec![features.to_vec(); 4]);
        assert_eq!(seen(ModelName::Gnn, &features), [features.to_vec()]);
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
