//! Results to tables and figures.
//!
//! [`table_text`] lays a [`Table`] out for reading, [`table_csv`] gives the same numbers unrounded;
//! [`fits_csv`] and [`confusion_csv`] give what lies behind them, one row per fit and evaluated
//! animal, and one per cell of its confusion matrix. [`accuracy_svg`] draws the accuracies as
//! points. Every function is a pure one from results to text: the same results give the same
//! bytes.
//!
//! This room computes no statistic: means and deviations come from the room `study`. It knows
//! nothing of training, writes no file and prints nothing.

mod fits;
mod strip;
mod table;
mod text;

pub use fits::{confusion_csv, fits_csv};
pub use strip::accuracy_svg;
pub use table::{Table, comparisons_csv, table_csv};
pub use text::{WIDTH, table_text};
