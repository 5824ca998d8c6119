//! The metadata of a model file. [`Header`] is what is written, [`Checked`] what it means.

use super::error::{ModelFileError, field};
use super::limits::MAX_MODEL_NEURONS;
use super::pass::{Pass, SignalsOf};
use super::tensors::NO_CHECKSUM;
use crate::animal::TrainedAnimal;
use crate::decoder::{Decoder, Model, ModelProvenance, Readout, classes};
use crate::hyperparameters::Hyperparameters;
use crate::scaling::Scaling;
use crate::signals::SignalScaling;
use crate::training::Training;
use nervering_models::sequence::Structure;
use nervering_models::{Inputs, Look, ModelName, NetworkChoices};
use nervering_prepare::{DerivativeSource, Interval, Levels, Ranges};
use nervering_recording::{NeuronName, StateCoding, TraceUnit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

const FORMAT: &str = "nervering-model";
const VERSION: u32 = 6;
/// Features of every neuron, in order.
pub(super) const FEATURES: [&str; 2] = ["trace", "derivative"];
/// Animals that a model may claim to be trained on.
const MAX_ANIMALS: usize = 1_000;

/// As written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    format: String,
    version: u32,
    model: String,
    /// Of a network.
    network: Option<Network>,
    pass: Pass,
    neurons: Vec<String>,
    features: Vec<String>,
    states: Vec<String>,
    /// The states that its networks tell apart, where these are others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    network_states: Option<Vec<String>>,
    /// To which state each of these belongs; to none where it counts as nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state_of_network_states: Option<Vec<Option<String>>>,
    /// Of a model of signals over time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signals: Option<SignalsOf>,
    /// How states are chosen; `frames` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    structure: Option<String>,
    derivative: String,
    normalisation: String,
    interval: String,
    provenance: Provenance,
    /// Of the whole file; see [`super::tensors`].
    checksum: String,
}

/// What a network is made of besides what its name says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Network {
    /// Hidden units.
    width: Option<usize>,
    /// `relu` or `elu`.
    activation: Option<String>,
    /// What the two outputs of an inferred edge are multiplied by inside the softmax.
    edge_scale: Option<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Provenance {
    nervering: String,
    protocol: String,
    animals: Vec<TrainedAnimal>,
    seed: u64,
    training: Option<Training>,
    connectome: Option<String>,
}

/// What every version has.
#[derive(Deserialize)]
struct Beginning {
    format: String,
    version: u64,
}

/// As meant, but for the numbers.
pub(super) struct Checked {
    pub(super) name: ModelName,
    pub(super) choices: NetworkChoices,
    pub(super) pass: Pass,
    pub(super) neurons: Vec<NeuronName>,
    pub(super) coding: StateCoding,
    pub(super) network_coding: StateCoding,
    pub(super) structure: Structure,
    derivative: DerivativeSource,
    normalisation: crate::preparation::Normalisation,
    interval: Interval,
    provenance: ModelProvenance,
}

impl Header {
    pub(super) fn of(model: &Model) -> Self {
        let provenance = &model.provenance;
        let texts = |texts: &[&str]| -> Vec<String> {
            texts.iter().map(|text| (*text).to_owned()).collect()
        };
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            model: model.name.to_string(),
            network: model.network().map(|config| Network::of(config.chosen())),
            pass: model.pass(),
            neurons: model.neurons.iter().map(ToString::to_string).collect(),
            features: features(model.name),
            states: texts(&model.coding.class_names()),
            network_states: (model.network_coding != model.coding)
                .then(|| texts(&model.network_coding.class_names())),
            state_of_network_states: joined(&model.network_coding, &model.coding),
            signals: SignalsOf::new(model.name.inputs()),
            structure: model.readout.as_ref().map(|of| of.structure.as_str().to_owned()),
            derivative: model.derivative.as_str().to_owned(),
            normalisation: model.normalisation().to_string(),
            interval: model.interval.as_str().to_owned(),
            provenance: Provenance {
                nervering: provenance.nervering.clone(),
                protocol: provenance.protocol.to_string(),
                animals: provenance.animals.clone(),
                seed: provenance.seed,
                training: provenance.training.clone(),
                connectome: provenance.connectome.clone(),
            },
            checksum: NO_CHECKSUM.to_owned(),
        }
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).expect("a header is plain data")
    }

    /// Reads the metadata of a version that is known.
    pub(super) fn parse(text: &str) -> Result<Self, ModelFileError> {
        parse(text, FORMAT, VERSION)
    }

    /// What it means.
    pub(super) fn checked(self) -> Result<Checked, ModelFileError> {
        let Self {
            model,
            network,
            pass,
            neurons,
            features,
            states,
            derivative,
            normalisation,
            interval,
            ..
        } = self;
        let names = neuron_names(&neurons)?;
        let name: ModelName = choice("model", &model)?;
        check_features(&features, &self::features(name))?;
        let known = |states: &[String]| {
            StateCoding::of_class_names(states).ok_or_else(|| {
                field(
                    "states",
                    format!("{states:?}"),
                    "the names of two, four, six or seven states, or two states of one's own or more",
                )
            })
        };
        let coding = known(&states)?;
        let network_coding = match (&self.network_states, name.inputs()) {
            (None, _) => coding.clone(),
            (Some(states), inputs) if inputs.are_cropped() && *states != self::states(&coding) => {
                known(states)?
            }
            (Some(states), _) => {
                let expected = "none but of a model of signals that learns other states";
                return Err(field("network_states", format!("{states:?}"), expected));
            }
        };
        let joined = joined(&network_coding, &coding);
        if self.state_of_network_states != joined {
            let text = |of: &Option<Vec<Option<String>>>| format!("{of:?}");
            let found = text(&self.state_of_network_states);
            return Err(field("state_of_network_states", found, text(&joined)));
        }
        SignalsOf::check(self.signals.as_ref(), name.inputs())?;
        let interval = known_interval(&interval)?;
        Ok(Checked {
            name,
            choices: choices(name, network)?,
            pass,
            neurons: names,
            coding,
            network_coding,
            structure: match &self.structure {
                Some(structure) => choice("structure", structure)?,
                None => Structure::Frames,
            },
            derivative: choice("derivative", &derivative)?,
            normalisation: choice("normalisation", &normalisation)?,
            interval,
            provenance: self.provenance.checked()?,
        })
    }
}

