//! The page that recordings are looked at in, in a headless Chromium: everything that can be turned does what
//! it says, two animals move together, nothing is asked for, and nothing of a hostile name runs. Without
//! Chromium (see `browser.rs`) the tests that need it print that they skip.

#[path = "browser/cdp.rs"]
mod cdp;
mod common;

use cdp::Browser;
use common::simulated;
use nervering_fit::{
    Hyperparameters, Machine, ModelConfig, ModelName, ModelPrediction, Normalisation, Protocol,
    Structure, fit_one,
};
use nervering_recording::{NeuronSet, Recording, RecordingParts, StateCoding, TimeBase, Traces};
use nervering_report::{ViewAbout, ViewFinding, ViewedAnimal, ViewedModel, view_page};
use std::path::PathBuf;

const STATES: [&str; 4] = ["reverse", "forward", "dorsal turn", "ventral turn"];

fn page(recordings: &[Recording], said: &[ModelPrediction], findings: &[ViewFinding]) -> String {
    let animals: Vec<ViewedAnimal<'_>> = recordings
        .iter()
        .enumerate()
        .map(|(k, recording)| ViewedAnimal { recording, said: said.get(k) })
        .collect();
    let model =
        ViewedModel { name: "logistic", states: STATES.to_vec(), trained_on: vec!["sim01"] };
    let model = (!said.is_empty()).then_some(&model);
    view_page(&animals, &ViewAbout { title: "Worms & <others>", findings, model })
}

fn written(page: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("view.html");
    std::fs::write(&file, page).unwrap();
    (folder, file)
}

/// What a model trained on the first animal says of all.
fn said(recordings: &[Recording]) -> Vec<ModelPrediction> {
    let config = ModelConfig {
        model: ModelName::Logistic,
        neurons: NeuronSet::Paper3,
        coding: StateCoding::Four,
        structure: Structure::Frames,
        protocol: Protocol::Strict,
        normalisation: Some(Normalisation::Training),
        epochs: 1,
        hyperparameters: Hyperparameters::default(),
        seed: 0,
        connectome: None,
        machine: Machine::default(),
    };
    let model = fit_one(&config, &recordings[..1], &|_| true).unwrap().0;
    recordings.iter().map(|recording| model.predict(recording, None).unwrap()).collect()
}

fn found(place: &str, text: &str) -> ViewFinding {
    let [level, kind] = ["doubtful", "flat-trace"].map(str::to_owned);
    ViewFinding { level, kind, place: place.to_owned(), text: text.to_owned() }
}

#[test]
fn two_animals_are_looked_at_together() {
    let recordings = simulated(2, 120.);
    let page =
        page(&recordings, &said(&recordings), &[found("sim01", "a trace that never varies")]);
    assert!(
        page.contains("a trace that never varies") && page.contains("Worms &amp; &lt;others&gt;")
    );
    assert!(page.contains("It has been trained on sim01 itself"), "no test is shown as one");
    let Some(mut browser) = Browser::start() else { return };
    let (_folder, file) = written(&page);
    browser.open(&file, 1440, "light");
    let status = "document.querySelector('[role=status]').textContent";
    let picture = |at: usize| format!("document.querySelectorAll('canvas')[{at}].toDataURL()");
    let press = |name: &str| {
        format!(
            "[...document.querySelectorAll('button')].find(b => b.textContent === '{name}').click()"
        )
    };
    let choose = |at: usize, value: usize| {
        format!(
            "(() => {{ const s = document.querySelectorAll('select')[{at}]; s.value = {value}; \
             s.dispatchEvent(new Event('change')); }})()"
        )
    };
    browser.screenshot("view-1440.png");
    browser.value(&choose(1, 2));
    browser.settle();
    assert_eq!(browser.value("document.querySelectorAll('canvas').length"), 2, "side by side");
    let whole = browser.value(status);
    assert!(whole.as_str().unwrap().starts_with("0.0 to "), "{whole}");
    for name in ["Zoom in", "Zoom in", "Later", "Earlier", "Zoom out", "Whole recording"] {
        let before = [0, 1].map(|at| browser.value(&picture(at)));
        browser.value(&press(name));
        browser.settle();
        let after = [0, 1].map(|at| browser.value(&picture(at)));
        assert!(before[0] != after[0] && before[1] != after[1], "{name} moves both");
    }
    assert_eq!(browser.value(status), whole);
    // Sorting and scaling.
    for (select, value) in [(2, 2), (2, 1), (2, 2), (2, 0), (3, 1), (3, 2)] {
        let before = browser.value(&picture(0));
        browser.value(&choose(select, value));
        browser.settle();
        assert!(browser.value(&picture(0)) != before, "choice {select}, {value}");
    }
    // Keys, a drag, and a neuron that is clicked on.
    browser.value("document.querySelectorAll('canvas')[0].focus()");
    for key in ["+", "ArrowRight", "ArrowLeft", "-", "ArrowDown", "Enter"] {
        let before = browser.value(&picture(0));
        browser.key(key);
        browser.settle();
        assert!(browser.value(&picture(0)) != before, "{key}");
    }
    browser.value(&press("Zoom in"));
    browser.settle();
    let before = browser.value(status);
    browser.drag("document.querySelectorAll('canvas')[0]", -120., 0.);
    assert_ne!(browser.value(status), before, "a drag moves");
    let height = "document.querySelectorAll('canvas')[0].clientHeight";
    let tall = browser.value(height).as_f64().unwrap();
    browser.value("document.querySelectorAll('canvas')[0].focus()");
    browser.key("ArrowDown");
    browser.key("Enter");
    browser.settle();
    assert!(browser.value(height).as_f64().unwrap() > tall, "a trace more");
    let readout = browser.value("document.querySelector('.readout').textContent");
    let readout = readout.as_str().unwrap();
    for part in ["sim01, ", "sim02, ", "labelled ", "logistic says "] {
        assert!(readout.contains(part), "{readout}");
    }
    let filter = "(() => { const f = document.querySelector('input[type=search]'); f.value = 'ava'; \
                  f.dispatchEvent(new Event('input')); })()";
    let before = browser.value(&picture(0));
    browser.value(filter);
    browser.settle();
    assert!(browser.value(&picture(0)) != before, "a filter");
    assert_eq!(browser.complaints(), [""; 0]);
    assert_eq!(browser.requests(), [""; 0]);
}

