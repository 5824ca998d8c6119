//! How long reading a file takes: prints `FILE: 5 animals, 17.2 MB of traces, 0.31 s` and so on.
//!
//! `cargo run --release -p nervering-io --example reading_time -- FILE [TIMES]`; the least of TIMES
//! (5) readings in one process is printed, the file then being in the system's cache. The peers in
//! Python and the program that writes a full-size file are in `benches/readers`.

use nervering_io::{ReadOptions, read_recordings};
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("expected a file, and possibly how many times to read it")?;
    let times: u32 = arguments.next().map_or(Ok(5), |times| times.parse())?;
    let (mut least, mut animals, mut n_values) = (Duration::MAX, 0, 0_usize);
    for _ in 0..times.max(1) {
        let start = Instant::now();
        let outcome = read_recordings(Path::new(&path), &ReadOptions::default())?;
        least = least.min(start.elapsed());
        animals = outcome.recordings.len();
        n_values =
            outcome.recordings.iter().map(|recording| recording.traces().values().len()).sum();
    }
    let megabytes = n_values as f64 * 8e-6;
    println!(
        "{path}: {animals} animals, {megabytes:.1} MB of traces, {:.3} s",
        least.as_secs_f64()
    );
    Ok(())
}
