//! Requests: HTTPS only, redirects followed by hand and few, nothing that stalls or trickles is waited
//! for.
//!
//! A [`Web`] is permission to use the network; without one there is no request. [`Web::https`] is
//! the only one that users meet. Tests speak to a server of their own through [`Web::loopback`],
//! which also takes plain HTTP to this machine and to no other.

use crate::error::CatalogError;
use std::io::{self, Read};
use std::time::Duration;
use ureq::http::{Response, Uri};
use ureq::{Agent, Body};

/// Redirects that are followed; OSF's files are two away.
const MAX_REDIRECTS: usize = 5;
/// Bytes of a listing.
const MAX_LISTING_BYTES: u64 = 4 << 20;
/// How long a connection, an answer, or the next bytes may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// In patiences: how long a listing may take as a whole.
const OF_LISTING: u32 = 2;
/// In patiences: how long a file may take as a whole, half a day. The next try goes on from there.
const LONGEST: u32 = 1440;

/// Permission to use the network.
#[derive(Debug, Clone)]
pub struct Web {
    agent: Agent,
    patience: Duration,
    plain_http: PlainHttp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PlainHttp {
    Never,
    ToThisMachine,
}

impl Web {
    /// HTTPS, through the proxy that the usual variables (`HTTPS_PROXY`, …) name, if any.
    pub fn https() -> Self {
        let agent = agent(PATIENCE, |config| config);
        Self { agent, patience: PATIENCE, plain_http: PlainHttp::Never }
    }

    /// For tests: also HTTP without encryption to 127.0.0.1, without a proxy, and with another
    /// patience.
    pub fn loopback(patience: Duration) -> Self {
        let agent = agent(patience, |config| config.proxy(None));
        Self { agent, patience, plain_http: PlainHttp::ToThisMachine }
    }

    /// How long is waited for the next bytes.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// Whether an address may be asked.
    fn takes(&self, url: &str) -> bool {
        let Ok(uri) = url.parse::<Uri>() else { return false };
        match (uri.scheme_str(), uri.host()) {
            (Some("https"), Some(_)) => true,
            (Some("http"), Some("127.0.0.1")) => self.plain_http == PlainHttp::ToThisMachine,
            _ => false,
        }
    }

    /// Asks for a file, or for the rest of one, and follows redirects.
    pub(crate) fn get(&self, url: &str, rest: Option<&Rest>) -> Result<Answer, CatalogError> {
        self.get_within(url, rest, self.patience * LONGEST)
    }

    fn get_within(
        &self,
        url: &str,
        rest: Option<&Rest>,
        longest: Duration,
    ) -> Result<Answer, CatalogError> {
        if !self.takes(url) {
            return Err(CatalogError::Address { url: url.to_owned() });
        }
        let mut at = url.to_owned();
        for _ in 0..=MAX_REDIRECTS {
            let mut request = self.agent.get(&at).config().timeout_global(Some(longest)).build();
            if let Some(rest) = rest {
                request = request.header("Range", format!("bytes={}-", rest.from));
                if let Some(etag) = &rest.etag {
                    request = request.header("If-Range", etag);
                }
            }
            let response = request.call().map_err(|error| CatalogError::Connection {
                url: at.clone(),
                received: rest.map_or(0, |rest| rest.from),
                expected: String::new(),
                source: error.into_io(),
            })?;
            match (response.status().as_u16(), header(&response, "location")) {
                (301 | 302 | 303 | 307 | 308, Some(to)) => {
                    let next = absolute(&at, &to).filter(|next| self.takes(next));
                    at = next.ok_or_else(|| CatalogError::Redirect { url: at.clone(), to })?;
                }
                _ => return Ok(Answer { url: at, response }),
            }
        }
        Err(CatalogError::TooManyRedirects { url: url.to_owned(), limit: MAX_REDIRECTS })
    }

