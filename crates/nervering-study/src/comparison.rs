//! What is compared: a [`Comparison`] is one way of preparing, splitting and evaluating, with its models.
//! Most studies have one, which tables call a variant; a control has two or more, and a study under
//! [`Protocol::Strict`] carries beside each the same under shuffled windows, so that every table can say
//! what those would have claimed.

use crate::aim::Aim;
use crate::error::StudyError;
use nervering_fit::{Preparation, Protocol};
use nervering_recording::NeuronSet;
use nervering_statistics::{NetworkStatistics, TakenFrom, choices};

/// How much of a study is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Seconds: shows that everything works.
    Smoke,
    /// Minutes.
    Quick,
    /// The paper's grid.
    Full,
}

choices!(Preset, "smoke, quick or full", Smoke => "smoke", Quick => "quick", Full => "full");

/// One way of preparing, splitting and evaluating, and the models that are compared in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison<A: Aim> {
    /// Short name in tables and in names of files: lower-case letters, digits and hyphens.
    pub name: String,
    /// How animals are seen.
    pub preparation: Preparation,
    /// Models, in the order of the table.
    pub models: Vec<A::Model>,
    /// What networks take over frames in evaluation, each from the same fit; tables show the first
    /// one first.
    pub statistics: Vec<NetworkStatistics>,
    /// What is otherwise than its models and measures are.
    pub choices: A::Choices,
    /// Epochs of its networks; those of the study where nothing is said.
    pub epochs: Option<usize>,
    /// How many of the folds that are cut are run, the first ones.
    pub folds_run: usize,
    /// The comparison that this one is the shuffled counterpart of: it says what shuffled windows
    /// would have claimed.
    pub claim_of: Option<String>,
}

impl<A: Aim> Comparison<A> {
    /// The protocol with what belongs to it.
    pub fn new(protocol: Protocol, models: &[A::Model], neurons: NeuronSet) -> Self {
        let preparation = A::preparation(protocol, neurons);
        let statistics = statistics_of::<A>(protocol).to_vec();
        Self {
            name: protocol.as_str().to_owned(),
            models: models.to_vec(),
            statistics,
            choices: A::Choices::default(),
            epochs: None,
            folds_run: preparation.n_folds.min(A::MOST_FOLDS),
            preparation,
            claim_of: None,
        }
    }

    /// How frames are split.
    pub fn protocol(&self) -> Protocol {
        self.preparation.protocol
    }

    /// The same question under another protocol, with what belongs to that.
    pub fn under(&self, protocol: Protocol) -> Self {
        if self.protocol() == protocol {
            return self.clone();
        }
        let mut new = Self::new(protocol, &self.models, self.preparation.neurons.clone());
        new.name = self.name.replace(self.protocol().as_str(), protocol.as_str());
        new.folds_run = self.folds_run.min(new.folds_run);
        new.preparation.coding = self.preparation.coding.clone();
        new.preparation.structure = self.preparation.structure;
        new.preparation.shown.clone_from(&self.preparation.shown);
        new.preparation.adapt = self.preparation.adapt;
        new.preparation.tested_from_s = self.preparation.tested_from_s;
        new.preparation.validation = self.preparation.validation;
        new.choices = self.choices.clone();
        new.epochs = self.epochs;
        // Both of the paper's protocols ask what adapts to the evaluated animal.
        let of_paper = |protocol| matches!(protocol, Protocol::Paper | Protocol::AuthorsCode);
        if of_paper(self.protocol()) && of_paper(protocol) {
            new.statistics.clone_from(&self.statistics);
        }
        new
    }
}

/// What networks take over frames under a protocol where nothing else is asked for.
pub(crate) fn statistics_of<A: Aim>(protocol: Protocol) -> &'static [NetworkStatistics] {
    match protocol {
        Protocol::Paper | Protocol::AuthorsCode => &[NetworkStatistics::EVALUATED],
        Protocol::Strict | Protocol::Animals => A::STRICT_STATISTICS,
    }
}

/// What networks take over frames, by what was asked of edges and of batch norms: two lists of one
/// length are taken pair by pair, one entry stands for all of the other list, and what is not asked for
/// is the first of `of_protocol`. `None` where neither is asked for.
///
/// # Errors
/// [`StudyError::Config`] for lists of different lengths.
pub(crate) fn paired(
    edges: Option<&[TakenFrom]>,
    batch_norm: Option<&[TakenFrom]>,
    of_protocol: NetworkStatistics,
) -> Result<Option<Vec<NetworkStatistics>>, StudyError> {
    if edges.is_none() && batch_norm.is_none() {
        return Ok(None);
    }
    let edges = edges.unwrap_or(std::slice::from_ref(&of_protocol.edges));
    let batch_norm = batch_norm.unwrap_or(std::slice::from_ref(&of_protocol.batch_norm));
    let n = edges.len().max(batch_norm.len());
    if [edges, batch_norm].iter().any(|list| list.len() != n && list.len() != 1) {
        let found = format!("{} of edges and {} of batch_norm", edges.len(), batch_norm.len());
        let expected = "as many of both, or one of either".to_owned();
        return Err(StudyError::Config { what: "edges and batch_norm", found, expected });
    }
    let at = |list: &[TakenFrom], k: usize| list[if list.len() == 1 { 0 } else { k }];
    let pair = |k| NetworkStatistics { edges: at(edges, k), batch_norm: at(batch_norm, k) };
    Ok(Some((0..n).map(pair).collect()))
}

