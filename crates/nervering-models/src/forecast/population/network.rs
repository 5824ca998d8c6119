//! One network of the population: its parameters, and the forward pass over some frames. The equations are
//! those of [`super`]; matrices are `[in, out]`, row-major, and rows are frames, or neurons of frames.

use crate::forecast::HEADS;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use nervering_nn::plain::gelu;
use rand::{Rng, RngExt};

/// Frames of a neuron that are looked at, the present one first.
pub(in crate::forecast) const OF_WINDOW: usize = 8;
/// Units of every layer.
pub(in crate::forecast) const WIDTH: usize = 64;

/// What the data dictate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::forecast) struct Sizes {
    pub(in crate::forecast) n_neurons: usize,
    pub(in crate::forecast) n_features: usize,
}

/// The parameters by name, in the order in which they lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::forecast) enum Part {
    Own,
    OwnBias,
    Population,
    PopulationBias,
    Modulation,
    ModulationBias,
    /// One row per neuron.
    Identity,
    Hidden,
    HiddenBias,
    /// The heads of all features side by side.
    Heads,
    HeadsBias,
}

impl Part {
    pub(in crate::forecast) const ALL: [Self; 11] = [
        Self::Own,
        Self::OwnBias,
        Self::Population,
        Self::PopulationBias,
        Self::Modulation,
        Self::ModulationBias,
        Self::Identity,
        Self::Hidden,
        Self::HiddenBias,
        Self::Heads,
        Self::HeadsBias,
    ];

    /// The name in a model file.
    pub(in crate::forecast) fn name(self) -> &'static str {
        match self {
            Self::Own => "network_own",
            Self::OwnBias => "network_own_bias",
            Self::Population => "network_population",
            Self::PopulationBias => "network_population_bias",
            Self::Modulation => "network_modulation",
            Self::ModulationBias => "network_modulation_bias",
            Self::Identity => "network_identity",
            Self::Hidden => "network_hidden",
            Self::HiddenBias => "network_hidden_bias",
            Self::Heads => "network_heads",
            Self::HeadsBias => "network_heads_bias",
        }
    }
}

impl Sizes {
    /// Numbers that are said of a neuron.
    pub(in crate::forecast) fn of_neuron(self) -> usize {
        self.n_features * HEADS
    }

    /// Numbers that are said of a frame.
    pub(in crate::forecast) fn n_outputs(self) -> usize {
        self.n_neurons * self.of_neuron()
    }

    /// Numbers of a frame's windows.
    pub(in crate::forecast) fn n_inputs(self) -> usize {
        self.n_neurons * OF_WINDOW
    }

    /// Rows and columns.
    pub(in crate::forecast) fn shape(self, part: Part) -> [usize; 2] {
        match part {
            Part::Own => [OF_WINDOW, WIDTH],
            Part::Population => [self.n_inputs(), WIDTH],
            Part::Modulation => [WIDTH, 2 * WIDTH],
            Part::Identity => [self.n_neurons, 2 * WIDTH],
            Part::Hidden => [WIDTH, WIDTH],
            Part::Heads => [WIDTH, self.of_neuron()],
            Part::OwnBias | Part::PopulationBias | Part::HiddenBias => [1, WIDTH],
            Part::ModulationBias => [1, 2 * WIDTH],
            Part::HeadsBias => [1, self.of_neuron()],
        }
    }

    /// Where a part begins among all parameters, and how long it is.
    pub(super) fn place(self, part: Part) -> [usize; 2] {
        let length = |part: Part| self.shape(part).iter().product::<usize>();
        let before = Part::ALL.into_iter().take_while(|other| *other != part);
        [before.map(length).sum(), length(part)]
    }

    pub(super) fn n_parameters(self) -> usize {
        let [begin, length] = self.place(Part::HeadsBias);
        begin + length
    }
}

/// A network.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::forecast) struct Parameters {
    pub(in crate::forecast) sizes: Sizes,
    /// One part after the other.
    pub(in crate::forecast) values: Vec<f32>,
}

/// Some frames, one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frames<'a> {
    /// `[frame, neuron, 8]`.
    pub(super) windows: &'a [f32],
    /// `[frame, neuron]`. Whatever stands in the windows of the others is not looked at.
    pub(super) present: &'a [bool],
}

/// What a forward pass leaves to the backward pass.
pub(super) struct Passed {
    /// Windows, zero where a neuron is absent: `[frame, neuron, 8]`.
    pub(super) windows: Vec<f32>,
    /// `u`, `[frame, neuron, unit]`.
    pub(super) own: Vec<f32>,
    /// `p`, `[frame, unit]`, after dropout.
    pub(super) population: Vec<f32>,
    /// Its slopes, dropout included.
    pub(super) population_slopes: Vec<f32>,
    /// `W_m p + b_m`, `[frame, 2 · unit]`.
    pub(super) modulation: Vec<f32>,
    /// `v` and its slopes.
    pub(super) inner: [Vec<f32>; 2],
    /// `h` and its slopes.
    pub(super) hidden: [Vec<f32>; 2],
    /// `y`, `[frame, neuron, feature, head]`; zero where a neuron is absent.
    pub(super) said: Vec<f32>,
}

