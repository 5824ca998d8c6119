//! The document and its page as files: what is written can be read again, what does not fit is
//! refused, and no name of an animal, a neuron or a study becomes more than a text.

mod common;

use common::{document, simulated};
use nervering_report::{Document, DocumentError, FigureData, page};

#[test]
fn a_document_reads_back_as_it_was_written() {
    let document = document(&simulated(2, 40.));
    let again = Document::from_json(&document.to_json()).unwrap();
    assert_eq!(again, document);
    assert_eq!(page(&again), page(&document), "the same document has the same page");
}

#[test]
fn another_version_is_named() {
    let json = Document::new("t").to_json().replace("\"version\":2", "\"version\":7");
    let error = Document::from_json(&json).unwrap_err();
    assert!(matches!(error, DocumentError::Version { version: 7, .. }), "{error}");
    assert!(error.to_string().contains("expected \"nervering-report\" of version 2"), "{error}");
    let error = Document::from_json("{\"format\": \"x\"").unwrap_err();
    assert!(matches!(error, DocumentError::Json(_)), "{error}");
}

#[test]
fn parts_that_do_not_fit_are_refused_and_never_drawn() {
    let whole = document(&simulated(2, 40.));
    let refused = |change: &dyn Fn(&mut FigureData)| {
        let mut document = whole.clone();
        document.figures.iter_mut().for_each(change);
        Document::from_json(&document.to_json()).unwrap_err().to_string()
    };
    let error = refused(&|figure| {
        if let FigureData::HeatMap(data) = figure {
            data.recording = 2;
        }
    });
    assert!(error.contains("figure \"heat-map\": found 2 recordings, expected 3"), "{error}");
    let error = refused(&|figure| {
        if let FigureData::Trace(data) = figure {
            data.neurons.push(999);
        }
    });
    assert!(error.contains("figure \"traces\": found"), "{error}");
    let error = refused(&|figure| {
        if let FigureData::Confusion(data) = figure {
            data.models[1].counts[2].pop();
        }
    });
    assert!(error.contains("found 3 counts in a row, expected 4"), "{error}");
    let error = refused(&|figure| {
        if let FigureData::GraphNetwork(data) = figure {
            data.neurons.pop();
        }
    });
    assert!(error.contains("inferred weights"), "{error}");
    let mut document = whole.clone();
    document.recordings[0].seconds.pop();
    assert!(Document::from_json(&document.to_json()).is_err());
    let mut document = whole;
    document.tables[0].rows[0].pop();
    assert!(Document::from_json(&document.to_json()).is_err());
}

#[test]
fn empty_parts_and_missing_values_are_drawn() {
    let mut document = document(&simulated(1, 40.));
    for figure in &mut document.figures {
        match figure {
            // Their recording has no value, below.
            FigureData::HeatMap(_) | FigureData::Trace(_) => {}
            FigureData::StateMeans(data) => data.panels.clear(),
            FigureData::Distributions(data) => {
                (data.rows, data.columns, data.probabilities) = Default::default();
            }
            FigureData::Manifold(data) => data.animals.clear(),
            FigureData::Strip(data) | FigureData::Bars(data) | FigureData::Learning(data) => {
                data.scores.clear();
            }
            FigureData::Against(data) => data.panels.clear(),
            FigureData::Confusion(data) => data.models.clear(),
            FigureData::Horizon(data) => {
                for curve in data.panels.iter_mut().flat_map(|panel| &mut panel.curves) {
                    curve.mean.fill(f64::INFINITY);
                    curve.high.fill(f64::NAN);
                }
            }
            FigureData::Fan(data) => {
                data.truth.fill(f64::NAN);
                for fan in data.panels.iter_mut().flat_map(|panel| &mut panel.fans) {
                    fan.low.fill(f64::NEG_INFINITY);
                    fan.median.fill(f64::NAN);
                }
            }
            FigureData::GraphMatrix(data) | FigureData::GraphNetwork(data) => {
                data.neurons.clear();
                data.inferred.clear();
                data.null = None;
                data.connectome = None;
            }
            FigureData::Training(data) => {
                for panel in &mut data.panels {
                    panel.validation.median.fill(f32::NAN);
                    panel.validation.p90.fill(f32::NAN);
                    panel.learning_rate.fill(f64::NAN);
                    panel.kept.clear();
                }
            }
            FigureData::Leakage(data) => data.models.clear(),
            FigureData::Curves(data) => {
                for series in data.panels.iter_mut().flat_map(|panel| &mut panel.series) {
                    series.mean.fill(f64::NAN);
                    series.low.fill(f64::INFINITY);
                }
            }
            FigureData::Dots(data) => {
                for row in &mut data.rows {
                    row.values.fill(f64::NAN);
                    row.mean = None;
                }
            }
        }
    }
    document.recordings[0].values.fill(f32::NAN);
    document.check().unwrap();
    let html = page(&Document::from_json(&document.to_json()).unwrap());
    assert!(!html.contains("NaN") && !html.contains("\"inf"));
    for figure in document.draw() {
        figure.png(100.).unwrap();
    }
    page(&Document::new("nothing at all"));
}

