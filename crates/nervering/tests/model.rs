//! One model end to end: fitted on simulated animals, written, applied to another, and its edges
//! taken out.

mod common;

use common::{files, real_data, run, text};
use std::path::Path;
use tempfile::tempdir;

/// Three animals in the folder `a`.
fn simulate(folder: &Path) {
    run(folder, &["simulate", "a", "--animals", "3", "--duration-s", "150"], 0);
}

/// A model of the first two.
fn fit(folder: &Path, model: &str, more: &[&str]) -> String {
    let arguments = ["fit", model, "--on", "a", "--animals", "sim01,sim02", "--states", "4"];
    let neurons: &[&str] =
        if more.contains(&"--neurons") { &[] } else { &["--neurons", "AVAL,RIML,VB02"] };
    let cut = [neurons, &["--epochs", "3"]].concat();
    text(&run(folder, &[&arguments, cut.as_slice(), more].concat(), 0).stdout)
}

/// The rows of a table, without its header, which is checked.
fn rows(path: &Path, header: &str) -> Vec<Vec<String>> {
    let table = std::fs::read_to_string(path).unwrap();
    let (first, rest) = table.split_once('\n').unwrap();
    assert_eq!(first, header);
    rest.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn a_model_is_fitted_and_applied_to_another_animal() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    simulate(at);
    let figures = fit(at, "gnn", &[]);
    assert!(figures.contains("of 3 kept") && figures.contains("sim02"), "{figures}");
    assert!(!figures.contains("sim03"), "{figures}");
    let again = fit(at, "gnn", &["--out", "again.safetensors"]);
    assert_eq!(again, figures);
    let read = |name: &str| std::fs::read(at.join(name)).unwrap();
    assert_eq!(read("model.safetensors"), read("again.safetensors"));

    let predict = ["predict", "model.safetensors", "a", "--out", "said"];
    let table = text(&run(at, &predict, 0).stdout);
    let line = |animal: &str| table.lines().find(|line| line.starts_with(animal)).unwrap();
    assert!(line("sim01").ends_with("not unseen"), "{table}");
    assert!(line("sim03").ends_with('%'), "{table}");
    let header = "frame,time_s,state,p_reverse,p_forward,p_dorsal_turn,p_ventral_turn,labelled";
    let said = rows(&at.join("said/sim03.csv"), header);
    let states = ["reverse", "forward", "dorsal turn", "ventral turn"];
    let (mut n_labelled, mut n_right) = (0u32, 0u32);
    for (frame, row) in said.iter().enumerate() {
        assert_eq!(row[0], frame.to_string());
        let shares: Vec<f64> = row[3..7].iter().map(|share| share.parse().unwrap()).collect();
        assert!((shares.iter().sum::<f64>() - 1.).abs() < 1e-5, "{row:?}");
        let predicted = states.iter().position(|state| *state == row[2]).unwrap();
        assert!(shares.iter().all(|share| *share <= shares[predicted]), "{row:?}");
        if !row[7].is_empty() {
            n_labelled += 1;
            n_right += u32::from(row[7] == row[2]);
        }
    }
    let json = ["predict", "model.safetensors", "a", "--animals", "sim03", "--out", "b", "--json"];
    let json: serde_json::Value = serde_json::from_slice(&run(at, &json, 0).stdout).unwrap();
    assert_eq!(json["format"], "nervering-predictions");
    let animal = &json["animals"][0];
    assert_eq!(json["animals"].as_array().unwrap().len(), 1);
    assert_eq!((&animal["trained_on"], &animal["n_labelled"]), (&false.into(), &n_labelled.into()));
    let accuracy = animal["accuracy"].as_f64().unwrap();
    assert!((accuracy - f64::from(n_right) / f64::from(n_labelled)).abs() < 1e-12);
    assert_eq!(files(&at.join("b"))[Path::new("sim03.csv")], read("said/sim03.csv"));
}

