//! MATLAB files of any content for tests: a [`Tree`] of values, written as v5 by a small writer of
//! our own and as v7.3 by `hdf5-pure`. Neither shares code with the readers.

#![allow(dead_code, reason = "every test file uses another part of it")]

use flate2::Compression;
use flate2::write::ZlibEncoder;
use hdf5_pure::{AttrValue, DatasetBuilder, FileBuilder, GroupBuilder};
use std::io::Write;

/// One MATLAB value. Numbers stand column by column, as MATLAB has them.
#[derive(Clone, Debug)]
pub enum Tree {
    /// Doubles of rows × columns.
    Matrix(usize, usize, Vec<f64>),
    Text(String),
    /// Rows of characters of one length.
    Lines(Vec<String>),
    /// An object of a class, such as string, whose content is of no concern here.
    Object(String),
    /// A row of cells.
    Cell(Vec<Tree>),
    Struct(Vec<(String, Tree)>),
    /// A row of structs: names, and the values of each struct.
    Structs(Vec<String>, Vec<Vec<Tree>>),
}

/// How a v5 file is written.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Form {
    Plain,
    Compressed,
    BigEndian,
}

pub fn text(text: &str) -> Tree {
    Tree::Text(text.into())
}

/// An array of characters.
pub fn lines(lines: &[&str]) -> Tree {
    let width = lines.iter().map(|line| line.len()).max().unwrap();
    Tree::Lines(lines.iter().map(|line| format!("{line:width$}")).collect())
}

pub fn scalar(value: f64) -> Tree {
    Tree::Matrix(1, 1, vec![value])
}

/// A column.
pub fn column(values: &[f64]) -> Tree {
    Tree::Matrix(values.len(), 1, values.to_vec())
}

pub fn empty() -> Tree {
    Tree::Matrix(0, 0, Vec::new())
}

/// A cell array of text.
pub fn texts(names: &[&str]) -> Tree {
    Tree::Cell(names.iter().map(|name| text(name)).collect())
}

