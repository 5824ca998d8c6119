//! What a reader can turn and zoom: places for it in the page, and its data for the script.
//!
//! Traces are quantised to 255 levels between the smallest and the largest value of each neuron:
//! finer than a screen shows, and a byte each. The CSV beside a figure has the numbers.

use crate::document::Document;
use crate::draw::{base64, extent, svg::hex};
use crate::figure::{Figure, FigureData, StateColours, States, graph, manifold};
use crate::html::Html;
use crate::palette;
use crate::recording_view::{Prediction, RecordingView};
use serde_json::{Value, json};

/// Bytes of a page at most: what mail takes. Traces get what figures leave, one byte a value, and
/// neurons at the end of each list are left out where that is too little.
const MAX_BYTES: usize = 4_900_000;
/// Bytes kept for tables, captions, style and script.
const FOR_TEXT: usize = 400_000;
/// Bytes of a table that stands in the page to be saved, at most.
const MAX_CSV: usize = 12_000;
/// What stands for a missing value and an unknown state.
const MISSING: u8 = 255;

/// A figure with its caption, and where it can be turned or filtered, the place for that.
pub(super) fn figure(
    at: usize,
    data: &FigureData,
    figure: &Figure,
    for_phone: Option<&Figure>,
) -> Html {
    let kind = match data {
        FigureData::Manifold(_) => Some("manifold"),
        FigureData::GraphNetwork(_) => Some("graph"),
        _ => None,
    };
    let drawing = Html::new().drawing(figure);
    let class = if for_phone.is_some() { "drawing wide" } else { "drawing" };
    let scroll = [("class", class), ("tabindex", "0"), ("role", "group")];
    let label = format!("Figure {}, scrollable", at + 1);
    let scroll: Vec<_> = scroll.into_iter().chain([("aria-label", label.as_str())]).collect();
    let mut html = Html::new().element("div", &scroll, drawing);
    if let Some(for_phone) = for_phone {
        let drawing = Html::new().drawing(for_phone);
        html = html.element("div", &[("class", "drawing narrow")], drawing);
    }
    if let Some(kind) = kind {
        let at = at.to_string();
        let place = [("class", "live"), ("data-kind", kind), ("data-figure", at.as_str())];
        html = html.element("div", &place, Html::new());
    }
    let number = Html::new().leaf("b", &format!("Figure {}. ", at + 1));
    let caption = number.text(&figure.caption);
    let html = html.element("figcaption", &[], caption).and(downloads(figure));
    Html::new().element("figure", &[("id", &format!("figure-{}", at + 1))], html)
}

/// The numbers behind a figure and its drawing, to be saved. A table that is small stands in the page itself,
/// and of a larger one it is said where it is; the script saves the drawing that is shown.
fn downloads(figure: &Figure) -> Html {
    let name = |ending: &str| format!("{}.{ending}", figure.name);
    let csv = match figure.csv.len() <= MAX_CSV {
        true => {
            let data = format!("data:text/csv;base64,{}", base64(figure.csv.as_bytes()));
            let attributes = [("href", data.as_str()), ("download", &name("csv"))];
            Html::new().element("a", &attributes, Html::new().text("CSV"))
        }
        false => Html::new().text(&format!("Numbers: figures/{} in the folder.", name("csv"))),
    };
    let drawing = [("class", "save"), ("download", &*name("svg"))];
    let links = csv.text(" ").element("a", &drawing, Html::new().text("SVG"));
    Html::new().element("p", &[("class", "downloads")], links)
}

/// The place of the recording viewer, which shows so many neurons of each recording.
pub(super) fn viewer(document: &Document, n_neurons: usize) -> Html {
    let models = match document.recordings.iter().all(|view| view.predictions.is_empty()) {
        true => "",
        false => " and one for each model's predictions",
    };
    let about = format!(
        "Traces scaled to the range of each neuron, under a ribbon of labelled states{models}."
    );
    let mut html = Html::new().leaf("p", &about);
    if document.recordings.iter().any(|view| view.neurons.len() > n_neurons) {
        let left_out = format!(
            "To keep this page small, only the first {n_neurons} neurons of each recording are \
             here; report.json has all."
        );
        html = html.leaf("p", &left_out);
    }
    let place = [("class", "live"), ("data-kind", "viewer")];
    html.element("div", &place, Html::new()).element(
        "noscript",
        &[],
        Html::new().leaf("p", "The viewer needs scripts, which are turned off here."),
    )
}

/// What the script works on, with so many neurons of each recording.
pub(super) fn data(document: &Document, n_neurons: usize) -> Value {
    let colours = &document.state_colours();
    let recordings = document.recordings.iter().map(|view| recording(view, n_neurons, colours));
    let mut manifolds = Vec::new();
    let mut graphs = Vec::new();
    for (at, figure) in document.figures.iter().enumerate() {
        match figure {
            FigureData::Manifold(data) => manifolds.push(self::manifold(at, data, colours)),
            FigureData::GraphNetwork(data) => graphs.push(graph(at, data)),
            _ => {}
        }
    }
    json!({ "recordings": recordings.collect::<Vec<_>>(), "manifolds": manifolds, "graphs": graphs })
}

