//! Every figure against its stored reference, and what holds of all of them.
//!
//! `NERVERING_BLESS=1 cargo test --workspace --test figures` writes the references anew; look at
//! them before committing. `NERVERING_GALLERY=DIR` writes the figures of the real worms (or of
//! simulated ones, where those are absent) as SVG, PNG and CSV, and the page, to look at.

mod common;

use common::{document, simulated, worms};
use nervering_report::figure::horizon;
use nervering_report::{FigureData, page};
use std::path::Path;

/// Two short animals: small references.
fn drawn() -> Vec<nervering_report::Figure> {
    document(&simulated(2, 60.)).draw()
}

/// The drawing without the pixels of its images.
fn without_pixels(svg: &str) -> String {
    let line = |line: &str| match line.split_once("base64,") {
        Some((begin, _)) => format!("{begin}\n"),
        None => format!("{line}\n"),
    };
    svg.lines().map(line).collect()
}

/// Words and numbers of a line, in turn.
fn parts(line: &str) -> (Vec<&str>, Vec<f64>) {
    let number = |c: char| c.is_ascii_digit() || c == '.';
    let words = line.split(number).filter(|word| !word.is_empty()).collect();
    let numbers = line.split(|c| !number(c)).filter_map(|text| text.parse().ok()).collect();
    (words, numbers)
}

/// Whether two drawings are the same to a tenth of a point: the last digits of a sine are not those
/// of another machine.
fn alike(a: &str, b: &str) -> bool {
    let ((words, numbers), (other_words, other_numbers)) = (parts(a), parts(b));
    let near = |(a, b): (&f64, &f64)| (a - b).abs() < 0.11;
    words == other_words
        && numbers.len() == other_numbers.len()
        && numbers.iter().zip(&other_numbers).all(near)
}

#[test]
fn figures_are_as_they_were_when_looked_at() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/figures");
    for figure in drawn() {
        let path = folder.join(format!("{}.svg", figure.name));
        let svg = without_pixels(&figure.svg);
        if std::env::var_os("NERVERING_BLESS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &svg).unwrap();
        }
        let reference = std::fs::read_to_string(&path).unwrap();
        assert_eq!(svg.lines().count(), reference.lines().count(), "{}: lines", figure.name);
        for (k, (now, then)) in svg.lines().zip(reference.lines()).enumerate() {
            assert!(alike(now, then), "{}, line {}:\n{now}\n{then}", figure.name, k + 1);
        }
    }
}

#[test]
fn a_reference_tells_a_colour_a_word_and_a_place_from_another() {
    let line = "<text x=\"12.04\" fill=\"#2a7fc9\">AVAL</text>";
    assert!(alike(line, &line.replace("12.04", "12.1")));
    assert!(!alike(line, &line.replace("12.04", "12.4")));
    assert!(!alike(line, &line.replace("#2a7fc9", "#2a7fc8")));
    assert!(!alike(line, &line.replace("AVAL", "AVAR")));
}