/// Every comparison under a protocol; under [`Protocol::Strict`] each is followed by its shuffled
/// counterpart.
pub(crate) fn with_counterparts<A: Aim>(
    comparisons: &[Comparison<A>],
    protocol: Protocol,
) -> Vec<Comparison<A>> {
    let of_one = |comparison: &Comparison<A>| {
        let asked = comparison.under(protocol);
        let shuffled = (protocol == Protocol::Strict).then(|| {
            let name = asked.name.replace(Protocol::Strict.as_str(), "shuffled");
            let claim_of = Some(asked.name.clone());
            Comparison { name, claim_of, ..comparison.under(Protocol::Paper) }
        });
        std::iter::once(asked).chain(shuffled)
    };
    comparisons.iter().flat_map(of_one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin;
    use crate::config::StudyConfig;
    use crate::decode::Decode;
    use crate::forecast::Forecast;
    use crate::forecast::builtin::{Animals, Extended, fig4d};
    use nervering_fit::{ForecastModel, ModelName};
    use nervering_prepare::DerivativeSource;
    use nervering_recording::StateCoding;

    #[test]
    fn a_strict_study_carries_its_shuffled_counterpart() {
        let models = [ModelName::Majority, ModelName::Gnn];
        let mut paper = Comparison::<Decode>::new(Protocol::Paper, &models, NeuronSet::Paper3);
        paper.name = "no-ava-paper".into();
        paper.folds_run = 2;
        paper.preparation.coding = StateCoding::Four;
        let config = builtin::table1(Preset::Smoke, 0);
        let config = StudyConfig { variants: vec![paper], ..config };
        let strict = config.under(Protocol::Strict).variants;
        let names: Vec<&str> = strict.iter().map(|v| v.name.as_str()).collect();
        assert_eq!(names, ["no-ava-strict", "no-ava-shuffled"]);
        assert_eq!(strict[1].claim_of.as_deref(), Some("no-ava-strict"));
        let Preparation { n_folds, coding, derivative, .. } = &strict[0].preparation;
        assert_eq!((*n_folds, strict[0].folds_run), (5, 2));
        assert_eq!((coding, *derivative), (&StateCoding::Four, DerivativeSource::Backward));
        assert_eq!(strict[1].preparation.n_folds, 10);
    }

    #[test]
    fn edges_and_batch_norms_are_taken_pair_by_pair() {
        use TakenFrom::{Evaluated as E, Running as R, Training as T};
        let of = |edges: Option<&[TakenFrom]>, norms: Option<&[TakenFrom]>| {
            let pairs = paired(edges, norms, NetworkStatistics::TRAINING)?;
            let pairs = pairs.map(|pairs| pairs.iter().map(|p| (p.edges, p.batch_norm)).collect());
            Ok::<Option<Vec<_>>, StudyError>(pairs)
        };
        assert_eq!(of(None, None).unwrap(), None);
        assert_eq!(of(Some(&[E, T]), Some(&[E])).unwrap().unwrap(), [(E, E), (T, E)]);
        assert_eq!(of(Some(&[T, R]), Some(&[T, R])).unwrap().unwrap(), [(T, T), (R, R)]);
        // The protocol's stands for what is not asked for.
        assert_eq!(of(Some(&[E, R]), None).unwrap().unwrap(), [(E, T), (R, T)]);
        assert_eq!(of(None, Some(&[E])).unwrap().unwrap(), [(T, E)]);
        let error = of(Some(&[E, T]), Some(&[E, T, R])).unwrap_err().to_string();
        assert!(error.contains("2 of edges and 3 of batch_norm"), "{error}");
    }

    #[test]
    fn so_does_one_of_forecasts_which_runs_one_fold() {
        let variant =
            Comparison::<Forecast>::new(Protocol::Paper, &[ForecastModel::Copy], NeuronSet::Paper3);
        let variant = Comparison { name: "three-paper".into(), ..variant };
        let config = fig4d(Preset::Full, 0, Animals { n_train: 2, extended: Extended::None });
        let config = StudyConfig { variants: vec![variant], ..config };
        let scripts = config.clone().under(Protocol::AuthorsCode);
        let name = scripts.variants[0].name.as_str();
        assert_eq!((scripts.epochs, name), (600, "three-authors-code"));
        let strict = config.under(Protocol::Strict).variants;
        let names: Vec<&str> = strict.iter().map(|v| v.name.as_str()).collect();
        assert_eq!(names, ["three-strict", "three-shuffled"]);
        assert_eq!(strict[1].claim_of.as_deref(), Some("three-strict"));
        assert_eq!(strict[0].preparation.derivative, DerivativeSource::Backward);
        assert_eq!(strict[1].preparation.derivative, DerivativeSource::FileOrCentral);
        assert_eq!((strict[0].folds_run, strict[1].folds_run), (1, 1));
    }
}
