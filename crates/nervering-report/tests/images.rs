//! Every kind of figure as pixels against a stored picture of it, small and at few dots per inch:
//! what the structure of an SVG does not tell, such as the rasteriser of the PNGs, marks that cover
//! others, and opacity.
//!
//! Two pictures count as the same when their colours differ by at most [`MEAN`] on average and at
//! most [`SHARE`] of the pixels differ by more than [`OFF`] in any channel: the last digits of a sine
//! move the rim of a line on another machine, and no more. Otherwise the picture as it is now and the
//! difference are written, and the test says where.
//!
//! `NERVERING_BLESS=1 cargo test --workspace --test images` writes the references anew; look at them
//! before committing.

mod common;

use common::{document, simulated};
use nervering_report::{Figure, FigureData};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Dots per inch: a figure over two columns is 255 pixels wide.
const DOTS_PER_INCH: f64 = 36.;
/// Mean absolute difference of the channels, of 255.
const MEAN: f64 = 0.5;
/// Difference of a channel, of 255, from which on a pixel counts.
const OFF: u8 = 48;
/// Share of pixels.
const SHARE: f64 = 0.002;

/// Red, green and blue of every pixel.
#[derive(Debug, Clone, PartialEq)]
struct Picture {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Picture {
    fn decode(bytes: &[u8]) -> Self {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        pixels.truncate(info.buffer_size());
        assert_eq!(info.bit_depth, png::BitDepth::Eight);
        if info.color_type == png::ColorType::Rgba {
            assert!(pixels.iter().skip(3).step_by(4).all(|&alpha| alpha == 255), "paper is opaque");
            pixels = pixels.chunks(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        }
        Self { width: info.width, height: info.height, pixels }
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::High);
        encoder.write_header().unwrap().write_image_data(&self.pixels).unwrap();
        bytes
    }

