//! The one way in which decoders are trained: [`DecoderFit`] → [`FittedDecoders`]. A model to keep and
//! a cell of a study are the same call.

use super::asked::{DecoderFit, Features, Kind};
use super::crops::TrainOnCrops;
use super::network::{Held, HeldNetwork};
use super::readout::{self, Readout};
use super::seen::Seen;
use crate::driver::{Driver, Next};
use crate::error::ModelError;
use crate::preparation::{Preparation, Validation};
use crate::recipe::DecoderRecipe;
use crate::signals::n_features;
use burn::tensor::Device;
use nervering_models::gnn::GivenEdges;
use nervering_models::sequence::{Chain, Structure};
use nervering_models::{
    DecoderModel, DecodingNetwork, DirectDecoder, DirectModel, Inputs, LabelledFrames,
    NetworkConfig, NetworkInputs, NetworkVisitor, Prediction,
};
use nervering_prepare::{N_FEATURES, Split};
use nervering_recording::classes;
use nervering_statistics::NetworkStatistics;
use nervering_statistics::seed::{generator, of_animals};
use nervering_train::{Batch, BatchRows, Cohort, FitConfig, ReplicaReport, fit};
use rand::seq::SliceRandom;
use std::sync::Arc;

/// Decoders that have been fitted, one per fold.
pub struct FittedDecoders {
    pub(super) kind: Kind,
    /// How the training of each went; empty for what is not trained by gradient steps.
    pub(super) reports: Vec<ReplicaReport>,
    /// How each chooses states together; empty where each frame is taken by itself.
    readouts: Vec<Readout>,
    /// Epochs asked for.
    epochs: usize,
    n_inputs: usize,
    n_classes: usize,
}