#[test]
fn every_figure_fits_a_column_and_says_what_it_rests_on() {
    for figure in drawn() {
        let width = figure.svg.split("width=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(["85.0mm", "180.0mm"].contains(&width), "{}: {width}", figure.name);
        assert!(figure.svg.contains("role=\"img\""));
        assert!(figure.svg.contains("<title id=") && figure.svg.contains("<desc id="));
        assert!(!figure.svg.contains("NaN") && !figure.svg.contains("inf\""), "{}", figure.name);
        for part in [" n: ", "Protocol: ", "Normalisation: "] {
            assert!(figure.caption.contains(part), "{}: {}", figure.name, figure.caption);
        }
        // Type is at least 6 points, and 7 where there is room.
        for size in figure.svg.split("font-size=\"").skip(1) {
            let size: f64 = size.split('"').next().unwrap().parse().unwrap();
            assert!((4. ..=8.).contains(&size), "{}: type of {size} points", figure.name);
        }
    }
}

/// More models than a reader tells apart in a key: each is named at its line, and no name is lost.
#[test]
fn many_models_are_named_at_their_lines_and_stacked_on_a_phone() {
    let models: Vec<String> = (0..12).map(|k| format!("model-{k}")).collect();
    let names: Vec<&str> = models.iter().map(String::as_str).collect();
    let kinds = [("same animals", 0.9), ("unseen animals", 0.7)];
    let learning = FigureData::Learning(common::scores("many-learning", &names, &kinds, 3));
    let mut horizon = common::horizon();
    horizon.about.name = "many-horizon".into();
    for panel in &mut horizon.panels {
        let curve = panel.curves[0].clone();
        panel.curves = models
            .iter()
            .enumerate()
            .map(|(k, model)| {
                let mean = curve.mean.iter().enumerate();
                // One runs away from the axis.
                let runs =
                    |at: usize| if k == 0 { 3f64.powi(at as i32) } else { 1. + 0.1 * k as f64 };
                let mean: Vec<f64> = mean.map(|(at, mean)| mean * runs(at)).collect();
                horizon::Curve { model: model.clone(), mean, ..curve.clone() }
            })
            .collect();
    }
    let horizon = FigureData::Horizon(horizon);
    let colours = Default::default();
    for data in [learning, horizon] {
        let (wide, narrow) =
            (data.draw(&[], &colours), data.draw_for_phone(&[], &colours).unwrap());
        for figure in [&wide, &narrow] {
            for model in &models {
                let named = figure.svg.matches(&format!(">{model}<")).count();
                assert_eq!(named, 2, "{model} in {}: once a panel", figure.name);
            }
            if let Some(folder) = std::env::var_os("NERVERING_GALLERY") {
                let name = format!("{}-{}.png", figure.name, figure.svg.contains("85.0mm"));
                std::fs::write(Path::new(&folder).join(name), figure.png(200.).unwrap()).unwrap();
            }
        }
        assert!(wide.svg.contains("width=\"180.0mm\"") && narrow.svg.contains("width=\"85.0mm\""));
    }
}

#[test]
fn the_csv_of_every_figure_is_a_table() {
    for figure in drawn() {
        let mut reader = csv::Reader::from_reader(figure.csv.as_bytes());
        let n_rows = reader.records().collect::<Result<Vec<_>, _>>().unwrap().len();
        assert!(n_rows > 5, "{}: {n_rows} rows", figure.name);
    }
}

#[test]
fn a_png_has_the_size_asked_for() {
    for figure in drawn() {
        let png = figure.png(300.).unwrap();
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
        let width = u32::from_be_bytes(png[16..20].try_into().unwrap());
        let expected = if figure.svg.contains("width=\"85.0mm\"") { 85. } else { 180. };
        let expected = expected / 25.4 * 300.;
        assert!((f64::from(width) - expected).abs() < 1.5, "{}: {width} pixels", figure.name);
        assert_eq!(png, figure.png(300.).unwrap(), "the same figure has the same bytes");
    }
    assert!(drawn()[0].png(0.).is_err());
}

#[test]
fn figures_and_page_of_worms_can_be_drawn() {
    let recordings = worms().unwrap_or_else(|| simulated(5, 480.));
    let document = document(&recordings);
    document.check().unwrap();
    let gallery = std::env::var_os("NERVERING_GALLERY");
    for figure in document.draw() {
        assert!(figure.svg.len() < 2_500_000, "{}: {} bytes", figure.name, figure.svg.len());
        if let Some(folder) = &gallery {
            let folder = Path::new(folder);
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(folder.join(format!("{}.svg", figure.name)), &figure.svg).unwrap();
            std::fs::write(folder.join(format!("{}.csv", figure.name)), &figure.csv).unwrap();
            let png = figure.png(300.).unwrap();
            std::fs::write(folder.join(format!("{}.png", figure.name)), png).unwrap();
        }
    }
    let begin = std::time::Instant::now();
    let html = page(&document);
    println!("page: {} bytes in {:.2} s", html.len(), begin.elapsed().as_secs_f64());
    assert!(html.len() < 5_000_000, "{} bytes", html.len());
    if let Some(folder) = &gallery {
        std::fs::write(Path::new(folder).join("report.html"), html).unwrap();
    }
}

/// 12,000 single scores in each of three figures, and five recordings of 18 minutes.
#[test]
fn the_report_of_a_full_study_is_small_and_quick() {
    let mut document = document(&simulated(5, 1080.));
    for figure in &mut document.figures {
        if let nervering_report::FigureData::Strip(data)
        | nervering_report::FigureData::Bars(data)
        | nervering_report::FigureData::Learning(data) = figure
        {
            let models = ["majority", "svm", "mlp", "gnn-text", "gnn"];
            let kinds = [("same animals", 0.9), ("unseen animals", 0.7), ("Nichols", 0.6)];
            let name = data.about.name.clone();
            *data = common::scores(&name, &models, &kinds, 200);
        }
    }
    let begin = std::time::Instant::now();
    let files = nervering_report::files(&document).unwrap();
    let seconds = begin.elapsed().as_secs_f64();
    let size = |name: &str| files.iter().find(|(path, _)| path == name).unwrap().1.len();
    println!(
        "{} files in {seconds:.1} s; page {} bytes, report.json {} bytes",
        files.len(),
        size("report.html"),
        size("report.json")
    );
    assert!(size("report.html") < 5_000_000);
    // A debug build on a busy machine; built for release it takes a fraction.
    assert!(seconds < 60., "{seconds:.1} s");
}
