//! How much single frames weigh where states are chosen together. Of a model that is fitted in an instant it is
//! chosen on the training animals: each is left out in turn, decoded by a model of the others, and the weight whose
//! states are best is taken.

use super::asked::{DecoderFit, Kind};
use super::readout::{Readout, predicted};
use super::seen::Seen;
use crate::driver::{Driver, Next};
use crate::error::ModelError;
use crate::preparation::Protocol;
use nervering_models::sequence::{Chain, WEIGHT};
use nervering_models::{DecoderModel, Prediction};
use nervering_statistics::Role;
use nervering_statistics::metrics::{EvaluatedFrames, evaluate};

/// Weights to choose from, those nearest to the usual one first, which wins where others are no better.
const WEIGHTS: [f64; 6] = [WEIGHT, 0.4, 0.8, 0.25, 1., 0.15];

/// The weight of networks that are trained on crops, chosen once, as how they are trained: by leaving two worms out of
/// five. To choose it in each fit, from three or four animals left out, made states no better and fits five times as long.
const OF_CROPPED: f64 = 0.8;

/// An animal that was left out.
struct LeftOut {
    animal: usize,
    frames: Vec<usize>,
    said: Prediction,
}

/// Lets a fit be stopped, and tells of none of its steps: they are part of another.
struct Within<'a>(&'a dyn Driver);

impl Driver for Within<'_> {
    fn steps(&self, _: usize) -> Next {
        self.0.steps(0)
    }
}

impl DecoderFit<'_> {
    /// Whether the weight is chosen in this fit: where whole animals are left out, of models that are fitted in little
    /// time, and from two training animals on.
    fn chooses_weight(&self) -> bool {
        let is_quick = matches!(self.model.model(), DecoderModel::Direct(_));
        let leaves_out = self.view.preparation.protocol == Protocol::Animals;
        is_quick && leaves_out && self.subset.len() > 1
    }

    /// The readout with its weight: that of networks on crops, the one chosen, or [`WEIGHT`]; `None` when the driver has
    /// stopped it.
    pub(super) fn weighted(
        &self,
        readout: Readout,
        fold: usize,
        driver: &dyn Driver,
    ) -> Result<Option<Readout>, ModelError> {
        let with = |weight: f64| {
            let chain = Chain { weight, ..readout.chain.clone() };
            Readout { chain, ..readout }
        };
        if self.model.inputs().are_cropped() {
            return Ok(Some(with(OF_CROPPED)));
        }
        if !self.chooses_weight() {
            return Ok(Some(readout));
        }
        let mut left_out = Vec::new();
        for &animal in self.subset {
            match self.left_out(animal, fold, driver)? {
                Some(of_animal) => left_out.push(of_animal),
                None => return Ok(None),
            }
        }
        let mut best: Option<(f64, f64)> = None;
        for weight in WEIGHTS {
            let worth = self.worth(&with(weight), &left_out);
            if best.is_none_or(|(most, _)| worth > most) {
                best = Some((worth, weight));
            }
        }
        let (_, weight) = best.expect("there are weights");
        Ok(Some(with(weight)))
    }

    /// What a model of the other training animals says of one.
    fn left_out(
        &self,
        animal: usize,
        fold: usize,
        driver: &dyn Driver,
    ) -> Result<Option<LeftOut>, ModelError> {
        let others: Vec<usize> = self.subset.iter().copied().filter(|&k| k != animal).collect();
        let of_others = DecoderFit { subset: &others, folds: fold..fold + 1, ..self.clone() };
        let features = of_others.features()?;
        let Some((kind, _)) = of_others.trained(&features, &Within(driver))? else {
            return Ok(None);
        };
        if let Kind::Direct(decoders) = &kind {
            of_others.check_probabilities(decoders, &features)?;
        }
        let fitted = of_others.fitted(kind, Vec::new(), Vec::new());
        let frames = self.view.learnt(animal, fold).into_owned();
        let seen = [Seen { features: &features[0][animal], frames: &frames }];
        let said = fitted.predict(&seen, None).swap_remove(0);
        Ok(Some(LeftOut { animal, frames, said }))
    }

    /// Balanced accuracy and F1 of transitions, added, mean over the animals that have both.
    fn worth(&self, readout: &Readout, left_out: &[LeftOut]) -> f64 {
        let of_animal = |out: &LeftOut| {
            let selected = &self.view.animals[out.animal].selected;
            let said = readout.chosen(out.said.clone(), &out.frames);
            let evaluated = EvaluatedFrames {
                animal: &selected.animal,
                role: Role::UnseenAnimal,
                labels: &selected.labels,
                times_s: &selected.seconds,
                frames: &out.frames,
            };
            let n_classes = self.view.preparation.coding.n_classes();
            let found = evaluate(&evaluated, predicted(&said), n_classes);
            Some(found.balanced_accuracy? + found.timeline?.transition_f1?)
        };
        let worths: Vec<f64> = left_out.iter().filter_map(of_animal).collect();
        worths.iter().sum::<f64>() / worths.len().max(1) as f64
    }
}
