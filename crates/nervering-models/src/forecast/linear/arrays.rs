//! Direct forecasters as named arrays, and the way back.

use super::adapted::{Adapting, REFITTED_EVERY};
use super::analog::{Analogs, Library, MOST_OWN, N_NEAREST};
use super::fitted::{DirectForecast, FittedLinear, Parts};
use super::heads::HEADS;
use super::moments::{Moments, Penalties};
use super::pooled::Pooled;
use super::walk::{Base, OF_STATE};
use super::watched::{LAGS, PRIOR_FRAMES, Prior, n_inputs};
use crate::arrays::{
    DecoderArray, ForecasterSizes, RestoreError, all_named, check_shape, refused, whole,
};
use crate::forecast::population::{
    EPOCHS, N_NETWORKS, Parameters, Part as NetworkPart, Population, Sizes,
};
use crate::written::{GIVEN, Operation, Written};
use faer::Mat;

/// Of every direct forecaster: prior means, SDs and levels, and the two penalties.
const OF_ALL: [&str; 4] = ["means", "sds", "levels", "penalties"];
/// Where weights never change.
const FIXED: [&str; 1] = ["weights"];
/// Where they follow the animal: the moments that they are solved from. `adapting` are the weight of own
/// frames, and the frames of a training animal in the mean.
const MOVING: [&str; 3] = ["input_moments", "output_moments", "adapting"];
/// Of analogs; `shares` are the three scales of a state, and the share.
const OF_ANALOGS: [&str; 3] = ["states", "missed", "shares"];
/// Of networks, besides their parts.
const EPOCHS_KEPT: &str = "network_epochs";

pub(super) fn of(fitted: &FittedLinear) -> Vec<DecoderArray> {
    let Pooled { prior, penalties, moments, weights, frames_of_animal, .. } = &fitted.pooled;
    let vector =
        |name: &str, values: &[f64]| DecoderArray::new(name, &[values.len()], values.to_vec());
    let matrix = |name: &str, values: &Mat<f64>| {
        let shape = [values.nrows(), values.ncols()];
        let rows = (0..shape[0]).flat_map(|a| (0..shape[1]).map(move |b| values[(a, b)]));
        DecoderArray::new(name, &shape, rows.collect())
    };
    let mut arrays = vec![
        vector(OF_ALL[0], &prior.means),
        vector(OF_ALL[1], &prior.sds),
        vector(OF_ALL[2], &prior.levels),
        vector(OF_ALL[3], &[penalties.own, penalties.others]),
    ];
    match fitted.adapting() {
        Adapting::OwnPast { own_weight } => arrays.extend([
            matrix(MOVING[0], &moments.inputs),
            matrix(MOVING[1], &moments.outputs),
            vector(MOVING[2], &[own_weight, *frames_of_animal]),
        ]),
        Adapting::No if matches!(fitted.parts, Parts::Linear(_)) => {
            arrays.push(matrix(FIXED[0], weights));
        }
        Adapting::No => {}
    }
    if let Parts::Analogs(analogs) | Parts::Population(analogs, _) = &fitted.parts {
        let Analogs { scales, share, library, .. } = analogs;
        let n_missed = moments.squares.len();
        let n_frames = library.missed.len() / n_missed;
        let rows = |name: &str, values: &[f32]| {
            let shape = [n_frames, values.len() / n_frames];
            DecoderArray::new(name, &shape, values.iter().map(|&value| f64::from(value)).collect())
        };
        arrays.push(rows(OF_ANALOGS[0], &library.states));
        arrays.push(rows(OF_ANALOGS[1], &library.missed));
        arrays.push(vector(OF_ANALOGS[2], &[scales[0], scales[1], scales[2], *share]));
    }
    if let Parts::Population(_, population) = &fitted.parts {
        arrays.extend(of_networks(population));
    }
    arrays
}

