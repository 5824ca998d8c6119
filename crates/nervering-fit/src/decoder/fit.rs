//! The one way in which decoders are trained: [`DecoderFit`] → [`FittedDecoders`]. A model to keep and
//! a cell of a study are the same call.

use super::network::{Held, HeldNetwork};
use super::readout;
use crate::driver::{Driver, Next};
use crate::error::ModelError;
use crate::view::View;
use burn::tensor::Device;
use nervering_models::gnn::GivenEdges;
use nervering_models::{
    DecoderModel, DecodingNetwork, Dimensions, DirectDecoder, DirectModel, LabelledFrames,
    ModelName, NetworkConfig, NetworkInputs, NetworkVisitor, Prediction,
};
use nervering_prepare::{N_FEATURES, Split};
use nervering_statistics::BatchStatistics;
use nervering_statistics::seed::generator;
use nervering_train::{Batch, BatchRows, Cohort, FitConfig, ReplicaReport, fit};
use rand::seq::SliceRandom;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// A decoder on some animals of a view, for one or more of its folds: a network is trained on all of
/// them in lockstep, other models one after the other.
#[derive(Debug, Clone)]
pub struct DecoderFit<'a> {
    /// The animals, and how they are seen.
    pub view: &'a View,
    /// The model.
    pub model: ModelName,
    /// Indices of the animals trained on, ascending.
    pub subset: &'a [usize],
    /// Folds of the view.
    pub folds: Range<usize>,
    /// Which initial weights, from 0.
    pub initialisation: usize,
    /// Seed of everything random.
    pub seed: u64,
    /// How a network is trained.
    pub recipe: FitConfig,
}

/// The features of every animal of a view, `[frame, neuron, feature]`, as one fold sees them.
pub type Features<'a> = Vec<Cow<'a, [f32]>>;

/// Frames of one animal, as one fold sees it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Of the whole recording, `[frame, neuron, feature]`.
    pub features: &'a [f32],
    /// Those that are asked for, ascending.
    pub frames: &'a [usize],
}

/// Decoders that have been fitted, one per fold.
pub struct FittedDecoders {
    kind: Kind,
    /// How the training of each went; empty for what is not trained by gradient steps.
    reports: Vec<ReplicaReport>,
    n_inputs: usize,
    n_classes: usize,
}

enum Kind {
    /// One replica per fold.
    Network(Box<dyn HeldNetwork>),
    Direct(Vec<Box<dyn DirectDecoder>>),
}

