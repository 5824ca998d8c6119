//! Which frames of which animal trained, validated and tested in each fold, so that anyone can work a number
//! out again: [`PartOfFold`].

use crate::aim::Aim;
use crate::plan::Plan;
use nervering_prepare::Split;
use std::ops::RangeInclusive;

/// Frames of an animal that have one use in a fold.
#[derive(Debug, Clone, PartialEq)]
pub struct PartOfFold<'a> {
    /// The variant.
    pub variant: &'a str,
    /// An animal that is trained on. Of a fit that does not train on it, its whole recording tests.
    pub animal: &'a str,
    /// The fold, from 0.
    pub fold: usize,
    /// `train`, `validation` or `test`.
    pub part: &'static str,
    /// Stretches of frames, counted from 0, ascending.
    pub stretches: Vec<RangeInclusive<usize>>,
}

/// Takes the frames of one use out of a split.
type Frames = fn(&Split) -> &[usize];

const PARTS: [(&str, Frames); 3] = [
    ("train", |split| &split.train),
    ("validation", |split| &split.validation),
    ("test", |split| &split.test),
];

impl<A: Aim> Plan<A> {
    /// The parts of every fold that is run, by variant, animal and fold.
    pub fn parts_of_folds(&self) -> impl Iterator<Item = PartOfFold<'_>> {
        let variants = self.config().variants.iter().zip(&self.views);
        variants.flat_map(|(variant, view)| {
            let animals = view.animals.iter();
            animals.flat_map(move |animal| {
                let folds = animal.splits.iter().take(variant.folds_run).enumerate();
                folds.flat_map(move |(fold, split)| {
                    PARTS.into_iter().map(move |(part, frames)| PartOfFold {
                        variant: &variant.name,
                        animal: &animal.selected.animal,
                        fold,
                        part,
                        stretches: stretches(frames(split)),
                    })
                })
            })
        })
    }
}

/// Frames that follow each other, together.
fn stretches(frames: &[usize]) -> Vec<RangeInclusive<usize>> {
    let together = frames.chunk_by(|before, after| before + 1 == *after);
    together.map(|frames| frames[0]..=frames[frames.len() - 1]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_follow_each_other_are_one_stretch() {
        assert_eq!(stretches(&[]), []);
        assert_eq!(stretches(&[3]), [3..=3]);
        assert_eq!(stretches(&[0, 1, 2, 8, 9, 20]), [0..=2, 8..=9, 20..=20]);
    }
}