/// Neurons of each recording for which there is room beside figures of so many bytes.
pub(super) fn room(document: &Document, drawings: usize) -> usize {
    let without_traces = data(document, 0).to_string().len();
    let left = MAX_BYTES.saturating_sub(FOR_TEXT + drawings + without_traces);
    let n_frames: usize = document.recordings.iter().map(|view| view.seconds.len()).sum();
    // Base 64 writes four characters for three bytes.
    let n_neurons = left / 4 * 3 / n_frames.max(1);
    let most = document.recordings.iter().map(|view| view.neurons.len()).max().unwrap_or(0);
    most.min(n_neurons)
}

fn recording(view: &RecordingView, n_neurons: usize, colours: &StateColours) -> Value {
    let n_frames = view.seconds.len();
    let n_neurons = n_neurons.min(view.neurons.len());
    let rows = view.values.chunks(n_frames).take(n_neurons);
    let limits: Vec<(f64, f64)> =
        rows.clone().map(|row| extent(row.iter().map(|&v| f64::from(v)))).collect();
    let mut bytes = Vec::with_capacity(n_neurons * n_frames);
    for (row, &(low, high)) in rows.zip(&limits) {
        let scale = f64::from(MISSING - 1) / (high - low).max(f64::MIN_POSITIVE);
        bytes.extend(row.iter().map(|&value| match f64::from(value) {
            value if value.is_finite() => ((value - low) * scale).round() as u8,
            _ => MISSING,
        }));
    }
    // Where a neuron has no value, JSON has no number.
    let known =
        |end: f64| if end.is_finite() { json!((end * 1e4).round() / 1e4) } else { json!(0) };
    let seconds = view.seconds.iter().flat_map(|s| s.to_le_bytes()).collect::<Vec<_>>();
    json!({
        "animal": view.animal,
        "neurons": view.neurons[..n_neurons],
        "low": limits.iter().map(|limit| known(limit.0)).collect::<Vec<_>>(),
        "high": limits.iter().map(|limit| known(limit.1)).collect::<Vec<_>>(),
        "seconds": base64(&seconds),
        "values": base64(&bytes),
        "states": states(&view.states, colours),
        "predictions": view.predictions.iter().map(|prediction| {
            let Prediction { model, trained_on, states: predicted } = prediction;
            json!({ "model": model, "trained_on": trained_on, "states": states(predicted, colours) })
        }).collect::<Vec<_>>(),
    })
}

fn states(states: &States, colours: &StateColours) -> Value {
    let n = states.names.len();
    let known = |state: &Option<u8>| state.filter(|&k| usize::from(k) < n).unwrap_or(MISSING);
    let frames: Vec<u8> = states.of_frame.iter().map(known).collect();
    let colours = states.names.iter().map(|name| hex(colours.of(name)));
    json!({
        "names": states.names,
        "colours": colours.collect::<Vec<_>>(),
        "frames": base64(&frames),
    })
}

/// Points in [−1, 1]³ as 16-bit integers.
fn manifold(at: usize, data: &manifold::Data, colours: &StateColours) -> Value {
    let animals = data.animals.iter().map(|animal| {
        let frame = animal.frame();
        let integer = |part: f64| ((part * 32767.).round() as i16).to_le_bytes();
        let points = animal.points.iter().flat_map(|&point| frame.unit(point));
        let points: Vec<u8> = points.flat_map(integer).collect();
        json!({
            "animal": animal.animal,
            "points": base64(&points),
            "half": frame.half,
            "states": states(&animal.states, colours),
        })
    });
    let animals: Vec<Value> = animals.collect();
    json!({ "figure": at, "axes": data.axes, "view": data.view, "animals": animals })
}

fn graph(at: usize, data: &graph::Data) -> Value {
    let rounded = |values: &[f32]| -> Vec<f64> {
        values
            .iter()
            .map(|&v| if v.is_finite() { (f64::from(v) * 1e4).round() / 1e4 } else { 0. })
            .collect()
    };
    let connectome = data.connectome.as_ref().map(|connectome| {
        json!({
            "source": connectome.source,
            "chemical": rounded(&connectome.chemical),
            "electrical": rounded(&connectome.electrical),
        })
    });
    json!({
        "figure": at,
        "neurons": data.neurons,
        "weights": rounded(&data.inferred),
        "threshold": if data.threshold.is_finite() { data.threshold } else { 0. },
        "colour": hex(palette::model("gnn")),
        "connectome": connectome,
    })
}
