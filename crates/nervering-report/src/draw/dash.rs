//! Lines that are told apart by how they are broken.

/// Solid or broken lines: they tell apart what colour alone would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dash {
    Solid,
    Long,
    Dashed,
    Mixed,
    Dotted,
    Sparse,
}

impl Dash {
    /// Lengths of ink and gap in points, in turn; nothing for a solid line.
    pub fn lengths(self) -> &'static [f64] {
        match self {
            Self::Solid => &[],
            Self::Long => &[7., 2.],
            Self::Dashed => &[3., 1.5],
            Self::Mixed => &[5., 1.5, 1., 1.5],
            Self::Dotted => &[1., 1.2],
            Self::Sparse => &[2., 3.],
        }
    }
}