#[test]
fn it_is_readable_on_a_phone_and_in_the_dark() {
    let recordings = simulated(2, 120.);
    let page = page(&recordings, &said(&recordings), &[found("all animals", &"long ".repeat(80))]);
    let Some(mut browser) = Browser::start() else { return };
    let (_folder, file) = written(&page);
    for (width, scheme) in [(390, "light"), (390, "dark"), (1440, "dark")] {
        browser.events.clear();
        browser.open(&file, width, scheme);
        let wide = browser.value("document.documentElement.scrollWidth").as_u64().unwrap();
        assert!(wide <= u64::from(width), "the page is {wide} pixels wide at {width}");
        browser.screenshot(&format!("view-{width}-{scheme}.png"));
        assert_eq!(browser.complaints(), [""; 0]);
    }
}

/// Five animals, 130 neurons, 3,300 frames.
#[test]
fn the_largest_usual_set_is_small_and_opens_at_once() {
    let (n_neurons, n_frames) = (130, 3300);
    let recordings: Vec<Recording> = (0..5)
        .map(|animal| {
            let value =
                |k: usize| ((k * 31 + animal) as f64 * 0.001).sin() + (k % 97) as f64 * 1e-3;
            Recording::new(RecordingParts {
                animal: format!("worm {animal}"),
                neurons: (0..n_neurons)
                    .map(|k| nervering_recording::NeuronLabel::from_text(&k.to_string()))
                    .collect(),
                traces: Traces::new(
                    n_frames,
                    n_neurons,
                    (0..n_frames * n_neurons).map(value).collect(),
                )
                .unwrap(),
                derivative: None,
                behavior: None,
                time: TimeBase::regular(n_frames, 3., 0.).unwrap(),
                provenance: Default::default(),
            })
            .unwrap()
        })
        .collect();
    let page = page(&recordings, &[], &[]);
    println!("{} bytes", page.len());
    assert!(page.len() < 8_000_000, "{} bytes", page.len());
    assert!(page.contains("65,535 steps"), "at full precision");
    let Some(mut browser) = Browser::start() else { return };
    let (_folder, file) = written(&page);
    browser.open(&file, 1440, "light");
    browser.settle();
    let entry = "performance.getEntriesByType('navigation')[0].domComplete";
    let took = browser.value(entry).as_f64().unwrap();
    println!("{took:.0} ms until it is drawn");
    // On a machine that is busy with other tests; alone it takes a fraction.
    assert!(took < 5000., "{took} ms");
}

#[test]
fn nothing_of_a_hostile_name_runs() {
    let hostile = "</script><script>window.hit=1</script><img src=x onerror=window.hit=1>\u{202e}";
    let recordings: Vec<Recording> = simulated(2, 60.)
        .into_iter()
        .enumerate()
        .map(|(k, recording)| {
            let n = recording.neurons().len();
            Recording::new(RecordingParts {
                animal: format!("{hostile} {k}"),
                neurons: (0..n)
                    .map(|k| nervering_recording::NeuronLabel::from_text(&format!("{hostile}{k}")))
                    .collect(),
                traces: recording.traces().clone(),
                derivative: None,
                behavior: recording.behavior().cloned(),
                time: recording.time().clone(),
                provenance: Default::default(),
            })
            .unwrap()
        })
        .collect();
    let page = page(&recordings, &[], &[found(hostile, hostile)]);
    assert!(!page.contains("<img") && !page.contains('\u{202e}'));
    let Some(mut browser) = Browser::start() else { return };
    let (_folder, file) = written(&page);
    browser.open(&file, 1000, "light");
    browser
        .value("document.querySelectorAll('button, input[type=checkbox]').forEach(b => b.click())");
    browser.drag("document.querySelectorAll('canvas')[0]", 40., 0.);
    browser.settle();
    assert_eq!(browser.value("typeof window.hit"), "undefined");
    assert_eq!(browser.complaints(), [""; 0]);
    assert_eq!(browser.requests(), [""; 0]);
}
