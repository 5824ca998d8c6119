//! What a reader sees: golden text and CSV of a small study, and that the long tables hold every
//! number of the results.

use nervering_fit::Training;
use nervering_report::{
    Layout, Table, WIDTH, comparisons_csv, confusion_csv, fits_csv, table_csv, table_text, tidy_csv,
};
use nervering_statistics::{
    Difference, Flips, Interval, IntervalMethod, ModelMean, PairedComparison, Resamples,
    SignFlipTest,
};
use nervering_statistics::{Evaluation, NetworkStatistics, Role};
use nervering_study::{Claim, Compared, FitResult, Measures, Section, Spread, SummaryRow, Unit};

fn spread(mean: f64, sd: f64, n: usize) -> Option<Spread> {
    Some(Spread { mean, sd, n })
}

fn measures(
    accuracy: Option<Spread>,
    balanced_accuracy: Option<Spread>,
    nll: Option<Spread>,
) -> Measures {
    Measures { accuracy, balanced_accuracy, nll, ..Measures::default() }
}

fn rows() -> Vec<SummaryRow> {
    vec![
        SummaryRow {
            model: "svm".into(),
            n_trained: 1,
            same: measures(spread(0.988, 0.004, 5), spread(0.987, 0.0041, 5), None),
            unseen: measures(spread(0.828, 0.076, 20), spread(0.8, 0.1, 20), None),
            extended: Measures::default(),
            recall_unseen: vec![Some(0.75), Some(0.905)],
            n_fits: 50,
        },
        SummaryRow {
            model: "gnn-text".into(),
            n_trained: 2,
            same: measures(spread(1., 0., 2), spread(1., f64::NAN, 1), None),
            unseen: Measures::default(),
            extended: Measures::default(),
            recall_unseen: vec![None, None],
            n_fits: 10,
        },
        SummaryRow {
            model: "gnn".into(),
            n_trained: 1,
            same: measures(spread(0.995, 0.005, 5), spread(0.995, 0.005, 5), None),
            unseen: measures(
                spread(0.977, 0.031, 20),
                spread(0.97, 0.03, 20),
                spread(0.1234, 0.0456, 20),
            ),
            extended: Measures::default(),
            recall_unseen: vec![Some(0.98), None],
            n_fits: 50,
        },
    ]
}

fn section(rows: Vec<SummaryRow>, states: &[&str]) -> Section {
    Section {
        variant: "paper".into(),
        statistics: NetworkStatistics::EVALUATED,
        unit: Unit::Pairs,
        states: states.iter().map(|&state| state.to_owned()).collect(),
        rows,
    }
}

fn table<'a>(sections: &'a [Section], notes: &'a [String]) -> Table<'a> {
    Table { title: "Table 1", sections, claims: &[], compared: &[], notes }
}

fn evaluation(animal: &str, role: Role, nll: Option<f64>) -> Evaluation {
    Evaluation {
        animal: animal.into(),
        role,
        statistics: nll.map(|_| NetworkStatistics::EVALUATED),
        n_frames: 12,
        n_labelled: 10,
        accuracy: Some(0.7),
        balanced_accuracy: Some(0.6875),
        macro_f1: Some(0.6875),
        nll,
        calibration_error: None,
        transitions: None,
        timeline: None,
        dwell_distance_s: None,
        confusion: vec![vec![5, 1], vec![2, 2]],
        predicted: None,
        edges: None,
    }
}

fn fits() -> Vec<FitResult> {
    let training = Training {
        epochs: 800,
        best_epoch: 312,
        best_validation_loss: Some(0.0625),
        final_learning_rate: 0.00025,
        diverged: false,
    };
    vec![
        FitResult {
            variant: "paper".into(),
            model: "gnn".into(),
            trained_on: vec!["a".into(), "b, \"x\"".into()],
            fold: 3,
            initialisation: 1,
            training: Some(training),
            curve: None,
            evaluations: vec![
                evaluation("a", Role::SameAnimal, Some(0.5)),
                evaluation("c", Role::UnseenAnimal, Some(1.25)),
            ],
        },
        FitResult {
            variant: "paper".into(),
            model: "svm".into(),
            trained_on: vec!["a".into()],
            fold: 0,
            initialisation: 0,
            training: None,
            curve: None,
            evaluations: vec![evaluation("b", Role::UnseenAnimal, None)],
        },
    ]
}

const STATES: [&str; 2] = ["forward", "dorsal turn"];

#[test]
fn the_text_is_as_it_should_look() {
    let long = "Windows of 8 frames were shuffled into ten folds, so that pieces of one bout stand \
                on both sides of a split: the accuracies within an animal are too high.";
    let notes = [long.to_owned(), "Fold 1 of 10 was run.".to_owned()];
    let sections = [section(rows(), &STATES)];
    assert_eq!(
        table_text(&table(&sections, &notes), Layout::FILE),
        include_str!("golden/table.txt")
    );
}

