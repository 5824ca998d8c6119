//! Decoders trained on crops of what an animal shows over time: the frames that a fit may look at, and the
//! networks that learn from them.

use super::asked::{DecoderFit, Kind};
use super::network::Held;
use super::trained::{TrainingKey, WasTrained};
use crate::driver::{Driver, Next};
use crate::error::ModelError;
use crate::signals::of_member;
use nervering_models::any::Shown;
use nervering_models::{DecodingNetwork, NetworkVisitor};
use nervering_train::{
    Batch, BatchRows, CropCohort, CropConfig, ReplicaReport, Stretch, fit_crops,
};
use std::ops::Range;

/// Consecutive frames of an animal to learn from.
pub(super) struct OwnedStretch {
    /// As [`SignalScaling::features`](crate::signals::SignalScaling::features) gives them.
    pub(super) features: Vec<f32>,
    pub(super) labels: Vec<Option<u8>>,
}

/// Trains all members of all folds in lockstep on crops.
pub(super) struct TrainOnCrops<'a, 'f> {
    pub(super) fit: &'f DecoderFit<'a>,
    pub(super) recipe: &'f CropConfig,
    /// Epochs that its steps stand for.
    pub(super) asked: usize,
    /// By fold, by animal.
    pub(super) stretches: &'f [Vec<OwnedStretch>],
    pub(super) driver: &'f dyn Driver,
}

impl DecoderFit<'_> {
    /// Of every fold, the frames of every animal trained on that may be looked at, as if there were no
    /// others; those that may be learnt have their labels.
    pub(super) fn stretches(
        &self,
        folds: Range<usize>,
    ) -> Result<Vec<Vec<OwnedStretch>>, ModelError> {
        let coding = self.network_coding();
        let of_fold = |fold: usize| {
            let scaling = self.view.signal_scaling(self.model.inputs(), self.subset, fold)?;
            let of_animal = |&k: &usize| {
                let selected = &self.view.animals[k].selected;
                let visible = self.view.visible(k, fold);
                let mut labels = vec![None; visible.len()];
                for &frame in &*self.view.learnt(k, fold) {
                    labels[frame - visible.start] = selected.class_in(&coding, frame);
                }
                Ok(OwnedStretch { features: scaling.of_frames(selected, visible)?, labels })
            };
            self.subset.iter().map(of_animal).collect()
        };
        folds.map(of_fold).collect()
    }
}

impl<'f> NetworkVisitor for TrainOnCrops<'_, 'f> {
    type Output = Option<(Kind, Vec<ReplicaReport>)>;

    fn visit<N: DecodingNetwork>(self, network: N) -> Self::Output {
        let Self { fit: of, recipe, asked, stretches, driver } = self;
        let (sizes, outputs) = (of.sizes(), of.outputs());
        let machine = &of.view.machine;
        let batch = |animal: usize| {
            let of_replica =
                |of_fold: &'_ Vec<OwnedStretch>| (0..of_fold[animal].labels.len()).collect();
            let frames: Vec<Vec<usize>> = stretches.iter().map(of_replica).collect();
            let rows = stretches.iter().zip(&frames).flat_map(|(of_fold, frames)| {
                let OwnedStretch { features, labels } = &of_fold[animal];
                let of_members = outputs.of_members(features);
                of_members.map(move |features| BatchRows { features, labels, frames })
            });
            let rows: Vec<BatchRows<'_>> = rows.collect();
            Batch::new(&rows, sizes.n_neurons, sizes.n_features, machine.plain())
        };
        let frames = (0..of.subset.len()).map(batch).collect();
        let mut replicas = Vec::new();
        for of_fold in stretches {
            let inputs = of.model.inputs();
            replicas.extend((0..outputs.members).map(|member| {
                let stretch = |of: &'f OwnedStretch| Stretch {
                    features: of_member(&of.features, inputs, member),
                    labels: &of.labels,
                };
                of_fold.iter().map(stretch).collect::<Vec<_>>()
            }));
        }
        let cohort = CropCohort {
            replicas,
            n_neurons: sizes.n_neurons,
            n_channels: sizes.n_features,
            shown: match of.model.inputs().may_be_absent() {
                true => Shown::Present,
                false => Shown::All,
            },
            n_classes: sizes.n_classes,
        };
        // The driver counts the steps of networks that see whole animals.
        let total = of.subset.len() * of.folds.len() * asked;
        let (mut step, mut told) = (0, 0);
        let on_step = || {
            step += 1;
            let due = total * step / recipe.steps;
            let steps = due - std::mem::replace(&mut told, due);
            driver.steps(steps) != Next::Stop
        };
        let mut rngs = of.generators("crops");
        let device = machine.learning();
        let key = of.trained.map(|_| TrainingKey::new(&network, &cohort, recipe, &rngs));
        let train = |network| fit_crops(network, &cohort, recipe, &mut rngs, &device, on_step);
        let fitted = match of.trained.zip(key) {
            None => train(network)?,
            Some((trained, key)) => match trained.or_train(key, network, train)? {
                (fitted, WasTrained::Now) => fitted,
                (_, WasTrained::Before) if driver.steps(total) == Next::Stop => return None,
                (fitted, WasTrained::Before) => fitted,
            },
        };
        // One report a fold: that of its first member.
        let reports = fitted.reports.into_iter().step_by(outputs.members).collect();
        let held = Held::trained(fitted.network, frames, sizes, outputs, machine);
        Some((Kind::Network(Box::new(held)), reports))
    }
}