/// What the arrays mean.
pub(super) fn written(fitted: &FittedLinear) -> Written {
    let mut to = Written::default();
    let [means, sds, levels, penalties] = OF_ALL.map(|name| to.name(name));
    let scores = Operation::RunningScores { means, sds, prior_frames: PRIOR_FRAMES, lags: LAGS };
    let seen = to.add(scores, &[GIVEN]);
    let heads = match fitted.adapting() {
        Adapting::OwnPast { .. } => {
            let [input_moments, output_moments, adapting] = MOVING.map(|name| to.name(name));
            Some(Operation::AdaptedHeads {
                input_moments,
                output_moments,
                penalties,
                adapting,
                levels,
                every: REFITTED_EVERY,
                steps: HEADS,
            })
        }
        Adapting::No if matches!(fitted.parts, Parts::Linear(_)) => {
            Some(Operation::Heads { weights: to.name(FIXED[0]), levels, steps: HEADS })
        }
        Adapting::No => None,
    };
    let mut said = heads.map_or(seen, |heads| to.add(heads, &[seen]));
    if let Parts::Analogs(_) | Parts::Population(..) = &fitted.parts {
        let [states, missed, shares] = OF_ANALOGS.map(|name| to.name(name));
        let (nearest, most_own) = (N_NEAREST, MOST_OWN);
        said = to.add(Operation::Analogs { states, missed, shares, nearest, most_own }, &[said]);
    }
    if let Parts::Population(..) = &fitted.parts {
        to.add(Operation::Population { networks: N_NETWORKS }, &[said]);
    }
    to
}

/// The epochs that networks keep, and each of their parts, network by network.
fn of_networks(Population { networks, epochs }: &Population) -> Vec<DecoderArray> {
    let kept = epochs.iter().map(|&epoch| epoch as f64).collect();
    let of_part = |part: NetworkPart| {
        let [rows, columns] = networks[0].sizes.shape(part);
        let values = networks.iter().flat_map(|network| network.part(part));
        let values = values.map(|&value| f64::from(value)).collect();
        DecoderArray::new(part.name(), &[N_NETWORKS, rows, columns], values)
    };
    let epochs = DecoderArray::new(EPOCHS_KEPT, &[N_NETWORKS], kept);
    std::iter::once(epochs).chain(NetworkPart::ALL.map(of_part)).collect()
}

pub(super) fn restored(
    model: DirectForecast,
    arrays: &[DecoderArray],
    sizes: ForecasterSizes,
) -> Result<FittedLinear, RestoreError> {
    use DirectForecast as D;
    let names: Vec<&str> = match model {
        D::Linear => [&OF_ALL[..], &FIXED].concat(),
        D::LinearAdapted => [&OF_ALL[..], &MOVING].concat(),
        D::Analog => [&OF_ALL[..], &OF_ANALOGS].concat(),
        D::LinearAnalog => [&OF_ALL[..], &MOVING, &OF_ANALOGS].concat(),
        D::Population => {
            let of_networks = NetworkPart::ALL.map(NetworkPart::name);
            [&OF_ALL[..], &MOVING, &OF_ANALOGS, &[EPOCHS_KEPT], &of_networks].concat()
        }
    };
    let given = Given { arrays: all_named(arrays, &names)? };
    let ForecasterSizes { n_neurons, n_features } = sizes;
    let (n_in, n_out) = (n_inputs(n_neurons), sizes.n_columns() * HEADS);
    let prior = Prior {
        means: given.vector("means", n_neurons)?,
        sds: given.vector("sds", n_neurons)?,
        levels: given.vector("levels", n_neurons * (n_features - 1))?,
    };
    if let Some(sd) = prior.sds.iter().find(|sd| **sd < 0.) {
        return Err(refused("sds", sd, "no negative number"));
    }
    let penalties = given.positive("penalties", 2)?;
    let penalties = Penalties { own: penalties[0], others: penalties[1] };
    let mut pooled = Pooled {
        n_features,
        prior,
        penalties,
        moments: Moments::none(n_in, n_out),
        frames_of_animal: 1.,
        weights: Mat::zeros(n_in, n_out),
    };
    let adapting = match model {
        D::Linear => {
            pooled.weights = given.matrix("weights", [n_in, n_out])?;
            Adapting::No
        }
        D::Analog => Adapting::No,
        D::LinearAdapted | D::LinearAnalog | D::Population => {
            pooled.moments.inputs = given.matrix("input_moments", [n_in, n_in])?;
            pooled.moments.outputs = given.matrix("output_moments", [n_in, n_out])?;
            let adapting = given.positive("adapting", 2)?;
            pooled.frames_of_animal = adapting[1];
            let solved = pooled.moments.solve(penalties);
            let no_answer = || refused("input_moments", "no positive definite matrix", "one");
            pooled.weights = solved.ok_or_else(no_answer)?;
            Adapting::OwnPast { own_weight: adapting[0] }
        }
    };
    let base = match model {
        D::Linear | D::LinearAdapted => {
            return Ok(FittedLinear { pooled, parts: Parts::Linear(adapting) });
        }
        D::Analog => Base::Copy,
        D::LinearAnalog | D::Population => Base::Linear(adapting),
    };
    let shares = given.positive("shares", OF_STATE.len() + 1)?;
    let library = Library {
        states: given.rows("states", n_neurons * OF_STATE.len())?,
        missed: given.rows("missed", n_out)?,
    };
    let (states, missed) = (library.states.len(), library.missed.len());
    if states / (n_neurons * OF_STATE.len()) != missed / n_out {
        return Err(refused("missed", "another number of frames", "as many as states"));
    }
    let scales = [shares[0], shares[1], shares[2]];
    let analogs = Analogs { base, scales, share: shares[3], library };
    let parts = match model {
        D::Population => Parts::Population(analogs, given.population(sizes)?),
        _ => Parts::Analogs(analogs),
    };
    Ok(FittedLinear { pooled, parts })
}

