//! Figures: each is one file with a plain `Data`, whose shapes and units it documents, and
//! `draw(&Data) -> Figure`.
//!
//! A [`Figure`] is an SVG in the width of one column of a journal (85 mm) or two (180 mm), the CSV
//! with the numbers behind it, a text for those who do not see it, and a caption that says n,
//! protocol, normalisation and units. PNG comes from the same marks, on demand. [`FigureData`] is
//! any of them, as `report.json` holds it. Heat maps and traces name a recording of their document
//! instead of holding one, so that its values stand there once.
//!
//! `Data` of a file is foreign: [`FigureData::check`] compares its shapes, and only what has passed
//! is drawn.

pub mod against;
pub mod bars;
pub mod confusion;
pub mod curves;
pub mod distributions;
pub mod dots;
mod drawn;
pub mod fan;
pub mod graph;
pub mod graph_matrix;
pub mod graph_network;
pub mod heat_map;
pub mod horizon;
pub mod leakage;
pub mod learning;
pub mod manifold;
mod matrix;
pub(crate) mod mismatch;
pub(crate) mod missing;
mod panels;
pub mod scores;
mod state_colours;
pub mod state_means;
pub mod states;
pub mod strip;
pub mod trace;
pub mod training;

pub(crate) use drawn::file_name;
pub use drawn::{About, Figure, PngError};
pub use horizon::CurveRole;
pub use mismatch::Mismatch;
pub(crate) use panels::MOST_KEYED;
pub use panels::Room;
pub use state_colours::StateColours;
pub use states::States;
pub(crate) use states::in_order;

use crate::recording_view::RecordingView;
use serde::{Deserialize, Serialize};

/// A figure as data, of any kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FigureData {
    /// Fig 1A: calcium of all neurons of an animal.
    HeatMap(heat_map::Data),
    /// Fig 1B: traces coloured by state.
    Trace(trace::Data),
    /// Fig 1C: activity in a state, per animal.
    StateMeans(state_means::Data),
    /// Fig 1D: probabilities that two samples come from one distribution.
    Distributions(distributions::Data),
    /// Fig 2, S1: states along trajectories in three dimensions.
    Manifold(manifold::Data),
    /// Accuracy of every model, one strip per model and training size.
    Strip(scores::Data),
    /// Fig 4A: accuracy as bars.
    Bars(scores::Data),
    /// Fig 4A: accuracy against the number of animals trained on.
    Learning(scores::Data),
    /// A measure against delays, or against the neurons shown.
    Against(against::Data),
    /// Fig 4B: predicted against labelled states.
    Confusion(confusion::Data),
    /// Fig 4C: error of forecasts against the horizon.
    Horizon(horizon::Data),
    /// Forecasts with their intervals beside what came.
    Fan(fan::Data),
    /// Inferred edges and connectome as matrices.
    GraphMatrix(graph::Data),
    /// Inferred edges and connectome as nodes and links.
    GraphNetwork(graph::Data),
    /// Loss against epochs, over fits.
    Training(training::Data),
    /// One protocol against another.
    Leakage(leakage::Data),
    /// Fig 1E and others: a quantity against another, one line per condition.
    Curves(curves::Data),
    /// Fig 1E and others: one dot per animal in rows of conditions.
    Dots(dots::Data),
}

/// The document that a figure stands in.
struct Scene<'a> {
    /// Its recordings, which figures name by their place.
    recordings: &'a [RecordingView],
    /// The colour of every state.
    colours: &'a StateColours,
}

/// Compares the shapes of the parts of a figure, and of those of a document's recordings that it draws.
type Check<'a> = dyn Fn(&[RecordingView]) -> Result<(), Mismatch> + 'a;
/// Draws a figure.
type Draw<'a> = dyn Fn(&Scene<'_>, Room) -> Figure + 'a;

/// What is done with a figure, whatever kind it is of: a new one is a row of [`FigureData::kind`].
struct Kind<'a> {
    about: &'a About,
    /// Whether a phone is shown another drawing.
    is_another_on_a_phone: bool,
    check: Box<Check<'a>>,
    draw: Box<Draw<'a>>,
}

