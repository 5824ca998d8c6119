//! Files in the Kato layout for tests, written by `hdf5-pure`, a writer that shares no code with
//! the reader under test.

#![allow(dead_code, reason = "every test file uses another part of it")]

use hdf5_pure::mat::{CellWriter, MatBuilder, MatClass, MatError, Options, StructWriter};
use std::path::{Path, PathBuf};

/// What stands in the entry of one neuron's name.
#[derive(Clone)]
pub enum Name {
    Text(&'static str),
    Nested(Vec<&'static str>),
    Empty,
    Number(f64),
}

/// One worm of a fixture.
#[derive(Clone)]
pub struct Worm {
    pub dataset: &'static str,
    pub names: Vec<Name>,
    /// Seconds.
    pub tv: Vec<f64>,
    pub fps: f64,
    /// `[neuron][frame]`.
    pub traces: Vec<Vec<f64>>,
    /// Field name and its vector.
    pub states: Vec<(&'static str, Vec<f64>)>,
}

/// Where the derivative stands.
#[derive(Clone, Copy, PartialEq)]
pub enum Derivs {
    None,
    /// One matrix per worm.
    Matrices,
    /// One matrix per worm, a frame short.
    Shorter,
    /// A struct per worm with one fitting matrix among other things.
    StructPerWorm,
    /// A struct that holds a cell array with one matrix per worm.
    StructOfCells,
    /// A struct per worm with two fitting matrices of unknown names.
    Ambiguous,
    /// Matrices of another shape.
    Misshapen,
}

/// How the behaviour is written.
#[derive(Clone, PartialEq)]
pub enum States {
    None,
    Vectors,
    Codes { key: Option<Vec<&'static str>> },
}

#[derive(Clone)]
pub struct Fixture {
    pub root: Option<&'static str>,
    pub worms: Vec<Worm>,
    pub derivs: Derivs,
    pub states: States,
    pub full: bool,
    /// Write traces as `[frame, neuron]` instead of `[neuron, frame]`.
    pub transposed: bool,
    /// Field names of the older deposit.
    pub older: bool,
    /// Name of the trace field.
    pub trace_field: &'static str,
}

pub const STATES: [&str; 8] = ["dt", "fwd", "nostate", "rev1", "rev2", "revsus", "slow", "vt"];

/// A trace value that tells worm, neuron and frame apart.
pub fn value(worm: usize, neuron: usize, frame: usize) -> f64 {
    (worm as f64 + 1.) * ((neuron as f64 + 1.) * frame as f64 * 0.05).sin() + 0.001 * frame as f64
}

/// The state of a frame in the fixtures, as an index into [`STATES`].
pub fn state(worm: usize, frame: usize) -> usize {
    (frame / 7 + worm) % STATES.len()
}

impl Worm {
    pub fn new(
        worm: usize,
        dataset: &'static str,
        names: &[&'static str],
        n_frames: usize,
    ) -> Self {
        let marks = |k: usize| (0..n_frames).map(move |t| f64::from(u8::from(state(worm, t) == k)));
        Self {
            dataset,
            names: names.iter().map(|name| Name::Text(name)).collect(),
            tv: (0..n_frames).map(|t| 16. + t as f64 / 3.).collect(),
            fps: 3.,
            traces: (0..names.len())
                .map(|n| (0..n_frames).map(|t| value(worm, n, t)).collect())
                .collect(),
            states: STATES
                .iter()
                .enumerate()
                .map(|(k, name)| (*name, marks(k).collect()))
                .collect(),
        }
    }

    pub fn derivative(&self) -> Vec<Vec<f64>> {
        self.traces
            .iter()
            .map(|trace| {
                let mut slope: Vec<f64> =
                    trace.windows(2).map(|w| (w[1] - w[0]) * self.fps).collect();
                slope.push(slope[slope.len() - 1]);
                slope
            })
            .collect()
    }
}

impl Fixture {
    /// Two worms in the layout of the cut-down file.
    pub fn partial() -> Self {
        let mut second = Worm::new(1, "TS2", &["1", "AVAL", "RIML", "4"], 90);
        second.names[3] = Name::Nested(vec!["VB2"]);
        Self {
            root: Some("WT_NoStim"),
            worms: vec![Worm::new(0, "TS1", &["AVAL", "2", "RIML", "VB02"], 100), second],
            derivs: Derivs::None,
            states: States::Vectors,
            full: false,
            transposed: false,
            older: false,
            trace_field: "deltaFOverF_bc",
        }
    }

    /// Two worms in the layout of the published file.
    pub fn full() -> Self {
        Self { full: true, derivs: Derivs::Matrices, ..Self::partial() }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut mat = MatBuilder::new(Options::default());
        let built = match self.root {
            Some(root) => mat.struct_(root, |s| self.write_fields(s)).map(|_| ()),
            // A struct saved with `-struct`: its fields are the variables of the file.
            None => {
                let inner = self.clone();
                inner.write_top(&mut mat)
            }
        };
        built.unwrap();
        mat.finish().unwrap()
    }

    pub fn write(&self, folder: &Path) -> PathBuf {
        let path = folder.join("fixture.mat");
        std::fs::write(&path, self.bytes()).unwrap();
        path
    }

    fn write_top(&self, mat: &mut MatBuilder) -> Result<(), MatError> {
        let n = self.worms.len();
        let entries = [1, n];
        mat.cell("deltaFOverF_bc", &entries, |c| self.traces(c))?;
        mat.cell("NeuronNames", &entries, |c| self.names(c))?;
        mat.cell("tv", &entries, |c| self.times(c))?;
        Ok(())
    }

    fn write_fields(&self, s: &mut StructWriter) -> Result<(), MatError> {
        let entries = [1, self.worms.len()];
        let name = |new, old| if self.older { old } else { new };
        s.cell(name("NeuronNames", "IDs"), &entries, |c| self.names(c))?;
        s.cell("dataset", &entries, |c| {
            self.worms.iter().try_for_each(|w| c.push_char(w.dataset).map(|_| ()))
        })?;
        s.cell("fps", &entries, |c| {
            self.worms.iter().try_for_each(|w| c.push_scalar_f64(w.fps).map(|_| ()))
        })?;
        s.cell(name("tv", "timVectorSeconds"), &entries, |c| self.times(c))?;
        s.cell(name(self.trace_field, "traces"), &entries, |c| self.traces(c))?;
        match &self.states {
            States::None => {}
            States::Vectors => {
                s.cell("States", &entries, |c| {
                    self.worms.iter().try_for_each(|w| {
                        c.push_struct(|s| {
                            w.states.iter().try_for_each(|(name, v)| {
                                s.write_f64(name, &[v.len(), 1], v).map(|_| ())
                            })
                        })
                        .map(|_| ())
                    })
                })?;
            }
            States::Codes { key } => {
                s.cell("States", &entries, |c| {
                    self.worms.iter().enumerate().try_for_each(|(k, w)| {
                        let codes: Vec<f64> =
                            (0..w.tv.len()).map(|t| state(k, t) as f64 + 1.).collect();
                        c.push_f64(&[codes.len(), 1], &codes).map(|_| ())
                    })
                })?;
                if let Some(key) = key {
                    s.cell("States_key", &[1, key.len()], |c| {
                        key.iter().try_for_each(|name| c.push_char(name).map(|_| ()))
                    })?;
                }
            }
        }
        self.write_derivs(s, &entries)?;
        if self.full {
            // What the published file has besides; none of it is read.
            s.cell("deltaFOverF", &entries, |c| {
                self.worms.iter().try_for_each(|w| {
                    let raw: Vec<f64> = w.traces.concat().iter().map(|v| v + 1.).collect();
                    c.push_f64(&[w.tv.len(), w.traces.len()], &raw).map(|_| ())
                })
            })?;
            s.struct_("Opts", |s| {
                s.write_char("refStructName", "simple")?;
                s.write_scalar_logical("useBleachCorrection", true)?;
                s.cell("excludePlots", &[1, 2], |c| {
                    c.push_scalar_f64(1.)?;
                    c.push_empty(MatClass::Double, &[0, 0])?;
                    Ok(())
                })?;
                Ok(())
            })?;
            s.struct_("stateParams", |s| s.write_scalar_f64("threshold", 0.05).map(|_| ()))?;
        }
        Ok(())
    }

    fn names(&self, c: &mut CellWriter) -> Result<(), MatError> {
        self.worms.iter().try_for_each(|w| {
            c.push_cell(&[1, w.names.len()], |c| {
                w.names.iter().try_for_each(|name| match name {
                    Name::Text(text) => c.push_char(text).map(|_| ()),
                    Name::Number(number) => c.push_scalar_f64(*number).map(|_| ()),
                    Name::Empty => c.push_empty(MatClass::Double, &[0, 0]).map(|_| ()),
                    Name::Nested(texts) => c
                        .push_cell(&[1, texts.len()], |c| {
                            texts.iter().try_for_each(|text| c.push_char(text).map(|_| ()))
                        })
                        .map(|_| ()),
                })
            })
            .map(|_| ())
        })
    }

    fn times(&self, c: &mut CellWriter) -> Result<(), MatError> {
        self.worms.iter().try_for_each(|w| c.push_f64(&[w.tv.len(), 1], &w.tv).map(|_| ()))
    }

    fn traces(&self, c: &mut CellWriter) -> Result<(), MatError> {
        self.worms.iter().try_for_each(|w| {
            let (n_neurons, n_frames) = (w.traces.len(), w.traces[0].len());
            if self.transposed {
                let by_frame: Vec<f64> = (0..n_frames)
                    .flat_map(|t| w.traces.iter().map(move |trace| trace[t]))
                    .collect();
                c.push_f64(&[n_neurons, n_frames], &by_frame).map(|_| ())
            } else {
                c.push_f64(&[n_frames, n_neurons], &w.traces.concat()).map(|_| ())
            }
        })
    }

    fn write_derivs(&self, s: &mut StructWriter, entries: &[usize]) -> Result<(), MatError> {
        let cut = usize::from(self.derivs == Derivs::Shorter);
        let matrix = |w: &Worm| {
            let n_frames = w.tv.len() - cut;
            let values: Vec<f64> =
                w.derivative().iter().flat_map(|slope| slope[..n_frames].to_vec()).collect();
            ([n_frames, w.traces.len()], values)
        };
        let push = |c: &mut CellWriter, w: &Worm| {
            let (dims, values) = matrix(w);
            c.push_f64(&dims, &values).map(|_| ())
        };
        match self.derivs {
            Derivs::None => {}
            Derivs::Matrices | Derivs::Shorter => {
                let name = if self.older { "tracesDif" } else { "derivs" };
                s.cell(name, entries, |c| self.worms.iter().try_for_each(|w| push(c, w)))?;
            }
            Derivs::StructPerWorm | Derivs::Ambiguous => {
                let ambiguous = self.derivs == Derivs::Ambiguous;
                s.cell("derivs", entries, |c| {
                    self.worms.iter().try_for_each(|w| {
                        c.push_struct(|s| {
                            let (dims, values) = matrix(w);
                            if ambiguous {
                                s.write_f64("smooth", &dims, &values)?;
                                s.write_f64("smoother", &dims, &values)?;
                            } else {
                                s.write_f64("deltaFOverF_bc", &dims, &values)?;
                                s.write_f64("deltaFOverF", &dims, &values)?;
                                s.write_scalar_f64("alpha", 0.1)?;
                            }
                            Ok(())
                        })
                        .map(|_| ())
                    })
                })?;
            }
            Derivs::StructOfCells => {
                s.struct_("derivs", |s| {
                    s.write_scalar_f64("alpha", 0.1)?;
                    s.cell("traces", entries, |c| self.worms.iter().try_for_each(|w| push(c, w)))?;
                    Ok(())
                })?;
            }
            Derivs::Misshapen => {
                s.cell("derivs", entries, |c| {
                    self.worms.iter().try_for_each(|_| c.push_f64(&[3, 2], &[0.; 6]).map(|_| ()))
                })?;
            }
        }
        Ok(())
    }
}

/// The folder of the real recordings, or nothing with a note on standard error.
pub fn real_data() -> Option<PathBuf> {
    let folder = match std::env::var_os("NERVERING_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
    };
    let folder = folder.join("kato2015");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no real recordings in {} (set NERVERING_DATA)", folder.display());
    None
}