impl<'a> DecoderFit<'a> {
    /// The features of every fold of the fit.
    ///
    /// # Errors
    /// [`ModelError::Prepare`] for a neuron that cannot be normalised.
    pub fn features(&self) -> Result<Vec<Features<'a>>, ModelError> {
        self.folds.clone().map(|fold| self.view.features(self.subset, fold)).collect()
    }

    /// Trains; nothing when the driver has stopped it. `features` are those of [`DecoderFit::features`].
    ///
    /// # Errors
    /// [`ModelError::Fit`] for a model that finds no answer.
    pub fn fit(
        &self,
        features: &[Features],
        driver: &dyn Driver,
    ) -> Result<Option<FittedDecoders>, ModelError> {
        let sizes = self.sizes();
        let trained = match self.model.model() {
            DecoderModel::Direct(model) => {
                let mut decoders = Vec::new();
                for (fold, features) in self.folds.clone().zip(features) {
                    if driver.steps(0) == Next::Stop {
                        return Ok(None);
                    }
                    decoders.push(self.direct(fold, model.as_ref(), features)?);
                }
                Some((Kind::Direct(decoders), Vec::new()))
            }
            DecoderModel::Network(config) => {
                self.init_networks(config, Train { fit: self, features, driver })
            }
        };
        Ok(trained.map(|(kind, reports)| FittedDecoders {
            kind,
            reports,
            n_inputs: sizes.n_neurons * sizes.n_features,
            n_classes: sizes.n_classes,
        }))
    }

    /// Fits on the training frames. Those that the protocol lets the model look at besides stand
    /// between them without a label, so that time runs on.
    fn direct(
        &self,
        fold: usize,
        model: &dyn DirectModel,
        of_animals: &Features,
    ) -> Result<Box<dyn DirectDecoder>, ModelError> {
        let n_inputs = self.view.neurons.len() * N_FEATURES;
        let (mut features, mut labels, mut runs) = (Vec::new(), Vec::new(), Vec::new());
        for &k in self.subset {
            let visible = self.view.visible(k, fold);
            let animal = &self.view.animals[k];
            let begin = labels.len();
            labels.resize(begin + visible.len(), None);
            for &frame in &animal.splits[fold].train {
                labels[begin + frame - visible.start] = animal.selected.labels[frame];
            }
            runs.push(visible.len());
            features.extend_from_slice(
                &of_animals[k][visible.start * n_inputs..visible.end * n_inputs],
            );
        }
        let n_classes = self.sizes().n_classes;
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

    /// Sizes that the data dictate.
    fn sizes(&self) -> Dimensions {
        Dimensions {
            n_neurons: self.view.neurons.len(),
            n_features: N_FEATURES,
            n_classes: self.view.preparation.coding.n_classes(),
        }
    }

    /// Initialises the network, one replica per fold, and hands it to `visitor`.
    fn init_networks<V: NetworkVisitor>(&self, config: NetworkConfig, visitor: V) -> V::Output {
        let sizes = self.sizes();
        let (seed, model) = (self.seed, self.model.as_str());
        let subset: Vec<String> = self.subset.iter().map(usize::to_string).collect();
        let subset = subset.join("+");
        let of_fold = |fold: usize| {
            let fold = fold.to_string();
            let parts = ["weights", model, &subset, &fold];
            match self.initialisation {
                0 => generator(seed, &parts),
                n => generator(seed, &[&parts[..], &[&n.to_string()]].concat()),
            }
        };
        let mut rngs: Vec<_> = self.folds.clone().map(of_fold).collect();
        let adjacency = match (config.given_edges(), &self.view.adjacency) {
            (Some(GivenEdges::Shuffled), Some(edges)) => {
                let mut rng = generator(seed, &["shuffled edges", &subset]);
                let mut places: Vec<usize> = (0..sizes.n_neurons).collect();
                places.shuffle(&mut rng);
                Some(relabelled(edges, &places))
            }
            (_, edges) => edges.clone(),
        };
        let inputs = NetworkInputs { sizes, adjacency };
        let device = Device::flex().autodiff();
        config.init_with(&inputs, &mut rngs, &device, visitor)
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
    features: &'f [Features<'f>],
    driver: &'f dyn Driver,
}

impl NetworkVisitor for Train<'_, '_> {
    type Output = Option<(Kind, Vec<ReplicaReport>)>;

    fn visit<N: DecodingNetwork>(self, network: N) -> Self::Output {
        let Self { fit: asked, features, driver } = self;
        let (plain, learning) = (Device::flex(), Device::flex().autodiff());
        let cohort = Cohort {
            train: asked.batches(features, |split| &split.train, &learning),
            validation: asked.batches(features, |split| &split.validation, &plain),
        };
        let steps_per_epoch = asked.subset.len() * asked.folds.len();
        let on_epoch = || driver.steps(steps_per_epoch) != Next::Stop;
        let fitted = fit(network, &cohort, &asked.recipe, on_epoch)?;
        let held = Held::trained(fitted.network, cohort.train, asked.sizes());
        Some((Kind::Network(Box::new(held)), fitted.reports))
    }
}

impl FittedDecoders {
    /// How the training of each went; empty for what is not trained by gradient steps.
    pub fn reports(&self) -> &[ReplicaReport] {
        &self.reports
    }

    /// Whether they are networks, which take statistics over frames.
    pub fn are_networks(&self) -> bool {
        matches!(self.kind, Kind::Network(_))
    }

    /// What each says of frames of an animal; `seen` has one entry per fold. `statistics` are what
    /// networks take over frames, without it those of the training animals; others take none.
    pub fn predict(
        &self,
        seen: &[Seen<'_>],
        statistics: Option<BatchStatistics>,
    ) -> Vec<Prediction> {
        match &self.kind {
            Kind::Network(network) => {
                let statistics = statistics.unwrap_or(BatchStatistics::Training);
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
        }
    }

    /// The weights by which the neurons of each network hear each other, `[receiver, sender]`, mean
    /// over the frames; `None` for what has none.
    pub fn edges(&self, seen: &[Seen<'_>], statistics: BatchStatistics) -> Option<Vec<Vec<f32>>> {
        match &self.kind {
            Kind::Network(network) => network.edges(seen, statistics),
            Kind::Direct(_) => None,
        }
    }

    /// The one decoder, of a fit of one fold.
    pub(crate) fn only(self) -> Only {
        match self.kind {
            Kind::Network(network) => Only::Network(network),
            Kind::Direct(mut decoders) => Only::Direct(decoders.swap_remove(0)),
        }
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
