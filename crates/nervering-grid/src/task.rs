//! What a grid is made of: [`Task`].

use crate::context::Context;
use crate::error::GridError;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A list of cells, each of which is run once and earns something.
///
/// Cells are counted and never listed: they are numbers from 0 in a fixed order, and everything about
/// one is worked out when it is asked for.
pub trait Task: Sync {
    /// What a cell earns: what is saved.
    type Earned: Serialize + DeserializeOwned + Send;
    /// What is counted of the cells of one kind.
    type Tally: Default + Send;
    /// What can go wrong with a cell.
    type Error: From<GridError> + Send;

    /// How many cells there are.
    fn n_cells(&self) -> usize;

    /// The name of a cell: it becomes the name of a file, says all that tells it from other cells, and
    /// does not depend on their order.
    fn key(&self, cell: usize) -> String;

    /// Steps of a cell's work, by which progress is counted.
    fn steps(&self, cell: usize) -> usize;

    /// The kind of a cell, a number from 0: cells of one kind cost about the same per step, and are told
    /// together when the last of them is done.
    fn kind(&self, cell: usize) -> usize;

    /// Deals cells, which ascend, into jobs that are run together, in the order in which they are begun.
    /// How this is done changes nothing that is earned.
    fn jobs(&self, cells: &[usize]) -> Vec<Vec<usize>> {
        cells.iter().map(|&cell| vec![cell]).collect()
    }

    /// Steps that a checkpoint of a cell saves, or in words why it cannot be used.
    ///
    /// # Errors
    /// The reason; the cell then begins anew.
    fn steps_done(&self, _cell: usize, _context: &Context<'_>) -> Result<usize, String> {
        Err("cells of this task leave none".to_owned())
    }

    /// Runs the cells of a job; nothing when [`Context::step`] said to stop. What is earned depends on
    /// the cell alone.
    ///
    /// # Errors
    /// Those of the task.
    fn run(
        &self,
        cells: &[usize],
        context: &Context<'_>,
    ) -> Result<Option<Vec<Self::Earned>>, Self::Error>;

    /// Counts what a cell has earned.
    fn count(&self, tally: &mut Self::Tally, earned: &Self::Earned);

    /// What is said when the last cell of a kind is done; `cell` is one of them.
    fn line(&self, cell: usize, tally: Self::Tally) -> String;
}
