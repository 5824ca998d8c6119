//! `DynamicTable`: NWB's table of columns, as neurons and intervals are kept in (HDMF common).
//!
//! A [`Table`] is a group; each [`Column`] is a data set of it with as many entries as the table has
//! rows. A column may be ragged: a `VectorIndex` says where each row's values end, and another one
//! may do the same for the first. A column of shape (N, 1) or (1, N) is one of N rows; one of shape
//! (N, M) has M values in each. Every column of an NWB file is read here, so that no row is given
//! the values of another: an index that is no index is an error.
//!
//! Texts are texts, the names of an enumeration (of HDF5, or `EnumData` with its `elements`), or the
//! names of the objects that references lead to. Where every value is a single character, those of
//! a row are joined: `hdmf` stores texts so when it is told that a column of texts is ragged.

use super::objects::Objects;
use crate::error::IoError;
use crate::hdf5::{Content, Node};
use crate::limits::MAX_FRAMES;
use std::collections::BTreeMap;
use std::ops::Range;

/// Indices of one column: an index of an index of an index has not been seen.
const MAX_LEVELS: usize = 4;

/// A table, its members not yet read.
pub(super) struct Table<'f> {
    pub node: Node<'f>,
    /// Rows, as far as the table has the identifiers that say so.
    n_rows: Option<usize>,
    columns: Vec<Column<'f>>,
}

/// A column of a table.
pub(super) struct Column<'f> {
    values: Node<'f>,
    /// What says where rows end, that of the values first.
    indices: Vec<Node<'f>>,
    /// What the numbers of `EnumData` stand for.
    elements: Option<Node<'f>>,
    n_rows: Option<usize>,
}

/// The texts of each row.
pub(super) struct Texts {
    pub rows: Vec<Vec<String>>,
    /// Whether they stood there as single characters.
    pub were_characters: bool,
}

impl<'f> Table<'f> {
    /// The table at a group.
    ///
    /// # Errors
    /// [`IoError`] when a member does not open, or there are more rows than a file may have.
    pub(super) fn open(node: &Node<'f>) -> Result<Self, IoError> {
        let members: Vec<Node<'f>> =
            node.members()?.into_iter().filter(|member| !member.is_group()).collect();
        let mut n_rows = None;
        let at: BTreeMap<u64, usize> =
            members.iter().enumerate().map(|(k, member)| (member.address(), k)).collect();
        let named = |name: &str| members.iter().position(|member| member.name() == name);
        // What each index is one of, and what has been claimed as the elements of an enumeration.
        let (mut index_of, mut is_column) = (BTreeMap::new(), vec![true; members.len()]);
        for (k, member) in members.iter().enumerate() {
            if member.name() == "id" {
                member.check_limit(member.n_elements(), "rows", MAX_FRAMES)?;
                n_rows = Some(member.n_elements() as usize);
                is_column[k] = false;
            }
            let target = member.reference_attribute("target");
            let is_index = member.text_attribute("neurodata_type").as_deref()
                == Some("VectorIndex")
                || target.is_some();
            if is_index {
                is_column[k] = false;
                let by_name = || named(member.name().strip_suffix("_index")?);
                let target = target.and_then(|address| at.get(&address).copied()).or_else(by_name);
                if let Some(target) = target.filter(|&target| target != k) {
                    index_of.entry(target).or_insert_with(Vec::new).push(k);
                }
            }
        }
        let mut elements = BTreeMap::new();
        for (k, member) in members.iter().enumerate() {
            let held = member.reference_attribute("elements");
            if let Some(&of) = held.and_then(|address| at.get(&address)) {
                is_column[of] = false;
                elements.insert(k, of);
            }
        }
        let mut columns = Vec::new();
        for (k, values) in members.iter().enumerate().filter(|&(k, _)| is_column[k]) {
            let (mut indices, mut last) = (Vec::new(), k);
            while let Some(next) = index_of.get(&last) {
                let &[only] = next.as_slice() else {
                    let found = format!("{} indices of {}", next.len(), members[last].name());
                    return Err(node.unexpected(found, "one index of a column"));
                };
                if indices.len() == MAX_LEVELS {
                    let found = format!("more than {MAX_LEVELS} indices above each other");
                    return Err(values.unexpected(found, "a column with a few indices"));
                }
                indices.push(members[only].clone());
                last = only;
            }
            let elements = elements.get(&k).map(|&of: &usize| members[of].clone());
            columns.push(Column { values: values.clone(), indices, elements, n_rows });
        }
        Ok(Self { node: node.clone(), n_rows, columns })
    }

