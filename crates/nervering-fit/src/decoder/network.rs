//! Networks whose kind is forgotten: [`HeldNetwork`] predicts, and gives out the numbers that make it
//! up. [`Load`] is the way back from those numbers.

use super::outputs::Outputs;
use super::seen::Seen;
use crate::model_file::ModelFileError;
use crate::signals::scales;
use nervering_models::written::Written;
use nervering_models::{DecodingNetwork, Dimensions, NetworkVisitor};
use nervering_nn::machine::Machine;
use nervering_nn::snapshot::{SavedParameter, Snapshot};
use nervering_statistics::{NetworkStatistics, TakenFrom};
use nervering_train::{
    Batch, BatchRows, EvaluationStatistics, NamedArray, Origin, PRIOR_FRAMES, TrainingStatistics,
    edges, hidden, predict,
};
use std::cell::OnceCell;

/// Trained networks, one per replica, with the statistics of their training animals.
pub(crate) trait HeldNetwork: Send {
    /// Natural logarithms of the class probabilities, `[frame, class]`, of some frames of an animal
    /// as each replica sees it.
    fn predict(&self, seen: &[Seen<'_>], statistics: NetworkStatistics) -> Vec<Vec<f32>>;

    /// The weights by which neurons hear each other, `[receiver, sender]`, mean over the frames and the
    /// members of an ensemble.
    fn edges(&self, seen: &[Seen<'_>], statistics: NetworkStatistics) -> Option<Vec<Vec<f32>>>;

    /// Whether neurons hear each other by weights.
    fn has_edges(&self) -> bool;

    /// What the networks themselves say of frames of an animal, of one fold: log-probabilities of their own
    /// classes, the members of an ensemble averaged.
    fn predict_of_networks(&self, seen: Seen<'_>, statistics: NetworkStatistics) -> Vec<f32>;

    /// The same networks, of one fold, with other readouts: `change` is given the hidden units of the frames
    /// `[frame, unit]`, how many there are of a frame, and the weights `[class, unit + 1]`, the intercept
    /// last; it gives those to take instead.
    fn with_readout(
        &self,
        seen: Seen<'_>,
        statistics: NetworkStatistics,
        change: &ChangeReadout<'_>,
    ) -> Box<dyn HeldNetwork>;

    /// The pass of each of them written out.
    fn written(&self) -> Written;

    /// The parameters, with the axis of the replicas first.
    fn parameters(&self) -> Vec<SavedParameter>;

    /// Whether it takes anything over frames.
    fn takes_statistics(&self) -> bool;

    /// The statistics of the training animals of the only replica.
    fn statistics(&self) -> Vec<NamedArray>;

    /// Lets go of the training frames.
    fn settle(&mut self);
}

/// From hidden units, their number and a readout to another readout.
pub(crate) type ChangeReadout<'a> = dyn Fn(&[f32], usize, &[f64]) -> Vec<f64> + 'a;

/// Networks of a kind.
pub(crate) struct Held<N> {
    network: N,
    /// Measured when they are first asked for.
    training: OnceCell<TrainingStatistics>,
    /// What they are measured on.
    frames: Vec<Batch>,
    sizes: Dimensions,
    outputs: Outputs,
    machine: Machine,
}

impl<N: DecodingNetwork> Held<N> {
    /// Takes a network on the plain device, with the frames that it was trained on.
    pub(crate) fn trained(
        network: N,
        frames: Vec<Batch>,
        sizes: Dimensions,
        outputs: Outputs,
        machine: &Machine,
    ) -> Self {
        let machine = machine.clone();
        Self { network, training: OnceCell::new(), frames, sizes, outputs, machine }
    }

    fn batch(&self, seen: &[Seen<'_>]) -> Batch {
        let Dimensions { n_neurons, n_features, .. } = self.sizes;
        let mut members = Vec::new();
        for &Seen { features, frames } in seen {
            members.extend(self.outputs.of_members(features).map(|features| (features, frames)));
        }
        let n_frames = |features: &[f32]| features.len() / (n_neurons * n_features);
        let longest = members.iter().map(|(features, _)| n_frames(features)).max();
        let labels = vec![None; longest.unwrap_or(0)];
        let rows = members.iter().map(|&(features, frames)| BatchRows {
            features,
            labels: &labels[..n_frames(features)],
            frames,
        });
        let rows: Vec<BatchRows> = rows.collect();
        Batch::new(&rows, n_neurons, n_features, self.machine.plain())
    }

    fn training(&self) -> &TrainingStatistics {
        let measure =
            || TrainingStatistics::measure(&self.network, &self.frames, self.machine.engine());
        self.training.get_or_init(measure)
    }

    fn evaluation(&self, statistics: NetworkStatistics) -> EvaluationStatistics {
        let origin = |from: TakenFrom| match from {
            TakenFrom::Evaluated => Origin::Given,
            TakenFrom::Training => Origin::Table,
            TakenFrom::Running => Origin::UpToEach { prior_frames: PRIOR_FRAMES },
        };
        match statistics {
            NetworkStatistics::EVALUATED => EvaluationStatistics::Evaluated,
            NetworkStatistics { edges, batch_norm } => EvaluationStatistics::From {
                training: self.training().clone(),
                batch_norm: origin(batch_norm),
                edges: origin(edges),
            },
        }
    }
}

impl<N: DecodingNetwork> HeldNetwork for Held<N> {
    fn predict(&self, seen: &[Seen<'_>], statistics: NetworkStatistics) -> Vec<Vec<f32>> {
        let (batch, from) = (self.batch(seen), self.evaluation(statistics));
        let of_replicas = predict(&self.network, &batch, self.machine.engine(), &from);
        let of_fold = |replicas: &[Vec<f32>]| self.outputs.combined(replicas, self.sizes.n_classes);
        of_replicas.chunks_exact(self.outputs.members).map(of_fold).collect()
    }

    fn edges(&self, seen: &[Seen<'_>], statistics: NetworkStatistics) -> Option<Vec<Vec<f32>>> {
        let (batch, from) = (self.batch(seen), self.evaluation(statistics));
        let of_replicas = edges(&self.network, &batch, self.machine.engine(), &from)?;
        Some(of_replicas.chunks_exact(self.outputs.members).map(mean).collect())
    }

    fn has_edges(&self) -> bool {
        // One frame of zeros shows it.
        let Dimensions { n_neurons, n_features, .. } = self.sizes;
        let zeros = vec![0.; scales(self.outputs.inputs).len() * n_neurons * n_features];
        let seen = [Seen { features: &zeros, frames: &[0] }];
        self.edges(&seen, NetworkStatistics::TRAINING).is_some()
    }

    fn predict_of_networks(&self, seen: Seen<'_>, statistics: NetworkStatistics) -> Vec<f32> {
        let (batch, from) = (self.batch(&[seen]), self.evaluation(statistics));
        let of_replicas = predict(&self.network, &batch, self.machine.engine(), &from);
        let n_classes = self.sizes.n_classes;
        let outputs = Outputs { classes: None, n_classes, ..self.outputs.clone() };
        outputs.combined(&of_replicas, n_classes)
    }

    fn with_readout(
        &self,
        seen: Seen<'_>,
        statistics: NetworkStatistics,
        change: &ChangeReadout<'_>,
    ) -> Box<dyn HeldNetwork> {
        let (batch, from) = (self.batch(&[seen]), self.evaluation(statistics));
        let of_replicas = hidden(&self.network, &batch, self.machine.engine(), &from);
        let mut parameters = self.parameters();
        let [w, b] = places_of_readout(&parameters, &Snapshot::of(self.network.readout()));
        let n_classes = self.sizes.n_classes;
        let width = parameters[w].shape[1];
        for (replica, rows) in of_replicas.iter().enumerate() {
            let (w_at, b_at) = (replica * width * n_classes, replica * n_classes);
            let place = |class: usize, unit: usize| match unit == width {
                true => (b, b_at + class),
                false => (w, w_at + unit * n_classes + class),
            };
            let all =
                || (0..n_classes).flat_map(|class| (0..=width).map(move |unit| (class, unit)));
            let value = |(class, unit)| {
                let (parameter, at) = place(class, unit);
                f64::from(parameters[parameter].values[at])
            };
            let changed = change(rows, width, &all().map(value).collect::<Vec<_>>());
            for ((class, unit), value) in all().zip(changed) {
                let (parameter, at) = place(class, unit);
                parameters[parameter].values[at] = value as f32;
            }
        }
        let snapshot = Snapshot::for_module(parameters, &self.network);
        let network = snapshot.expect("its own parameters").restore(self.network.clone());
        let training = OnceCell::from(self.training().clone());
        let (sizes, outputs) = (self.sizes, self.outputs.clone());
        let (frames, machine) = (Vec::new(), self.machine.clone());
        Box::new(Self { network, training, frames, sizes, outputs, machine })
    }

    fn written(&self) -> Written {
        self.network.written()
    }

    fn parameters(&self) -> Vec<SavedParameter> {
        Snapshot::of(&self.network).parameters().to_vec()
    }

    fn takes_statistics(&self) -> bool {
        !self.training().is_empty()
    }

    fn statistics(&self) -> Vec<NamedArray> {
        self.training().arrays(0, 1)
    }

    fn settle(&mut self) {
        self.training();
        self.frames = Vec::new();
    }
}

/// Where the weights and the bias of the readout stand among all parameters.
fn places_of_readout(all: &[SavedParameter], readout: &Snapshot) -> [usize; 2] {
    let place = |name: &str| {
        let own = readout.parameters().iter().find(|parameter| parameter.name == name);
        let own = own.expect("a linear layer has weights and a bias");
        let is_it = |parameter: &SavedParameter| {
            parameter.name.ends_with(&format!("out.{name}"))
                && parameter.shape == own.shape
                && parameter.values == own.values
        };
        all.iter().rposition(is_it).expect("the readout is a part of the network")
    };
    [place("w"), place("b")]
}

/// The mean of the edges of an ensemble's members.
fn mean(members: &[Vec<f32>]) -> Vec<f32> {
    let n = members.len() as f64;
    let of_pair = |k: usize| {
        let sum: f64 = members.iter().map(|edges| f64::from(edges[k])).sum();
        (sum / n) as f32
    };
    (0..members[0].len()).map(of_pair).collect()
}

/// Puts saved numbers into a freshly initialised network, whatever its kind.
pub(crate) struct Load {
    pub(crate) parameters: Vec<SavedParameter>,
    pub(crate) statistics: Vec<NamedArray>,
    pub(crate) sizes: Dimensions,
    pub(crate) outputs: Outputs,
    pub(crate) machine: Machine,
}

impl NetworkVisitor for Load {
    type Output = Result<Box<dyn HeldNetwork>, ModelFileError>;

    fn visit<N: DecodingNetwork>(self, network: N) -> Self::Output {
        let parameters = Snapshot::for_module(self.parameters, &network)?;
        let network = parameters.restore(network);
        let training = TrainingStatistics::from_arrays(
            &self.statistics,
            &network,
            self.sizes,
            self.outputs.members,
        )?;
        let (training, frames) = (OnceCell::from(training), Vec::new());
        let Self { sizes, outputs, machine, .. } = self;
        Ok(Box::new(Held { network, training, frames, sizes, outputs, machine }))
    }
}
