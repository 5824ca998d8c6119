//! What a study asks for: comparisons × models × subsets of animals × folds.

use crate::aim::Aim;
use crate::comparison::{Comparison, with_counterparts};
use crate::reading::ReadingEntry;
use nervering_fit::Protocol;
use nervering_recording::StateCoding;

/// What was asked for. [`crate::Plan::new`] checks it against the recordings.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyConfig<A: Aim> {
    /// Short name, for example `table1`; names the folder.
    pub name: String,
    /// One line above the table.
    pub title: String,
    /// Ways of preparing and evaluating, in the order of the tables.
    pub variants: Vec<Comparison<A>>,
    /// Numbers of animals to train on; all subsets of each size are trained on.
    pub training_sizes: Vec<usize>,
    /// At most so many subsets of each size, the first in lexicographic order.
    pub max_subsets: Option<usize>,
    /// Epochs of every network; 800 in the paper, 600 in the scripts' forecasts.
    pub epochs: usize,
    /// Seed of every generator of the study.
    pub seed: u64,
    /// How the recordings were read, for `study.toml`.
    pub reading: ReadingEntry,
    /// What is learnt.
    pub aim: A,
}

impl<A: Aim> StudyConfig<A> {
    /// The study with every variant under another protocol, for no more epochs than that has. Under
    /// [`Protocol::Strict`] each is followed by its shuffled counterpart, so that the table can say what
    /// that would have claimed.
    pub fn under(self, protocol: Protocol) -> Self {
        let epochs = self.epochs.min(A::epochs_of(protocol));
        Self { variants: with_counterparts::<A>(&self.variants, protocol), epochs, ..self }
    }

    /// The study with other states told apart in all its variants. Where the title of a built-in study
    /// says which, it says the new ones.
    pub fn telling_apart(mut self, coding: &StateCoding) -> Self {
        for variant in &mut self.variants {
            self.title =
                self.title.replace(&told_apart(&variant.preparation.coding), &told_apart(coding));
            variant.preparation.coding = coding.clone();
        }
        self
    }

    /// The study with a change to each of its variants.
    pub fn with_variants(mut self, change: impl FnMut(&mut Comparison<A>)) -> Self {
        self.variants.iter_mut().for_each(change);
        self
    }
}

/// States of one's own that a title names; of more it says how many there are.
const MOST_NAMED: usize = 8;
/// Characters that their names may take there.
const MOST_CHARACTERS: usize = 50;

/// What a coding tells apart, as titles say it.
pub(crate) fn told_apart(coding: &StateCoding) -> String {
    match coding {
        StateCoding::Two => "forward against reverse crawling".to_owned(),
        StateCoding::Four => "four states".to_owned(),
        StateCoding::Six => "six states".to_owned(),
        StateCoding::Seven => "seven states".to_owned(),
        StateCoding::Own(names) if names.is_empty() => "the recordings' own states".to_owned(),
        StateCoding::Own(names) => match named(names) {
            Some(named) => format!("the states {named}"),
            None => format!("{} states of the recordings' own", names.len()),
        },
    }
}

/// `active, quiet`, where these are few.
pub(crate) fn named(names: &[String]) -> Option<String> {
    let listed = names.join(", ");
    (names.len() <= MOST_NAMED && listed.chars().count() <= MOST_CHARACTERS).then_some(listed)
}
