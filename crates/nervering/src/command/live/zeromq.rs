//! Frames from a ZeroMQ socket: [`Messages`] connects to one that publishes (`PUB`, `XPUB`) or pushes (`PUSH`) and
//! reads as the lines of its messages, the last part of each.
//!
//! After ZMTP 3.0 (RFC 23/ZMTP of the ZeroMQ project), as much as a reader needs: TCP, no encryption, every
//! topic. Peers of later versions speak it as well.

use crate::failure::Failure;
use crate::output::talk;
use std::io::{BufReader, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Between two attempts to reach a socket that is not there yet.
const PATIENCE: Duration = Duration::from_millis(200);
/// Bytes of a message, at most: of a peer that speaks something else no more is held.
const MOST_BYTES: u64 = 1 << 20;
/// Signature, version 3.0, no security, a client.
const GREETING: [u8; 64] = {
    let mut bytes = [0; 64];
    (bytes[0], bytes[9], bytes[10]) = (0xff, 0x7f, 3);
    let mechanism = b"NULL";
    let mut at = 0;
    while at < mechanism.len() {
        bytes[12 + at] = mechanism[at];
        at += 1;
    }
    bytes
};
/// Flags of a frame.
const MORE: u8 = 1;
const LONG: u8 = 2;
const COMMAND: u8 = 4;

/// The messages of a socket as lines; they end when the peer closes.
pub struct Messages {
    peer: BufReader<TcpStream>,
    /// What is left of the last message, and its end of line.
    line: Vec<u8>,
    used: usize,
}

impl Messages {
    /// Waits for a socket at `tcp://HOST:PORT` and agrees with it on what is sent.
    ///
    /// # Errors
    /// [`Failure::Stream`] for another address, and for a peer that speaks something else.
    pub fn connect(address: &str) -> std::result::Result<Self, Failure> {
        let refused = |reason: String| Failure::Stream { reason };
        let at = address.strip_prefix("tcp://").filter(|at| at.contains(':')).ok_or_else(|| {
            refused(format!("{address}: expected an address like tcp://127.0.0.1:5555"))
        })?;
        let mut has_told = false;
        let peer = loop {
            match TcpStream::connect(at) {
                Ok(peer) => break peer,
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                    if !has_told {
                        talk(&format!("waiting for a socket at {address}"));
                        has_told = true;
                    }
                    std::thread::sleep(PATIENCE);
                }
                Err(error) => return Err(refused(format!("{address}: {error}"))),
            }
        };
        Self::agree(peer).map_err(|error| refused(format!("{address}: {error}")))
    }

    /// The greeting, the kinds of the sockets, and the wish for every topic.
    fn agree(peer: TcpStream) -> Result<Self> {
        peer.set_nodelay(true)?;
        let mut messages = Self { peer: BufReader::new(peer), line: Vec::new(), used: 0 };
        messages.send(&GREETING)?;
        let mut theirs = [0; 64];
        messages.peer.read_exact(&mut theirs)?;
        if [theirs[0], theirs[9]] != [GREETING[0], GREETING[9]] || theirs[10] < GREETING[10] {
            return Err(wrong("the peer does not speak ZeroMQ's protocol, version 3"));
        }
        if theirs[12..32] != GREETING[12..32] {
            return Err(wrong("the peer asks for encryption or a password, which is not built in"));
        }
        let (flags, body) = messages.frame()?;
        let kind = (flags & COMMAND != 0).then(|| socket_kind(&body)).flatten();
        let ours: &[u8] = match kind {
            Some(b"PUB" | b"XPUB") => b"SUB",
            Some(b"PUSH") => b"PULL",
            _ => return Err(wrong("the peer neither publishes (PUB) nor pushes (PUSH)")),
        };
        let mut ready = b"\x05READY\x0bSocket-Type".to_vec();
        ready.extend((ours.len() as u32).to_be_bytes());
        ready.extend(ours);
        let of_frame = [COMMAND, ready.len() as u8];
        messages.send(&[&of_frame[..], &ready].concat())?;
        if ours == b"SUB" {
            // A message of one byte: from now on, what begins with nothing in particular.
            messages.send(&[0, 1, 1])?;
        }
        Ok(messages)
    }

    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.peer.get_mut().write_all(bytes)
    }

    /// Flags and body of the next frame.
    fn frame(&mut self) -> Result<(u8, Vec<u8>)> {
        let mut flags = [0];
        self.peer.read_exact(&mut flags)?;
        let [flags] = flags;
        let length = if flags & LONG != 0 {
            let mut length = [0; 8];
            self.peer.read_exact(&mut length)?;
            u64::from_be_bytes(length)
        } else {
            let mut length = [0];
            self.peer.read_exact(&mut length)?;
            u64::from(length[0])
        };
        if flags > MORE + LONG + COMMAND || length > MOST_BYTES {
            return Err(wrong(
                "the peer sent what is no frame, or a message longer than a frame can be",
            ));
        }
        let mut body = vec![0; length as usize];
        self.peer.read_exact(&mut body)?;
        Ok((flags, body))
    }
}

