//! What a reader sees: golden text and CSV of a small study, and that the long tables hold every
//! number of the results.

use nervering_report::{
    Table, WIDTH, accuracy_svg, confusion_csv, fits_csv, table_csv, table_text,
};
use nervering_study::{Evaluation, FitResult, Role, Spread, SummaryRow, Training};

fn spread(mean: f64, sd: f64, n: usize) -> Option<Spread> {
    Some(Spread { mean, sd, n })
}

fn rows() -> Vec<SummaryRow> {
    vec![
        SummaryRow {
            model: "svm".into(),
            n_trained: 1,
            same: spread(0.988, 0.004, 5),
            same_balanced: spread(0.987, 0.0041, 5),
            unseen: spread(0.828, 0.076, 20),
            unseen_balanced: spread(0.8, 0.1, 20),
            unseen_nll: None,
            recall_unseen: vec![Some(0.75), Some(0.905)],
            n_fits: 50,
        },
        SummaryRow {
            model: "gnn-text".into(),
            n_trained: 2,
            same: spread(1., 0., 2),
            same_balanced: spread(1., f64::NAN, 1),
            unseen: None,
            unseen_balanced: None,
            unseen_nll: None,
            recall_unseen: vec![None, None],
            n_fits: 10,
        },
        SummaryRow {
            model: "gnn".into(),
            n_trained: 1,
            same: spread(0.995, 0.005, 5),
            same_balanced: spread(0.995, 0.005, 5),
            unseen: spread(0.977, 0.031, 20),
            unseen_balanced: spread(0.97, 0.03, 20),
            unseen_nll: spread(0.1234, 0.0456, 20),
            recall_unseen: vec![Some(0.98), None],
            n_fits: 50,
        },
    ]
}

fn evaluation(animal: &str, role: Role, nll: Option<f64>) -> Evaluation {
    Evaluation {
        animal: animal.into(),
        role,
        n_frames: 12,
        n_labelled: 10,
        accuracy: Some(0.7),
        balanced_accuracy: Some(0.6875),
        nll,
        confusion: vec![vec![5, 1], vec![2, 2]],
    }
}

fn fits() -> Vec<FitResult> {
    let training = Training {
        epochs: 800,
        best_epoch: 312,
        best_validation_loss: 0.0625,
        final_learning_rate: 0.00025,
        diverged: false,
    };
    vec![
        FitResult {
            model: "gnn".into(),
            trained_on: vec!["a".into(), "b, \"x\"".into()],
            fold: 3,
            training: Some(training),
            evaluations: vec![
                evaluation("a", Role::SameAnimal, Some(0.5)),
                evaluation("c", Role::UnseenAnimal, Some(1.25)),
            ],
        },
        FitResult {
            model: "svm".into(),
            trained_on: vec!["a".into()],
            fold: 0,
            training: None,
            evaluations: vec![evaluation("b", Role::UnseenAnimal, None)],
        },
    ]
}

fn states() -> Vec<String> {
    vec!["forward".into(), "dorsal turn".into()]
}

#[test]
fn the_text_is_as_it_should_look() {
    let rows = rows();
    let long = "Windows of 8 frames were shuffled into ten folds, so that pieces of one bout stand \
                on both sides of a split: the accuracies within an animal are too high.";
    let notes = [long.to_owned(), "Fold 1 of 10 was run.".to_owned()];
    let states = states();
    let table = Table { title: "Table 1", rows: &rows, states: &states, notes: &notes };
    assert_eq!(table_text(&table), include_str!("golden/table.txt"));
}

#[test]
fn no_line_is_wider_than_a_terminal() {
    let mut rows = rows();
    for row in &mut rows {
        row.same = spread(1., 0.5, 999);
        row.unseen_nll = spread(12.345, 12.345, 999);
        row.recall_unseen = vec![Some(1.); 7];
    }
    let states = ["FWD", "SLOW", "DT", "VT", "REV1", "REV2", "REVSUS"].map(str::to_owned);
    let notes = ["word ".repeat(60)];
    let text = table_text(&Table { title: "t", rows: &rows, states: &states, notes: &notes });
    for line in text.lines() {
        assert!(line.chars().count() <= WIDTH, "{line}");
        assert_eq!(line, line.trim_end());
    }
    assert_eq!(text.lines().filter(|line| line.contains("  12.3 ± 12.3  ")).count(), rows.len());
}

#[test]
fn the_csv_has_the_same_numbers_unrounded() {
    let (rows, states) = (rows(), states());
    let table = Table { title: "Table 1", rows: &rows, states: &states, notes: &[] };
    let csv = String::from_utf8(table_csv(&table)).unwrap();
    assert_eq!(csv, include_str!("golden/table.csv"));
}

#[test]
fn every_evaluation_is_one_row_of_the_fits() {
    let csv = fits_csv(&fits());
    let mut reader = csv::Reader::from_reader(csv.as_slice());
    let header = reader.headers().unwrap().clone();
    let rows: Vec<_> = reader.records().map(|row| row.unwrap()).collect();
    assert_eq!(rows.len(), 3);
    let field = |row: usize, name: &str| {
        rows[row][header.iter().position(|column| column == name).unwrap()].to_owned()
    };
    assert_eq!(field(0, "trained_on"), "a+b, \"x\"");
    assert_eq!(field(1, "animal"), "c");
    assert_eq!(field(1, "role"), "unseen-animal");
    assert_eq!(field(1, "nll").parse(), Ok(1.25));
    assert_eq!(field(0, "best_epoch"), "312");
    assert_eq!(field(2, "best_epoch"), "", "a model without epochs");
    assert_eq!(field(2, "nll"), "", "a decoder without probabilities");
}

#[test]
fn the_confusion_counts_sum_to_the_labelled_frames() {
    let csv = confusion_csv(&fits(), &states());
    let mut reader = csv::Reader::from_reader(csv.as_slice());
    let rows: Vec<_> = reader.records().map(|row| row.unwrap()).collect();
    assert_eq!(rows.len(), 3 * 4);
    let total: u64 = rows.iter().map(|row| row[7].parse::<u64>().unwrap()).sum();
    assert_eq!(total, 3 * 10);
    let wrong = rows.iter().find(|row| &row[5] == "dorsal turn" && &row[6] == "forward").unwrap();
    assert_eq!(&wrong[7], "2", "predicted comes first");
}

#[test]
fn the_figure_has_one_point_per_evaluation_and_escapes_names() {
    let mut rows = rows();
    rows[1].model = "gnn".into();
    let states = states();
    let table = Table { title: "a < b & c", rows: &rows, states: &states, notes: &[] };
    let svg = accuracy_svg(&table, &fits());
    let points = svg.lines().filter(|line| line.contains("h.01\"")).count();
    assert_eq!(points, 3);
    assert!(svg.contains("a &lt; b &amp; c"));
    assert!(!svg.contains("NaN"));
}