/// Three neurons at two frames per second that step with the state, `offset` above it.
fn stepping(offset: f64) -> String {
    let mut table = "time_s,state,AVAL,AVAR,RIML\n".to_owned();
    for k in 0..360 {
        let (step, t) = ((k / 20) % 2, f64::from(k));
        let of = |at: f64, up: i32| at * 0.1 + f64::from(up) + offset;
        let (l, r, m) = (of((t / 3.).sin(), step), of((t / 5.).cos(), step), of((t / 7.).sin(), 0));
        let state = if step == 0 { "FWD" } else { "REV1" };
        table += &format!("{},{state},{l:.4},{r:.4},{m:.4}\n", t / 2.);
    }
    table
}

#[test]
fn predict_out_of_range() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("train.csv"), stepping(0.)).unwrap();
    std::fs::write(at.join("test.csv"), stepping(5.)).unwrap();
    std::fs::write(at.join("near.csv"), stepping(0.1)).unwrap();
    run(at, &["fit", "logistic", "--on", "train.csv", "--neurons", "AVAL,AVAR,RIML"], 0);
    let said = |file: &str| {
        let predict = ["predict", "model.safetensors", file, "--json", "--overwrite"];
        let output = run(at, &predict, 0);
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let warnings = json["animals"][0]["warnings"].as_array().unwrap().clone();
        (text(&output.stderr), warnings)
    };
    let (stderr, warnings) = said("test.csv");
    let kinds: Vec<&str> = warnings.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["other-unit", "out-of-range"]);
    assert!(stderr.contains("[other-unit]") && stderr.contains("[out-of-range]"), "{stderr}");
    assert!(stderr.contains("100 % of the frames of AVAL, AVAR, RIML"), "{stderr}");
    // A tenth of the range higher is as animals of one laboratory differ.
    let (stderr, warnings) = said("near.csv");
    assert!(warnings.is_empty() && !stderr.contains("doubtful"), "{stderr}");
    let both = text(&run(at, &["inspect", "train.csv", "test.csv"], 0).stdout);
    assert!(both.contains("different-units"), "{both}");
    let alike = text(&run(at, &["inspect", "train.csv", "near.csv"], 0).stdout);
    assert!(!alike.contains("different-units"), "{alike}");
}

/// The same course as [`stepping`] at twice the rate, with a jitter between frames that averages out.
fn jittering() -> String {
    let mut table = "time_s,state,AVAL,AVAR,RIML\n".to_owned();
    for k in 0..720 {
        let (step, t) = ((k / 40) % 2, f64::from(k) / 2.);
        let jitter = if k % 2 == 0 { 0.8 } else { -0.8 };
        let of = |at: f64, up: i32| at * 0.1 + f64::from(up) + jitter;
        let (l, r, m) = (of((t / 3.).sin(), step), of((t / 5.).cos(), step), of((t / 7.).sin(), 0));
        let state = if step == 0 { "FWD" } else { "REV1" };
        table += &format!("{:.4},{state},{l:.4},{r:.4},{m:.4}\n", t / 2.);
    }
    table
}

/// The range was once compared at the rate of the file, where no model looks.
#[test]
fn a_resampled_recording_is_judged_at_the_rate_of_the_model() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("train.csv"), stepping(0.)).unwrap();
    std::fs::write(at.join("fast.csv"), jittering()).unwrap();
    std::fs::write(at.join("high.csv"), stepping(5.)).unwrap();
    run(at, &["fit", "logistic", "--on", "train.csv", "--neurons", "AVAL,AVAR,RIML"], 0);
    let kinds = |file: &str| {
        let predict = ["predict", "model.safetensors", file, "--resample", "--json", "--overwrite"];
        let json: serde_json::Value = serde_json::from_slice(&run(at, &predict, 0).stdout).unwrap();
        let warnings = json["animals"][0]["warnings"].as_array().unwrap();
        warnings.iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kinds("fast.csv"), [""; 0]);
    assert_eq!(kinds("high.csv"), ["other-unit", "out-of-range"]);
}