impl Network {
    fn of(choices: NetworkChoices) -> Self {
        let NetworkChoices { width, activation, edge_scale } = choices;
        Self { width, activation: activation.map(|activation| activation.to_string()), edge_scale }
    }
}

/// What a network is made of, which its name must leave open.
fn choices(name: ModelName, network: Option<Network>) -> Result<NetworkChoices, ModelFileError> {
    let Some(Network { width, activation, edge_scale }) = network else {
        return Ok(NetworkChoices::default());
    };
    let activation = activation.map(|text| choice("activation", &text)).transpose()?;
    let network = NetworkChoices { width, activation, edge_scale };
    match (Hyperparameters { network, learning_rate: None }).check(&[name]) {
        Ok(()) => Ok(network),
        Err(error) => Err(ModelFileError::Choice { field: "network", reason: error.to_string() }),
    }
}

/// The format that metadata say they are of.
pub(super) fn format_of(text: &str) -> Result<String, ModelFileError> {
    let beginning: Beginning = serde_json::from_str(text).map_err(ModelFileError::Header)?;
    Ok(beginning.format)
}

/// Reads the metadata of a format and version that is known.
pub(super) fn parse<T: serde::de::DeserializeOwned>(
    text: &str,
    format: &str,
    version: u32,
) -> Result<T, ModelFileError> {
    let beginning: Beginning = serde_json::from_str(text).map_err(ModelFileError::Header)?;
    if beginning.format != format {
        return Err(field("format", format!("{:?}", beginning.format), format!("{format:?}")));
    }
    if beginning.version != u64::from(version) {
        let (found, expected) = (beginning.version, version);
        return Err(ModelFileError::Version { found, expected });
    }
    serde_json::from_str(text).map_err(ModelFileError::Header)
}

/// Canonical names, each once.
pub(super) fn neuron_names(neurons: &[String]) -> Result<Vec<NeuronName>, ModelFileError> {
    let n_neurons = neurons.len();
    if n_neurons == 0 || n_neurons > MAX_MODEL_NEURONS {
        let expected = format!("1 to {MAX_MODEL_NEURONS} names");
        return Err(field("neurons", format!("{n_neurons} names"), expected));
    }
    let (mut names, mut seen) = (Vec::new(), BTreeSet::new());
    for neuron in neurons {
        let name: NeuronName = match neuron.parse() {
            Ok(name) if NeuronName::as_str(&name) == neuron => name,
            _ => return Err(field("neurons", format!("{neuron:?}"), "canonical names")),
        };
        if !seen.insert(name.clone()) {
            return Err(field("neurons", format!("{neuron:?} twice"), "each once"));
        }
        names.push(name);
    }
    Ok(names)
}

