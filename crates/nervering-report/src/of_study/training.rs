//! Figures of how losses fell.

use super::asked::{StudyReport, about};
use crate::figure::{About, FigureData, training};
use nervering_study::{CurveBand, CurvePoint, training_curves};

/// Panels of one figure: with more it is longer than a page.
const MOST_PANELS: usize = 12;

/// How losses fell, of the variants that have figures.
pub(super) fn figures(study: &StudyReport<'_>, variants: &[&str]) -> Vec<FigureData> {
    let curves = training_curves(&study.results.fits);
    let of_variant = |name: &&str| {
        let variant = study.results.config.variants.iter().find(|v| v.name == *name)?;
        let curves: Vec<&CurveBand> = curves.iter().filter(|c| c.variant == *name).collect();
        let (panels, n) = panels(&curves)?;
        let title = format!("Loss against epoch ({name})");
        let name = match study.results.config.variants.len() {
            1 => "training".to_owned(),
            _ => format!("training-{name}"),
        };
        Some(FigureData::Training(training::Data {
            about: About { n, ..about(study, variant, name, title) },
            loss: "loss, nats per frame".to_owned(),
            panels,
        }))
    };
    variants.iter().filter_map(of_variant).collect()
}

/// Trained on fewest and on most animals; where these are too many panels, on most alone, and the
/// last models, which a study is about. With what the fits are.
pub(crate) fn panels(curves: &[&CurveBand]) -> Option<(Vec<training::CurvePanel>, String)> {
    let sizes = || curves.iter().map(|curve| curve.n_trained);
    let (fewest, most) = (sizes().min()?, sizes().max()?);
    let of = |ends: &[usize]| -> Vec<&CurveBand> {
        curves.iter().filter(|curve| ends.contains(&curve.n_trained)).copied().collect()
    };
    let mut chosen = of(&[fewest, most]);
    if chosen.len() > MOST_PANELS {
        chosen = of(&[most]);
    }
    let left_out = chosen.len().saturating_sub(MOST_PANELS);
    let cut = match left_out {
        0 => String::new(),
        n => format!("; {n} more models in the files of the fits"),
    };
    let n = format!("fits of all training subsets and folds{cut}");
    Some((chosen[left_out..].iter().map(|curve| panel(curve)).collect(), n))
}

fn panel(curve: &CurveBand) -> training::CurvePanel {
    let animals = if curve.n_trained == 1 { "animal" } else { "animals" };
    let band = |of: fn(&CurvePoint) -> &[Option<f64>; 5]| {
        let list = |k: usize| -> Vec<f32> {
            curve.points.iter().map(|p| of(p)[k].map_or(f32::NAN, |loss| loss as f32)).collect()
        };
        let [p10, p25, median, p75, p90] = std::array::from_fn(list);
        training::Band { p10, p25, median, p75, p90 }
    };
    let rates = curve.points.iter().map(|point| point.learning_rate);
    training::CurvePanel {
        model: curve.model.clone(),
        condition: format!("trained on {} {animals}", curve.n_trained),
        n_fits: curve.n_fits,
        epochs: curve.points.iter().map(|point| point.epoch as u32).collect(),
        training: band(|point| &point.training),
        validation: band(|point| &point.validation),
        learning_rate: rates.collect::<Option<_>>().unwrap_or_default(),
        kept: curve.kept.iter().map(|&(epoch, loss)| (epoch as u32, loss as f32)).collect(),
    }
}