    /// Its columns, without the identifiers of rows.
    pub(super) fn columns(&self) -> &[Column<'f>] {
        &self.columns
    }

    pub(super) fn column(&self, name: &str) -> Option<&Column<'f>> {
        self.columns.iter().find(|column| column.values.name() == name)
    }

    /// Rows, as far as the table says so itself.
    pub(super) fn n_rows(&self) -> Option<usize> {
        self.n_rows
    }
}

impl<'f> Column<'f> {
    pub(super) fn place(&self) -> &str {
        self.values.place()
    }

    pub(super) fn name(&self) -> &str {
        self.values.name()
    }

    pub(super) fn description(&self) -> Option<String> {
        self.values.text_attribute("description")
    }

    /// An error about the column: found against expected.
    pub(super) fn unexpected(&self, found: String, expected: String) -> IoError {
        self.values.unexpected(found, expected)
    }

    /// Whether the values are numbers that stand for themselves.
    pub(super) fn holds_numbers(&self) -> bool {
        self.elements.is_none() && self.values.content() == Content::Numbers
    }

    /// The address of the table whose rows the column holds, for a `DynamicTableRegion`.
    pub(super) fn table_address(&self) -> Option<u64> {
        self.values.reference_attribute("table")
    }

    /// The texts without the rows they belong to, for a look at what the column is about; none for a
    /// column that holds none.
    pub(super) fn loose_texts(
        &self,
        objects: &Objects<'f>,
    ) -> Result<Option<Vec<String>>, IoError> {
        if let Some(elements) = &self.elements {
            let names = elements.texts()?;
            let name = |number: f64| {
                let at = (number.fract() == 0. && number >= 0.).then_some(number as usize);
                at.and_then(|at| names.get(at)).cloned().ok_or_else(|| {
                    let expected =
                        format!("numbers below {}, of {}", names.len(), elements.place());
                    self.values.unexpected(format!("the element {number}"), expected)
                })
            };
            let names: Vec<String> =
                self.values.numbers()?.into_iter().map(name).collect::<Result<_, _>>()?;
            let length = names.iter().map(|name| name.len() + size_of::<String>()).sum::<usize>();
            self.values.spend(length as u64)?;
            return Ok(Some(names));
        }
        if self.values.content() == Content::Text {
            return self.values.texts().map(Some);
        }
        let Some(addresses) = self.values.references()? else {
            return Ok(None);
        };
        let name = |address: &u64| objects.at(*address).map(|node| node.name().to_owned());
        Ok(Some(addresses.iter().map(|address| name(address).unwrap_or_default()).collect()))
    }

    /// The texts of each row; none for a column that holds none.
    ///
    /// # Errors
    /// [`IoError`] for values that do not read, and indices or shapes that do not fit.
    pub(super) fn texts(&self, objects: &Objects<'f>) -> Result<Option<Texts>, IoError> {
        let Some(texts) = self.loose_texts(objects)? else {
            return Ok(None);
        };
        let mut levels = self.levels(texts.len())?.into_iter();
        let innermost = levels.next().unwrap_or_default();
        let n_filled = |group: &Range<usize>| {
            texts[group.clone()].iter().filter(|text| !text.is_empty()).count()
        };
        let were_characters = texts.iter().all(|text| text.chars().nth(1).is_none())
            && innermost.iter().any(|group| n_filled(group) > 1);
        let mut rest = texts.into_iter();
        let group = |group: Range<usize>| -> Vec<String> {
            let texts = rest.by_ref().take(group.len());
            if were_characters { vec![texts.collect()] } else { texts.collect() }
        };
        let mut rows: Vec<Vec<String>> = innermost.into_iter().map(group).collect();
        for level in levels {
            let mut rest = rows.into_iter();
            let merged =
                level.into_iter().map(|row| rest.by_ref().take(row.len()).flatten().collect());
            rows = merged.collect();
        }
        Ok(Some(Texts { rows, were_characters }))
    }

