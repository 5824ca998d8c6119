//! Figures of how losses fell.

use super::StudyReport;
use super::figures::about;
use crate::figure::{About, FigureData, training};
use nervering_study::{CurveBand, CurvePoint, training_curves};

/// How losses fell, of the variants that have figures: trained on fewest and on most animals.
pub(super) fn figures(study: &StudyReport<'_>, variants: &[&str]) -> Vec<FigureData> {
    let curves = training_curves(&study.results.fits);
    let of_variant = |name: &&str| {
        let variant = study.results.variants.iter().find(|v| v.name == *name)?;
        let curves: Vec<&CurveBand> = curves.iter().filter(|c| c.variant == *name).collect();
        let sizes = || curves.iter().map(|curve| curve.n_trained);
        let (fewest, most) = (sizes().min()?, sizes().max()?);
        let ends = curves.iter().filter(|c| [fewest, most].contains(&c.n_trained));
        let title = format!("Loss against epoch ({name})");
        let name = match study.results.variants.len() {
            1 => "training".to_owned(),
            _ => format!("training-{name}"),
        };
        Some(FigureData::Training(training::Data {
            about: About {
                n: "fits of all training subsets and folds".to_owned(),
                ..about(study, variant, name, title)
            },
            loss: "loss, nats per frame".to_owned(),
            panels: ends.map(|curve| panel(curve)).collect(),
        }))
    };
    variants.iter().filter_map(of_variant).collect()
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
    training::CurvePanel {
        model: curve.model.clone(),
        condition: format!("trained on {} {animals}", curve.n_trained),
        n_fits: curve.n_fits,
        epochs: curve.points.iter().map(|point| point.epoch as u32).collect(),
        training: band(|point| &point.training),
        validation: band(|point| &point.validation),
        learning_rate: curve.points.iter().map(|p| p.learning_rate.unwrap_or(f64::NAN)).collect(),
        kept: curve.kept.iter().map(|&(epoch, loss)| (epoch as u32, loss as f32)).collect(),
    }
}