#[test]
fn statistics_move_a_network_and_are_refused_elsewhere() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    simulate(at);
    fit(at, "mlp", &[]);
    let said = |from: &str| {
        let out = ["--batch-norm", from, "--out", from];
        run(at, &[&["predict", "model.safetensors", "a/sim03.csv"], out.as_slice()].concat(), 0);
        std::fs::read(at.join(from).join("sim03.csv")).unwrap()
    };
    let [training, running, evaluated] = ["training", "running", "evaluated"].map(said);
    assert!(training != running && running != evaluated && training != evaluated);
    let edges = ["predict", "model.safetensors", "a/sim03.csv", "--edges", "running"];
    let stderr = text(&run(at, &edges, 2).stderr);
    assert!(stderr.contains("--edges: a network without static edges"), "{stderr}");
    fit(at, "logistic", &["--overwrite"]);
    let predict = ["predict", "model.safetensors", "a/sim03.csv", "--out", "linear"];
    run(at, &predict, 0);
    let refused = [&predict[..], &["--edges", "running", "--overwrite"]].concat();
    let stderr = text(&run(at, &refused, 2).stderr);
    assert!(stderr.contains("logistic") && stderr.contains("--edges"), "{stderr}");
}

#[test]
fn a_model_is_adapted_to_an_animal_and_says_so() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    simulate(at);
    fit(at, "tcn-any", &["--neurons", "named", "--protocol", "animals"]);
    let predict = ["predict", "model.safetensors", "a", "--animals", "sim03", "--out", "said"];
    let plain = text(&run(at, &predict, 0).stdout);
    assert!(plain.contains("neurons") && !plain.contains("adapted"), "{plain}");
    let adapt = [&predict[..], &["--adapt", "40", "--overwrite", "--json"]].concat();
    let json: serde_json::Value = serde_json::from_slice(&run(at, &adapt, 0).stdout).unwrap();
    let animal = &json["animals"][0];
    assert_eq!(animal["adapted"], "yes");
    assert!(animal["neurons"].as_array().unwrap().len() > 3, "{animal}");
    let n_frames = animal["n_frames"].as_u64().unwrap();
    let all = std::fs::read_to_string(at.join("said/sim03.csv")).unwrap().lines().count() as u64;
    assert!(n_frames < all - 100, "{n_frames} of {all} rows: those that taught are not measured");
    let said = text(&run(at, &[&predict[..], &["--adapt", "soon"]].concat(), 2).stderr);
    assert!(said.contains("expected unlabelled, or seconds"), "{said}");
}

#[test]
fn edges_are_written_for_tables_and_for_graph_programs() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    simulate(at);
    fit(at, "gnn", &[]);
    run(at, &["graph", "model.safetensors", "--out", "mean"], 0);
    let per_animal = ["graph", "model.safetensors", "a", "--out", "each"];
    let table = text(&run(at, &per_animal, 0).stdout);
    assert_eq!(table.lines().count(), 4, "{table}");
    for graph in ["mean/training-animals", "each/sim01", "each/sim03"] {
        let edges = rows(&at.join(format!("{graph}.csv")), "pre,post,weight");
        assert_eq!(edges.len(), 9);
        let xml = std::fs::read_to_string(at.join(format!("{graph}.graphml"))).unwrap();
        assert_eq!(xml.matches("<node ").count(), 3);
        for edge in &edges {
            let [pre, post, weight] = &edge[..] else { panic!("{edge:?}") };
            assert!((0. ..=1.).contains(&weight.parse::<f64>().unwrap()), "{edge:?}");
            let element = format!("<edge source=\"{pre}\" target=\"{post}\"><data key=\"weight\">");
            assert_eq!(xml.matches(&format!("{element}{weight}</data></edge>")).count(), 1);
        }
    }
    // Those of the training animals are the same for all, whatever batch norms adapt to.
    let fixed = ["--edges", "training", "--out", "fixed"];
    run(at, &[&["graph", "model.safetensors", "a"], fixed.as_slice()].concat(), 0);
    let read = |name: &str| std::fs::read(at.join(name)).unwrap();
    assert_eq!(read("fixed/sim01.csv"), read("fixed/sim03.csv"));
    assert_eq!(read("fixed/sim01.csv"), read("mean/training-animals.csv"));
    assert_ne!(read("each/sim01.csv"), read("each/sim03.csv"));

    fit(at, "mlp", &["--overwrite"]);
    let stderr = text(&run(at, &["graph", "model.safetensors", "--out", "none"], 2).stderr);
    assert!(stderr.contains("mlp has no edges"), "{stderr}");
    assert!(!at.join("none").exists());
}