    /// Asks for a short text.
    pub(crate) fn get_listing(&self, url: &str) -> Result<Vec<u8>, CatalogError> {
        let mut answer = self.get_within(url, None, self.patience * OF_LISTING)?;
        if answer.status() != 200 {
            let status = answer.status();
            return Err(CatalogError::Status { url: answer.url, status });
        }
        let mut bytes = Vec::new();
        let read = answer.body().take(MAX_LISTING_BYTES + 1).read_to_end(&mut bytes);
        let received = bytes.len() as u64;
        read.map_err(|source| CatalogError::Connection {
            url: answer.url.clone(),
            received,
            expected: String::new(),
            source,
        })?;
        if received > MAX_LISTING_BYTES {
            let (url, limit) = (answer.url, MAX_LISTING_BYTES);
            return Err(CatalogError::TooLarge { url, found: received, limit });
        }
        Ok(bytes)
    }
}

fn agent(
    patience: Duration,
    change: impl FnOnce(
        ureq::config::ConfigBuilder<ureq::typestate::AgentScope>,
    ) -> ureq::config::ConfigBuilder<ureq::typestate::AgentScope>,
) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_resolve(Some(patience))
        .timeout_connect(Some(patience))
        .timeout_recv_response(Some(patience))
        .timeout_per_read(Some(patience))
        // The bytes of the file, not of a compressed one: ranges and checksums are of these.
        .accept_encoding("identity")
        .user_agent(concat!("nervering/", env!("CARGO_PKG_VERSION")));
    change(config).build().new_agent()
}

/// The rest of a file of which the first bytes are there.
#[derive(Debug, Clone)]
pub(crate) struct Rest {
    /// Bytes that are there.
    pub from: u64,
    /// What the server called the version they are of.
    pub etag: Option<String>,
}

/// What a server answered.
pub(crate) struct Answer {
    /// The address that answered, after redirects.
    pub url: String,
    response: Response<Body>,
}

impl Answer {
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// Bytes the server says will come.
    pub fn length(&self) -> Option<u64> {
        header(&self.response, "content-length")?.parse().ok()
    }

    /// The name of the version, where it stands for the bytes themselves (a strong ETag).
    pub fn etag(&self) -> Option<String> {
        header(&self.response, "etag").filter(|etag| etag.starts_with('"') && etag.len() < 256)
    }

    pub fn content_range(&self) -> Option<String> {
        header(&self.response, "content-range")
    }

    pub fn body(&mut self) -> impl Read + '_ {
        self.response.body_mut().as_reader()
    }
}

fn header(response: &Response<Body>, name: &str) -> Option<String> {
    Some(response.headers().get(name)?.to_str().ok()?.to_owned())
}

/// Where a `Location` points to: an address of its own, or a path on the same server.
fn absolute(from: &str, to: &str) -> Option<String> {
    if to.contains("://") {
        return Some(to.to_owned());
    }
    let from = from.parse::<Uri>().ok()?;
    let path = to.strip_prefix('/').filter(|rest| !rest.starts_with('/'))?;
    Some(format!("{}://{}/{path}", from.scheme_str()?, from.authority()?))
}

/// First byte and whole length of a `Content-Range: bytes 100-199/200`.
pub(crate) fn parse_content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (from, to) = range.split_once('-')?;
    let (from, to): (u64, u64) = (from.parse().ok()?, to.parse().ok()?);
    let total = if total == "*" { None } else { Some(total.parse().ok()?) };
    (from <= to && total.is_none_or(|total| to < total)).then_some((from, total))
}

/// An error of reading a body: ureq's own are inside an `io::Error`.
pub(crate) fn is_interruption(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Interrupted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_is_taken_and_loopback_only_in_tests() {
        let (https, loopback) = (Web::https(), Web::loopback(PATIENCE));
        for url in ["https://osf.io/x", "https://127.0.0.1:8443/x"] {
            assert!(https.takes(url) && loopback.takes(url), "{url}");
        }
        for url in ["http://127.0.0.1:80/x", "http://osf.io/x", "ftp://osf.io", "file:///etc", "x"]
        {
            assert!(!https.takes(url), "{url}");
        }
        assert!(loopback.takes("http://127.0.0.1:80/x"));
        for url in ["http://osf.io/x", "http://127.0.0.1.evil.org/x", "http://user@osf.io/"] {
            assert!(!loopback.takes(url), "{url}");
        }
    }

    #[test]
    fn locations_are_addresses_or_paths() {
        let from = "https://osf.io/a/b?c";
        assert_eq!(absolute(from, "/d").as_deref(), Some("https://osf.io/d"));
        assert_eq!(absolute(from, "https://x.org/y").as_deref(), Some("https://x.org/y"));
        assert_eq!(absolute(from, "//x.org/y"), None);
        assert_eq!(absolute(from, "d"), None);
    }

    #[test]
    fn ranges_that_contradict_themselves_are_none() {
        assert_eq!(parse_content_range("bytes 100-199/200"), Some((100, Some(200))));
        assert_eq!(parse_content_range("bytes 100-199/*"), Some((100, None)));
        for text in
            ["bytes 100-99/200", "bytes 0-200/200", "items 0-1/2", "bytes */200", "", "bytes a-b/c"]
        {
            assert_eq!(parse_content_range(text), None, "{text}");
        }
    }
}
