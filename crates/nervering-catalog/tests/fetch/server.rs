//! A server on this machine that misbehaves as told.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a client asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub path: String,
    /// By name in lower case.
    pub headers: BTreeMap<String, String>,
}

/// What the server does, in order; then it closes the connection.
pub enum Act {
    Send(Vec<u8>),
    Wait(Duration),
}

/// A server with the requests that it got. It ends with the test's process.
pub struct Server {
    pub address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers the k-th request (from 0) by `answer`.
    pub fn new(answer: impl Fn(usize, &Request) -> Vec<Act> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some(request) = read_request(&mut stream) else { continue };
                let number = log.lock().unwrap().len();
                log.lock().unwrap().push(request.clone());
                for act in answer(number, &request) {
                    match act {
                        // The client may have gone away: that is what some tests are about.
                        Act::Send(bytes) => drop(stream.write_all(&bytes)),
                        Act::Wait(duration) => std::thread::sleep(duration),
                    }
                }
            }
        });
        Self { address, requests }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        bytes.push(byte[0]);
    }
    let text = String::from_utf8(bytes).unwrap();
    let mut lines = text.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    Some(Request { path, headers: headers.collect() })
}

/// An answer with a status line, headers and a body, whatever they say about each other.
pub fn answer(status: &str, headers: &[(&str, String)], body: &[u8]) -> Act {
    let mut text = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    Act::Send([(text + "\r\n").as_bytes(), body].concat())
}

/// The whole body, with its length.
pub fn whole(body: &[u8]) -> Vec<Act> {
    vec![answer("200 OK", &[("Content-Length", body.len().to_string())], body)]
}

/// A server of one file that keeps to the protocol, ranges and versions included.
pub fn sound(body: &[u8], etag: &str, request: &Request) -> Vec<Act> {
    let etag = ("ETag", etag.to_owned());
    let wanted = request
        .headers
        .get("range")
        .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    let same = request.headers.get("if-range").is_none_or(|version| *version == etag.1);
    match wanted.filter(|_| same) {
        Some(from) if from >= body.len() => {
            let range = ("Content-Range", format!("bytes */{}", body.len()));
            vec![answer("416 Range Not Satisfiable", &[range, ("Content-Length", "0".into())], b"")]
        }
        Some(from) => {
            let range = format!("bytes {from}-{}/{}", body.len() - 1, body.len());
            let length = (body.len() - from).to_string();
            let headers = [("Content-Range", range), ("Content-Length", length), etag];
            vec![answer("206 Partial Content", &headers, &body[from..])]
        }
        None => {
            let length = body.len().to_string();
            vec![answer("200 OK", &[("Content-Length", length), etag], body)]
        }
    }
}

/// The first bytes of a body whose whole length is announced.
pub fn cut(body: &[u8], n_bytes: usize, etag: Option<&str>) -> Vec<Act> {
    let mut headers = vec![("Content-Length", body.len().to_string())];
    headers.extend(etag.map(|etag| ("ETag", etag.to_owned())));
    vec![answer("200 OK", &headers, &body[..n_bytes])]
}
