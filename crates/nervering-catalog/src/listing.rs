//! Where a listing of the Open Science Framework says that a file is.

use crate::datasets::{Dataset, RemoteFile};
use crate::error::CatalogError;
use serde::Deserialize;

/// The part of a listing that is read: OSF's API version 2, `/v2/nodes/<project>/files/osfstorage/`.
#[derive(Deserialize)]
struct Listing {
    data: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    attributes: Attributes,
    #[serde(default)]
    links: Links,
}

#[derive(Deserialize)]
struct Attributes {
    name: String,
}

#[derive(Default, Deserialize)]
struct Links {
    download: Option<String>,
}

/// The address of a file in the JSON of a listing.
pub(crate) fn address_in(
    json: &[u8],
    url: &str,
    dataset: &Dataset,
    file: &RemoteFile,
) -> Result<String, CatalogError> {
    let none = |why: String| CatalogError::Listing {
        url: url.to_owned(),
        file: file.name.to_owned(),
        why,
        page: dataset.page(),
    };
    let listing: Listing = serde_json::from_slice(json).map_err(|error| none(error.to_string()))?;
    let entry = listing.data.iter().find(|entry| entry.attributes.name == file.name);
    match entry {
        None => Err(none(format!("{} other entries", listing.data.len()))),
        Some(Entry { links: Links { download: None }, .. }) => Err(none("it has no link".into())),
        Some(Entry { links: Links { download: Some(address) }, .. }) => Ok(address.clone()),
    }
}
