//! What a model says of one recording, frame by frame, as CSV.

use crate::table::{csv_bytes, number};
use nervering_fit::ModelPrediction;

/// One row per frame: `frame` from 0, `time_s`, the predicted `state`, `p_<state>` in [0, 1] for
/// each of the `states`, and the state that the recording is `labelled` with, empty where that is
/// unknown or none of the coding's.
///
/// # Panics
/// When `states` are not those of the prediction.
pub fn prediction_csv(states: &[&str], said: &ModelPrediction) -> Vec<u8> {
    let log_probabilities = said.prediction.log_probabilities.as_deref();
    let column = |state: &&str| format!("p_{}", state.replace(' ', "_"));
    let mut header = vec!["frame".to_owned(), "time_s".to_owned(), "state".to_owned()];
    if log_probabilities.is_some() {
        header.extend(states.iter().map(column));
    }
    header.push("labelled".to_owned());
    let frames = said.prediction.classes.iter().zip(&said.seconds).zip(&said.labels).enumerate();
    let rows = frames.map(|(frame, ((&class, &seconds), label))| {
        let state = states[usize::from(class)];
        let mut row = vec![frame.to_string(), number(Some(seconds)), state.to_owned()];
        if let Some(rows) = log_probabilities {
            let of_frame = &rows[frame * states.len()..(frame + 1) * states.len()];
            row.extend(of_frame.iter().map(|value| value.exp().to_string()));
        }
        row.push(label.map_or_else(String::new, |class| states[usize::from(class)].to_owned()));
        row
    });
    csv_bytes(&header, rows)
}
