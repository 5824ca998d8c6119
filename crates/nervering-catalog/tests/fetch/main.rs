//! Fetching from a server on this machine that truncates, stalls, lies about lengths, redirects,
//! corrupts, ignores ranges, and answers errors: what is kept, what is said, and that no file gets
//! its name before its checksum is right.

mod server;

use nervering_catalog::{
    Address, Cache, CatalogError, Dataset, Fetched, How, Network, Received, RemoteFile, Source,
    Verified, Web, fetch,
};
use server::{Act, Request, Server, answer, cut, sound, whole};
use sha2::{Digest, Sha256};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_millis(400);
const MAX_BYTES: u64 = 1 << 20;

/// Bytes that are like no other part of themselves.
fn body() -> Vec<u8> {
    (0..200_000_u32).map(|k| (k.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether the publisher states a checksum.
#[derive(Clone, Copy)]
enum Stated {
    Checksum,
    Nothing,
}

/// A data set of one file, `worms.mat`, at a server, and a cache for it.
struct Place {
    dataset: Dataset,
    cache: Cache,
    folder: TempDir,
}

impl Place {
    fn at(address: Address, stated: Stated) -> Self {
        let sha256 = match stated {
            Stated::Checksum => Some(&*Box::leak(sha256(&body()).into_boxed_str())),
            Stated::Nothing => None,
        };
        let file =
            RemoteFile { name: "worms.mat", n_animals: 5, address, sha256, max_bytes: MAX_BYTES };
        let files = Box::leak(vec![file].into_boxed_slice());
        let dataset = Dataset {
            name: "test2026",
            title: "worms",
            citation: "Nobody 2026",
            osf_project: "xxxxx",
            files,
        };
        let folder = tempfile::tempdir().unwrap();
        Self { dataset, cache: Cache::at(folder.path().join("cache")), folder }
    }

    fn new(server: &Server, stated: Stated) -> Self {
        let url = format!("{}/files/worms.mat", server.address);
        Self::at(Address::File(Box::leak(url.into_boxed_str())), stated)
    }

    fn file(&self) -> &RemoteFile {
        &self.dataset.files[0]
    }

    fn path(&self) -> PathBuf {
        self.cache.path(&self.dataset, self.file())
    }

    fn partial(&self) -> PathBuf {
        PathBuf::from(format!("{}.part", self.path().display()))
    }

    fn fetch_from(&self, source: &Source, network: &Network) -> Result<Fetched, CatalogError> {
        fetch(&self.dataset, self.file(), &self.cache, source, network, &reads, &mut |_| {})
    }

    /// What is used of the data set.
    fn used(&self) -> Result<Vec<Fetched>, CatalogError> {
        self.cache.fetched(&self.dataset, &reads)
    }

    fn fetch(&self) -> Result<Fetched, CatalogError> {
        self.fetch_from(&Source::Publisher, &loopback())
    }

    /// Fetches what cannot be, and gives what is said about it.
    fn refusal(&self) -> String {
        self.refusal_from(&Source::Publisher)
    }

    fn refusal_from(&self, source: &Source) -> String {
        let error = self.fetch_from(source, &loopback()).unwrap_err();
        assert!(!self.path().exists(), "no file may have its name");
        let mut text = error.to_string();
        let mut cause = Error::source(&error);
        while let Some(error) = cause {
            text += &format!("; {error}");
            cause = error.source();
        }
        text
    }

    /// Checks that the file is there, whole, and nothing else.
    fn is_whole(&self) {
        assert_eq!(std::fs::read(self.path()).unwrap(), body());
        let names: Vec<_> = std::fs::read_dir(self.path().parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["worms.mat"]);
    }
}

/// Stands for a reader of files: whatever begins as [`body`] does is the file.
fn reads(path: &Path, _: &RemoteFile) -> Result<(), Box<dyn Error + Send + Sync>> {
    let found = std::fs::read(path)?;
    if found.starts_with(&body()[..8]) { Ok(()) } else { Err("no worms in it".into()) }
}

fn loopback() -> Network {
    Network::Allowed(Web::loopback(PATIENCE))
}

#[test]
fn a_file_is_downloaded_verified_and_then_not_fetched_again() {
    let server = Server::new(|_, request| sound(&body(), "\"v1\"", request));
    let place = Place::new(&server, Stated::Checksum);
    let mut seen = Vec::new();
    let source = Source::Publisher;
    let mut progress = |received: Received| seen.push(received);
    let Place { dataset, cache, .. } = &place;
    let fetched =
        fetch(dataset, place.file(), cache, &source, &loopback(), &reads, &mut progress).unwrap();
    assert_eq!(fetched.how, How::Downloaded { resumed_from: 0 });
    assert_eq!((fetched.verified, fetched.sha256), (Verified::Published, sha256(&body())));
    assert_eq!(seen.first(), Some(&Received { bytes: 0, of: Some(200_000) }));
    assert_eq!(seen.last(), Some(&Received { bytes: 200_000, of: Some(200_000) }));
    assert!(seen.is_sorted_by_key(|received| received.bytes));
    place.is_whole();
    let used = place.used().unwrap();
    assert_eq!((used[0].path.clone(), used[0].how), (place.path(), How::AlreadyThere));

    let again = place.fetch_from(&Source::Publisher, &Network::Off).unwrap();
    assert_eq!(again.how, How::AlreadyThere);
    assert_eq!(server.requests().len(), 1);
    assert_eq!(server.requests()[0].headers["accept-encoding"], "identity");
}

#[test]
fn a_download_that_breaks_off_goes_on_where_it_stopped() {
    for stated in [Stated::Checksum, Stated::Nothing] {
        let server = Server::new(|k, request| match k {
            0 => cut(&body(), 70_000, Some("\"v1\"")),
            _ => sound(&body(), "\"v1\"", request),
        });
        let place = Place::new(&server, stated);
        let text = place.refusal();
        assert!(text.contains("failed after 70000 bytes of 200000"), "{text}");
        assert!(text.contains("run the command again"), "{text}");
        assert_eq!(place.fetch().unwrap().how, How::Downloaded { resumed_from: 70_000 });
        place.is_whole();
        let second = &server.requests()[1];
        assert_eq!(second.headers["range"], "bytes=70000-");
        assert_eq!(second.headers["if-range"], "\"v1\"");
    }
}

#[test]
fn parts_of_two_versions_are_never_joined() {
    let other: Vec<u8> = body().iter().rev().copied().collect();
    // The server says that it has another version now, and sends it whole.
    let server = Server::new(move |k, request| match k {
        0 => cut(&other, 70_000, Some("\"v1\"")),
        _ => sound(&body(), "\"v2\"", request),
    });
    let place = Place::new(&server, Stated::Nothing);
    place.refusal();
    assert_eq!(place.fetch().unwrap().how, How::Downloaded { resumed_from: 0 });
    place.is_whole();

    // It says nothing about versions, and nothing else tells: the part is not used.
    let server = Server::new(|k, request| match k {
        0 => cut(&body(), 70_000, None),
        _ => sound(&body(), "\"v1\"", request),
    });
    let place = Place::new(&server, Stated::Nothing);
    place.refusal();
    assert_eq!(place.fetch().unwrap().how, How::Downloaded { resumed_from: 0 });
    assert!(!server.requests()[1].headers.contains_key("range"));
    place.is_whole();
}

/// A server that was asked for the rest of one version and sends that of another.
#[test]
fn the_rest_of_another_version_is_refused() {
    let with_etag = |body: &[u8], etag: Option<&str>| {
        let range = format!("bytes 70000-{}/{}", body.len() - 1, body.len());
        let length = (body.len() - 70_000).to_string();
        let mut headers = vec![("Content-Range", range), ("Content-Length", length)];
        headers.extend(etag.map(|etag| ("ETag", etag.to_owned())));
        vec![answer("206 Partial Content", &headers, &body[70_000..])]
    };
    for etag in [Some("\"v2\""), None] {
        let server = Server::new(move |k, request| match k {
            0 => cut(&body(), 70_000, Some("\"v1\"")),
            1 => with_etag(&body(), etag),
            _ => sound(&body(), "\"v2\"", request),
        });
        let place = Place::new(&server, Stated::Nothing);
        place.refusal();
        let text = place.refusal();
        assert!(text.contains("expected that range of the same version"), "{text}");
        assert_eq!(place.fetch().unwrap().how, How::Downloaded { resumed_from: 0 });
        place.is_whole();
    }
}

#[test]
fn a_server_that_ignores_ranges_is_read_from_the_beginning() {
    let server =
        Server::new(|k, _| if k == 0 { cut(&body(), 70_000, None) } else { whole(&body()) });
    let place = Place::new(&server, Stated::Checksum);
    place.refusal();
    assert_eq!(place.fetch().unwrap().how, How::Downloaded { resumed_from: 0 });
    assert_eq!(server.requests()[1].headers["range"], "bytes=70000-");
    place.is_whole();
}

#[test]
fn a_range_that_was_not_asked_for_is_refused() {
    for range in ["bytes 0-199999/200000", "bytes 70001-199999/200000", "nonsense"] {
        let server = Server::new(move |k, _| match k {
            0 => cut(&body(), 70_000, None),
            1 => {
                let headers = [("Content-Range", range.into()), ("Content-Length", "5".into())];
                vec![answer("206 Partial Content", &headers, b"12345")]
            }
            _ => whole(&body()),
        });
        let place = Place::new(&server, Stated::Checksum);
        place.refusal();
        let text = place.refusal();
        assert!(text.contains("bytes from 70000 on") && text.contains(range), "{text}");
        place.fetch().unwrap();
        place.is_whole();
    }
}

#[test]
fn a_part_that_is_whole_already_only_needs_to_be_verified() {
    let server = Server::new(|_, request| sound(&body(), "\"v1\"", request));
    let place = Place::new(&server, Stated::Checksum);
    std::fs::create_dir_all(place.partial().parent().unwrap()).unwrap();
    std::fs::write(place.partial(), body()).unwrap();
    assert_eq!(place.fetch().unwrap().how, How::Downloaded { resumed_from: 200_000 });
    place.is_whole();

    let place = Place::new(&server, Stated::Checksum);
    std::fs::create_dir_all(place.partial().parent().unwrap()).unwrap();
    std::fs::write(place.partial(), [body(), vec![7; 99]].concat()).unwrap();
    assert_eq!(place.fetch().unwrap().how, How::Downloaded { resumed_from: 0 });
    place.is_whole();
}

#[test]
fn a_server_that_stalls_is_not_waited_for() {
    let forever = Duration::from_secs(20);
    let before_the_answer = Server::new(move |_, _| vec![Act::Wait(forever)]);
    let within_the_body = Server::new(move |_, _| {
        let mut acts = cut(&body(), 1_000, None);
        acts.push(Act::Wait(forever));
        acts
    });
    for (server, received) in [(before_the_answer, 0), (within_the_body, 1_000)] {
        let place = Place::new(&server, Stated::Checksum);
        let begin = Instant::now();
        let text = place.refusal();
        assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
        assert!(text.contains(&format!("failed after {received} bytes")), "{text}");
        assert!(text.contains("timeout"), "{text}");
    }
}

#[test]
fn a_length_that_is_a_lie_does_no_harm() {
    let with_length = |length: &str| vec![("Content-Length", length.to_owned())];
    // Less than announced, more than can be, less than the whole, and no end at all.
    let huge = Server::new(move |_, _| vec![answer("200 OK", &with_length("99999999999"), b"x")]);
    let text = Place::new(&huge, Stated::Checksum).refusal();
    assert!(text.contains("found 99999999999 bytes") && text.contains("at most 1048576"), "{text}");

    let short = Server::new(move |_, _| vec![answer("200 OK", &with_length("150000"), &body())]);
    let text = Place::new(&short, Stated::Checksum).refusal();
    assert!(text.contains(&sha256(&body())) && text.contains("as published"), "{text}");

    let endless = Server::new(|_, _| {
        let head = answer("200 OK", &[("Transfer-Encoding", "chunked".into())], b"");
        let chunk = [b"10000\r\n".as_slice(), &[0; 0x10000], b"\r\n"].concat();
        std::iter::once(head).chain((0..64).map(|_| Act::Send(chunk.clone()))).collect()
    });
    let place = Place::new(&endless, Stated::Checksum);
    let text = place.refusal();
    assert!(text.contains("expected at most 1048576"), "{text}");
    assert!(!place.partial().exists(), "nothing is kept");
}

#[test]
fn an_answer_without_a_length_is_read_to_its_end() {
    let server = Server::new(|_, _| vec![answer("200 OK", &[], &body())]);
    let place = Place::new(&server, Stated::Checksum);
    place.fetch().unwrap();
    place.is_whole();
}

#[test]
fn bytes_that_were_changed_are_deleted_and_both_checksums_named() {
    let server = Server::new(|_, request| {
        let mut changed = body();
        changed[100_000] ^= 1;
        sound(&changed, "\"v1\"", request)
    });
    let place = Place::new(&server, Stated::Checksum);
    let text = place.refusal();
    let mut changed = body();
    changed[100_000] ^= 1;
    assert!(text.contains(&sha256(&changed)) && text.contains(&sha256(&body())), "{text}");
    assert!(!place.partial().exists());
}

#[test]
fn the_first_copy_is_pinned_and_another_one_refused() {
    let server = Server::new(|k, request| match k {
        0 | 2 => sound(&body(), "\"v1\"", request),
        _ => whole(b"something else"),
    });
    let place = Place::new(&server, Stated::Nothing);
    assert_eq!(place.fetch().unwrap().verified, Verified::PinnedNow);
    assert_eq!(place.fetch().unwrap().verified, Verified::Pinned);
    std::fs::remove_file(place.path()).unwrap();
    let text = place.refusal();
    assert!(text.contains("as the first copy on this machine had"), "{text}");
    assert_eq!(place.fetch().unwrap().verified, Verified::Pinned);
    place.is_whole();
}

#[test]
fn a_copy_that_has_changed_in_the_cache_is_told_and_left_alone() {
    let server = Server::new(|_, request| sound(&body(), "\"v1\"", request));
    for stated in [Stated::Checksum, Stated::Nothing] {
        let place = Place::new(&server, stated);
        place.fetch().unwrap();
        std::fs::write(place.path(), b"edited").unwrap();
        let error = place.fetch().unwrap_err();
        assert!(matches!(error, CatalogError::Checksum { .. }), "{error}");
        assert!(error.to_string().contains("or no longer"), "{error}");
        assert_eq!(std::fs::read(place.path()).unwrap(), b"edited");
    }
}

/// It once was taken as it lay there.
#[test]
fn a_copy_that_has_changed_is_told_before_it_is_used() {
    let server = Server::new(|_, request| sound(&body(), "\"v1\"", request));
    for stated in [Stated::Checksum, Stated::Nothing] {
        let place = Place::new(&server, stated);
        assert!(place.used().unwrap().is_empty());
        place.fetch().unwrap();
        assert_eq!(place.used().unwrap()[0].sha256, sha256(&body()));
        let mut changed = body();
        changed[100_000] ^= 1;
        std::fs::write(place.path(), &changed).unwrap();
        let error = place.used().unwrap_err();
        assert!(matches!(error, CatalogError::Checksum { .. }), "{error}");
        assert!(error.to_string().contains("move it away and fetch it again"), "{error}");
        assert_eq!(std::fs::read(place.path()).unwrap(), changed, "it is left alone");
    }
}

/// The memory of what was hashed may save the hash of a file that has not changed, and no other.
#[test]
fn a_copy_is_hashed_again_when_it_has_changed_since_it_was_used() {
    let server = Server::new(|_, request| sound(&body(), "\"v1\"", request));
    let place = Place::new(&server, Stated::Checksum);
    place.fetch().unwrap();
    let memory = place.cache.folder().join("seen.json");
    std::thread::sleep(Duration::from_millis(2100));
    place.used().unwrap();
    assert!(std::fs::read_to_string(&memory).unwrap().contains(&sha256(&body())));
    place.used().unwrap();

    // The same size, and the time of the last change set back.
    let modified = std::fs::metadata(place.path()).unwrap().modified().unwrap();
    let mut changed = body();
    changed[100_000] ^= 1;
    let set_back = |path: &Path| {
        let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_modified(modified).unwrap();
    };
    std::fs::write(place.path(), &changed).unwrap();
    if cfg!(unix) {
        set_back(&place.path());
    }
    let error = place.used().unwrap_err();
    assert!(matches!(error, CatalogError::Checksum { .. }), "{error}");

    // Another file under its name.
    let other = place.folder.path().join("other");
    std::fs::write(&other, &changed).unwrap();
    std::fs::rename(&other, place.path()).unwrap();
    set_back(&place.path());
    assert!(place.used().is_err());

    // The memory is no witness against a file.
    std::fs::write(place.path(), body()).unwrap();
    for text in ["", "{", "worms"] {
        std::fs::write(&memory, text).unwrap();
        assert_eq!(place.used().unwrap()[0].verified, Verified::Published);
    }
}

#[test]
fn a_file_put_into_the_cache_by_hand_is_read_before_it_is_pinned() {
    let nowhere = Server::new(|_, _| vec![]);
    let place = Place::new(&nowhere, Stated::Nothing);
    std::fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    std::fs::write(place.path(), b"<html>not found</html>").unwrap();
    let text = place.used().unwrap_err().to_string();
    assert!(text.contains("does not read as worms.mat") && text.contains("left"), "{text}");
    std::fs::write(place.path(), body()).unwrap();
    assert_eq!(place.used().unwrap()[0].verified, Verified::PinnedNow);
    assert_eq!(place.used().unwrap()[0].verified, Verified::Pinned);
    std::fs::write(place.path(), [body(), body()].concat()).unwrap();
    assert!(matches!(place.used(), Err(CatalogError::Checksum { .. })));
}

/// It once became the checksum that the file itself was refused for.
#[test]
fn a_page_that_says_what_went_wrong_is_not_pinned() {
    let server = Server::new(|k, request| match k {
        0 => whole(b"<html>please log in</html>"),
        _ => sound(&body(), "\"v1\"", request),
    });
    let place = Place::new(&server, Stated::Nothing);
    let mirror = Source::mirror(&server.address);
    let text = place.refusal_from(&mirror);
    assert!(text.contains("does not read as worms.mat; it was deleted and not pinned"), "{text}");
    assert!(text.contains("no worms in it"), "{text}");
    assert!(!place.partial().exists());
    assert_eq!(place.fetch_from(&mirror, &loopback()).unwrap().verified, Verified::PinnedNow);
    place.is_whole();
}

/// It is never silent for long, and once was listened to for ever.
#[test]
fn a_server_that_trickles_is_given_up_and_what_came_is_kept() {
    let trickle = |head: Act| {
        let drop = || [Act::Wait(PATIENCE / 8), Act::Send(vec![7])];
        std::iter::once(head).chain((0..160).flat_map(move |_| drop())).collect()
    };
    let length = ("Content-Length", "200000".to_owned());
    let server =
        Server::new(move |_, _| trickle(answer("200 OK", std::slice::from_ref(&length), b"")));
    let place = Place::new(&server, Stated::Checksum);
    let start = Instant::now();
    let text = place.refusal();
    assert!(start.elapsed() < PATIENCE * 8, "{:?}", start.elapsed());
    assert!(text.contains("too slow") && text.contains("go on from there"), "{text}");
    let kept = std::fs::metadata(place.partial()).unwrap().len();
    assert!(text.contains(&format!("failed after {kept} bytes of 200000")) && kept > 0, "{text}");

    let server = Server::new(move |_, _| trickle(answer("200 OK", &[], b"")));
    let address = Box::leak(server.address.clone().into_boxed_str());
    let start = Instant::now();
    Place::at(Address::OsfListing(address), Stated::Checksum).refusal();
    assert!(start.elapsed() < PATIENCE * 8, "a listing too: {:?}", start.elapsed());
}

fn redirect(to: &str) -> Vec<Act> {
    vec![answer("302 Found", &[("Location", to.to_owned()), ("Content-Length", "0".into())], b"")]
}

#[test]
fn redirects_are_followed_with_the_range() {
    let server = Server::new(|k, request: &Request| match (k, request.path.as_str()) {
        (0, _) => cut(&body(), 70_000, Some("\"v1\"")),
        (_, "/files/worms.mat") => redirect("/elsewhere"),
        _ => sound(&body(), "\"v1\"", request),
    });
    let place = Place::new(&server, Stated::Checksum);
    place.refusal();
    assert_eq!(place.fetch().unwrap().how, How::Downloaded { resumed_from: 70_000 });
    place.is_whole();
}

#[test]
fn redirects_to_unsafe_addresses_and_in_circles_are_refused() {
    for to in ["http://example.org/worms.mat", "ftp://127.0.0.1/x", "file:///etc/passwd", "x.mat"] {
        let server = Server::new(move |_, _| redirect(to));
        let text = Place::new(&server, Stated::Checksum).refusal();
        assert!(text.contains(to) && text.contains("https://"), "{text}");
        assert_eq!(server.requests().len(), 1);
    }
    let server = Server::new(|k, _| redirect(&format!("/again/{k}")));
    let text = Place::new(&server, Stated::Checksum).refusal();
    assert!(text.contains("more than 5 times"), "{text}");
    assert_eq!(server.requests().len(), 6);
}

#[test]
fn what_users_meet_takes_no_plain_http() {
    let server = Server::new(|_, _| whole(&body()));
    let place = Place::new(&server, Stated::Checksum);
    let network = Network::Allowed(Web::https());
    let error = place.fetch_from(&Source::Publisher, &network).unwrap_err();
    assert!(matches!(error, CatalogError::Address { .. }), "{error}");
    let mirror = Source::mirror(&server.address);
    let error = place.fetch_from(&mirror, &network).unwrap_err();
    assert!(matches!(error, CatalogError::Address { .. }), "{error}");
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn errors_of_the_server_are_told_and_what_is_there_kept() {
    for (status, advice) in [
        ("404 Not Found", "moved"),
        ("403 Forbidden", "access"),
        ("429 Too Many Requests", "later"),
        ("500 Internal Server Error", "later"),
        ("204 No Content", "browser"),
    ] {
        let server = Server::new(move |k, request| match k {
            0 => cut(&body(), 70_000, None),
            1 => vec![answer(status, &[("Content-Length", "0".into())], b"")],
            _ => sound(&body(), "\"v1\"", request),
        });
        let place = Place::new(&server, Stated::Checksum);
        place.refusal();
        let text = place.refusal();
        assert!(text.contains(&status[..3]) && text.contains(advice), "{text}");
        assert_eq!(place.fetch().unwrap().how, How::Downloaded { resumed_from: 70_000 });
    }
}

#[test]
fn a_listing_tells_where_the_file_is() {
    let server = Server::new(|_, request: &Request| {
        if request.path != "/v2/files/" {
            return sound(&body(), "\"v1\"", request);
        }
        let host = &request.headers["host"];
        let json = format!(
            r#"{{"data":[{{"attributes":{{"name":"other.mat"}},"links":{{}}}},
                {{"type":"files","attributes":{{"name":"worms.mat","size":200000}},
                  "links":{{"download":"http://{host}/download/abc"}}}}],"links":{{"next":null}}}}"#
        );
        whole(json.as_bytes())
    });
    let listing = format!("{}/v2/files/", server.address);
    let place =
        Place::at(Address::OsfListing(Box::leak(listing.into_boxed_str())), Stated::Checksum);
    place.fetch().unwrap();
    place.is_whole();
    assert_eq!(server.requests()[1].path, "/download/abc");
}

#[test]
fn a_listing_without_the_file_says_what_to_do() {
    for (json, why) in [
        ("{\"data\":[]}", "0 other entries"),
        ("<html>", "expected value"),
        ("{\"data\":[{\"attributes\":{\"name\":\"worms.mat\"}}]}", "no link"),
    ] {
        let server = Server::new(move |_, _| whole(json.as_bytes()));
        let address = Box::leak(server.address.clone().into_boxed_str());
        let text = Place::at(Address::OsfListing(address), Stated::Checksum).refusal();
        assert!(text.contains(why) && text.contains("https://osf.io/xxxxx/"), "{text}");
        assert!(text.contains("--mirror"), "{text}");
    }
    let endless = Server::new(|_, _| vec![answer("200 OK", &[], &vec![b' '; 5 << 20])]);
    let address = Box::leak(endless.address.clone().into_boxed_str());
    let text = Place::at(Address::OsfListing(address), Stated::Checksum).refusal();
    assert!(text.contains("at most 4194304"), "{text}");
}

#[test]
fn a_mirror_is_a_server_or_a_folder_and_is_verified_too() {
    let nowhere = Server::new(|_, _| vec![]);
    let server = Server::new(|_, request| sound(&body(), "\"v1\"", request));
    let place = Place::new(&nowhere, Stated::Checksum);
    place.fetch_from(&Source::mirror(&format!("{}/lab/", server.address)), &loopback()).unwrap();
    assert_eq!(server.requests()[0].path, "/lab/worms.mat");
    place.is_whole();

    let place = Place::new(&nowhere, Stated::Checksum);
    let mirror = place.folder.path().join("lab");
    std::fs::create_dir(&mirror).unwrap();
    let source = Source::mirror(mirror.to_str().unwrap());
    let text = place.fetch_from(&source, &Network::Off).unwrap_err().to_string();
    assert!(text.contains("worms.mat: not there"), "{text}");
    std::fs::write(mirror.join("worms.mat"), b"something else").unwrap();
    let error = place.fetch_from(&source, &Network::Off).unwrap_err();
    assert!(matches!(error, CatalogError::Checksum { .. }), "{error}");
    std::fs::write(mirror.join("worms.mat"), body()).unwrap();
    assert_eq!(place.fetch_from(&source, &Network::Off).unwrap().how, How::Copied);
    place.is_whole();
    std::fs::write(mirror.join("worms.mat"), vec![0; MAX_BYTES as usize + 1]).unwrap();
    std::fs::remove_file(place.path()).unwrap();
    let error = place.fetch_from(&source, &Network::Off).unwrap_err();
    assert!(matches!(error, CatalogError::TooLarge { .. }), "{error}");
    assert_eq!(nowhere.requests().len(), 0);
}

#[test]
fn without_the_network_nothing_is_asked() {
    let server = Server::new(|_, _| whole(&body()));
    let place = Place::new(&server, Stated::Checksum);
    let error = place.fetch_from(&Source::Publisher, &Network::Off).unwrap_err().to_string();
    assert!(error.contains("network is switched off") && error.contains("worms.mat"), "{error}");
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn two_processes_do_not_write_one_file() {
    let server = Server::new(|_, _| whole(&body()));
    let place = Place::new(&server, Stated::Checksum);
    std::fs::create_dir_all(place.partial().parent().unwrap()).unwrap();
    let held = std::fs::File::create(place.partial()).unwrap();
    held.lock().unwrap();
    let error = place.fetch().unwrap_err();
    assert!(matches!(error, CatalogError::Busy { .. }), "{error}");
    drop(held);
    place.fetch().unwrap();
    place.is_whole();
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/worms.mat", listener.local_addr().unwrap());
    drop(listener);
    let place = Place::at(Address::File(Box::leak(url.clone().into_boxed_str())), Stated::Checksum);
    let text = place.refusal();
    assert!(text.contains(&url) && text.contains("refused"), "{text}");
}

/// A library of encryption that lacks a provider fails at the first use only.
#[test]
fn a_server_that_does_not_speak_tls_is_an_error_and_no_panic() {
    let server = Server::new(|_, _| whole(&body()));
    let url = server.address.replace("http://", "https://");
    let place = Place::at(Address::File(Box::leak(url.into_boxed_str())), Stated::Checksum);
    let text = place.refusal();
    assert!(text.contains("https://127.0.0.1") && text.contains("failed after 0 bytes"), "{text}");
}
