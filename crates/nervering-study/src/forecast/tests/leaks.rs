//! What a forecast may know: frames before its start, and of training animals alone.

use super::*;

/// Every model's forecast of the last animal from frame `START`, among others.
fn forecasts(protocol: Protocol, moved_from: usize) -> Vec<(ForecastModel, Vec<u64>)> {
    forecasts_with(protocol, moved_from, A_LITTLE)
}

fn forecasts_with(
    protocol: Protocol,
    moved_from: usize,
    moved: Moved,
) -> Vec<(ForecastModel, Vec<u64>)> {
    forecasts_of(config(protocol, ForecastModel::ALL), moved_from, moved)
}

fn forecasts_of(
    config: StudyConfig<Forecast>,
    moved_from: usize,
    moved: Moved,
) -> Vec<(ForecastModel, Vec<u64>)> {
    let plan = Plan::new(config, &animals_with(moved_from, moved), &[]).unwrap();
    let of_model = |group: &Group<ForecastModel>| {
        let fit = Fit::new(&plan, group).unwrap();
        let trained = fit.trained(2, &|_: usize| true).unwrap().unwrap();
        // Another start, later: what it is forecast from moves too.
        let both = fit.forecasts(&trained.forecaster, 2, &[START, START + 40]);
        let steps = &both[..both.len() / 2];
        (group.model, steps.iter().map(|value| value.to_bits()).collect())
    };
    plan.groups.iter().filter(|group| group.subset == [0, 1]).map(of_model).collect()
}

const START: usize = 200;

#[test]
fn a_strict_forecast_of_no_model_moves_when_later_frames_do() {
    let still = forecasts(Protocol::Strict, N_FRAMES);
    assert_eq!(still.len(), ForecastModel::ALL.len());
    assert_eq!(still, forecasts(Protocol::Strict, START + 1));
    // Not in the last bit, were the frames to come such that kernels compute them in another way.
    assert_eq!(still, forecasts_with(Protocol::Strict, START + 1, WILDLY));
    // With the frame it starts from, it does: the test can see a difference.
    for (still, moved) in still.iter().zip(forecasts(Protocol::Strict, START)) {
        assert_eq!(still.1 == moved.1, still.0 == ForecastModel::Mean, "{}", still.0);
    }
}

#[test]
fn nor_does_one_of_a_network_that_corrects_a_linear_forecast() {
    use ForecastModel::{Gnn, GnnStatic, Linear, LstmGnn, Mlp};
    let with = |epochs: usize, moved_from: usize, moved: Moved| {
        let mut config = config(Protocol::Strict, &[Linear, Mlp, Gnn, GnnStatic, LstmGnn]);
        config.aim.network.residual_of = ResidualOf::Linear;
        config.epochs = epochs;
        forecasts_of(config, moved_from, moved)
    };
    let still = with(2, N_FRAMES, A_LITTLE);
    assert_eq!(still, with(2, START + 1, A_LITTLE));
    assert_eq!(still, with(2, START + 1, WILDLY));
    let moved = with(2, START, A_LITTLE);
    let of_linear = |(model, _): &&(ForecastModel, Vec<u64>)| *model == Linear;
    let linear = &still.iter().find(of_linear).expect("among them").1;
    for ((model, still), (_, moved)) in still.iter().zip(&moved) {
        assert_ne!(still, moved, "{model}");
        // After two epochs they have moved away from what they correct, but not far.
        let far =
            still.iter().zip(linear).map(|(a, b)| (f64::from_bits(*a) - f64::from_bits(*b)).abs());
        let far = far.fold(0., f64::max);
        assert!(far < 0.2 && (far > 0.) == (*model != Linear), "{model}: {far}");
    }
}

#[test]
fn a_paper_forecast_moves_when_later_frames_do() {
    for protocol in [Protocol::Paper, Protocol::AuthorsCode] {
        let still = forecasts(protocol, N_FRAMES);
        for (still, moved) in still.iter().zip(forecasts(protocol, START + 1)) {
            // What moves here are derivatives. The mean does not look at the animal, and `linear` looks
            // at traces alone; what learns from the animal's own past may meet one there.
            use ForecastModel::{Analog, Linear, LinearAdapted, LinearAnalog, Mean, Population};
            let looks = match still.0 {
                Mean | Linear => false,
                LinearAdapted | Analog | LinearAnalog | Population => continue,
                _ => true,
            };
            assert_eq!(still.1 != moved.1, looks, "{}", still.0);
        }
    }
}

#[test]
fn validation_starts_are_followed_by_validation_frames() {
    for &protocol in Protocol::ALL {
        let plan = plan(protocol, &[ForecastModel::Copy], N_FRAMES);
        let split = &plan.views[0].animals[0].splits[0];
        let starts = starts_within(&split.validation);
        assert!(starts.len() >= 3, "{protocol} {}", starts.len());
        for start in starts {
            for frame in start + 1..=start + TRAINING_STEPS {
                assert!(split.validation.contains(&frame), "{protocol} {start}");
            }
        }
    }
}