impl<'a> Kind<'a> {
    fn new(
        about: &'a About,
        is_another_on_a_phone: bool,
        check: impl Fn(&[RecordingView]) -> Result<(), Mismatch> + 'a,
        draw: impl Fn(&Scene<'_>, Room) -> Figure + 'a,
    ) -> Self {
        Self { about, is_another_on_a_phone, check: Box::new(check), draw: Box::new(draw) }
    }
}

impl FigureData {
    fn kind(&self) -> Kind<'_> {
        match self {
            Self::HeatMap(data) => Kind::new(
                &data.about,
                true,
                |recordings| data.check(recordings),
                |scene, room| {
                    heat_map::draw_in(
                        (data, &scene.recordings[data.recording]),
                        scene.colours,
                        room,
                    )
                },
            ),
            Self::Trace(data) => Kind::new(
                &data.about,
                true,
                |recordings| data.check(recordings),
                |scene, room| {
                    trace::draw_in((data, &scene.recordings[data.recording]), scene.colours, room)
                },
            ),
            Self::StateMeans(data) => Kind::new(
                &data.about,
                false,
                |_| data.check(),
                |scene, _| state_means::draw(data, scene.colours),
            ),
            Self::Distributions(data) => {
                Kind::new(&data.about, false, |_| data.check(), |_, _| distributions::draw(data))
            }
            Self::Manifold(data) => Kind::new(
                &data.about,
                data.animals.len() > 1,
                |_| data.check(),
                |scene, room| manifold::draw_in(data, scene.colours, room),
            ),
            Self::Strip(data) => {
                Kind::new(&data.about, true, |_| Ok(()), |_, room| strip::draw_in(data, room))
            }
            Self::Bars(data) => {
                Kind::new(&data.about, true, |_| Ok(()), |_, room| bars::draw_in(data, room))
            }
            Self::Learning(data) => Kind::new(
                &data.about,
                data.kinds().len() > 1,
                |_| Ok(()),
                |_, room| learning::draw_in(data, room),
            ),
            Self::Against(data) => Kind::new(
                &data.about,
                data.panels.len() > 1,
                |_| data.check(),
                |_, room| against::draw_in(data, room),
            ),
            Self::Confusion(data) => Kind::new(
                &data.about,
                data.models.len() > 1,
                |_| data.check(),
                |_, room| confusion::draw_in(data, room),
            ),
            Self::Horizon(data) => Kind::new(
                &data.about,
                data.panels.len() > 1,
                |_| data.check(),
                |_, room| horizon::draw_in(data, room),
            ),
            Self::Fan(data) => {
                Kind::new(&data.about, true, |_| data.check(), |_, room| fan::draw_in(data, room))
            }
            Self::GraphMatrix(data) => Kind::new(
                &data.about,
                data.null.is_some() || data.connectome.is_some(),
                |_| data.check(),
                |_, room| graph_matrix::draw_in(data, room),
            ),
            Self::GraphNetwork(data) => Kind::new(
                &data.about,
                data.connectome.is_some(),
                |_| data.check(),
                |_, room| graph_network::draw_in(data, room),
            ),
            Self::Training(data) => Kind::new(
                &data.about,
                data.panels.len() > 1,
                |_| data.check(),
                |_, room| training::draw_in(data, room),
            ),
            Self::Leakage(data) => {
                Kind::new(&data.about, true, |_| Ok(()), |_, room| leakage::draw_in(data, room))
            }
            Self::Curves(data) => Kind::new(
                &data.about,
                data.panels.len() > 1,
                |_| data.check(),
                |_, room| curves::draw_in(data, room),
            ),
            Self::Dots(data) => {
                Kind::new(&data.about, false, |_| data.check(), |_, _| dots::draw(data))
            }
        }
    }

    /// Draws it, in a document with these recordings and colours of states. It must have passed
    /// [`FigureData::check`] with them.
    pub fn draw(&self, recordings: &[RecordingView], colours: &StateColours) -> Figure {
        (self.kind().draw)(&Scene { recordings, colours }, Room::Journal)
    }

    /// The same for a phone, where that is another drawing: panels below each other, in one column.
    pub fn draw_for_phone(
        &self,
        recordings: &[RecordingView],
        colours: &StateColours,
    ) -> Option<Figure> {
        let Kind { is_another_on_a_phone, draw, .. } = self.kind();
        is_another_on_a_phone.then(|| draw(&Scene { recordings, colours }, Room::Phone))
    }

    /// What stands about it.
    pub fn about(&self) -> &About {
        self.kind().about
    }

    /// States whose colours it shows without a recording of its document.
    pub(crate) fn states(&self) -> Vec<&States> {
        match self {
            Self::Manifold(data) => data.animals.iter().map(|animal| &animal.states).collect(),
            _ => Vec::new(),
        }
    }

    /// The same figure under another name.
    pub(crate) fn renamed(&self, name: String) -> Self {
        let mut data = self.clone();
        let about = match &mut data {
            Self::HeatMap(data) => &mut data.about,
            Self::Trace(data) => &mut data.about,
            Self::StateMeans(data) => &mut data.about,
            Self::Distributions(data) => &mut data.about,
            Self::Manifold(data) => &mut data.about,
            Self::Strip(data) | Self::Bars(data) | Self::Learning(data) => &mut data.about,
            Self::Against(data) => &mut data.about,
            Self::Confusion(data) => &mut data.about,
            Self::Horizon(data) => &mut data.about,
            Self::Fan(data) => &mut data.about,
            Self::GraphMatrix(data) | Self::GraphNetwork(data) => &mut data.about,
            Self::Training(data) => &mut data.about,
            Self::Leakage(data) => &mut data.about,
            Self::Curves(data) => &mut data.about,
            Self::Dots(data) => &mut data.about,
        };
        about.name = name;
        data
    }

    /// Compares the shapes of its parts, and of those of the document's recordings, which must have
    /// been checked, that it draws.
    ///
    /// # Errors
    /// [`Mismatch`] for the first part that does not fit.
    pub fn check(&self, recordings: &[RecordingView]) -> Result<(), Mismatch> {
        (self.kind().check)(recordings)
    }
}
