//! The public data sets and connectomes that Nervering knows.
//!
//! [`DATASETS`] lists the public recordings, their files, addresses and checksums. [`fetch`] brings
//! one file into a [`Cache`], from its publisher or from a mirror ([`Source`]), as far as the
//! [`Network`] is allowed, and verifies it; [`Cache::fetched`] verifies again what is used.
//! [`connectome`] gives one of the six connectomes that ship
//! with the program.
//!
//! This is the only room that touches the network, and it does so only in [`fetch`]. It knows no
//! models, prints nothing, and reads no recording: that is the room `io`.

mod arrival;
mod cache;
mod connectomes;
mod datasets;
mod error;
mod fetch;
mod hash;
mod listing;
mod pace;
mod partial;
mod seen;
mod verify;
mod web;

pub use arrival::{How, Received};
pub use cache::Cache;
pub use connectomes::{ConnectomeName, NOTICE, UnknownConnectome, connectome};
pub use datasets::{Address, DATASETS, Dataset, RemoteFile, dataset};
pub use error::CatalogError;
pub use fetch::{Network, Source, fetch};
pub use verify::{Fetched, Reads, Verified};
pub use web::Web;
