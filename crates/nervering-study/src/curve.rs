//! How the loss fell over all fits of one kind, as figures show it.

use crate::forecast::ForecastFit;
use crate::result::FitResult;
use crate::training_curve::{MOST_EPOCHS, TrainingCurve, to_four_digits};
use nervering_statistics::quantile;

/// Shares of fits below each of the numbers of a [`CurvePoint`].
pub const QUANTILES: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.9];

/// The curves of all fits of one model on one number of animals under one variant.
#[derive(Debug, Clone, PartialEq)]
pub struct CurveBand {
    /// The variant.
    pub variant: String,
    /// The model.
    pub model: String,
    /// Animals trained on.
    pub n_trained: usize,
    /// Fits that the quantiles are over.
    pub n_fits: usize,
    /// By epoch.
    pub points: Vec<CurvePoint>,
    /// Epoch whose weights were kept, from 1, and the validation loss there, of every fit that has
    /// one.
    pub kept: Vec<(usize, f64)>,
}

/// One epoch: [`QUANTILES`] over fits. A loss that is no finite number counts as larger than all;
/// `None` where a quantile lies among those.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// From 1.
    pub epoch: usize,
    /// Training loss: nats per frame in decoding, squared error in forecasting.
    pub training: [Option<f64>; 5],
    /// Validation loss.
    pub validation: [Option<f64>; 5],
    /// Median of Adam's rate.
    pub learning_rate: Option<f64>,
}

/// The curves of a study, by variant, number of animals and model, in the order of the fits.
pub fn training_curves(fits: &[FitResult]) -> Vec<CurveBand> {
    let of_fit = |fit: &FitResult| {
        let kept = fit.training.as_ref().filter(|training| training.best_epoch > 0);
        Some(OfFit {
            kind: (fit.variant.clone(), fit.model.clone(), fit.trained_on.len()),
            curve: fit.curve.clone()?,
            kept: kept
                .and_then(|training| Some((training.best_epoch, training.best_validation_loss?))),
        })
    };
    bands(fits.iter().filter_map(of_fit))
}

/// The same of a forecasting study; losses are mean squared errors, and there is no learning rate. A
/// fit that ended before the others, since it diverged, counts as larger than all from there on.
pub fn forecast_curves(fits: &[ForecastFit]) -> Vec<CurveBand> {
    let of_fit = |fit: &ForecastFit| {
        let training = fit.training.as_ref()?;
        let every = training.epochs.div_ceil(MOST_EPOCHS).max(1);
        let thinned = |errors: &[f64]| {
            errors.iter().step_by(every).map(|&error| to_four_digits(error)).collect()
        };
        let kept = training.best_validation_error.filter(|_| training.best_epoch > 0);
        Some(OfFit {
            kind: (fit.variant.clone(), fit.model.clone(), fit.trained_on.len()),
            curve: TrainingCurve {
                every,
                training: thinned(&training.training_errors),
                validation: thinned(&training.validation_errors),
                learning_rates: Vec::new(),
            },
            kept: kept.map(|error| (training.best_epoch, error)),
        })
    };
    bands(fits.iter().filter_map(of_fit))
}

/// One fit, of whatever task.
struct OfFit {
    /// Variant, model and number of training animals.
    kind: (String, String, usize),
    curve: TrainingCurve,
    kept: Option<(usize, f64)>,
}

fn bands(fits: impl Iterator<Item = OfFit>) -> Vec<CurveBand> {
    let mut kinds: Vec<Vec<OfFit>> = Vec::new();
    for fit in fits {
        match kinds.iter_mut().find(|fits| fits[0].kind == fit.kind) {
            Some(fits) => fits.push(fit),
            None => kinds.push(vec![fit]),
        }
    }
    let band = |fits: Vec<OfFit>| {
        let (variant, model, n_trained) = fits[0].kind.clone();
        let kept = fits.iter().filter_map(|fit| fit.kept).collect();
        CurveBand { variant, model, n_trained, n_fits: fits.len(), points: points(&fits), kept }
    };
    kinds.into_iter().map(band).collect()
}

/// The fits of one study have as many epochs each, but for those that end early.
fn points(fits: &[OfFit]) -> Vec<CurvePoint> {
    let curves = || fits.iter().map(|fit| &fit.curve);
    let Some(longest) = curves().max_by_key(|curve| curve.training.len()) else {
        return Vec::new();
    };
    let losses = |k: usize, of: fn(&TrainingCurve) -> &[Option<f32>]| {
        let loss = |curve| of(curve).get(k).copied().flatten().map_or(f64::INFINITY, f64::from);
        quantiles(curves().map(loss).collect())
    };
    let point = |(k, epoch)| CurvePoint {
        epoch,
        training: losses(k, |curve| &curve.training),
        validation: losses(k, |curve| &curve.validation),
        learning_rate: quantiles(curves().filter_map(|c| c.learning_rate(epoch)).collect())[2],
    };
    longest.epochs().enumerate().map(point).collect()
}

