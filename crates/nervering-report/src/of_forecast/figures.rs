//! Figures of a forecasting study: error against the horizon (Fig 4C), forecasts with their intervals, how
//! training went, and the first animal.

use super::asked::{ForecastReport, QUANTITIES, Quantity, QuantityOf, role, trained, units};
use crate::figure::{About, FigureData, fan, horizon, training};
use crate::of_study::{first_animal, panels};
use crate::recording_view::RecordingView;
use nervering_fit::ShownFan;
use nervering_statistics::Role;
use nervering_study::forecast::{Forecast, ForecastFit, ForecastRow, ForecastSection};
use nervering_study::{Comparison, CurveBand, Spread, forecast_curves};

/// All figures of a study, beside views of its recordings.
pub(super) fn figures(
    study: &ForecastReport<'_>,
    sections: &[ForecastSection],
    views: &[RecordingView],
) -> Vec<FigureData> {
    let variants = &study.results.config.variants;
    let horizons = variants.iter().flat_map(|variant| {
        QUANTITIES.into_iter().filter_map(|quantity| horizon(study, variant, sections, quantity))
    });
    let mut figures: Vec<FigureData> = horizons.collect();
    figures.extend(fans(study));
    let curves = forecast_curves(&study.results.fits);
    figures.extend(variants.iter().filter_map(|variant| trainings(study, variant, &curves)));
    figures.extend(first_animal(study.recordings, study.neurons, views));
    figures
}

/// One panel per number of training animals and kind of evaluated animals.
fn horizon(
    study: &ForecastReport<'_>,
    variant: &Comparison<Forecast>,
    sections: &[ForecastSection],
    (name, heading, quantity): Quantity,
) -> Option<FigureData> {
    let of_variant: Vec<&ForecastSection> =
        sections.iter().filter(|section| section.variant == variant.name).collect();
    let panel = |section: &&ForecastSection| {
        let title = match of_variant.iter().any(|other| other.role != section.role) {
            true => format!("{}, {}", trained(section.n_trained), role(section.role)),
            false => trained(section.n_trained),
        };
        let models = section.rows.chunk_by(|a, b| a.model == b.model);
        let curves = models.map(|rows| curve(study, rows, quantity)).collect();
        horizon::HorizonPanel { title, curves }
    };
    let over = of_variant.first().map(|section| units(section.unit, 2))?;
    let roles: Vec<Role> = of_variant.iter().map(|section| section.role).collect();
    let on = match &roles[..] {
        [first, rest @ ..] if rest.iter().all(|role| role == first) => {
            format!(" in {}", role(*first))
        }
        _ => String::new(),
    };
    let ends = |section: &&ForecastSection| {
        let n = section.rows.iter().filter_map(|row| Some(row.both.mse?.n)).max().unwrap_or(0);
        format!("{} {}", n, units(section.unit, n))
    };
    let n: Vec<String> = of_variant.iter().map(ends).collect();
    Some(FigureData::Horizon(horizon::Data {
        about: About {
            name: format!("horizon-{}-{name}", variant.name),
            title: format!("Error of forecasts of {heading}{on} ({})", variant.name),
            n: n.join("; "),
            ..about(variant)
        },
        error: "mean squared error, [0, 1]²".to_owned(),
        band: format!("± SD over {over}"),
        panels: of_variant.iter().map(panel).collect(),
    }))
}

/// Models whose intervals are shown, those that a study has; of a study with none of them its first.
const SHOWN: [&str; 4] = ["ar", "linear", "linear-analog", "population"];

/// The first neuron of the first variant, in the first animal that a fit was not trained on.
fn fans(study: &ForecastReport<'_>) -> Option<FigureData> {
    let variant = study.results.config.variants.first()?;
    let fits = || study.results.fits.iter().filter(|fit| fit.variant == variant.name);
    let shown = |fit: &'_ ForecastFit| {
        fit.evaluations.iter().find_map(|e| Some((e.animal.clone(), e.shown.clone()?)))
    };
    let (first, (animal, example)) = fits().find_map(|fit| Some((fit, shown(fit)?)))?;
    let same = || fits().filter(|fit| fit.trained_on == first.trained_on);
    let mut panels = Vec::new();
    for fit in same() {
        let Some((_, of_model)) = shown(fit).filter(|(of, _)| *of == animal) else { continue };
        let fan = |fan: ShownFan| fan::Fan {
            start: fan.start as u32,
            low: fan.low,
            median: fan.median,
            high: fan.high,
        };
        let fans = of_model.fans.into_iter().map(fan).collect();
        panels.push(fan::FanPanel { model: fit.model.clone(), fans });
    }
    let is_chosen = |panel: &fan::FanPanel| SHOWN.contains(&panel.model.as_str());
    if panels.iter().any(is_chosen) {
        panels.retain(is_chosen);
    }
    panels.truncate(SHOWN.len());
    let neuron = study.neurons.get(example.neuron)?;
    Some(FigureData::Fan(fan::Data {
        about: About {
            name: format!("fans-{}", variant.name),
            title: format!("Forecasts of {neuron} in {animal}, with intervals of 90 %"),
            n: format!("1 neuron of 1 animal, {}", trained(first.trained_on.len())),
            ..about(variant)
        },
        trace: format!("{neuron}, [0, 1]"),
        first: example.first as u32,
        truth: example.truth,
        panels,
    }))
}

fn about(variant: &Comparison<Forecast>) -> About {
    let ahead = if variant.preparation.looks_ahead() { ", which looks ahead" } else { "" };
    About {
        protocol: variant.preparation.protocol.to_string(),
        normalisation: format!(
            "min-max by {}; derivative: {}{ahead}",
            variant.preparation.normalisation,
            variant.preparation.derivative.as_str()
        ),
        ..About::default()
    }
}

/// A model whose fits take gradient steps is one under test, any other a baseline.
fn curve(study: &ForecastReport<'_>, rows: &[ForecastRow], quantity: QuantityOf) -> horizon::Curve {
    let model = rows[0].model.clone();
    let trains = |fit: &ForecastFit| fit.model == model && fit.training.is_some();
    let role = match study.results.fits.iter().any(trains) {
        true => horizon::CurveRole::Model,
        false => horizon::CurveRole::Baseline,
    };
    let list = |of: fn(Spread) -> f64| {
        rows.iter().map(|row| quantity(row).mse.map_or(f64::NAN, of)).collect()
    };
    horizon::Curve {
        role,
        steps: rows.iter().map(|row| row.step as u32).collect(),
        mean: list(|mse| mse.mean),
        low: list(|mse| mse.mean - sd(mse)),
        high: list(|mse| mse.mean + sd(mse)),
        model,
    }
}

/// One value has no deviation.
fn sd(mse: Spread) -> f64 {
    if mse.n > 1 { mse.sd } else { f64::NAN }
}

fn trainings(
    study: &ForecastReport<'_>,
    variant: &Comparison<Forecast>,
    curves: &[CurveBand],
) -> Option<FigureData> {
    let curves: Vec<&CurveBand> = curves.iter().filter(|c| c.variant == variant.name).collect();
    let (panels, n) = panels(&curves)?;
    let name = match study.results.config.variants.len() {
        1 => "training".to_owned(),
        _ => format!("training-{}", variant.name),
    };
    let title = format!(
        "Loss of forecasting networks against epoch ({}); in training ever fewer steps start from \
         the truth, and the loss may rise",
        variant.name
    );
    Some(FigureData::Training(training::Data {
        about: About { name, title, n, ..about(variant) },
        loss: "loss over 8 steps".to_owned(),
        panels,
    }))
}
