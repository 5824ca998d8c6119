//! `nervering report` on folders that hold a report and on folders that do not.

mod common;

use common::{run, text};
use nervering::report::{Cell, Document, TableData};
use std::path::Path;

fn document() -> Document {
    let table = TableData {
        name: "table-4d".into(),
        title: "Errors".into(),
        columns: vec!["model".into(), "1 step".into()],
        rows: vec![vec![
            Cell::Text("=gnn".into()),
            Cell::Spread { mean: 0.25, sd: Some(0.5), decimals: 2 },
        ]],
        notes: vec![],
    };
    Document { tables: vec![table], ..Document::new("A study") }
}

fn failure(folder: &Path) -> String {
    text(&run(folder, &["report", "."], 2).stderr)
}

#[test]
fn a_report_is_drawn_again_from_its_json() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("report.json"), document().to_json()).unwrap();
    run(folder.path(), &["report", "."], 0);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("report.html").contains("<td class=\"number\">0.25 ± 0.50</td>"));
    assert_eq!(read("tables/table-4d.csv"), "model,1_step,1_step_sd\n'=gnn,0.25,0.5\n");
    assert_eq!(Document::from_json(&read("report.json")).unwrap(), document());
    // Without a manifest a study is unfinished, and drawing its report does not finish it.
    assert!(!folder.path().join("manifest.json").exists());
    let manifest = r#"{"format": 3, "nervering": "0.1.0", "sha256": {}}"#;
    std::fs::write(folder.path().join("manifest.json"), manifest).unwrap();
    run(folder.path(), &["report", "."], 0);
    assert!(read("manifest.json").contains("report.html"));
}

#[test]
fn what_is_no_report_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let missing = failure(folder.path());
    assert!(missing.contains("report.json: failed to read"), "{missing}");
    std::fs::write(folder.path().join("report.json"), "{}").unwrap();
    let other = failure(folder.path());
    assert!(other.contains("report.json: failed to be drawn"), "{other}");
    assert!(other.contains("missing field `format`"), "{other}");
    let newer = document().to_json().replace("\"version\":2", "\"version\":9");
    std::fs::write(folder.path().join("report.json"), newer).unwrap();
    let newer = failure(folder.path());
    assert!(newer.contains("of version 9, expected"), "{newer}");
    assert!(!folder.path().join("manifest.json").exists(), "nothing is written");
}

/// It once was said of a report that could not be read too: "a finished study has one".
#[test]
fn a_report_that_is_there_and_cannot_be_read_is_not_called_missing() {
    let folder = tempfile::tempdir().unwrap();
    let said = failure(folder.path());
    assert!(said.contains("a finished study has one"), "{said}");
    std::fs::create_dir(folder.path().join("report.json")).unwrap();
    let said = failure(folder.path());
    assert!(said.contains("failed to read") && !said.contains("a finished study"), "{said}");
}