/// Arrays by their names.
struct Given<'a> {
    arrays: Vec<&'a DecoderArray>,
}

impl Given<'_> {
    fn array(&self, name: &str) -> &DecoderArray {
        self.arrays.iter().find(|array| array.name == name).expect("one of the names asked for")
    }

    fn vector(&self, name: &str, n: usize) -> Result<Vec<f64>, RestoreError> {
        let array = self.array(name);
        check_shape(array, &[n])?;
        Ok(array.values.clone())
    }

    fn positive(&self, name: &str, n: usize) -> Result<Vec<f64>, RestoreError> {
        let values = self.vector(name, n)?;
        match values.iter().find(|value| **value <= 0.) {
            Some(value) => Err(refused(name, value, "positive numbers")),
            None => Ok(values),
        }
    }

    fn matrix(&self, name: &str, [rows, columns]: [usize; 2]) -> Result<Mat<f64>, RestoreError> {
        let array = self.array(name);
        check_shape(array, &[rows, columns])?;
        Ok(Mat::from_fn(rows, columns, |a, b| array.values[a * columns + b]))
    }

    fn population(
        &self,
        ForecasterSizes { n_neurons, n_features }: ForecasterSizes,
    ) -> Result<Population, RestoreError> {
        let sizes = Sizes { n_neurons, n_features };
        let kept = self.array(EPOCHS_KEPT);
        let epochs = self.vector(EPOCHS_KEPT, N_NETWORKS)?;
        let most = EPOCHS as f64 + 1.;
        let epochs: Vec<usize> =
            epochs.into_iter().map(|epoch| whole(kept, epoch, most)).collect::<Result<_, _>>()?;
        let mut networks = vec![Parameters { sizes, values: Vec::new() }; N_NETWORKS];
        for part in NetworkPart::ALL {
            let [rows, columns] = sizes.shape(part);
            let array = self.array(part.name());
            check_shape(array, &[N_NETWORKS, rows, columns])?;
            let values = self.singles(part.name())?;
            for (network, values) in networks.iter_mut().zip(values.chunks_exact(rows * columns)) {
                network.values.extend_from_slice(values);
            }
        }
        Ok(Population { networks, epochs })
    }

    /// Any number of rows but none.
    fn rows(&self, name: &str, columns: usize) -> Result<Vec<f32>, RestoreError> {
        let array = self.array(name);
        let n = (array.values.len() / columns).max(1);
        check_shape(array, &[n, columns])?;
        self.singles(name)
    }

    /// As numbers of single precision.
    fn singles(&self, name: &str) -> Result<Vec<f32>, RestoreError> {
        let values: Vec<f32> = self.array(name).values.iter().map(|&value| value as f32).collect();
        match values.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(refused(name, value, "finite numbers of single precision")),
            None => Ok(values),
        }
    }
}