    /// One number per row.
    ///
    /// # Errors
    /// [`IoError`] for a column of other values, or of several in a row.
    pub(super) fn numbers(&self) -> Result<Vec<f64>, IoError> {
        let values = self.values.numbers()?;
        let rows = match self.levels(values.len())?.as_slice() {
            [rows] => rows.clone(),
            _ => return Err(self.one_per_row()),
        };
        if rows.iter().any(|row| row.len() != 1) {
            return Err(self.one_per_row());
        }
        Ok(rows.into_iter().map(|row| values[row.start]).collect())
    }

    fn one_per_row(&self) -> IoError {
        self.values.unexpected("several values in a row, or none", "one number per row")
    }

    /// The numbers of each row.
    ///
    /// # Errors
    /// [`IoError`] for a column of other values, and indices or shapes that do not fit.
    pub(super) fn lists(&self) -> Result<Vec<Vec<f64>>, IoError> {
        let values = self.values.numbers()?;
        let mut levels = self.levels(values.len())?.into_iter();
        let innermost = levels.next().unwrap_or_default();
        let mut rows: Vec<Vec<f64>> =
            innermost.into_iter().map(|group| values[group].to_vec()).collect();
        for level in levels {
            rows = level.into_iter().map(|row| rows[row].concat()).collect();
        }
        Ok(rows)
    }

    /// Whether the column may be one of so many rows, as far as that is seen without reading it.
    pub(super) fn may_have(&self, n_rows: usize) -> bool {
        let is = |n: u64| n == n_rows as u64;
        match (self.n_rows, self.indices.last()) {
            (Some(n), _) => n == n_rows,
            (None, Some(index)) => is(index.n_elements()),
            (None, None) => {
                is(self.values.n_elements()) || self.values.shape().first().is_some_and(|&n| is(n))
            }
        }
    }

    /// Which values belong together at each level, that of the values first; the last level is that
    /// of the rows. Each level cuts all of the one before, in its order.
    fn levels(&self, n_values: usize) -> Result<Vec<Vec<Range<usize>>>, IoError> {
        let (mut levels, mut n_below) = (Vec::new(), n_values);
        for (level, index) in self.indices.iter().enumerate() {
            // With an index, the first axis counts what it points to; several values may stand in
            // each of those.
            let width = match (level, self.values.shape()) {
                (0, &[first, _, ..]) if first > 0 && (n_values as u64).is_multiple_of(first) => {
                    n_values / first as usize
                }
                _ => 1,
            };
            let groups = groups(index, n_below / width)?;
            n_below = groups.len();
            levels.push(
                groups.into_iter().map(|group| group.start * width..group.end * width).collect(),
            );
        }
        if let Some(index) = self.indices.last() {
            if let Some(n_rows) = self.n_rows.filter(|&n_rows| n_rows != n_below) {
                let expected = format!("{n_rows}, one per row of the table");
                return Err(index.unexpected(format!("the ends of {n_below} rows"), expected));
            }
            return Ok(levels);
        }
        let shape = self.values.shape();
        let n_long = shape.iter().filter(|&&axis| axis != 1).count();
        let first = shape.first().map_or(1, |&first| first as usize);
        let n_rows = self.n_rows.unwrap_or(if n_long <= 1 { n_values } else { first });
        let width = match n_rows {
            // (N), (N, 1) or (1, N).
            n if n == n_values => 1,
            n if n == first && n > 0 => n_values / n,
            n => {
                let expected = format!("{n} rows, as many as the table has");
                return Err(self.values.unexpected(self.values.describe(), expected));
            }
        };
        Ok(vec![(0..n_rows).map(|row| row * width..(row + 1) * width).collect()])
    }
}

/// The ranges that an index cuts `n_values` into: each entry is the end of one.
fn groups(index: &Node<'_>, n_values: usize) -> Result<Vec<Range<usize>>, IoError> {
    index.check_limit(index.n_elements(), "rows", MAX_FRAMES)?;
    let mut groups = Vec::new();
    let mut start = 0;
    for (k, end) in index.numbers()?.into_iter().enumerate() {
        if end.fract() != 0. || end < start as f64 || end > n_values as f64 {
            let found = format!("{end} as the end of row {} that begins at {start}", k + 1);
            let expected = format!("ends that do not fall and do not pass the {n_values} values");
            return Err(index.unexpected(found, expected));
        }
        groups.push(start..end as usize);
        start = end as usize;
    }
    if start != n_values {
        let found = format!("{start} as the end of the last row");
        return Err(index.unexpected(found, format!("{n_values}, the number of values")));
    }
    Ok(groups)
}
