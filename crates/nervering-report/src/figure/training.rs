//! Loss against epochs: every fit as thin lines, training and validation, and the epoch whose
//! weights were kept.

use super::{About, Figure, Mismatch, csv, distinct, number32};
use crate::draw::{Canvas, ONE_COLUMN, Paint, Panel, Scale, Stroke, TWO_COLUMNS, extent};
use crate::palette;
use serde::{Deserialize, Serialize};

/// Curves of fits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Caption.
    pub about: About,
    /// The loss with its unit: `loss, nats per frame`.
    pub loss: String,
    /// One per fit.
    pub fits: Vec<FitCurve>,
}

/// One fit; each list has one value per epoch listed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitCurve {
    /// The model: fits of one model share a panel.
    pub model: String,
    /// What tells the fit from others: `worm1+worm3, fold 2`.
    pub fit: String,
    /// Epochs, from 1, increasing; not all need be listed.
    pub epochs: Vec<u32>,
    /// Training loss.
    #[serde(with = "super::missing")]
    pub training: Vec<f32>,
    /// Validation loss.
    #[serde(with = "super::missing")]
    pub validation: Vec<f32>,
    /// Epoch whose weights were kept.
    pub best_epoch: u32,
    /// Validation loss there; `None` for a fit that diverged.
    pub best_validation: Option<f32>,
}

impl Data {
    pub(crate) fn check(&self) -> Result<(), Mismatch> {
        self.fits.iter().try_for_each(|fit| {
            let n = fit.epochs.len();
            self.about.expect("training losses of a fit", fit.training.len(), n)?;
            self.about.expect("validation losses of a fit", fit.validation.len(), n)
        })
    }
}

const LEFT: f64 = 38.;
const HEIGHT: f64 = 100.;
const GAP: (f64, f64) = (14., 44.);

/// Draws a panel per model, up to three beside each other, with common axes.
pub fn draw(data: &Data) -> Figure {
    let models = distinct(data.fits.iter().map(|fit| fit.model.as_str()));
    let n_columns = models.len().clamp(1, 3);
    let whole = if n_columns > 1 { TWO_COLUMNS } else { ONE_COLUMN };
    let width = (whole - LEFT - 8. - GAP.0 * (n_columns - 1) as f64) / n_columns as f64;
    let n_rows = models.len().div_ceil(n_columns);
    let mut canvas = Canvas::new(whole, 14. + (HEIGHT + GAP.1) * n_rows as f64 - 16.);
    let losses = data.fits.iter().flat_map(|fit| fit.training.iter().chain(&fit.validation));
    let y = Scale::nice(losses.map(|&v| f64::from(v)).chain([0.]), (0., 1.), 4).domain;
    let epochs = data.fits.iter().flat_map(|fit| &fit.epochs).map(|&epoch| f64::from(epoch));
    let x = extent(epochs.chain([0.]));
    for (k, model) in models.iter().enumerate() {
        let left = LEFT + (width + GAP.0) * (k % n_columns) as f64;
        let top = 14. + (HEIGHT + GAP.1) * (k / n_columns) as f64;
        let panel = Panel::new((left, top), (width, HEIGHT), x, y);
        let ticks = panel.y.ticks(4);
        panel.grid(&mut canvas, &ticks);
        panel.heading(&mut canvas, model);
        let paint = Paint::Colour(palette::model(model));
        let of_model = || data.fits.iter().filter(|fit| fit.model == *model);
        let line = |fit: &FitCurve, losses: &[f32]| -> Vec<(f64, f64)> {
            let points = fit.epochs.iter().zip(losses);
            points.map(|(&e, &l)| (panel.x.at(e.into()), panel.y.clamped(l.into()))).collect()
        };
        for fit in of_model() {
            canvas
                .line(line(fit, &fit.training), Stroke::new(Paint::Colour(palette::UNKNOWN), 0.4));
        }
        for fit in of_model() {
            canvas.line(line(fit, &fit.validation), Stroke::new(paint, 0.5));
        }
        let best = of_model().filter_map(|fit| {
            let loss = panel.y.clamped(fit.best_validation?.into());
            Some((panel.x.clamped(fit.best_epoch.into()), loss))
        });
        canvas.dots(best.collect(), 1.3, Paint::Ink, 0.8);
        if k % n_columns == 0 {
            panel.y_axis(&mut canvas, &ticks, &data.loss);
        }
        panel.x_axis(&mut canvas, &panel.x.ticks(4), "epoch");
    }
    let alt = format!("{} against epochs, one line per fit, of {}.", data.loss, models.join(", "));
    let details = format!(
        "Coloured lines: validation; grey lines: training; dots: the epoch whose weights were \
         kept. One line per fit; {}.",
        data.loss
    );
    Figure::new(&data.about, canvas, table(data), &alt, &details)
}

fn table(data: &Data) -> String {
    let rows = data.fits.iter().flat_map(|fit| {
        fit.epochs.iter().enumerate().map(move |(k, epoch)| {
            vec![
                fit.model.clone(),
                fit.fit.clone(),
                epoch.to_string(),
                number32(fit.training[k]),
                number32(fit.validation[k]),
                fit.best_epoch.to_string(),
            ]
        })
    });
    csv(&["model", "fit", "epoch", "training_loss", "validation_loss", "best_epoch"], rows)
}
