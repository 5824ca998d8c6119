//! What the page draws, as JSON: values quantised to whole numbers and written in base 64, so that five
//! animals with 130 neurons and 3,300 frames take less than eight megabytes.

use super::about::{ViewAbout, ViewedAnimal};
use crate::draw::{base64, extent, svg::hex};
use crate::figure::{StateColours, States};
use crate::of_study::{states, unit};
use crate::palette;
use nervering_recording::{NeuronLabel, Recording};
use serde_json::{Value, json};

/// Bytes of the values of a page, at most.
const MOST_BYTES: usize = 7_500_000;
/// Steps of the colours of heat maps.
const COLOURS: usize = 256;
/// What stands for an unknown state.
const UNKNOWN: u8 = 255;

/// How exact the page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Precision {
    /// Bytes of a value: 2 or 1.
    n_bytes: usize,
    /// One frame in so many is there.
    every: usize,
}

impl Precision {
    /// The finest that fits.
    pub(super) fn of(animals: &[ViewedAnimal<'_>]) -> Self {
        Self::finest(|every| {
            let of = |animal: &ViewedAnimal<'_>| {
                let recording = animal.recording;
                recording.neurons().len() * recording.n_frames().div_ceil(every)
            };
            animals.iter().map(of).sum()
        })
    }

    /// The finest for so many values where one frame in so many is there.
    fn finest(n_values: impl Fn(usize) -> usize) -> Self {
        // Base 64 writes four characters for three bytes.
        let fits =
            |precision: &Self| n_values(precision.every) * precision.n_bytes / 3 * 4 <= MOST_BYTES;
        let finest = Self { n_bytes: 2, every: 1 };
        let coarser = (1..1 << 20).map(|every| Self { n_bytes: 1, every });
        std::iter::once(finest).chain(coarser).find(fits).unwrap_or(finest)
    }

    /// Steps from the least to the largest value.
    fn steps(self) -> f64 {
        if self.n_bytes == 2 { 65_534. } else { 254. }
    }

    /// In words.
    pub(super) fn text(self) -> String {
        let steps = if self.n_bytes == 2 { "65,535" } else { "255" };
        let frames = match self.every {
            1 => String::new(),
            2 => " Of every two frames one is here, to keep the page small.".to_owned(),
            n => format!(" Of every {n} frames one is here, to keep the page small."),
        };
        format!(
            "Traces are rounded to {steps} steps between the least and the largest value of each \
             neuron, probabilities to 255 steps, times to a thousandth of a second.{frames} Nothing \
             is smoothed; where more frames than pixels are shown, heat maps show their mean and \
             traces their range."
        )
    }

    /// The frames that are there.
    fn frames(self, n_frames: usize) -> impl Iterator<Item = usize> + Clone {
        (0..n_frames).step_by(self.every)
    }

    /// Values as little-endian whole numbers around 0; the least of all is a missing value.
    fn quantised(
        self,
        values: impl Iterator<Item = f64>,
        (low, high): (f64, f64),
        into: &mut Vec<u8>,
    ) {
        let scale = self.steps() / (high - low).max(f64::MIN_POSITIVE);
        for value in values {
            let step = match value.is_finite() {
                true => ((value - low) * scale).round() - self.steps() / 2.,
                false => -self.steps() / 2. - 1.,
            };
            match self.n_bytes {
                2 => into.extend((step as i16).to_le_bytes()),
                _ => into.extend((step as i8).to_le_bytes()),
            }
        }
    }
}