#[test]
fn a_forecaster_is_fitted_and_says_how_another_animal_goes_on() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    simulate(at);
    let fit = |model: &str, out: &str| {
        let on = ["fit", model, "--task", "forecast", "--on", "a", "--animals", "sim01,sim02"];
        let cut = ["--neurons", "AVAL,RIML", "--epochs", "2", "--width", "8", "--out", out];
        text(&run(at, &[&on[..], &cut].concat(), 0).stdout)
    };
    let figures = fit("gnn", "gnn.safetensors");
    assert!(figures.contains("of 2\n") && figures.contains("skill over copying"), "{figures}");
    assert!(figures.contains("sim02") && !figures.contains("sim03"), "{figures}");
    assert!(fit("var", "var.safetensors").contains("lag"));
    fit("copy", "copy.safetensors");

    let predict = |model: &str, more: &[&str]| {
        let arguments = ["predict", model, "a/sim03.csv", "--from", "20", "--to", "60"];
        text(&run(at, &[&arguments, more].concat(), 0).stdout)
    };
    let said = predict("gnn.safetensors", &["--every", "20", "--out", "gnn.csv"]);
    assert!(said.contains("No forecast rests on a frame after its start."), "{said}");
    let header = "animal,frame,time_s,neuron,horizon,value,normalised";
    let table = rows(&at.join("gnn.csv"), header);
    assert_eq!(table.len(), 3 * 16 * 2);
    assert_eq!([&table[2][1], &table[2][3], &table[2][4]], ["20", "AVAL", "2"]);
    assert_eq!(table[95][..2], ["sim03", "60"]);

    // Copying, in the recording's own units, with its derivative.
    predict("copy.safetensors", &["--steps", "3", "--derivatives", "--out", "copy.csv"]);
    let header = format!("{header},derivative,derivative_normalised");
    let copied = rows(&at.join("copy.csv"), &header);
    let recording = std::fs::read_to_string(at.join("a/sim03.csv")).unwrap();
    let mut lines = recording.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().unwrap();
    let column = names.iter().position(|name| *name == "AVAL").unwrap();
    let trace: Vec<f64> = lines.map(|line| line[column].parse().unwrap()).collect();
    assert_eq!(copied.len(), 3 * 3 * 2);
    for row in copied.iter().filter(|row| row[3] == "AVAL") {
        let (frame, value): (usize, f64) = (row[1].parse().unwrap(), row[5].parse().unwrap());
        assert!((value - trace[frame]).abs() < 1e-6, "{row:?}");
        assert!(row[7].parse::<f64>().unwrap().is_finite());
    }

    predict("var.safetensors", &["--out", "var.parquet"]);
    let parquet = std::fs::read(at.join("var.parquet")).unwrap();
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
    let json: serde_json::Value =
        serde_json::from_str(&predict("var.safetensors", &["--out", "v.csv", "--json"])).unwrap();
    assert_eq!(
        (&json["format"], &json["looks_ahead"]),
        (&"nervering-forecasts".into(), &false.into())
    );

    let refused = |arguments: &[&str], expected: &str| {
        let stderr = text(&run(at, arguments, 2).stderr);
        assert!(stderr.contains(expected), "{arguments:?}: {stderr}");
    };
    let on = |model| ["predict", model, "a/sim03.csv"];
    refused(
        &[&on("gnn.safetensors")[..], &["--out", "a.txt"]].concat(),
        "expected .csv or .parquet",
    );
    refused(&[&on("gnn.safetensors")[..], &["--out", "gnn.csv"]].concat(), "--overwrite");
    refused(&[&on("gnn.safetensors")[..], &["--edges", "running"]].concat(), "--edges");
    refused(&[&on("gnn.safetensors")[..], &["--steps", "17"]].concat(), "expected 1 to 16");
    refused(&["graph", "gnn.safetensors"], "nervering-forecaster");
    refused(&["fit", "gnn-text", "--task", "forecast", "--on", "a"], "gnn-static");
    refused(&["fit", "var", "--on", "a"], "\"var\"");
    refused(&["fit", "var", "--task", "forecast", "--states", "4", "--on", "a"], "--states");
    refused(&["fit", "mlp", "--edge-scale", "8", "--on", "a"], "edge_scale");
    refused(&["fit", "mlp", "--width", "0", "--on", "a"], "--width");
    refused(
        &["fit", "var", "--task", "forecast", "--activation", "relu", "--on", "a"],
        "--activation",
    );
    let table = std::fs::read_to_string(at.join("a/sim03.csv")).unwrap();
    std::fs::write(at.join("b.csv"), table.replacen("RIML", "91", 1)).unwrap();
    refused(&["predict", "var.safetensors", "b.csv"], "RIML");
    decoder(at);
    refused(&["predict", "model.safetensors", "a/sim03.csv", "--steps", "4"], "--steps");
}

