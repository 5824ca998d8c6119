//! The public data sets and connectomes that Nervering knows.
//!
//! [`DATASETS`] lists the public recordings, their files, addresses and checksums. [`connectome`]
//! gives one of the six connectomes that ship with the program. This room knows no models and reads
//! no recording: that is the room `io`.

mod connectomes;
mod datasets;

pub use connectomes::{ConnectomeName, NOTICE, UnknownConnectome, connectome};
pub use datasets::{DATASETS, Dataset, RemoteFile, dataset};
