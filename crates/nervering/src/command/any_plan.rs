//! A study of either task, with its recordings: what is planned and run.

use super::experiment::ExperimentArgs;
use super::planned::{Planned, print_plan};
use super::run::{rehearse_report, run_study};
use super::run_forecasts::{rehearse_forecast_report, run_forecasts};
use crate::failure::Failure;
use nervering::recording::Recording;
use nervering::study::forecast::{ForecastConfig, ForecastPlan, estimate_forecasts};
use nervering::study::{Plan, estimate};
use std::process::ExitCode;
use std::time::Instant;

/// A plan and all its recordings, those to train on first.
pub struct AnyPlan {
    task: PlanOfTask,
    recordings: Vec<Recording>,
}

enum PlanOfTask {
    Decode(Box<Plan>),
    Forecast(Box<ForecastPlan>),
}

impl AnyPlan {
    /// Of a decoding study.
    pub fn decode((plan, recordings): (Plan, Vec<Recording>)) -> Self {
        Self { task: PlanOfTask::Decode(Box::new(plan)), recordings }
    }

    /// Of a forecasting study.
    ///
    /// # Errors
    /// [`Failure::Plan`] when it does not fit the recordings.
    pub fn forecast(
        config: ForecastConfig,
        mut train: Vec<Recording>,
        extended: Vec<Recording>,
    ) -> Result<Self, Failure> {
        let plan = ForecastPlan::new(config, &train, &extended).map_err(Failure::Plan)?;
        train.extend(extended);
        Ok(Self { task: PlanOfTask::Forecast(Box::new(plan)), recordings: train })
    }

    /// Calibrates, and prints what it will cost; its recordings have been read since `begin`.
    ///
    /// # Errors
    /// As [`print_plan`].
    pub fn print(&self, args: &ExperimentArgs, begin: Instant) -> Result<ExitCode, Failure> {
        match &self.task {
            PlanOfTask::Decode(plan) => {
                let planned = Planned {
                    name: &plan.config().name,
                    title: &plan.config().title,
                    n_variants: plan.config().variants.len(),
                    estimate: &|out, threads, budget, clock| {
                        estimate(plan, out, threads, budget, clock)
                    },
                    rehearse_report: &|| rehearse_report(plan, &self.recordings),
                };
                print_plan(&planned, &args.options, begin)
            }
            PlanOfTask::Forecast(plan) => {
                let planned = Planned {
                    name: &plan.config().name,
                    title: &plan.config().title,
                    n_variants: plan.config().variants.len(),
                    estimate: &|out, threads, budget, clock| {
                        estimate_forecasts(plan, out, threads, budget, clock)
                    },
                    rehearse_report: &|| rehearse_forecast_report(plan, &self.recordings),
                };
                print_plan(&planned, &args.options, begin)
            }
        }
    }

    /// Runs it or takes it up again, writes its folder, and prints its table.
    ///
    /// # Errors
    /// [`Failure::Run`] for a study that did not end or was interrupted.
    pub fn run(&self, args: &ExperimentArgs) -> Result<ExitCode, Failure> {
        match &self.task {
            PlanOfTask::Decode(plan) => run_study(plan, &self.recordings, &args.options),
            PlanOfTask::Forecast(plan) => {
                let every = args.checkpoint_every();
                run_forecasts(plan, &self.recordings, &args.options, every)
            }
        }
    }
}