/// A study under the strict protocol, with everything that its tables can show.
fn strict() -> (Vec<Section>, Vec<Claim>, Vec<Compared>) {
    let mut rows = rows();
    rows.truncate(1);
    rows.push(SummaryRow { model: "logistic".into(), ..rows[0].clone() });
    for row in &mut rows {
        row.unseen.macro_f1 = spread(0.7, 0.1, 5);
        row.unseen.transitions_found = spread(0.625, 0.05, 5);
        row.unseen.transition_error_s = spread(1.25, 0.5, 5);
        row.unseen.dwell_distance_s = spread(3.5, 1., 5);
        row.extended = row.unseen;
    }
    let strict = Section {
        variant: "strict".into(),
        statistics: NetworkStatistics::TRAINING,
        unit: Unit::Animals,
        ..section(rows.clone(), &STATES)
    };
    let running = Section { statistics: NetworkStatistics::RUNNING, ..strict.clone() };
    let claim = Claim {
        variant: "strict".into(),
        model: "svm".into(),
        n_trained: 1,
        same: spread(0.9, 0.02, 5),
        same_claimed: spread(0.98, 0.01, 5),
        unseen: spread(0.8, 0.1, 5),
        unseen_claimed: None,
    };
    let interval = |low, high| Interval {
        low,
        high,
        level: 0.95,
        method: IntervalMethod::Bca,
        resamples: Resamples::Exact(3125),
        n_animals: 5,
    };
    let mean = |model: &str, mean: f64| ModelMean {
        model: model.into(),
        n_animals: 5,
        mean: Some(mean),
        interval: Some(interval(mean - 0.05, mean + 0.05)),
    };
    let test = SignFlipTest {
        mean_difference: -0.02,
        p: 0.0625,
        smallest_p: 0.0625,
        flips: Flips::Exact(32),
        n_animals: 5,
    };
    let difference = Difference { test, interval: Some(interval(-0.03, 0.01)), p_holm: 0.125 };
    let compared = Compared {
        variant: "strict".into(),
        n_trained: 1,
        means: vec![mean("svm", 0.8), mean("logistic", 0.82)],
        pairs: vec![PairedComparison {
            first: "svm".into(),
            second: "logistic".into(),
            difference: Some(difference),
        }],
    };
    (vec![strict, running], vec![claim], vec![compared])
}

#[test]
fn a_strict_study_shows_claims_intervals_and_what_accuracy_does_not() {
    let (sections, claims, compared) = strict();
    let notes = ["A note.".to_owned()];
    let (title, notes) = ("Strict", &notes[..]);
    let table = Table { title, sections: &sections, claims: &claims, compared: &compared, notes };
    assert_eq!(table_text(&table, Layout::FILE), include_str!("golden/strict.txt"));
    let csv = String::from_utf8(comparisons_csv(&compared)).unwrap();
    assert!(csv.ends_with("strict,1,svm,logistic,5,-0.02,-0.03,0.01,0.0625,0.125\n"), "{csv}");
}

