//! Models as files of ONNX, for whatever runs those: [`Model::to_onnx`](crate::Model::to_onnx) and
//! [`ForecastingModel::to_onnx`](crate::ForecastingModel::to_onnx).
//!
//! What a model does is not written here again: [`pass`] makes operations of ONNX of the steps that every model
//! writes out ([`Written`](nervering_models::written::Written)), as its file has them. Around them stand the ways
//! from a recording to what a model sees, [`features`] and [`signals`]. Statistics over frames are those of the
//! training animals. What runs along with a recording is a state: an input that may be left out before the first
//! frame, and an output `next_…` to put in the next time.

mod decoder;
mod features;
mod forecaster;
mod graph;
mod linear;
mod memory;
mod numbers;
mod pass;
mod proto;
mod shorthand;
mod signals;
mod sums;

use crate::decoder::can_be_saved;
use graph::Graph;
use nervering_models::{ForecastModel, ModelName};
use proto::Message;

/// Of the format.
const IR_VERSION: i64 = 9;
/// Of the operations.
const OPSET: i64 = 18;

/// Why a decoder can never be exported; nothing of one that can, unless it is fitted to choose its states
/// together.
pub fn decoder_not_exported(model: ModelName) -> Option<&'static str> {
    match can_be_saved(model) {
        true => None,
        false => Some("it has no written pass: what it has learnt are frames, and not operations"),
    }
}

const READS_GRAPHS: &str = "it reads its graph out of all frames of an animal so far";
const GOES_ON_LEARNING: &str = "it goes on learning from the animal that it forecasts";

/// Why a forecaster can never be exported; nothing of one that can.
pub fn forecaster_not_exported(model: ForecastModel) -> Option<&'static str> {
    match model {
        ForecastModel::Nri | ForecastModel::Dnri => Some(READS_GRAPHS),
        _ if model.learns_from_own_past() => Some(GOES_ON_LEARNING),
        _ => None,
    }
}

/// `ModelProto`, with what a user must know of the model as metadata.
fn file(graph: Graph, about: &[(&str, String)]) -> Vec<u8> {
    let name = about[0].1.clone();
    let states = ("state", lines(graph.states().iter().map(String::as_str)));
    let model = Message::default()
        .int(1, IR_VERSION)
        .text(2, "nervering")
        .text(3, env!("CARGO_PKG_VERSION"))
        .message(7, graph.message(&name))
        .message(8, Message::default().text(1, "").int(2, OPSET));
    let model = about.iter().chain([&states]).fold(model, |model, (key, value)| {
        let key = format!("nervering.{key}");
        model.message(14, Message::default().text(1, &key).text(2, value))
    });
    model.bytes()
}

/// One behind the other, each on a line.
fn lines<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join("\n")
}
