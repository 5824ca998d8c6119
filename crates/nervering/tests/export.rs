//! `nervering export`: models as ONNX. What a runtime makes of them is tested from Python
//! (`bindings/python/tests/test_onnx.py`).

mod common;

use common::{run, text};
use tempfile::tempdir;

#[test]
fn a_model_is_written_as_onnx_and_one_that_cannot_be_says_why() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    run(at, &["simulate", "a", "--animals", "2", "--duration-s", "150"], 0);
    let fit = |model: &str, out: &str, more: &[&str]| {
        let arguments = ["fit", model, "--on", "a", "--neurons", "AVAL,RIML", "--epochs", "3"];
        run(at, &[&arguments[..], &["--out", out], more].concat(), 0);
    };
    fit("gnn", "gnn.safetensors", &[]);
    run(at, &["export", "gnn.safetensors", "gnn.onnx"], 0);
    let bytes = std::fs::read(at.join("gnn.onnx")).unwrap();
    // `ModelProto`: IR version 9, then who made it.
    assert!(bytes.starts_with(b"\x08\x09\x12\x09nervering"), "{:?}", &bytes[..16]);
    let found = |name: &[u8]| bytes.windows(name.len()).any(|part| part == name);
    assert!(found(b"log_probabilities") && found(b"AVAL\nRIML") && found(b"forward\nreverse"));
    run(at, &["export", "gnn.safetensors", "gnn.onnx"], 2);
    run(at, &["export", "gnn.safetensors", "again.onnx"], 0);
    assert_eq!(std::fs::read(at.join("again.onnx")).unwrap(), bytes);

    fit("logistic", "together.safetensors", &["--decode", "markov"]);
    let refused = run(at, &["export", "together.safetensors", "t.onnx"], 2);
    let said = text(&refused.stderr);
    assert!(said.contains("cannot be exported: its states are chosen together"), "{said}");
    assert!(!at.join("t.onnx").exists());
}

#[test]
fn a_forecaster_too() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    run(at, &["simulate", "a", "--animals", "2", "--duration-s", "150"], 0);
    let fit = |model: &str, out: &str| {
        let arguments = ["fit", model, "--task", "forecast", "--on", "a", "--neurons", "AVAL,RIML"];
        run(at, &[&arguments[..], &["--out", out]].concat(), 0);
    };
    fit("var", "var.safetensors");
    run(at, &["export", "var.safetensors", "var.onnx"], 0);
    let bytes = std::fs::read(at.join("var.onnx")).unwrap();
    let found = |name: &[u8]| bytes.windows(name.len()).any(|part| part == name);
    assert!(found(b"forecast") && found(b"nervering.history"));
    fit("analog", "analog.safetensors");
    let refused = run(at, &["export", "analog.safetensors", "a.onnx"], 2);
    let said = text(&refused.stderr);
    assert!(said.contains("analog cannot be exported: it goes on learning"), "{said}");
}
