//! The examples run, and what they say first is better than guessing.

// Their `main` is not called here.
#![allow(dead_code)]

#[path = "../examples/forecast.rs"]
mod forecast;
#[path = "../examples/model.rs"]
mod model;
#[path = "../examples/study.rs"]
mod study;

use tempfile::tempdir;

#[test]
fn the_example_of_a_study_decodes_unseen_animals() {
    let accuracy = study::run_in(tempdir().unwrap().path()).unwrap();
    assert!((0.6..=1.).contains(&accuracy), "{accuracy}");
}

#[test]
fn the_example_of_a_forecast_beats_copying() {
    let skill = forecast::run_in(tempdir().unwrap().path()).unwrap();
    assert!((0. ..1.).contains(&skill), "{skill}");
}

#[test]
fn the_example_of_a_model_decodes_an_animal_that_it_has_not_seen() {
    let accuracy = model::run_in(tempdir().unwrap().path()).unwrap();
    assert!((0.5..=1.).contains(&accuracy), "{accuracy}");
}