fn quantiles(mut values: Vec<f64>) -> [Option<f64>; 5] {
    values.sort_by(f64::total_cmp);
    let finite = |share| Some(quantile(&values, share)).filter(|value| value.is_finite());
    QUANTILES.map(|share| if values.is_empty() { None } else { finite(share) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nervering_fit::{ForecastTraining, Training};
    use nervering_train::EpochLosses;

    fn epochs(n: usize, loss: f64) -> Vec<EpochLosses> {
        let epoch = |k: usize| EpochLosses {
            training: loss / (k + 1) as f64,
            validation: if k == 8 { f64::NAN } else { loss },
            learning_rate: if k < 450 { 1e-3 } else { 2.5e-4 },
        };
        (0..n).map(epoch).collect()
    }

    #[test]
    fn a_long_curve_is_thinned_and_keeps_the_epochs_in_which_the_rate_fell() {
        let curve = TrainingCurve::of(&epochs(800, 1.23456));
        assert_eq!((curve.every, curve.training.len()), (4, 200));
        assert_eq!(curve.epochs().take(3).collect::<Vec<_>>(), [1, 5, 9]);
        assert_eq!(curve.training[..2], [Some(1.235), Some(0.2469)]);
        assert_eq!(curve.validation[1..3], [Some(1.235), None]);
        assert_eq!(curve.learning_rates, [(1, 1e-3), (451, 2.5e-4)]);
        let rates = [450, 451].map(|epoch| curve.learning_rate(epoch));
        assert_eq!(rates, [Some(1e-3), Some(2.5e-4)]);
        let text = serde_json::to_string(&curve).unwrap();
        assert!(text.len() < 3_200, "{} bytes", text.len());
        assert_eq!(serde_json::from_str::<TrainingCurve>(&text).unwrap(), curve);
        let short = TrainingCurve::of(&epochs(7, 1.));
        assert_eq!((short.every, short.training.len()), (1, 7));
    }

    #[test]
    fn quantiles_lie_between_neighbours_and_an_infinite_loss_is_the_largest() {
        let found = quantiles(vec![3., 1., 2., 5., 4.]);
        assert_eq!(found, [Some(1.4), Some(2.), Some(3.), Some(4.), Some(4.6)]);
        let diverged = quantiles(vec![3., f64::INFINITY, 2., 1., f64::INFINITY]);
        assert_eq!(diverged, [Some(1.4), Some(2.), Some(3.), None, None]);
        assert_eq!(quantiles(vec![]), [None; 5]);
    }

    #[test]
    fn a_forecaster_that_ended_early_counts_as_larger_than_all_from_there_on() {
        let fit = |n_done: usize| ForecastFit {
            variant: "paper".into(),
            model: "gnn".into(),
            trained_on: vec!["a".into()],
            initialisation: 0,
            chosen: String::new(),
            training: Some(ForecastTraining {
                epochs: 600,
                best_epoch: n_done,
                best_validation_error: Some(0.5),
                learning_rate: 5e-4,
                final_learning_rate: 5e-4,
                diverged_in: (n_done < 600).then_some(n_done + 1),
                training_errors: vec![0.25; n_done],
                validation_errors: vec![0.5; n_done],
            }),
            evaluations: vec![],
        };
        let band = &forecast_curves(&[fit(4), fit(600), fit(600), fit(600)])[0];
        assert_eq!((band.n_fits, band.points.len(), band.points[1].epoch), (4, 200, 4));
        assert_eq!(band.points[1].validation, [Some(0.5); 5]);
        let later = band.points[199].training;
        assert_eq!(later, [Some(0.25), Some(0.25), Some(0.25), None, None]);
        assert_eq!(band.points[0].learning_rate, None);
        assert_eq!(band.kept[0], (4, 0.5));
    }

    #[test]
    fn curves_of_one_kind_are_put_together() {
        let fit = |model: &str, fold: usize, loss: f64| FitResult {
            variant: "paper".into(),
            model: model.into(),
            trained_on: vec!["a".into()],
            fold,
            initialisation: 0,
            training: Some(Training {
                epochs: 2,
                best_epoch: usize::from(loss.is_finite()),
                best_validation_loss: Some(loss),
                final_learning_rate: 1e-3,
                diverged: false,
            }),
            curve: (model != "svm").then(|| TrainingCurve::of(&epochs(2, loss))),
            evaluations: vec![],
        };
        let fits =
            [fit("mlp", 0, 1.), fit("gnn", 0, 2.), fit("mlp", 1, f64::INFINITY), fit("svm", 0, 1.)];
        let bands = training_curves(&fits);
        let kinds: Vec<_> = bands.iter().map(|b| (b.model.as_str(), b.n_fits)).collect();
        assert_eq!(kinds, [("mlp", 2), ("gnn", 1)]);
        assert_eq!(bands[0].kept, [(1, 1.)]);
        assert_eq!(bands[1].points[1].training, [Some(1.); 5]);
        assert_eq!(bands[0].points[0].training, [None; 5]);
        assert_eq!(bands[1].points[1].learning_rate, Some(1e-3));
    }
}
