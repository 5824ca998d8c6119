//! The one error of this room: [`CatalogError`] says which file and which address, what was found,
//! what was expected, and what to do.

use std::path::PathBuf;

/// Why a file could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// No data set, or no file of a data set, goes by this name.
    #[error("found no {what} {name:?}, expected one of {known}")]
    Unknown {
        /// `data set` or `file`.
        what: &'static str,
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The file is not in the cache, and the network may not be used.
    #[error(
        "{file}: not in the cache ({}), and the network is switched off; switch it on, name a folder that has the file with --mirror, or put the file there", .path.display()
    )]
    Offline {
        /// The file.
        file: String,
        /// Where it would be.
        path: PathBuf,
    },
    /// An address that is not taken: not HTTPS, or none at all.
    #[error("{url}: expected an address that begins with https://")]
    Address {
        /// The address.
        url: String,
    },
    /// A server sent us on to an address that is not taken.
    #[error(
        "{url}: sent on to {to:?}, expected an address that begins with https://; nothing was fetched"
    )]
    Redirect {
        /// The address that was asked.
        url: String,
        /// Where it pointed.
        to: String,
    },
    /// Servers sent us from one to the next without end.
    #[error(
        "{url}: sent on more than {limit} times; try later, or fetch the file with a browser and name its folder with --mirror"
    )]
    TooManyRedirects {
        /// The address that was asked first.
        url: String,
        /// How many are followed.
        limit: usize,
    },
    /// The server answered, but not with the file.
    #[error("{url}: the server answered {status}, expected 200; {}", advice(*status))]
    Status {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The connection failed, stalled or broke off. What has arrived is kept.
    #[error(
        "{url}: the connection failed after {received} bytes{expected}; run the command again to go on from there"
    )]
    Connection {
        /// The address.
        url: String,
        /// Bytes that are there.
        received: u64,
        /// ` of` the length the server stated, or nothing.
        expected: String,
        /// What the library said.
        #[source]
        source: std::io::Error,
    },
    /// The answer is larger than the file can be.
    #[error(
        "{url}: found {found} bytes or more, expected at most {limit}; this is not the file, nothing was kept"
    )]
    TooLarge {
        /// The address.
        url: String,
        /// Bytes stated or received.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// The server answered a request for the rest of a file with something else.
    #[error(
        "{url}: asked for the bytes from {asked} on, found {found:?}, expected that range of the same version; run the command again to begin anew"
    )]
    Range {
        /// The address.
        url: String,
        /// First byte asked for.
        asked: u64,
        /// What the server said it sends.
        found: String,
    },
    /// A listing does not tell where the file is.
    #[error(
        "{url}: found no address of {file} in the listing ({why}); fetch it with a browser from {page} and name its folder with --mirror"
    )]
    Listing {
        /// Address of the listing.
        url: String,
        /// The file.
        file: String,
        /// What is there instead.
        why: String,
        /// Page of the project.
        page: String,
    },
    /// What arrived is not the file that is known by this name.
    #[error("{from}: found SHA-256 {found}, expected {expected} ({known}); {what_to_do}")]
    Checksum {
        /// The address or path the bytes came from.
        from: String,
        /// Of what arrived.
        found: String,
        /// Of the file.
        expected: String,
        /// How the checksum is known.
        known: &'static str,
        /// What happened to the bytes, and what to do.
        what_to_do: &'static str,
    },
    /// A file whose checksum nobody knows, and that does not read as what it should be.
    #[error(
        "{from}: does not read as {file}; it was {kept} and not pinned: look at it with a browser, and fetch the file from elsewhere with --mirror"
    )]
    Unreadable {
        /// The address or path the bytes came from.
        from: String,
        /// The file.
        file: String,
        /// What became of the bytes.
        kept: &'static str,
        /// What the reader said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A mirror folder lacks the file.
    #[error("{}: not there, expected a copy of {file} under this name", .path.display())]
    NotOnMirror {
        /// Where it would be.
        path: PathBuf,
        /// The file.
        file: String,
    },
    /// Another process fetches the same file.
    #[error("{}: another process is fetching this file; wait for it", .path.display())]
    Busy {
        /// The partial file.
        path: PathBuf,
    },
    /// The checksums kept from earlier downloads do not read.
    #[error("{}: found {found}, expected the checksums of earlier downloads (version 1); move the file away to begin anew", .path.display())]
    Pins {
        /// The file.
        path: PathBuf,
        /// What stands there.
        found: String,
    },
    /// The operating system refused.
    #[error("{}: failed to {what}", .path.display())]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// `read`, `write`, …
        what: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// There is no home directory to keep a cache in.
    #[error("found no home directory to keep downloads in; name a folder with --cache")]
    NoHome,
}

impl CatalogError {
    /// Whether it lies in what was asked for, not in the world.
    pub fn is_of_usage(&self) -> bool {
        matches!(
            self,
            Self::Unknown { .. }
                | Self::Offline { .. }
                | Self::Address { .. }
                | Self::NotOnMirror { .. }
                | Self::NoHome
        )
    }

    pub(crate) fn disk(
        path: impl Into<PathBuf>,
        what: &'static str,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Disk { path, what, source }
    }
}

fn advice(status: u16) -> &'static str {
    match status {
        404 | 410 => {
            "the file has moved: look at the project's page, and name your copy's folder with --mirror"
        }
        401 | 403 => {
            "access is refused: look at the project's page, and name your copy's folder with --mirror"
        }
        429 | 500.. => "try again later",
        _ => "look at the address with a browser",
    }
}
