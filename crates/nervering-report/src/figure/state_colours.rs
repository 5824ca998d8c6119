//! The colour of every state of a document. States of the paper have theirs always; labels of a
//! laboratory's own are dealt one each, farthest from those that are taken, so that no two states of
//! a document look the same. Order and content of the deal depend on the set of names alone.

use crate::draw::Paint;
use crate::palette::{self, Rgb};
use std::collections::{BTreeMap, BTreeSet};

/// A colour for every state, the same in all figures of a document and in its page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StateColours {
    own: BTreeMap<String, Rgb>,
}

impl StateColours {
    /// Deals colours to states that stand together: `shown` are the names that occur, `listed` those
    /// that may. Names of the paper's states take no colour where they do not occur.
    pub fn new<'a>(
        shown: impl IntoIterator<Item = &'a str>,
        listed: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let shown: BTreeSet<&str> = shown.into_iter().collect();
        let taken: Vec<Rgb> = shown.iter().filter_map(|name| palette::state(name)).collect();
        let mut own = shown;
        own.extend(listed);
        own.retain(|name| palette::state(name).is_none());
        let colours = palette::others(&taken, own.len());
        Self { own: own.into_iter().map(str::to_owned).zip(colours).collect() }
    }

    /// The colour of a state; that of unknown ones where none was dealt.
    pub(crate) fn of(&self, name: &str) -> Rgb {
        let own = || self.own.get(name).copied();
        palette::state(name).or_else(own).unwrap_or(palette::UNKNOWN)
    }

    pub(crate) fn paint(&self, name: &str) -> Paint {
        Paint::Colour(self.of(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_labels_that_once_shared_a_colour_have_one_each() {
        // Both hashed to #ddcc77.
        let colours = StateColours::new(["active", "quiet"], []);
        assert_ne!(colours.of("active"), colours.of("quiet"));
    }

    #[test]
    fn neither_order_nor_repetition_changes_a_colour_and_listed_labels_have_one_too() {
        let one = StateColours::new(["FWD", "roaming", "quiet", "roaming"], ["dwelling"]);
        let other = StateColours::new(["quiet", "FWD", "dwelling"], ["roaming", "REV1"]);
        assert_eq!(one, other);
        assert_ne!(one.of("dwelling"), palette::UNKNOWN);
        assert_eq!(one.of("elsewhere"), palette::UNKNOWN);
    }

    #[test]
    fn states_of_the_paper_keep_their_colours_in_every_company() {
        let alone = StateColours::default();
        let among = StateColours::new(["FWD", "quiet", "a", "b"], ["REV1", "c"]);
        for name in ["FWD", "forward", "REV1", "NOSTATE"] {
            assert_eq!(alone.of(name), among.of(name));
        }
    }
}