impl DecoderFit<'_> {
    /// Trains; nothing when the driver has stopped it. `features` are those of [`DecoderFit::features`].
    ///
    /// # Errors
    /// [`ModelError::Fit`] for a model that finds no answer.
    pub fn fit(
        &self,
        features: &[Features],
        driver: &dyn Driver,
    ) -> Result<Option<FittedDecoders>, ModelError> {
        let Some((kind, reports)) = self.trained(features, driver)? else { return Ok(None) };
        if let (Kind::Direct(decoders), true) = (&kind, self.chooses_together()) {
            self.check_probabilities(decoders, features)?;
        }
        let Some(readouts) = self.readouts(driver)? else { return Ok(None) };
        Ok(Some(self.fitted(kind, reports, readouts)))
    }

    /// The decoders, before states are chosen together; nothing when the driver has stopped it.
    pub(super) fn trained(
        &self,
        features: &[Features],
        driver: &dyn Driver,
    ) -> Result<Option<(Kind, Vec<ReplicaReport>)>, ModelError> {
        match self.model.model() {
            DecoderModel::Direct(model) => {
                let mut decoders = Vec::new();
                for (fold, features) in self.folds.clone().zip(features) {
                    if driver.steps(0) == Next::Stop {
                        return Ok(None);
                    }
                    decoders.push(self.direct(fold, model.as_ref(), features)?);
                }
                Ok(Some((Kind::Direct(decoders), Vec::new())))
            }
            DecoderModel::Network(config) => {
                let config = config.with(self.choices);
                Ok(match &self.recipe {
                    DecoderRecipe::Epochs(recipe) => {
                        self.init_networks(config, Train { fit: self, recipe, features, driver })
                    }
                    &DecoderRecipe::Crops { config: ref recipe, asked } => {
                        let stretches = &self.stretches(self.folds.clone())?;
                        let visitor = TrainOnCrops { fit: self, recipe, asked, stretches, driver };
                        self.init_networks(config, visitor)
                    }
                })
            }
        }
    }

    /// Refuses decoders without probabilities.
    pub(super) fn check_probabilities(
        &self,
        decoders: &[Box<dyn DirectDecoder>],
        features: &[Features],
    ) -> Result<(), ModelError> {
        let sizes = self.sizes();
        let one_frame = &features[0][0][..sizes.n_neurons * sizes.n_features];
        match decoders[0].predict(one_frame, &[1]).log_probabilities {
            Some(_) => Ok(()),
            None => Err(ModelError::NoProbabilities { model: self.model }),
        }
    }

    pub(super) fn fitted(
        &self,
        kind: Kind,
        reports: Vec<ReplicaReport>,
        readouts: Vec<Readout>,
    ) -> FittedDecoders {
        let sizes = self.sizes();
        FittedDecoders {
            kind,
            reports,
            readouts,
            epochs: self.recipe.epochs(),
            n_inputs: sizes.n_neurons * sizes.n_features,
            n_classes: self.view.preparation.coding.n_classes(),
        }
    }

    fn chooses_together(&self) -> bool {
        self.view.preparation.structure != Structure::Frames
    }

    /// How states follow each other in the frames that each fold learns from; nothing when the driver has
    /// stopped it.
    fn readouts(&self, driver: &dyn Driver) -> Result<Option<Vec<Readout>>, ModelError> {
        if !self.chooses_together() {
            return Ok(Some(Vec::new()));
        }
        let Preparation { structure, coding, .. } = &self.view.preparation;
        let mut readouts = Vec::new();
        for fold in self.folds.clone() {
            let labels = |&k: &usize| {
                let selected = &self.view.animals[k].selected;
                let mut labels = vec![None; selected.n_frames];
                self.view.learnt(k, fold).iter().for_each(|&f| labels[f] = selected.labels[f]);
                labels
            };
            let labels: Vec<Vec<Option<u8>>> = self.subset.iter().map(labels).collect();
            let labels: Vec<&[Option<u8>]> = labels.iter().map(Vec::as_slice).collect();
            let chain = Chain::fit(&labels, coding.n_classes());
            match self.weighted(Readout { structure: *structure, chain }, fold, driver)? {
                Some(readout) => readouts.push(readout),
                None => return Ok(None),
            }
        }
        Ok(Some(readouts))
    }

    /// Fits on the training frames. Those that the protocol lets the model look at besides stand
    /// between them without a label, so that time runs on.
    fn direct(
        &self,
        fold: usize,
        model: &dyn DirectModel,
        of_animals: &Features,
    ) -> Result<Box<dyn DirectDecoder>, ModelError> {
        let n_inputs = self.view.neurons.len() * n_features(self.model.inputs());
        let (mut features, mut labels, mut runs) = (Vec::new(), Vec::new(), Vec::new());
        if self.model.inputs() == Inputs::Frames {
            for &k in self.subset {
                let visible = self.view.visible(k, fold);
                let animal = &self.view.animals[k];
                let begin = labels.len();
                labels.resize(begin + visible.len(), None);
                for &frame in &*self.view.learnt(k, fold) {
                    labels[begin + frame - visible.start] = animal.selected.labels[frame];
                }
                runs.push(visible.len());
                features.extend_from_slice(
                    &of_animals[k][visible.start * n_inputs..visible.end * n_inputs],
                );
            }
        } else {
            // As if there were no frames but those that may be looked at.
            for stretch in self.stretches(fold..fold + 1)?.into_iter().flatten() {
                runs.push(stretch.labels.len());
                labels.extend(stretch.labels);
                features.extend(stretch.features);
            }
        }
        let n_classes = self.view.preparation.coding.n_classes();
        let frames = LabelledFrames {
            features: &features,
            n_inputs,
            labels: &labels,
            runs: &runs,
            n_classes,
        };
        model.fit(&frames).map_err(|source| ModelError::Fit {
            model: self.model.to_string(),
            trained_on: format!("{:?}", self.view.names(self.subset)),
            fold,
            source,
        })
    }

    /// The frames that choose the epoch, one batch per animal that has some.
    fn validation(&self, features: &[Features], device: &Device) -> Vec<Batch> {
        if self.view.preparation.validation == Validation::Training {
            return self.batches(features, |split| &split.validation, device);
        }
        let of_animal = |k: usize| {
            let selected = &self.view.animals[k].selected;
            let frames: Vec<usize> = (0..selected.n_frames).collect();
            let rows = features.iter().map(|features| BatchRows {
                features: &features[k],
                labels: &selected.labels,
                frames: &frames,
            });
            let rows: Vec<BatchRows> = rows.collect();
            Batch::new(&rows, self.view.neurons.len(), N_FEATURES, device)
        };
        self.view.validating().into_iter().map(of_animal).collect()
    }

    /// Initialises the network, one replica per fold, and hands it to `visitor`.
    fn init_networks<V: NetworkVisitor>(&self, config: NetworkConfig, visitor: V) -> V::Output {
        let sizes = self.sizes();
        let mut rngs = self.generators("weights");
        let (seed, animals) = (self.seed, of_animals(&self.view.names(self.subset)));
        let adjacency = match (config.given_edges(), &self.view.adjacency) {
            (Some(GivenEdges::Shuffled), Some(edges)) => {
                let mut rng = generator(seed, &["shuffled edges", &animals]);
                let mut places: Vec<usize> = (0..sizes.n_neurons).collect();
                places.shuffle(&mut rng);
                Some(relabelled(edges, &places))
            }
            (_, edges) => edges.clone(),
        };
        let classes = Some(classes(&self.view.neurons).into());
        let inputs = NetworkInputs { sizes, adjacency, classes };
        config.init_with(&inputs, &mut rngs, &self.view.machine.learning(), visitor)
    }

    /// Frames of one use, one batch per animal trained on, each fold with its own frames.
    fn batches(
        &self,
        features: &[Features],
        frames_of: fn(&Split) -> &[usize],
        device: &Device,
    ) -> Vec<Batch> {
        let of_animal = |&k: &usize| {
            let animal = &self.view.animals[k];
            let rows = self.folds.clone().zip(features).map(|(fold, features)| BatchRows {
                features: &features[k],
                labels: &animal.selected.labels,
                frames: frames_of(&animal.splits[fold]),
            });
            let rows: Vec<BatchRows> = rows.collect();
            Batch::new(&rows, self.view.neurons.len(), N_FEATURES, device)
        };
        self.subset.iter().map(of_animal).collect()
    }
}

