//! What every kind of figure says of itself: [`Kind`].

use super::drawn::{About, Figure};
use super::mismatch::Mismatch;
use super::panels::Room;
use super::state_colours::StateColours;
use crate::recording_view::RecordingView;

/// The document that a figure stands in.
pub(super) struct Scene<'a> {
    /// Its recordings, which figures name by their place.
    pub(super) recordings: &'a [RecordingView],
    /// The colour of every state.
    pub(super) colours: &'a StateColours,
}

/// A figure of some kind as data. A new kind is a file with this, and a variant of [`super::FigureData`].
pub(super) trait Kind {
    /// What stands about it.
    fn about(&self) -> &About;

    /// Draws it; it must have passed [`Kind::check`].
    fn draw(&self, scene: &Scene<'_>, room: Room) -> Figure;

    /// Compares the shapes of its parts.
    ///
    /// # Errors
    /// [`Mismatch`] for the first part that does not fit.
    fn check(&self, _recordings: &[RecordingView]) -> Result<(), Mismatch> {
        Ok(())
    }

    /// Whether a phone is shown another drawing.
    fn is_another_on_a_phone(&self) -> bool {
        false
    }
}

impl<K: Kind> Kind for &K {
    fn about(&self) -> &About {
        (**self).about()
    }

    fn draw(&self, scene: &Scene<'_>, room: Room) -> Figure {
        (**self).draw(scene, room)
    }

    fn check(&self, recordings: &[RecordingView]) -> Result<(), Mismatch> {
        (**self).check(recordings)
    }

    fn is_another_on_a_phone(&self) -> bool {
        (**self).is_another_on_a_phone()
    }
}
