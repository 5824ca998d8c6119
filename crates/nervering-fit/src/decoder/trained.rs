//! Networks that have been trained on crops, kept for the fits to come that would train the very same:
//! [`TrainedNetworks`]. Cells of a study often differ only in how a network is read: which states are put
//! together, whether they are chosen together, which neurons of a new animal are shown, what is known of it.
//!
//! A network is found by all that its training rests on, number by number: initial weights, generators,
//! recipe, frames and labels ([`TrainingKey`]). So what is found is what training would give, to the bit.

use nervering_models::DecodingNetwork;
use nervering_nn::snapshot::{SavedParameter, Snapshot};
use nervering_train::{CropCohort, CropConfig, Fitted, ReplicaReport};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of parameters that are kept at most; the networks trained first go first.
const MOST_BYTES: usize = 128 << 20;

/// Networks by what their training rests on.
#[derive(Debug, Default)]
pub struct TrainedNetworks {
    /// The oldest first.
    places: Mutex<VecDeque<(TrainingKey, Arc<Place>)>>,
}

/// Holds a network once it is trained; whoever wants the same waits for it.
type Place = Mutex<Option<Trained>>;

#[derive(Debug, Clone)]
struct Trained {
    parameters: Vec<SavedParameter>,
    reports: Vec<ReplicaReport>,
}

/// A digest of all that a training rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TrainingKey([u8; 32]);

impl TrainingKey {
    pub(super) fn new<N: DecodingNetwork>(
        network: &N,
        cohort: &CropCohort<'_>,
        recipe: &CropConfig,
        generators: &[ChaCha8Rng],
    ) -> Self {
        let CropCohort { replicas, n_neurons, n_channels, shown, n_classes } = cohort;
        let mut digest = Sha256::new();
        let mut add = |bytes: &[u8]| {
            digest.update((bytes.len() as u64).to_le_bytes());
            digest.update(bytes);
        };
        let floats = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let sizes = format!("{n_neurons} {n_channels} {shown:?} {n_classes} {recipe:?}");
        add(sizes.as_bytes());
        for SavedParameter { name, shape, values } in Snapshot::of(network).parameters() {
            add(format!("{name} {shape:?}").as_bytes());
            add(&floats(values) as &Vec<u8>);
        }
        for generator in generators {
            add(&generator.get_seed());
        }
        for (replica, animals) in replicas.iter().enumerate() {
            // The members of an ensemble learn from the same frames.
            let is_same = |before: &[nervering_train::Stretch<'_>]| {
                before.len() == animals.len()
                    && before.iter().zip(animals).all(|(a, b)| {
                        std::ptr::eq(a.features, b.features) && std::ptr::eq(a.labels, b.labels)
                    })
            };
            if replica > 0 && is_same(&replicas[replica - 1]) {
                add(b"as before");
                continue;
            }
            for animal in animals {
                add(&floats(animal.features) as &Vec<u8>);
                let class = |label: &Option<u8>| label.map_or(u8::MAX, |class| class);
                add(&animal.labels.iter().map(class).collect::<Vec<u8>>());
            }
        }
        Self(digest.finalize().into())
    }
}

impl TrainedNetworks {
    /// What was trained under this key, put into `network`, and whether that was so; or what `train` makes
    /// of it, unless it is stopped.
    pub(super) fn or_train<N: DecodingNetwork>(
        &self,
        key: TrainingKey,
        network: N,
        train: impl FnOnce(N) -> Option<Fitted<N>>,
    ) -> Option<(Fitted<N>, WasTrained)> {
        let place = self.place(key);
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Trained { parameters, reports }) = &*place {
            let snapshot = Snapshot::for_module(parameters.clone(), &network);
            let network = snapshot.expect("a network like this").restore(network.valid());
            return Some((Fitted { network, reports: reports.clone() }, WasTrained::Before));
        }
        let fitted = train(network)?;
        let parameters = Snapshot::of(&fitted.network).parameters().to_vec();
        *place = Some(Trained { parameters, reports: fitted.reports.clone() });
        Some((fitted, WasTrained::Now))
    }

    fn place(&self, key: TrainingKey) -> Arc<Place> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, place)) = places.iter().find(|(known, _)| *known == key) {
            return place.clone();
        }
        // A place that is being filled has not been counted; it is there soon.
        let bytes = |(_, place): &(TrainingKey, Arc<Place>)| match place.try_lock() {
            Ok(place) => place.as_ref().map_or(0, Trained::n_bytes),
            Err(_) => 0,
        };
        let mut total: usize = places.iter().map(bytes).sum();
        while total > MOST_BYTES
            && let Some(oldest) = places.pop_front()
        {
            total -= bytes(&oldest);
        }
        let place = Arc::new(Place::default());
        places.push_back((key, place.clone()));
        place
    }
}

impl Trained {
    fn n_bytes(&self) -> usize {
        self.parameters.iter().map(|parameter| size_of_val(parameter.values.as_slice())).sum()
    }
}

/// When a network was trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WasTrained {
    /// For this fit.
    Now,
    /// For another.
    Before,
}