/// All that the script works on.
pub(super) fn view_data(
    animals: &[ViewedAnimal<'_>],
    about: &ViewAbout<'_>,
    precision: Precision,
) -> Value {
    let of_animals: Vec<States> = animals.iter().map(|animal| states(animal.recording)).collect();
    let of_model = about.model.iter().flat_map(|model| model.states.iter().copied());
    let shown = of_animals.iter().flat_map(States::shown).chain(of_model.clone());
    let listed = of_animals.iter().flat_map(|states| states.names.iter().map(String::as_str));
    let colours = StateColours::new(shown, listed.chain(of_model));
    let colour = |name: &str| hex(colours.of(name));
    let animal = |(animal, states): (&ViewedAnimal<'_>, &States)| {
        one(animal, states, about, precision, &colour)
    };
    let map = |k: usize| palette::sequential(k as f64 / (COLOURS - 1) as f64);
    let map: Vec<u8> = (0..COLOURS).flat_map(map).collect();
    json!({
        "bytes": precision.n_bytes,
        "steps": precision.steps(),
        "map": base64(&map),
        "model": about.model.map(|model| json!({
            "name": model.name,
            "states": model.states,
            "colours": model.states.iter().map(|name| colour(name)).collect::<Vec<_>>(),
        })),
        "animals": animals.iter().zip(&of_animals).map(animal).collect::<Vec<_>>(),
    })
}

fn one(
    animal: &ViewedAnimal<'_>,
    states: &States,
    about: &ViewAbout<'_>,
    precision: Precision,
    colour: &dyn Fn(&str) -> String,
) -> Value {
    let recording: &Recording = animal.recording;
    let frames = precision.frames(recording.n_frames());
    let (mut limits, mut values) = (Vec::new(), Vec::new());
    for neuron in 0..recording.neurons().len() {
        let trace: Vec<f64> = recording.traces().neuron(neuron).collect();
        let (low, high) = extent(trace.iter().copied());
        let known = if low <= high { (low, high) } else { (0., 0.) };
        precision.quantised(frames.clone().map(|frame| trace[frame]), known, &mut values);
        limits.push(known);
    }
    let all = recording.time().seconds();
    let first = all.first().copied().unwrap_or(0.);
    let seconds = frames.clone().flat_map(|frame| ((all[frame] - first) as f32).to_le_bytes());
    let known = |state: Option<u8>| state.unwrap_or(UNKNOWN);
    let of_frames: Vec<u8> = frames.clone().map(|frame| known(states.of_frame[frame])).collect();
    let said = animal.said.zip(about.model).map(|(said, model)| {
        let n = model.states.len();
        let classes: Vec<u8> = frames.clone().map(|frame| said.prediction.classes[frame]).collect();
        let shares = said.prediction.log_probabilities.as_ref().map(|rows| {
            let share = |frame: usize| rows[frame * n..(frame + 1) * n].iter();
            let bytes: Vec<u8> = frames
                .clone()
                .flat_map(share)
                .map(|log| (255. * log.exp()).round() as u8)
                .collect();
            base64(&bytes)
        });
        json!({
            "frames": base64(&classes),
            "shares": shares,
            "trained_on": said.is_trained_on(),
            "balanced": said.evaluation.balanced_accuracy,
        })
    });
    json!({
        "name": recording.animal(),
        "unit": unit(recording),
        "seconds": base64(&seconds.collect::<Vec<u8>>()),
        "neurons": recording.neurons().iter().enumerate().map(|(k, label)| neuron(label, k)).collect::<Vec<_>>(),
        "classes": recording.neurons().iter().map(class).collect::<Vec<_>>(),
        "low": limits.iter().map(|limit| limit.0).collect::<Vec<_>>(),
        "high": limits.iter().map(|limit| limit.1).collect::<Vec<_>>(),
        "values": base64(&values),
        "states": {
            "names": states.names,
            "colours": states.names.iter().map(|name| colour(name)).collect::<Vec<_>>(),
            "frames": base64(&of_frames),
        },
        "said": said,
    })
}

/// The name of a neuron; of one without a label its place.
fn neuron(label: &NeuronLabel, at: usize) -> String {
    let text = label.to_string();
    if text.is_empty() { format!("#{}", at + 1) } else { text }
}

/// The class of a neuron that is identified: its name without the side and, of motor neurons, without the
/// number. AVAL is of AVA, RMED of RME, VB02 of VB. Nothing for others.
fn class(label: &NeuronLabel) -> Option<String> {
    let name = label.name()?.as_str();
    let without_number = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if without_number.len() >= 2 && without_number.len() < name.len() {
        return Some(without_number.to_owned());
    }
    let sides = name.len().saturating_sub(3);
    let is_side = |c: &char| matches!(c, 'L' | 'R' | 'D' | 'V');
    let n = name.chars().rev().take(sides).take_while(is_side).count();
    Some(name[..name.len() - n].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_names_without_side_and_number() {
        let of = |name: &str| class(&NeuronLabel::from_text(name)).unwrap_or_default();
        let names = ["AVAL", "RMED", "VB02", "IL2DL", "SMDVR", "RID", "AS10", "DVA", "12"];
        let classes = ["AVA", "RME", "VB", "IL2", "SMD", "RID", "AS", "DVA", ""];
        assert_eq!(names.map(of), classes.map(str::to_owned));
    }

    #[test]
    fn what_would_not_fit_is_coarser_and_says_so() {
        let of = |n_animals: usize| {
            Precision::finest(move |every| n_animals * 130 * 3300usize.div_ceil(every))
        };
        assert_eq!(of(5), Precision { n_bytes: 2, every: 1 });
        assert_eq!(of(10), Precision { n_bytes: 1, every: 1 });
        assert_eq!(of(20), Precision { n_bytes: 1, every: 2 });
        assert!(
            of(20).text().contains("to 255 steps") && of(20).text().contains("Of every two frames")
        );
        assert!(of(5).text().contains("65,535 steps") && !of(5).text().contains("Of every"));
    }

    #[test]
    fn values_are_within_half_a_step_and_missing_ones_told() {
        for precision in [Precision { n_bytes: 2, every: 1 }, Precision { n_bytes: 1, every: 1 }] {
            let values = [-0.3, 0.123_456, f64::NAN, 1.7];
            let (low, high) = (-0.3, 1.7);
            let mut bytes = Vec::new();
            precision.quantised(values.into_iter(), (low, high), &mut bytes);
            let steps: Vec<i64> = match precision.n_bytes {
                2 => bytes.chunks(2).map(|b| i16::from_le_bytes([b[0], b[1]]).into()).collect(),
                _ => bytes.iter().map(|&b| (b as i8).into()).collect(),
            };
            let half = (precision.steps() / 2.) as i64;
            for (step, value) in steps.iter().zip(values) {
                if value.is_nan() {
                    assert_eq!(*step, -half - 1);
                    continue;
                }
                let back = low + (step + half) as f64 * (high - low) / precision.steps();
                assert!((back - value).abs() <= 0.51 * (high - low) / precision.steps(), "{value}");
            }
        }
    }
}
