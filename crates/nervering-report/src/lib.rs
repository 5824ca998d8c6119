//! Results to tables, figures and one page.
//!
//! - Tables: [`table_text`] lays a [`Table`] out for reading, [`table_csv`] gives the same numbers
//!   unrounded; [`fits_csv`] and [`confusion_csv`] give what lies behind them, one row per fit and
//!   evaluated animal, and one per cell of its confusion matrix.
//! - Forecasts: [`forecast_text`] lays a [`ForecastTable`] out, [`forecast_csv`] gives every step
//!   unrounded, [`forecast_skills_csv`] skill from every frame on, [`forecast_fans_csv`] how sure it was, [`forecast_fits_csv`] and
//!   [`forecast_training_csv`] what lies behind.
//! - Figures: every file of [`figure`] draws its own plain data, as SVG and PNG with the CSV behind
//!   it.
//! - Results of the room `study` become a document in [`document()`], those of forecasting studies in
//!   [`forecast`]; those of analyses that need no training, and inferred edges, in [`pca`],
//!   [`variability`], [`manifold`], [`onset`], [`ahead`], [`information`] and [`edges`]; those of
//!   simulated systems in [`known_truth`];
//!   [`document_text`] lays any document out for a terminal.
//! - The page: [`page`] makes one self-contained HTML file of a [`Document`], which is also the
//!   schema of `report.json`; [`files`] lists everything that a document becomes. [`view_page`] makes one of
//!   recordings alone, before anything is trained.
//!
//! Every function is a pure one from results to text or bytes: the same results give the same bytes.
//! [`Tell`] puts it together for a study that has run, and [`write_folder`] writes it into the study's
//! folder. This room computes no statistic: means and deviations come from the room `study`. It knows
//! nothing of training and prints nothing.
//!
//! Why figures are composed here (`draw`), and `kuva` only makes them into pixels: tried on our
//! figures, `kuva` 0.6 drew a heat map of 129 neurons and 1,325 frames as 171,000 rectangles in a
//! 15 MB SVG, where an image inside it takes 0.2 MB; it knows no millimetres, takes type in whole
//! pixels, cut a legend off at the width asked for, has no titles for screen readers, and reads a
//! dollar in a neuron's name as a formula. Its rasteriser with the typeface it carries is what a
//! machine without fonts needs; it sets turned text twice as heavy, which is why that is turned here.

mod answer;
mod best;
mod cells;
mod citations;
mod document;
mod draw;
mod edge_list;
mod escape;
pub mod figure;
mod files;
mod fits;
mod folder;
mod folds;
mod forecast_csv;
mod forecast_fans;
mod forecast_skills;
mod forecast_text;
mod forecasts;
mod html;
mod layout;
mod of_analysis;
mod of_forecast;
mod of_study;
mod page;
mod palette;
mod plain;
mod predictions;
mod recording_view;
mod rgb;
mod sweep;
mod table;
mod text;
mod view;
mod vision;

pub use citations::{PAPERS, citations};
pub use document::{
    Cell, Citation, Document, DocumentError, FORMAT, Prediction, RecordingView, Setting, Summary,
    TableData, VERSION,
};
pub use edge_list::EdgeList;
pub use figure::{Figure, FigureData, StateColours, States};
pub use files::files;
pub use fits::{confusion_csv, fits_csv};
pub use folder::{Tell, TellError, Telling, Told, write_folder};
pub use folds::folds_csv;
pub use forecast_csv::{forecast_csv, forecast_fits_csv, forecast_training_csv};
pub use forecast_fans::{TABLE_STEPS, forecast_fans_csv};
pub use forecast_skills::forecast_skills_csv;
pub use forecast_text::{ForecastTable, forecast_text};
pub use forecasts::{ForecastColumns, LongColumn, LongTable, forecast_table};
pub use layout::{Layout, Marks, WIDTH};
pub use of_analysis::{
    AddedReport, AnalysisAbout, AnalysisReport, ahead, edges, information, information_tables,
    known_truth, manifold, onset, pca, variability,
};
pub use of_forecast::{ForecastReport, forecast};
pub use of_study::{StudyReport, document};
pub use page::page;
pub use plain::{document_text, tables_text};
pub use predictions::prediction_csv;
pub use table::{Table, comparisons_csv, table_csv, tidy_csv};
pub use text::table_text;
pub use view::{ViewAbout, ViewFinding, ViewedAnimal, ViewedModel, view_page};