/// Trains all folds in lockstep, whatever network it is.
struct Train<'a, 'f> {
    fit: &'f DecoderFit<'a>,
    recipe: &'f FitConfig,
    features: &'f [Features<'f>],
    driver: &'f dyn Driver,
}

impl NetworkVisitor for Train<'_, '_> {
    type Output = Option<(Kind, Vec<ReplicaReport>)>;

    fn visit<N: DecodingNetwork>(self, network: N) -> Self::Output {
        let Self { fit: asked, recipe, features, driver } = self;
        let machine = &asked.view.machine;
        let cohort = Cohort {
            train: asked.batches(features, |split| &split.train, &machine.learning()),
            validation: asked.validation(features, machine.plain()),
        };
        let steps_per_epoch = asked.subset.len() * asked.folds.len();
        let on_epoch = || driver.steps(steps_per_epoch) != Next::Stop;
        let fitted = fit(network, &cohort, recipe, on_epoch)?;
        let (sizes, outputs) = (asked.sizes(), asked.outputs());
        let held = Held::trained(fitted.network, cohort.train, sizes, outputs, machine);
        Some((Kind::Network(Box::new(held)), fitted.reports))
    }
}

impl FittedDecoders {
    /// Epochs asked for: times that each animal was to be learnt from.
    pub fn epochs(&self) -> usize {
        self.epochs
    }

    /// How the training of each went; empty for what is not trained by gradient steps.
    pub fn reports(&self) -> &[ReplicaReport] {
        &self.reports
    }

    /// Whether they take statistics over frames, as most networks do.
    pub fn take_statistics(&self) -> bool {
        match &self.kind {
            Kind::Network(network) => network.takes_statistics(),
            Kind::Direct(_) => false,
        }
    }

    /// What each says of frames of an animal; `seen` has one entry per fold. `statistics` are what
    /// networks take over frames, without it those of the training animals; others take none.
    pub fn predict(
        &self,
        seen: &[Seen<'_>],
        statistics: Option<NetworkStatistics>,
    ) -> Vec<Prediction> {
        let said: Vec<Prediction> = match &self.kind {
            Kind::Network(network) => {
                let statistics = statistics.unwrap_or(NetworkStatistics::TRAINING);
                let said = network.predict(seen, statistics);
                said.into_iter().map(|rows| readout::states(rows, self.n_classes)).collect()
            }
            Kind::Direct(decoders) => {
                let of_fold = |(fold, seen): (usize, &Seen<'_>)| {
                    // From the beginning of the recording, for decoders that look back in time, to
                    // the last frame asked for.
                    let n_frames = seen.frames.last().map_or(0, |last| last + 1);
                    let features = &seen.features[..n_frames * self.n_inputs];
                    let all = decoders[fold].predict(features, &[n_frames]);
                    readout::at_frames(&all, seen.frames, self.n_classes)
                };
                seen.iter().enumerate().map(of_fold).collect()
            }
        };
        match self.readouts.is_empty() {
            true => said,
            false => {
                let of_folds = said.into_iter().zip(seen).zip(&self.readouts);
                of_folds.map(|((said, seen), readout)| readout.chosen(said, seen.frames)).collect()
            }
        }
    }

    /// The weights by which the neurons of each network hear each other, `[receiver, sender]`, mean
    /// over the frames; `None` for what has none.
    pub fn edges(&self, seen: &[Seen<'_>], statistics: NetworkStatistics) -> Option<Vec<Vec<f32>>> {
        match &self.kind {
            Kind::Network(network) => network.edges(seen, statistics),
            Kind::Direct(_) => None,
        }
    }

    /// The same with another network.
    pub(super) fn with_network(&self, network: Box<dyn HeldNetwork>) -> Self {
        Self {
            kind: Kind::Network(network),
            reports: self.reports.clone(),
            readouts: self.readouts.clone(),
            ..*self
        }
    }

    /// The one decoder, of a fit of one fold, and how it chooses states together.
    pub(crate) fn only(mut self) -> (Only, Option<Readout>) {
        let only = match self.kind {
            Kind::Network(network) => Only::Network(network),
            Kind::Direct(mut decoders) => Only::Direct(decoders.swap_remove(0)),
        };
        (only, self.readouts.pop())
    }
}

/// What a fit of one fold has made.
pub(crate) enum Only {
    Network(Box<dyn HeldNetwork>),
    Direct(Box<dyn DirectDecoder>),
}

/// The same graph with its neurons in other places: every degree and weight stays in it.
fn relabelled(edges: &[f32], places: &[usize]) -> Arc<[f32]> {
    let n = places.len();
    let edge = |k: usize| edges[places[k / n] * n + places[k % n]];
    (0..n * n).map(edge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relabelled_graph_keeps_its_weights_and_self_edges() {
        let edges = [1., 2., 3., 4., 5., 6., 7., 8., 9.];
        let moved = relabelled(&edges, &[2, 0, 1]);
        assert_eq!(*moved, [9., 7., 8., 3., 1., 2., 6., 4., 5.]);
    }
}