    /// Where the two differ, dark on light.
    fn difference(&self, other: &Self) -> Self {
        let pairs = self.pixels.chunks(3).zip(other.pixels.chunks(3));
        let pixels = pairs.flat_map(|(a, b)| {
            let left = 255 - most(a, b);
            [left; 3]
        });
        Self { pixels: pixels.collect(), ..*self }
    }
}

/// The largest difference between the channels of two pixels.
fn most(a: &[u8], b: &[u8]) -> u8 {
    a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

/// What is too different between two pictures.
fn compare(now: &Picture, then: &Picture) -> Result<(), String> {
    let size = |picture: &Picture| (picture.width, picture.height);
    if size(now) != size(then) {
        return Err(format!("{:?} pixels, expected {:?}", size(now), size(then)));
    }
    let differences = now.pixels.iter().zip(&then.pixels).map(|(a, b)| u64::from(a.abs_diff(*b)));
    let sum: u64 = differences.sum();
    let mean = sum as f64 / now.pixels.len() as f64;
    let pixels = now.pixels.chunks(3).zip(then.pixels.chunks(3));
    let n_off = pixels.filter(|(a, b)| most(a, b) > OFF).count();
    let share = n_off as f64 / (now.pixels.len() / 3) as f64;
    if mean <= MEAN && share <= SHARE {
        return Ok(());
    }
    Err(format!(
        "colours differ by {mean:.2} of 255 on average, expected at most {MEAN}; {:.2} % of the \
         pixels by more than {OFF}, expected at most {:.2} %",
        100. * share,
        100. * SHARE
    ))
}

fn small(figure: &Figure) -> Picture {
    Picture::decode(&figure.png(DOTS_PER_INCH).unwrap())
}

fn reference(figure: &Figure) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/images");
    folder.join(format!("{}.png", figure.name))
}

/// Two short animals, as the references of structure.
fn drawn() -> Vec<Figure> {
    document(&simulated(2, 60.)).draw()
}

#[test]
fn figures_look_as_they_did_when_looked_at() {
    let bless = std::env::var_os("NERVERING_BLESS").is_some();
    let mut wrong = Vec::new();
    for figure in drawn() {
        let (now, path) = (small(&figure), reference(&figure));
        if bless {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, now.encode()).unwrap();
        }
        let Ok(bytes) = std::fs::read(&path) else {
            wrong.push(format!("{}: no reference {}", figure.name, path.display()));
            continue;
        };
        assert!(bytes.len() < 30_000, "{}: a reference of {} bytes", figure.name, bytes.len());
        let then = Picture::decode(&bytes);
        let Err(reason) = compare(&now, &then) else { continue };
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("images");
        std::fs::create_dir_all(&folder).unwrap();
        let written = |what: &str, picture: &Picture| {
            let path = folder.join(format!("{}-{what}.png", figure.name));
            std::fs::write(&path, picture.encode()).unwrap();
            path.display().to_string()
        };
        let seen = written("now", &now);
        let difference = match (now.width, now.height) == (then.width, then.height) {
            true => format!("; difference: {}", written("difference", &now.difference(&then))),
            false => String::new(),
        };
        wrong.push(format!("{}: {reason}; now: {seen}{difference}", figure.name));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_is_a_reference_of_every_kind_of_figure_and_no_other() {
    // A new kind is an error here until the tests draw it.
    let kind = |figure: &FigureData| match figure {
        FigureData::HeatMap(_) => 0,
        FigureData::Trace(_) => 1,
        FigureData::StateMeans(_) => 2,
        FigureData::Distributions(_) => 3,
        FigureData::Manifold(_) => 4,
        FigureData::Strip(_) => 5,
        FigureData::Bars(_) => 6,
        FigureData::Learning(_) => 7,
        FigureData::Confusion(_) => 8,
        FigureData::Horizon(_) => 9,
        FigureData::GraphMatrix(_) => 10,
        FigureData::GraphNetwork(_) => 11,
        FigureData::Training(_) => 12,
        FigureData::Leakage(_) => 13,
        FigureData::Against(_) => 14,
        FigureData::Curves(_) => 15,
        FigureData::Dots(_) => 16,
        FigureData::Fan(_) => 17,
    };
    let kinds: BTreeSet<i32> = document(&simulated(2, 60.)).figures.iter().map(kind).collect();
    assert_eq!(kinds, (0..=17).collect());
    let drawn: BTreeSet<PathBuf> = drawn().iter().map(reference).collect();
    let folder = drawn.first().unwrap().parent().unwrap();
    let stored: BTreeSet<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(stored, drawn);
}

#[test]
fn a_picture_tells_a_missing_line_a_colour_and_a_shift_from_noise() {
    let figures = drawn();
    let figure = figures.iter().find(|figure| figure.name == "horizon").unwrap();
    let picture = small(figure);
    let changed = |change: &dyn Fn(usize, &mut u8)| {
        let mut other = picture.clone();
        other.pixels.iter_mut().enumerate().for_each(|(k, value)| change(k, value));
        compare(&other, &picture)
    };
    let width = picture.width as usize;
    let pixel = |k: usize| (k / 3 % width, k / 3 / width);
    // The rims of lines as another machine rounds them.
    let noise = |k: usize, value: &mut u8| {
        if k.is_multiple_of(7) {
            *value = value.saturating_sub(2);
        }
    };
    changed(&noise).unwrap();
    // A line of one pixel across a panel.
    let line = |k: usize, value: &mut u8| {
        let (x, y) = pixel(k);
        if y == 40 && (30..120).contains(&x) {
            *value = 40;
        }
    };
    assert!(changed(&line).unwrap_err().contains("% of the pixels"));
    // The blue of one model.
    let blue = |k: usize, value: &mut u8| {
        let of = |channel: usize| picture.pixels[k / 3 * 3 + channel];
        if of(2) > of(0).saturating_add(60) {
            *value = of((k + 1) % 3);
        }
    };
    assert!(changed(&blue).is_err());
    let mut shifted = picture.clone();
    shifted.pixels.rotate_right(3);
    assert!(compare(&shifted, &picture).is_err(), "one pixel to the right");
    let mut lower = picture.clone();
    lower.height -= 1;
    assert!(compare(&lower, &picture).unwrap_err().contains("pixels, expected"));
}