impl Read for Messages {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        while self.used == self.line.len() {
            match self.frame() {
                // Of a message in parts the last is its line; commands are for the connection.
                Ok((flags, _)) if flags & (MORE | COMMAND) != 0 => {}
                Ok((_, body)) => {
                    (self.line, self.used) = (body, 0);
                    self.line.push(b'\n');
                }
                Err(error) if has_left(&error) => return Ok(0),
                Err(error) => return Err(error),
            }
        }
        let n = to.len().min(self.line.len() - self.used);
        to[..n].copy_from_slice(&self.line[self.used..][..n]);
        self.used += n;
        Ok(n)
    }
}

/// Whether the peer has closed the connection.
fn has_left(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted
    )
}

fn wrong(what: &str) -> std::io::Error {
    std::io::Error::new(ErrorKind::InvalidData, what)
}

/// The kind of socket that a READY command names.
fn socket_kind(body: &[u8]) -> Option<&[u8]> {
    let mut rest = body.strip_prefix(b"\x05READY")?;
    while let Some((&n, after)) = rest.split_first() {
        let (name, after) = after.split_at_checked(usize::from(n))?;
        let (length, after) = after.split_first_chunk::<4>()?;
        let (value, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        if name.eq_ignore_ascii_case(b"Socket-Type") {
            return Some(value);
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufRead;
    use std::net::TcpListener;

    /// What is read from a peer that sends these bytes after its greeting; and what it was sent.
    fn told(kind: &str, then: &[u8]) -> (std::result::Result<Vec<String>, String>, Vec<u8>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("tcp://{}", listener.local_addr().unwrap());
        let mut sends = GREETING.to_vec();
        let ready =
            [&b"\x05READY\x08Identity\0\0\0\0\x0bSocket-Type\0\0\0"[..], &[kind.len() as u8]];
        let ready = [&ready.concat(), kind.as_bytes()].concat();
        sends.extend([COMMAND, ready.len() as u8]);
        sends.extend(ready);
        sends.extend(then);
        let peer = std::thread::spawn(move || {
            let (mut peer, _) = listener.accept().unwrap();
            peer.write_all(&sends).unwrap();
            peer.shutdown(std::net::Shutdown::Write).unwrap();
            let mut received = Vec::new();
            _ = peer.read_to_end(&mut received);
            received
        });
        let read = || -> std::result::Result<Vec<String>, String> {
            let messages = Messages::connect(&address).map_err(|error| error.to_string())?;
            let lines = BufReader::new(messages).lines();
            lines.collect::<Result<_>>().map_err(|error| error.to_string())
        };
        let read = read();
        (read, peer.join().unwrap())
    }

    #[test]
    fn messages_are_lines_and_the_last_part_of_each_counts() {
        let long = [&[LONG, 0, 0, 0, 0, 0, 0, 0, 3][..], b"0,1"].concat();
        let parts = [&[MORE, 5][..], b"topic", &[0, 3], b"1,2", &[COMMAND, 5, 4], b"PING"].concat();
        let (read, sent) = told("PUB", &[long.clone(), parts.clone()].concat());
        assert_eq!(read.unwrap(), ["0,1", "1,2"]);
        assert!(
            sent.starts_with(&GREETING) && sent.ends_with(b"\0\0\0\x03SUB\0\x01\x01"),
            "{sent:?}"
        );
        let (read, sent) = told("PUSH", &long);
        assert_eq!(read.unwrap(), ["0,1"]);
        assert!(sent.ends_with(b"Socket-Type\0\0\0\x04PULL"), "{sent:?}");
    }

    #[test]
    fn peers_that_send_something_else_are_refused_and_nothing_large_is_held() {
        assert!(told("REP", &[]).0.unwrap_err().contains("neither publishes"));
        let endless = [LONG, 0xff, 0, 0, 0, 0, 0, 0, 0];
        assert!(told("PUB", &endless).0.unwrap_err().contains("longer than"));
        // Cut off within a frame: what came before it is all there is.
        assert_eq!(told("PUB", &[0, 9, 1]).0.unwrap(), Vec::<String>::new());
        assert!(
            Messages::connect("ipc://x").err().unwrap().to_string().contains("expected an address")
        );
    }

    #[test]
    fn a_command_that_is_cut_off_names_no_socket() {
        let body = b"\x05READY\x0bSocket-Type\0\0\0\x03PUB";
        assert_eq!(socket_kind(body), Some(&b"PUB"[..]));
        for n in 0..body.len() {
            assert_eq!(socket_kind(&body[..n]), None, "{n} bytes");
        }
    }
}