/// A decoder, in the file of the default name.
fn decoder(at: &Path) {
    fit(at, "majority", &[]);
}

#[test]
fn what_cannot_be_is_refused_and_nothing_is_written() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    simulate(at);
    let refused = |arguments: &[&str], expected: &[&str]| {
        let stderr = text(&run(at, arguments, 2).stderr);
        for expected in expected {
            assert!(stderr.contains(expected), "{arguments:?}: {stderr}");
        }
        assert!(stderr.lines().count() <= 12, "{stderr}");
    };
    refused(&["fit", "svm", "--on", "a"], &["svm", "logistic"]);
    refused(&["fit", "gnn", "--on", "a", "--animals", "sim09"], &["sim09", "sim02"]);
    refused(&["fit", "gnn", "--on", "a", "--neurons", "URXL"], &["URXL", "sim01"]);
    assert!(!at.join("model.safetensors").exists());
    fit(at, "majority", &[]);
    refused(&["fit", "majority", "--on", "a"], &["model.safetensors", "--overwrite"]);

    let table = std::fs::read_to_string(at.join("a/sim03.csv")).unwrap();
    std::fs::write(at.join("b.csv"), table.replacen("RIML", "91", 1)).unwrap();
    refused(&["predict", "model.safetensors", "b.csv"], &["RIML", "\"b\""]);
    refused(&["predict", "a/sim01.csv", "a"], &["a/sim01.csv", "safetensors"]);
    refused(&["predict", "model.safetensor", "a"], &["model.safetensor", "read"]);
    assert!(!at.join("nervering-out").exists());
}

#[test]
fn a_model_of_real_worms_decodes_another() {
    let Some(file) = real_data() else { return };
    let folder = tempdir().unwrap();
    let at = folder.path();
    let file = file.to_str().unwrap();
    let fit = ["fit", "logistic", "--on", file, "--json"];
    let fitted: serde_json::Value = serde_json::from_slice(&run(at, &fit, 0).stdout).unwrap();
    let animals = fitted["report"]["animals"].as_array().unwrap();
    let name = |k: usize| animals[k]["training"]["animal"].as_str().unwrap().to_owned();
    let others: Vec<String> = (1..animals.len()).map(name).collect();
    let fit = ["fit", "logistic", "--on", file, "--overwrite", "--animals"];
    run(at, &[&fit[..], &[&others.join(",")]].concat(), 0);
    let predict = ["predict", "model.safetensors", file, "--json", "--animals", &name(0)];
    let said: serde_json::Value = serde_json::from_slice(&run(at, &predict, 0).stdout).unwrap();
    let animal = &said["animals"][0];
    assert_eq!(animal["trained_on"], false);
    assert!(animal["accuracy"].as_f64().unwrap() > 0.6, "{animal}");
}