#[test]
fn what_a_network_says_with_other_edges_stands_under_it() {
    let with = |statistics: NetworkStatistics, rows: Vec<SummaryRow>| Section {
        statistics,
        ..section(rows, &STATES)
    };
    let networks = || rows().into_iter().filter(|row| row.model.starts_with("gnn")).collect();
    let (evaluated, training) = (NetworkStatistics::EVALUATED, NetworkStatistics::TRAINING_EDGES);
    let sections = [with(evaluated, rows()), with(training, networks())];
    let text = table_text(&table(&sections, &[]), Layout::FILE);
    assert!(!text.contains('━'), "one table: {text}");
    let after = |model: &str| {
        let mut lines = text.lines().skip_while(|line| !line.starts_with(model));
        lines.nth(1).unwrap().to_owned()
    };
    assert!(after("gnn  ").starts_with("  training edges        1"), "{text}");
    assert!(after("gnn-text").starts_with("  training edges        2"), "{text}");
    assert!(!after("svm").starts_with("  training"), "{text}");
    // What stands under the table is wrapped.
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("training edges are those of the animals trained on"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
    let csv = String::from_utf8(table_csv(&table(&sections, &[]))).unwrap();
    assert!(csv.starts_with("variant,edges,batch_norm,unit,model,"), "{csv}");
    assert_eq!(csv.matches("paper,training,evaluated,").count(), 2);
    // Other batch norms are another table.
    let sections = [with(evaluated, rows()), with(NetworkStatistics::TRAINING, networks())];
    let text = table_text(&table(&sections, &[]), Layout::FILE);
    assert!(text.contains("━ paper, batch norms and edges: training"), "{text}");
}

#[test]
fn many_variants_make_one_compact_table() {
    let of_variant = |k: usize| Section {
        variant: format!("{k}-of-15-draw-1-paper"),
        ..section(rows(), &STATES)
    };
    let sections: Vec<Section> = (1..=20).map(of_variant).collect();
    let text = table_text(&table(&sections, &[]), Layout::FILE);
    assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
    assert_eq!(text.lines().filter(|line| line.contains("-of-15")).count(), 20 * rows().len());
    assert!(!text.contains("recall, %"), "{text}");
}

#[test]
fn no_line_is_wider_than_a_terminal() {
    let mut rows = rows();
    for row in &mut rows {
        row.model = "gnn-connectome".into();
        row.same = measures(spread(1., 0.5, 999), spread(1., 0.5, 999), None);
        row.unseen.nll = spread(12.345, 12.345, 999);
        row.recall_unseen = vec![Some(1.); 7];
    }
    let n_rows = rows.len();
    let states = ["FWD", "SLOW", "DT", "VT", "REV1", "REV2", "REVSUS"];
    let notes = ["word ".repeat(60)];
    let sections = [section(rows, &states)];
    let text = table_text(&table(&sections, &notes), Layout::FILE);
    for line in text.lines() {
        assert!(line.chars().count() <= WIDTH, "{line}");
        assert_eq!(line, line.trim_end());
    }
    assert_eq!(text.lines().filter(|line| line.contains(" 12.3 ± 12.3 ")).count(), n_rows);
}

/// Every number of the wide layout stands in the narrow one, and the best models are marked.
#[test]
fn a_narrow_terminal_shows_the_same_numbers_in_pieces() {
    let (sections, claims, compared) = strict();
    let table =
        Table { title: "t", sections: &sections, claims: &claims, compared: &compared, notes: &[] };
    let (wide, narrow) =
        (table_text(&table, Layout::FILE), table_text(&table, Layout::terminal(80)));
    for line in narrow.lines() {
        assert!(line.chars().count() <= 80, "{line}");
        assert_eq!(line, line.trim_end());
    }
    let words = |text: &str| -> std::collections::BTreeSet<String> {
        let is_number = |word: &&str| word.contains(|c: char| c.is_ascii_digit());
        text.split_whitespace().filter(is_number).map(str::to_owned).collect()
    };
    let lost: Vec<_> = words(&wide).difference(&words(&narrow)).cloned().collect();
    assert!(lost.is_empty(), "{lost:?}\n{narrow}");
    assert!(narrow.contains("▸ ") && narrow.contains("▸: highest"), "{narrow}");
    assert!(!wide.contains('▸'), "{wide}");
}

/// One measure a row, so that a program needs no knowledge of the columns.
#[test]
fn the_tidy_table_has_a_row_per_measure() {
    let sections = [section(rows(), &STATES)];
    let csv = String::from_utf8(tidy_csv(&table(&sections, &[]))).unwrap();
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert_eq!(header[7..], ["on", "measure", "mean", "sd", "n"]);
    let first = rows().remove(0);
    let mean = first.unseen.accuracy.unwrap().mean.to_string();
    let is_it = |line: &&str| line.contains(&format!(",unseen,accuracy,{mean},"));
    assert!(lines.any(|line| is_it(&line)), "{csv}");
    assert!(csv.contains(",unseen,recall_dorsal_turn,"), "{csv}");
}

#[test]
fn the_csv_has_the_same_numbers_unrounded() {
    let sections = [section(rows(), &STATES)];
    let csv = table_csv(&table(&sections, &[]));
    let mut reader = csv::Reader::from_reader(csv.as_slice());
    let header = reader.headers().unwrap().clone();
    let records: Vec<_> = reader.records().map(|row| row.unwrap()).collect();
    assert_eq!(records.len(), 3);
    let field = |row: usize, name: &str| {
        let place = header.iter().position(|column| column == name);
        records[row][place.unwrap_or_else(|| panic!("{name} in {header:?}"))].to_owned()
    };
    assert_eq!(field(0, "variant"), "paper");
    assert_eq!(field(0, "unit"), "subset x animal");
    assert_eq!(field(0, "same_balanced_accuracy_sd"), "0.0041");
    assert_eq!(field(1, "same_balanced_accuracy_sd"), "", "one value has no deviation");
    assert_eq!(field(1, "unseen_accuracy_mean"), "");
    assert_eq!(field(1, "unseen_accuracy_n"), "0");
    assert_eq!(field(2, "unseen_nll_mean"), "0.1234");
    assert_eq!(field(0, "unseen_recall_dorsal_turn"), "0.905");
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
    let csv = confusion_csv(&fits(), |_| STATES.to_vec());
    let mut reader = csv::Reader::from_reader(csv.as_slice());
    let rows: Vec<_> = reader.records().map(|row| row.unwrap()).collect();
    assert_eq!(rows.len(), 3 * 4);
    let total: u64 = rows.iter().map(|row| row[11].parse::<u64>().unwrap()).sum();
    assert_eq!(total, 3 * 10);
    let wrong = rows.iter().find(|row| &row[9] == "dorsal turn" && &row[10] == "forward").unwrap();
    assert_eq!(&wrong[11], "2", "predicted comes first");
}
