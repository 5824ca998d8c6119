//! Bouts: maximal runs of one known class, the units that behaviour comes in. Metrics of timing
//! and the analyses over states are made of these.

/// Frames `start..end` of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bout {
    /// The class.
    pub class: u8,
    /// Its first frame.
    pub start: usize,
    /// The frame after its last one.
    pub end: usize,
}

impl Bout {
    /// Whether the recording of `n_frames` frames cuts this bout off at its start or its end.
    pub fn is_cut(&self, n_frames: usize) -> bool {
        self.start == 0 || self.end == n_frames
    }
}

/// The bouts among frames whose class may be unknown, in order. An unknown frame ends a bout.
pub fn bouts(classes: &[Option<u8>]) -> Vec<Bout> {
    let mut bouts: Vec<Bout> = Vec::new();
    for (frame, class) in classes.iter().enumerate() {
        let Some(class) = *class else { continue };
        match bouts.last_mut() {
            Some(last) if last.end == frame && last.class == class => last.end += 1,
            _ => bouts.push(Bout { class, start: frame, end: frame + 1 }),
        }
    }
    bouts
}

/// The time at which every frame starts, and last the time at which the last one ends: a frame
/// lasts until the next, the last one as long as the one before it. A single frame has no length.
pub fn frame_edges_s(times_s: &[f64]) -> Vec<f64> {
    let mut edges = times_s.to_vec();
    match times_s {
        [] => {}
        [only] => edges.push(*only),
        [.., before, last] => edges.push(2. * last - before),
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_frame_ends_a_bout() {
        let classes = [Some(1), Some(1), None, Some(1), Some(0)];
        let found: Vec<_> = bouts(&classes).iter().map(|b| (b.class, b.start, b.end)).collect();
        assert_eq!(found, [(1, 0, 2), (1, 3, 4), (0, 4, 5)]);
        assert_eq!(bouts(&classes).iter().filter(|b| b.is_cut(5)).count(), 2);
        assert!(bouts(&[None, None]).is_empty());
    }

    #[test]
    fn the_last_frame_lasts_as_long_as_the_one_before() {
        assert_eq!(frame_edges_s(&[0., 1., 3.]), [0., 1., 3., 5.]);
        assert_eq!(frame_edges_s(&[2.]), [2., 2.]);
    }
}
