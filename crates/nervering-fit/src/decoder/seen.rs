//! What of an animal a decoder is shown.

/// Frames of one animal, as one fold sees it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Of the whole recording, `[frame, neuron, feature]`.
    pub features: &'a [f32],
    /// Those that are asked for, ascending.
    pub frames: &'a [usize],
}
