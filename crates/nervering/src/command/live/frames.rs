//! Frames from a stream of lines: [`Stream`] reads CSV, with a header, or JSON lines, whichever the first line
//! is. A line that is no frame is a [`Doubt`], not an end.

use super::doubts::Doubt;
use crate::failure::Failure;
use crate::nearest::meant;
use nervering::recording::NeuronName;
use serde_json::{Map, Value};
use std::io::BufRead;

/// Names that a column of times goes by.
const TIMES: [&str; 5] = ["time_s", "time", "seconds", "timestamp", "t"];
/// Objects in which a JSON line may hold its traces.
const WITHIN: [&str; 2] = ["traces", "neurons"];
/// Bytes of a line, at most: of a stream that is none of ours, no more is held.
const MOST_BYTES: u64 = 1 << 20;

/// One frame of the stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// The line that it stood in, from 1.
    pub line: usize,
    /// Its time in seconds.
    pub seconds: f64,
    /// The trace of each neuron of the model; `None` where there is none.
    pub traces: Vec<Option<f64>>,
}

/// Frames as they come.
pub struct Stream<'n, R> {
    lines: R,
    neurons: &'n [NeuronName],
    n_lines: usize,
    kind: Option<Kind>,
    /// The first line of a table, which a publisher may say again.
    header: String,
}

/// What lines are.
enum Kind {
    Csv {
        delimiter: u8,
        time: usize,
        /// Of each neuron of the model.
        columns: Vec<usize>,
    },
    Json,
}

impl<'n, R: BufRead> Stream<'n, R> {
    /// Before the first line, for the neurons of a model.
    pub fn new(lines: R, neurons: &'n [NeuronName]) -> Self {
        Self { lines, neurons, n_lines: 0, kind: None, header: String::new() }
    }

    /// The next frame; `None` at the end of the stream.
    ///
    /// # Errors
    /// [`Failure::Stream`] for a header that lacks the time or a neuron of the model, and for a stream that
    /// cannot be read.
    pub fn next_frame(&mut self) -> Result<Option<Result<Frame, Doubt>>, Failure> {
        loop {
            let Some(line) = self.line()? else { return Ok(None) };
            let text = line.trim_start_matches('\u{feff}').trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            match &self.kind {
                None if text.starts_with('{') => self.kind = Some(Kind::Json),
                None => {
                    self.kind = Some(self.header(text)?);
                    text.clone_into(&mut self.header);
                    continue;
                }
                Some(_) if text == self.header => continue,
                Some(_) => {}
            }
            return Ok(Some(match &self.kind {
                Some(Kind::Csv { delimiter, time, columns }) => {
                    self.of_cells(&cells(text, *delimiter), *time, columns)
                }
                _ => self.of_object(text),
            }));
        }
    }

    fn line(&mut self) -> Result<Option<String>, Failure> {
        let refused = |reason: String| Failure::Stream { reason };
        let mut line = Vec::new();
        let n = std::io::Read::take(&mut self.lines, MOST_BYTES).read_until(b'\n', &mut line);
        let n = n.map_err(|error| refused(format!("failed to read: {error}")))?;
        self.n_lines += 1;
        if n as u64 == MOST_BYTES {
            return Err(refused(format!("line {} is longer than a frame can be", self.n_lines)));
        }
        let text = || {
            String::from_utf8(line).map_err(|_| {
                refused(format!("line {}: found bytes that are no text", self.n_lines))
            })
        };
        if n == 0 { Ok(None) } else { text().map(Some) }
    }

    /// Where the time and each neuron of the model stand.
    fn header(&self, text: &str) -> Result<Kind, Failure> {
        let of = |delimiter: &&u8| text.bytes().filter(|byte| byte == *delimiter).count();
        let delimiter = *b",;\t".iter().max_by_key(of).unwrap_or(&b',');
        let names = cells(text, delimiter);
        let refused = |reason: String| Failure::Stream { reason };
        let is_time = |name: &String| TIMES.contains(&name.trim().to_lowercase().as_str());
        let time = names.iter().position(is_time).ok_or_else(|| {
            refused(format!(
                "line {}: found no column of times in the header, expected one called time_s, or JSON lines",
                self.n_lines
            ))
        })?;
        let column = |neuron: &NeuronName| names.iter().position(|name| is_of(name, neuron));
        let missing: Vec<&NeuronName> =
            self.neurons.iter().filter(|neuron| column(neuron).is_none()).collect();
        if let Some(first) = missing.first() {
            let listed: Vec<&str> = missing.iter().map(|neuron| neuron.as_str()).collect();
            let meant = meant(first.as_str(), names.iter().map(String::as_str));
            return Err(refused(format!(
                "line {}: the header lacks {}, which the model reads{meant}",
                self.n_lines,
                listed.join(", ")
            )));
        }
        Ok(Kind::Csv { delimiter, time, columns: self.neurons.iter().filter_map(column).collect() })
    }

    fn of_cells(&self, cells: &[String], time: usize, columns: &[usize]) -> Result<Frame, Doubt> {
        let line = self.n_lines;
        let cell = |column: usize| cells.get(column).map(|cell| cell.trim()).unwrap_or_default();
        let found = || cell(time).to_owned();
        let seconds = number(cell(time))
            .ok()
            .flatten()
            .ok_or_else(|| Doubt::NoTime { line, found: found() })?;
        let trace = |(&column, neuron): (&usize, &NeuronName)| {
            number(cell(column)).map_err(|found| Doubt::NoNumber {
                line,
                neuron: neuron.clone(),
                found,
            })
        };
        let traces = columns.iter().zip(self.neurons).map(trace).collect::<Result<_, _>>()?;
        Ok(Frame { line, seconds, traces })
    }