#[test]
fn the_page_is_whole_in_itself() {
    let html = page(&document(&simulated(2, 40.)));
    assert!(html.contains("default-src &#39;none&#39;"));
    // Nothing is loaded: addresses are fragments, data, or links that a reader may follow.
    for attribute in ["src=", "srcset=", "xlink:href=", "@import", "url("] {
        assert!(!html.contains(attribute), "{attribute}");
    }
    for address in html.split("href=\"").skip(1) {
        let fine = ["#", "data:image/png;base64,", "data:text/csv;base64,", "https://arxiv.org/"];
        assert!(fine.iter().any(|begin| address.starts_with(begin)), "{}", &address[..40]);
    }
    // The policy allows no style attribute and no handler.
    assert!(!html.contains(" style=") && !html.contains(" onclick="));
}

#[test]
fn hostile_names_stay_texts() {
    let mut document = document(&simulated(2, 40.));
    let plain = page(&document);
    common::hostile::infect(&mut document);
    document.check().unwrap();
    let html = page(&document);
    // Tables to be saved stand in the page where they are small, and names make them longer.
    let plain_links = |html: &str| html.replace("<a href=\"data:text/csv;base64,", "");
    let count = |html: &str, tag: &str| plain_links(html).matches(tag).count();
    for tag in
        ["<script", "</script", "<style", "</style", "<img", "<iframe", "<a ", "<form", "<svg"]
    {
        let (found, expected) = (count(&html, tag), count(&plain, tag));
        // The one link of the plain page leads nowhere here, and is none.
        let expected = if tag == "<a " { expected - 1 } else { expected };
        assert_eq!(found, expected, "{tag}: as many as without hostile names");
    }
    assert!(!html.contains("href=\"javascript:"));
    assert!(!html.contains('\u{202e}'), "no name turns the direction of what follows");
    for figure in document.draw() {
        assert!(
            figure.name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
            "{}",
            figure.name
        );
        let mut reader = csv::Reader::from_reader(figure.csv.as_bytes());
        let header = reader.headers().unwrap().clone();
        let records: Vec<_> = reader.records().map(|record| record.unwrap()).collect();
        for field in [header].iter().chain(&records).flat_map(|record| record.iter()) {
            let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
            assert!(!formula || field.parse::<f64>().is_ok(), "{}: {field:?}", figure.name);
        }
    }
}

#[test]
fn traces_that_would_make_the_page_too_large_are_left_out_and_said_to_be() {
    let mut document = Document::new("many animals");
    let view = common::view(&simulated(1, 1080.), 0);
    document.recordings = vec![view; 26];
    let html = page(&document);
    assert!(html.len() < 5_000_000, "{} bytes", html.len());
    assert!(html.contains("To keep this page small, only the first "));
}