/// What the numbers of a neuron are, in order.
fn features(model: ModelName) -> Vec<String> {
    let names: &[&str] = match model.inputs() {
        Inputs::Frames => &FEATURES,
        Inputs::Signals(_) => &["level", "slope"],
        Inputs::Tokens(_) => &["is there", "level", "slope"],
        Inputs::Context(Look::Around) => &["z-score and slope, from 7.8 s before to 7.8 s after"],
        Inputs::Context(Look::Back { .. }) => &["z-score and slope, from 7.8 s before on"],
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// To which state of a model each state of its networks belongs, where these are others.
fn joined(network: &StateCoding, model: &StateCoding) -> Option<Vec<Option<String>>> {
    let classes = classes(network, model)?;
    let names = states(model);
    Some(classes.iter().map(|class| class.map(|class| names[usize::from(class)].clone())).collect())
}

fn states(coding: &StateCoding) -> Vec<String> {
    coding.class_names().into_iter().map(str::to_owned).collect()
}

/// Those that the model takes.
pub(super) fn check_features(
    features: &[String],
    expected: &[impl AsRef<str>],
) -> Result<(), ModelFileError> {
    let expected: Vec<&str> = expected.iter().map(AsRef::as_ref).collect();
    match features == expected {
        true => Ok(()),
        false => Err(field("features", format!("{features:?}"), format!("{expected:?}"))),
    }
}

pub(super) fn known_interval(text: &str) -> Result<Interval, ModelFileError> {
    let intervals = [Interval::ZeroToOne, Interval::MinusOneToOne];
    let known = intervals.into_iter().find(|known| known.as_str() == text);
    known.ok_or_else(|| field("interval", format!("{text:?}"), "\"[0, 1]\" or \"[-1, 1]\""))
}

/// The animals that a file claims, unless there are none or too many.
pub(super) fn check_animals(animals: &[TrainedAnimal]) -> Result<(), ModelFileError> {
    match animals.is_empty() || animals.len() > MAX_ANIMALS {
        true => {
            let found = format!("{} animals", animals.len());
            Err(field("provenance", found, format!("1 to {MAX_ANIMALS}")))
        }
        false => animals.iter().try_for_each(check_animal),
    }
}

/// A rate that there can be, and a known unit.
fn check_animal(animal: &TrainedAnimal) -> Result<(), ModelFileError> {
    if !(animal.fps.is_finite() && animal.fps > 0.) {
        let found = format!("{} frames per second", animal.fps);
        return Err(field("provenance", found, "a positive number of them"));
    }
    choice::<TraceUnit>("unit", &animal.unit).map(|_| ())
}

/// The scaling, with its ranges where it has any.
pub(super) fn scaling(
    normalisation: crate::preparation::Normalisation,
    ranges: impl FnOnce() -> Result<Ranges, ModelFileError>,
) -> Result<Scaling, ModelFileError> {
    use crate::preparation::Normalisation::{Causal, Training, WholeRecording};
    Ok(match normalisation {
        WholeRecording => Scaling::WholeRecording,
        Training => Scaling::Training(ranges()?),
        Causal => Scaling::Causal,
    })
}

impl Provenance {
    fn checked(self) -> Result<ModelProvenance, ModelFileError> {
        let Self { nervering, protocol, animals, seed, training, connectome } = self;
        check_animals(&animals)?;
        let protocol = choice("protocol", &protocol)?;
        Ok(ModelProvenance { nervering, protocol, animals, seed, training, connectome })
    }
}

/// A name that stands for one of the choices there are.
pub(super) fn choice<T>(what: &'static str, text: &str) -> Result<T, ModelFileError>
where
    T: std::str::FromStr<Err: ToString>,
{
    let unknown = |error: T::Err| error.to_string();
    text.parse().map_err(|error| ModelFileError::Choice { field: what, reason: unknown(error) })
}

impl Checked {
    /// The normalisation, with its ranges where it has any.
    pub(super) fn scaling(
        &self,
        ranges: impl FnOnce() -> Result<Ranges, ModelFileError>,
    ) -> Result<Scaling, ModelFileError> {
        scaling(self.normalisation, ranges)
    }

    /// The scaling of signals over time.
    pub(super) fn signals(&self, inputs: Inputs, levels: Levels, interval_s: f64) -> Scaling {
        let normalisation = self.normalisation;
        Scaling::Signals(SignalScaling { inputs, normalisation, levels, interval_s })
    }

    /// The model, and what the file says that it does.
    pub(super) fn model(
        self,
        scaling: Scaling,
        decoder: Decoder,
        readout: Option<Readout>,
    ) -> (Model, Pass) {
        let Self { name, choices, pass, neurons, coding, network_coding, derivative, .. } = self;
        let Self { interval, provenance, .. } = self;
        let model = Model {
            name,
            choices,
            neurons,
            coding,
            network_coding,
            derivative,
            scaling,
            interval,
            decoder,
            readout,
            provenance,
        };
        (model, pass)
    }
}
