//! An animal whose steps are read as it goes: [`Reading`], one frame at a time or many at once, to the same bits.

use super::training::seen;
use crate::arrays::ForecasterSizes;
use crate::forecast::markov::{AT_ONCE, Scales};

/// What takes in the frames of an animal, each with what a network makes of the step to it. That rests on the step
/// alone, so that it can be made of many at once.
pub(super) trait Reading {
    /// What is made of steps.
    type Read;

    fn scales(&self) -> (&Scales, ForecasterSizes);

    /// Frames taken in.
    fn n_frames(&self) -> usize;

    /// The last of them.
    fn present(&self) -> Option<&[f32]>;

    /// Of steps, `[step, neuron, 2 · feature]`.
    fn read(&self, steps: Vec<f32>) -> Self::Read;

    /// Takes in the next frame, and which of the steps that were read leads to it; none leads to the first.
    fn take_in(&mut self, frame: &[f32], read: Option<(&Self::Read, usize)>);

    /// Takes in the next frame.
    fn go_on(&mut self, frame: &[f32]) {
        let (scales, sizes) = self.scales();
        let step = self.present().map(|before| seen(scales, before, frame, sizes.n_features));
        let read = step.map(|step| self.read(step));
        self.take_in(frame, read.as_ref().map(|read| (read, 0)));
    }

    /// Takes in the frames of an animal, `[frame, neuron, feature]`, up to the last of ascending `starts`, and says
    /// when it has come to each.
    fn go_along(&mut self, features: &[f32], starts: &[usize], mut at_start: impl FnMut(&Self)) {
        let Some(&last) = starts.last() else { return };
        let n = self.scales().1.n_columns();
        let row = |frame: usize| &features[frame * n..(frame + 1) * n];
        let mut left = starts.iter().copied().peekable();
        while left.next_if(|start| start + 1 == self.n_frames()).is_some() {
            at_start(self);
        }
        while self.n_frames() <= last {
            let first = self.n_frames();
            let frames = first..(first + AT_ONCE).min(last + 1);
            let (scales, sizes) = self.scales();
            let steps = frames.clone().filter(|frame| *frame > 0);
            let steps = steps.flat_map(|at| seen(scales, row(at - 1), row(at), sizes.n_features));
            let steps: Vec<f32> = steps.collect();
            let read = (!steps.is_empty()).then(|| self.read(steps));
            for frame in frames {
                let step = frame.checked_sub(first.max(1));
                self.take_in(row(frame), read.as_ref().zip(step));
                while left.next_if_eq(&frame).is_some() {
                    at_start(self);
                }
            }
        }
        assert!(left.next().is_none(), "found a start after a later one");
    }
}
