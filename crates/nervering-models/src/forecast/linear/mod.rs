//! Direct linear forecasters, and analogs: [`DirectForecast`].
//!
//! An autoregression rolls out on its own predictions, so that errors feed on errors, and pools animals
//! whose fluorescence is on different scales. Here every step ahead has weights of its own, neurons are
//! seen relative to their own running mean and SD (`watched`), and regularisation tells a neuron's own
//! past from that of others (`moments`, `pooled`). The weights may follow the animal that is forecast
//! (`adapted`), what remains may be looked up where a state was like the present one (`analog`), and networks
//! may correct that (`corrected`).
//!
//! Everything is chosen on training animals, each left out in turn. Nothing is looked at but the frames
//! of an animal up to the present: no label, and no later frame. Cost of a frame with `n` neurons: of
//! the order of (8 n)² products, and every [`REFITTED_EVERY`] frames (8 n)³ where weights follow the
//! animal. What is kept of an animal does not grow, but for analogs, which keep [`MOST_OWN`] frames.

mod adapted;
mod analog;
mod arrays;
mod corrected;
mod fitted;
mod heads;
mod left_out;
mod moments;
mod pooled;
#[cfg(test)]
mod tests;
mod walk;
mod watched;

pub use adapted::REFITTED_EVERY;
pub use analog::{MOST_OWN, N_NEAREST};
pub use fitted::DirectForecast;
pub use heads::HEADS;
pub use left_out::LinearLeftOut;
pub use watched::{LAGS, LEAST_SD, PRIOR_FRAMES};

use super::{BaselineForecast, Following, ForecastError, ForecastFrames, Forecaster};
use crate::arrays::{DecoderArray, ForecasterSizes, RestoreError};
use crate::forecast::population::Population;
use crate::written::Written;
use adapted::{Adapting, Adaptive};
use analog::{Analogs, WithAnalogs};
use corrected::WithPopulation;
use fitted::{FittedLinear, Parts};
use pooled::{Learnt, Pooled};
use rand::Rng;
use walk::{Base, walks};

/// Frames of a training animal that one of the animal's own may count for.
const OWN_WEIGHTS: [f64; 3] = [1., 3., 10.];
/// Where no other animal can choose between them.
const UNCHOSEN_OWN_WEIGHT: f64 = 3.;

impl BaselineForecast for DirectForecast {
    fn name(&self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::LinearAdapted => "linear-adapted",
            Self::Analog => "analog",
            Self::LinearAnalog => "linear-analog",
            Self::Population => "population",
        }
    }

    fn fit(
        &self,
        frames: &ForecastFrames<'_>,
        rng: &mut dyn Rng,
    ) -> Result<Box<dyn Forecaster>, ForecastError> {
        let (pooled, animals) = Pooled::fit(frames)?;
        let not_finite = || ForecastError::NotFinite;
        let of_base = |base| {
            let walks = walks(&pooled, &animals, base).ok_or_else(not_finite)?;
            let analogs = Analogs::fit(&pooled, &walks, base).ok_or_else(not_finite)?;
            Ok((analogs, walks))
        };
        let parts = match self {
            Self::Linear => Parts::Linear(Adapting::No),
            Self::LinearAdapted => {
                Parts::Linear(best_adapting(&pooled, &animals).ok_or_else(not_finite)?)
            }
            Self::Analog => Parts::Analogs(of_base(Base::Copy)?.0),
            Self::LinearAnalog => {
                let adapting = best_adapting(&pooled, &animals).ok_or_else(not_finite)?;
                Parts::Analogs(of_base(Base::Linear(adapting))?.0)
            }
            Self::Population => {
                let adapting = best_adapting(&pooled, &animals).ok_or_else(not_finite)?;
                let (analogs, walks) = of_base(Base::Linear(adapting))?;
                let missed = corrected::missed(&pooled, &walks, &analogs);
                let population = Population::fit(corrected::sizes(&pooled), &missed, rng);
                Parts::Population(analogs, population)
            }
        };
        Ok(Box::new(FittedLinear { pooled, parts }))
    }

    fn restore(
        &self,
        arrays: &[DecoderArray],
        sizes: ForecasterSizes,
    ) -> Result<Box<dyn Forecaster>, RestoreError> {
        Ok(Box::new(arrays::restored(*self, arrays, sizes)?))
    }
}

/// The weight of an animal's own frames that is best for training animals which are left out, by skill
/// in traces. Nothing without a finite skill.
fn best_adapting(pooled: &Pooled, animals: &[Learnt<'_>]) -> Option<Adapting> {
    if animals.len() == 1 {
        return Some(Adapting::OwnPast { own_weight: UNCHOSEN_OWN_WEIGHT });
    }
    let n_features = pooled.n_features;
    let traces: Vec<Vec<f32>> = animals.iter().map(|animal| animal.traces(n_features)).collect();
    let of_traces = animals.iter().zip(&traces);
    let of_traces = of_traces.map(|(animal, traces)| animal.with_traces(traces, n_features));
    let (pooled, animals) = (pooled.of_traces(), of_traces.collect::<Vec<_>>());
    let n_outputs = pooled.moments.squares.len();
    let mut best: Option<(f64, Adapting)> = None;
    for own_weight in OWN_WEIGHTS {
        let adapting = Adapting::OwnPast { own_weight };
        let walks = walks(&pooled, &animals, Base::Linear(adapting))?;
        let skill = walks.iter().map(|walk| walk.skill(n_outputs, 1)).sum::<f64>();
        if skill.is_finite() && best.is_none_or(|(most, _)| skill > most) {
            best = Some((skill, adapting));
        }
    }
    best.map(|(_, adapting)| adapting)
}

impl FittedLinear {
    fn adapting(&self) -> Adapting {
        match &self.parts {
            Parts::Linear(adapting) => *adapting,
            Parts::Analogs(analogs) | Parts::Population(analogs, _) => match analogs.base {
                Base::Copy => Adapting::No,
                Base::Linear(adapting) => adapting,
            },
        }
    }
}

impl Forecaster for FittedLinear {
    fn chosen(&self) -> String {
        let mut chosen = Vec::new();
        if !matches!(&self.parts, Parts::Analogs(Analogs { base: Base::Copy, .. })) {
            chosen.push(self.pooled.choice());
        }
        if let Adapting::OwnPast { own_weight } = self.adapting() {
            chosen.push(format!("own frames count {own_weight} times"));
        }
        if let Parts::Analogs(analogs) | Parts::Population(analogs, _) = &self.parts
            && matches!(analogs.base, Base::Linear(_))
        {
            chosen.push(format!("{} of what analogs missed", analogs.share));
        }
        if let Parts::Population(_, population) = &self.parts {
            chosen.push(population.choice());
        }
        chosen.join("; ")
    }

    fn begin(&self) -> Box<dyn Following + '_> {
        match &self.parts {
            Parts::Linear(adapting) => Box::new(Adaptive::new(&self.pooled, *adapting)),
            Parts::Analogs(analogs) => Box::new(WithAnalogs::new(&self.pooled, analogs)),
            Parts::Population(analogs, population) => {
                Box::new(WithPopulation::new(&self.pooled, analogs, population))
            }
        }
    }

    fn written(&self) -> Written {
        arrays::written(self)
    }

    fn arrays(&self) -> Vec<DecoderArray> {
        arrays::of(self)
    }
}