    fn of_object(&self, text: &str) -> Result<Frame, Doubt> {
        let line = self.n_lines;
        let object: Map<String, Value> = serde_json::from_str(text)
            .map_err(|error| Doubt::Refused { line, reason: format!("no JSON object: {error}") })?;
        let time = TIMES.iter().find_map(|name| object.get(*name));
        let seconds = time.and_then(Value::as_f64).filter(|seconds| seconds.is_finite());
        let found = time.map_or_else(|| "nothing".to_owned(), Value::to_string);
        let seconds = seconds.ok_or(Doubt::NoTime { line, found })?;
        let within = WITHIN.iter().find_map(|name| object.get(*name)?.as_object());
        let traces = within.unwrap_or(&object);
        let of_neuron = |neuron: &NeuronName| {
            let exact = traces.get(neuron.as_str());
            let value = exact
                .or_else(|| traces.iter().find(|(name, _)| is_of(name, neuron)).map(|(_, v)| v));
            match value {
                None | Some(Value::Null) => Ok(None),
                Some(value) => match value.as_f64() {
                    Some(trace) if trace.is_finite() => Ok(Some(trace)),
                    _ => Err(Doubt::NoNumber {
                        line,
                        neuron: neuron.clone(),
                        found: value.to_string(),
                    }),
                },
            }
        };
        let traces = self.neurons.iter().map(of_neuron).collect::<Result<_, _>>()?;
        Ok(Frame { line, seconds, traces })
    }
}

/// Whether a name in the stream is that of a neuron: `VB1` is VB01.
fn is_of(name: &str, neuron: &NeuronName) -> bool {
    name.trim().parse::<NeuronName>().is_ok_and(|name| name == *neuron)
}

/// The cells of a line.
fn cells(line: &str, delimiter: u8) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.has_headers(false).flexible(true).delimiter(delimiter);
    let mut records = reader.from_reader(line.as_bytes()).into_records();
    let record = records.next().and_then(Result::ok).unwrap_or_default();
    record.iter().map(str::to_owned).collect()
}

/// A number, or nothing where the cell says that there is none; the text where it is neither.
fn number(cell: &str) -> Result<Option<f64>, String> {
    if cell.is_empty() || ["nan", "na", "null", "none"].contains(&cell.to_lowercase().as_str()) {
        return Ok(None);
    }
    match cell.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Some(value)),
        _ => Err(cell.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn neurons() -> Vec<NeuronName> {
        ["AVAL", "VB01"].map(|name| name.parse().unwrap()).into()
    }

    fn read(text: &str) -> Result<Vec<Result<Frame, Doubt>>, Failure> {
        let neurons = neurons();
        let mut stream = Stream::new(text.as_bytes(), &neurons);
        let mut frames = Vec::new();
        while let Some(frame) = stream.next_frame()? {
            frames.push(frame);
        }
        Ok(frames)
    }

    fn frame(line: usize, seconds: f64, traces: [Option<f64>; 2]) -> Result<Frame, Doubt> {
        Ok(Frame { line, seconds, traces: traces.into() })
    }

    #[test]
    fn tables_and_objects_are_read_and_neurons_found_by_name() {
        // A header may be said again.
        let header = "time_s,VB1,other,AVAL,state\n";
        let csv = format!("\u{feff}{header}0.5,2,9,1,FWD\n\n{header}0.9,,9,nan,FWD\n");
        let expected = [frame(2, 0.5, [Some(1.), Some(2.)]), frame(5, 0.9, [None, None])];
        assert_eq!(read(&csv).unwrap(), expected);
        let tabs = "t\tAVAL\tVB01\n0.5\t1\t2\n";
        assert_eq!(read(tabs).unwrap(), [frame(2, 0.5, [Some(1.), Some(2.)])]);
        let json = "{\"time\": 0.5, \"AVAL\": 1, \"VB1\": 2}\n{\"t\": 0.9, \"traces\": {\"AVAL\": null}}\n";
        let expected = [frame(1, 0.5, [Some(1.), Some(2.)]), frame(2, 0.9, [None, None])];
        assert_eq!(read(json).unwrap(), expected);
    }

    #[test]
    fn a_line_that_is_no_frame_is_told_and_the_next_is_read() {
        let text = "time_s,AVAL,VB01\nx,1,2\n0.5,one,2\n1,1,2\n";
        let read = read(text).unwrap();
        assert!(matches!(&read[0], Err(Doubt::NoTime { line: 2, found }) if found == "x"));
        assert!(matches!(&read[1], Err(Doubt::NoNumber { line: 3, found, .. }) if found == "one"));
        assert!(read[2].is_ok());
        let broken = self::read("{\"t\": 1, \"AVAL\": 1, \"VB01\": 2}\n{\"t\": 2,\n").unwrap();
        assert!(matches!(&broken[1], Err(Doubt::Refused { line: 2, .. })));
    }

    #[test]
    fn a_header_that_lacks_what_the_model_reads_ends_it() {
        let said = |text: &str| read(text).unwrap_err().to_string();
        assert!(said("AVAL,VB01\n1,2\n").contains("no column of times"));
        let near = said("time_s,AVAR,VB02\n0,1,2\n");
        assert!(near.contains("lacks AVAL, VB01") && near.contains("did you mean AVAR?"), "{near}");
    }
}