impl Parameters {
    /// As `burn` and PyTorch begin linear layers, uniform within one over the root of their inputs, biases
    /// too; heads and identities begin at zero.
    pub(super) fn drawn(sizes: Sizes, rng: &mut dyn Rng) -> Self {
        let mut values = vec![0.; sizes.n_parameters()];
        for (matrix, bias) in [
            (Part::Own, Part::OwnBias),
            (Part::Population, Part::PopulationBias),
            (Part::Modulation, Part::ModulationBias),
            (Part::Hidden, Part::HiddenBias),
        ] {
            let bound = 1. / (sizes.shape(matrix)[0] as f32).sqrt();
            for part in [matrix, bias] {
                let [begin, length] = sizes.place(part);
                for value in &mut values[begin..begin + length] {
                    *value = bound * (2. * rng.random::<f32>() - 1.);
                }
            }
        }
        Self { sizes, values }
    }

    pub(in crate::forecast) fn part(&self, part: Part) -> &[f32] {
        let [begin, length] = self.sizes.place(part);
        &self.values[begin..begin + length]
    }

    pub(super) fn matrix(&self, part: Part) -> MatRef<'_, f32> {
        let [rows, columns] = self.sizes.shape(part);
        MatRef::from_row_major_slice(self.part(part), rows, columns)
    }

    /// `[frame, neuron, feature, head]`, without dropout.
    pub(super) fn said(&self, frames: Frames<'_>) -> Vec<f32> {
        self.passed(frames, None).said
    }

    /// The forward pass. `kept` is what each unit of the population is multiplied by, `[frame, unit]`.
    pub(super) fn passed(&self, frames: Frames<'_>, kept: Option<&[f32]>) -> Passed {
        let Sizes { n_neurons, .. } = self.sizes;
        let n_frames = frames.windows.len() / self.sizes.n_inputs();
        let n_rows = n_frames * n_neurons;
        let mut windows = frames.windows.to_vec();
        for (window, _) in windows.chunks_exact_mut(OF_WINDOW).zip(frames.present).filter(|w| !w.1)
        {
            window.fill(0.);
        }
        let own = self.layer(&windows, n_rows, Part::Own, Part::OwnBias);
        let mut population = self.layer(&windows, n_frames, Part::Population, Part::PopulationBias);
        let mut population_slopes = vec![0.; population.len()];
        gelu(&mut population, &mut population_slopes);
        if let Some(kept) = kept {
            for values in [&mut population, &mut population_slopes] {
                values.iter_mut().zip(kept).for_each(|(value, kept)| *value *= kept);
            }
        }
        let modulation = self.layer(&population, n_frames, Part::Modulation, Part::ModulationBias);
        let mut inner = own.clone();
        let identities = self.part(Part::Identity);
        let of_frames = inner.chunks_exact_mut(n_neurons * WIDTH);
        for (neurons, shared) in of_frames.zip(modulation.chunks_exact(2 * WIDTH)) {
            let (gains, shifts) = shared.split_at(WIDTH);
            let rows = neurons.chunks_exact_mut(WIDTH).zip(identities.chunks_exact(2 * WIDTH));
            for (row, identity) in rows {
                let (own_gains, own_shifts) = identity.split_at(WIDTH);
                for unit in 0..WIDTH {
                    let gain = 1. + gains[unit] + own_gains[unit];
                    row[unit] = gain * row[unit] + shifts[unit] + own_shifts[unit];
                }
            }
        }
        let mut inner_slopes = vec![0.; inner.len()];
        gelu(&mut inner, &mut inner_slopes);
        let mut hidden = self.layer(&inner, n_rows, Part::Hidden, Part::HiddenBias);
        let mut hidden_slopes = vec![0.; hidden.len()];
        gelu(&mut hidden, &mut hidden_slopes);
        let mut said = self.layer(&hidden, n_rows, Part::Heads, Part::HeadsBias);
        let of_neurons = said.chunks_exact_mut(self.sizes.of_neuron()).zip(frames.present);
        for (values, _) in of_neurons.filter(|of| !of.1) {
            values.fill(0.);
        }
        Passed {
            windows,
            own,
            population,
            population_slopes,
            modulation,
            inner: [inner, inner_slopes],
            hidden: [hidden, hidden_slopes],
            said,
        }
    }

    /// `x W + b` for so many rows.
    fn layer(&self, x: &[f32], n_rows: usize, matrix: Part, bias: Part) -> Vec<f32> {
        let bias = self.part(bias);
        let mut y: Vec<f32> = Vec::with_capacity(n_rows * bias.len());
        (0..n_rows).for_each(|_| y.extend_from_slice(bias));
        let to = MatMut::from_row_major_slice_mut(&mut y, n_rows, bias.len());
        let x = MatRef::from_row_major_slice(x, n_rows, self.sizes.shape(matrix)[0]);
        matmul(to, Accum::Add, x, self.matrix(matrix), 1., Par::Seq);
        y
    }
}