pub fn structure<const N: usize>(fields: [(&str, Tree); N]) -> Tree {
    Tree::Struct(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

impl Tree {
    /// A struct with one field more.
    pub fn with(mut self, name: &str, value: Tree) -> Tree {
        let Tree::Struct(fields) = &mut self else { panic!("{self:?} is no struct") };
        fields.push((name.to_owned(), value));
        self
    }

    /// A struct without a field, which it must have.
    pub fn without(mut self, name: &str) -> Tree {
        let Tree::Struct(fields) = &mut self else { panic!("{self:?} is no struct") };
        let before = fields.len();
        fields.retain(|(other, _)| other != name);
        assert_eq!(fields.len() + 1, before, "{name}");
        self
    }
}

/// A v5 file with some variables.
pub fn v5(variables: &[(&str, Tree)], form: Form) -> Vec<u8> {
    let mut bytes = format!("{:124}", "MATLAB 5.0 MAT-file, Platform: GLNXA64").into_bytes();
    let writer = V5 { big: form == Form::BigEndian };
    bytes.extend(writer.u16(0x0100));
    bytes.extend(if writer.big { b"MI" } else { b"IM" });
    for (name, tree) in variables {
        let element = writer.array(name, tree);
        if form == Form::Compressed {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&element).unwrap();
            let compressed = encoder.finish().unwrap();
            bytes.extend(writer.u32(15));
            bytes.extend(writer.u32(compressed.len()));
            bytes.extend(compressed);
        } else {
            bytes.extend(element);
        }
    }
    bytes
}

struct V5 {
    big: bool,
}

impl V5 {
    fn u16(&self, value: u16) -> [u8; 2] {
        if self.big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn u32(&self, value: usize) -> [u8; 4] {
        let value = u32::try_from(value).unwrap();
        if self.big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    /// An element, small when its data have one to four bytes.
    fn element(&self, kind: usize, data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        if (1..=4).contains(&data.len()) {
            bytes.extend(self.u32(data.len() << 16 | kind));
            bytes.extend(data);
            bytes.resize(8, 0);
        } else {
            bytes.extend(self.u32(kind));
            bytes.extend(self.u32(data.len()));
            bytes.extend(data);
            bytes.resize(bytes.len().next_multiple_of(8), 0);
        }
        bytes
    }

    fn array(&self, name: &str, tree: &Tree) -> Vec<u8> {
        let (class, rows, columns) = match tree {
            Tree::Matrix(rows, columns, _) => (6, *rows, *columns),
            Tree::Text(text) => (4, 1, text.encode_utf16().count()),
            Tree::Lines(lines) => (4, lines.len(), lines[0].len()),
            Tree::Object(_) => (17, 1, 1),
            Tree::Cell(cells) => (1, 1, cells.len()),
            Tree::Struct(_) => (2, 1, 1),
            Tree::Structs(_, structs) => (2, 1, structs.len()),
        };
        let mut body = self.element(6, &[self.u32(class), self.u32(0)].concat());
        if class != 17 {
            body.extend(self.element(5, &[self.u32(rows), self.u32(columns)].concat()));
        }
        body.extend(self.element(1, name.as_bytes()));
        match tree {
            Tree::Matrix(_, _, values) => body.extend(self.numbers(values)),
            Tree::Text(text) => {
                let units: Vec<u8> = text.encode_utf16().flat_map(|unit| self.u16(unit)).collect();
                body.extend(self.element(4, &units));
            }
            Tree::Lines(lines) => body.extend(self.element(2, &by_columns(lines))),
            Tree::Object(class) => {
                body.extend(self.element(1, b"MCOS"));
                body.extend(self.element(1, class.as_bytes()));
                body.extend(self.array("", &scalar(1.)));
            }
            Tree::Cell(cells) => cells.iter().for_each(|cell| body.extend(self.array("", cell))),
            Tree::Struct(fields) => {
                let names: Vec<String> = fields.iter().map(|(name, _)| name.clone()).collect();
                body.extend(self.field_names(&names));
                fields.iter().for_each(|(_, value)| body.extend(self.array("", value)));
            }
            Tree::Structs(names, structs) => {
                body.extend(self.field_names(names));
                structs.iter().flatten().for_each(|value| body.extend(self.array("", value)));
            }
        }
        let mut bytes = [self.u32(14), self.u32(body.len())].concat();
        bytes.extend(body);
        bytes
    }

    /// As MATLAB does, whole numbers of one byte are written as bytes.
    fn numbers(&self, values: &[f64]) -> Vec<u8> {
        if values.iter().all(|&value| (0. ..256.).contains(&value) && value.fract() == 0.) {
            return self.element(2, &values.iter().map(|&value| value as u8).collect::<Vec<_>>());
        }
        let bytes = |value: &f64| if self.big { value.to_be_bytes() } else { value.to_le_bytes() };
        self.element(9, &values.iter().flat_map(bytes).collect::<Vec<_>>())
    }

    fn field_names(&self, names: &[String]) -> Vec<u8> {
        let mut bytes = self.element(5, &self.u32(32));
        let mut padded = Vec::new();
        for name in names {
            padded.extend(name.as_bytes());
            padded.resize(padded.len().next_multiple_of(32), 0);
        }
        bytes.extend(self.element(1, &padded));
        bytes
    }
}

/// A v7.3 file with some variables.
pub fn v73(variables: &[(&str, Tree)]) -> Vec<u8> {
    let mut file = FileBuilder::new();
    let mut header = format!("{:124}", "MATLAB 7.3 MAT-file, Platform: GLNXA64").into_bytes();
    header.extend(b"\x00\x02IM");
    file.with_userblock(512);
    file.with_userblock_content(&header);
    let mut refs = Refs { group: file.create_group("#refs#"), n: 0 };
    for (name, tree) in variables {
        match tree {
            Tree::Struct(_) | Tree::Structs(..) => {
                let mut group = file.create_group(name);
                fill(&mut group, tree, &mut refs);
                file.add_group(group.finish());
            }
            _ => {
                let paths = refs.paths_of(tree);
                write(file.create_dataset(name), tree, &paths);
            }
        }
    }
    if refs.n > 0 {
        file.add_group(refs.group.finish());
    }
    file.finish().unwrap()
}

/// The group that holds what cells and struct arrays refer to.
struct Refs {
    group: GroupBuilder,
    n: usize,
}

impl Refs {
    fn put(&mut self, tree: &Tree) -> String {
        let name = format!("r{}", self.n);
        self.n += 1;
        match tree {
            Tree::Struct(_) | Tree::Structs(..) => {
                let mut group = self.group.create_group(&name);
                fill(&mut group, tree, self);
                self.group.add_group(group.finish());
            }
            _ => {
                let paths = self.paths_of(tree);
                write(self.group.create_dataset(&name), tree, &paths);
            }
        }
        format!("/#refs#/{name}")
    }

    fn paths_of(&mut self, tree: &Tree) -> Vec<String> {
        match tree {
            Tree::Cell(cells) => cells.iter().map(|cell| self.put(cell)).collect(),
            _ => Vec::new(),
        }
    }
}

fn fill(group: &mut GroupBuilder, tree: &Tree, refs: &mut Refs) {
    group.set_attr("MATLAB_class", AttrValue::AsciiString("struct".into()));
    match tree {
        Tree::Struct(fields) => {
            for (name, value) in fields {
                if let Tree::Struct(_) | Tree::Structs(..) = value {
                    let mut inner = group.create_group(name);
                    fill(&mut inner, value, refs);
                    group.add_group(inner.finish());
                } else {
                    let paths = refs.paths_of(value);
                    write(group.create_dataset(name), value, &paths);
                }
            }
        }
        Tree::Structs(names, structs) => {
            for (k, name) in names.iter().enumerate() {
                let paths: Vec<String> =
                    structs.iter().map(|values| refs.put(&values[k])).collect();
                let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
                let shape = [paths.len() as u64, 1];
                group.create_dataset(name).with_path_references(&paths).with_shape(&shape);
            }
        }
        other => panic!("{other:?} is no struct"),
    }
}

fn write(dataset: &mut DatasetBuilder, tree: &Tree, paths: &[String]) {
    match tree {
        Tree::Matrix(rows, columns, values) => {
            set_class(dataset, "double");
            if values.is_empty() {
                dataset.set_attr("MATLAB_empty", AttrValue::U32(1));
                dataset.with_u64_data(&[*rows as u64, *columns as u64]).with_shape(&[2]);
            } else {
                dataset.with_f64_data(values).with_shape(&[*columns as u64, *rows as u64]);
            }
        }
        Tree::Text(text) => {
            set_class(dataset, "char");
            let units: Vec<u16> = text.encode_utf16().collect();
            dataset.with_u16_data(&units).with_shape(&[units.len() as u64, 1]);
        }
        Tree::Lines(lines) => {
            set_class(dataset, "char");
            let units: Vec<u16> = by_columns(lines).into_iter().map(u16::from).collect();
            let shape = [lines[0].len() as u64, lines.len() as u64];
            dataset.with_u16_data(&units).with_shape(&shape);
        }
        Tree::Object(class) => {
            set_class(dataset, class);
            dataset.set_attr("MATLAB_object_decode", AttrValue::I32(3));
            dataset.with_u32_data(&[0xdd00_0000, 2, 1, 1, 1, 1]).with_shape(&[6, 1]);
        }
        Tree::Cell(_) if paths.is_empty() => {
            set_class(dataset, "cell");
            dataset.set_attr("MATLAB_empty", AttrValue::U32(1));
            dataset.with_u64_data(&[0, 0]).with_shape(&[2]);
        }
        Tree::Cell(_) => {
            set_class(dataset, "cell");
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            let shape = [paths.len() as u64, 1];
            dataset.with_path_references(&paths).with_shape(&shape);
        }
        other => panic!("{other:?} is no data set"),
    }
}

/// The characters of lines of one length, the first of each line first.
fn by_columns(lines: &[String]) -> Vec<u8> {
    (0..lines[0].len()).flat_map(|k| lines.iter().map(move |line| line.as_bytes()[k])).collect()
}

fn set_class(dataset: &mut DatasetBuilder, class: &str) {
    dataset.set_attr("MATLAB_class", AttrValue::AsciiString(class.into()));
}
