//! One node of a MATLAB file: what it is, its parts, and its content, each checked before it is read.

use super::class::Class;
use super::fault::Fault;
use crate::budget::Budget;
use crate::error::IoError;
use crate::hdf5::Trouble;
use crate::limits::*;
use crate::{mat5, mat73};

/// One node of the tree: a struct, a cell array, text or a matrix.
#[derive(Clone)]
pub(crate) struct Value<'f> {
    budget: &'f Budget,
    place: String,
    node: Node<'f>,
}

/// The node in its container.
#[derive(Clone)]
pub(super) enum Node<'f> {
    V73(mat73::Node<'f>),
    V5(mat5::Node<'f>),
}

/// A matrix of real numbers in the order of the file, which both containers share: MATLAB's columns
/// are the rows here, and values are row-major.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Matrix {
    pub rows: usize,
    pub columns: usize,
    pub values: Vec<f64>,
}

/// Asks the node of either container the same question.
macro_rules! ask {
    ($value:expr, $question:ident $(, $argument:expr)*) => {
        match &$value.node {
            Node::V73(node) => node.$question($($argument),*),
            Node::V5(node) => node.$question($($argument),*),
        }
    };
}

/// The same where the answer holds nodes again.
macro_rules! ask_for_node {
    ($value:expr, $question:ident, $argument:expr) => {
        match &$value.node {
            Node::V73(node) => node.$question($argument).map(Node::V73),
            Node::V5(node) => node.$question($argument).map(Node::V5),
        }
    };
}

impl<'f> Value<'f> {
    pub(super) fn new(budget: &'f Budget, place: String, node: Node<'f>) -> Self {
        Self { budget, place, node }
    }

    /// Where the value stands, for example `/WT_NoStim/tv{3}`.
    pub(crate) fn place(&self) -> &str {
        if self.place.is_empty() { "/" } else { &self.place }
    }

    /// The last component of its place: the name of a field.
    pub(crate) fn name(&self) -> &str {
        self.place.rsplit('/').next().unwrap_or_default()
    }

    /// What the value is.
    pub(crate) fn class(&self) -> Class {
        ask!(self, class)
    }

    /// What stands here, for an error message.
    pub(crate) fn describe(&self) -> String {
        ask!(self, describe)
    }

    /// An error at this place: found against expected.
    pub(crate) fn unexpected(
        &self,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> IoError {
        IoError::Layout {
            path: self.budget.path().to_owned(),
            place: self.place().to_owned(),
            found: found.into(),
            expected: expected.into(),
        }
    }

    /// An error: what stands here is sound and not read, and what to do.
    pub(crate) fn unsupported(&self, found: String, advice: String) -> IoError {
        let (path, place) = (self.budget.path().to_owned(), self.place().to_owned());
        IoError::Unsupported { path, place, found, advice }
    }

    /// An error: this value holds state codes and nothing says what they mean.
    pub(crate) fn without_key(&self) -> IoError {
        let (path, place) = (self.budget.path().to_owned(), self.place().to_owned());
        IoError::StateCodesWithoutKey { path, place }
    }

    /// Refuses a number above a limit.
    pub(crate) fn check_limit(
        &self,
        found: u64,
        unit: &'static str,
        limit: usize,
    ) -> Result<(), IoError> {
        self.budget.check(self.place(), found, unit, limit as u64)
    }

    fn fault(&self, fault: Fault) -> IoError {
        let (path, place) = (self.budget.path().to_owned(), self.place().to_owned());
        match fault {
            Fault::Unexpected { found, expected } => self.unexpected(found, expected),
            Fault::Hdf5(trouble) => self.trouble(trouble, &place),
            Fault::Damaged(source) => IoError::Mat5 { path, place, source },
        }
    }

    fn trouble(&self, trouble: Trouble, place: &str) -> IoError {
        match &self.node {
            Node::V73(node) => node.error_at(trouble, self.budget.path(), place),
            Node::V5(_) => trouble.at(self.budget.path(), place),
        }
    }

    fn child(&self, step: &str, node: Node<'f>) -> Result<Value<'f>, IoError> {
        let place = format!("{}{step}", self.place);
        self.budget.visit(&place)?;
        Ok(Value { budget: self.budget, place, node })
    }

    /// Names of the fields of a struct, in the order of the file; none for another value.
    pub(crate) fn field_names(&self) -> Result<Vec<String>, IoError> {
        ask!(self, field_names).map_err(|fault| self.fault(fault))
    }

    /// The fields of a struct that are structs, or arrays of structs, themselves.
    pub(crate) fn structs(&self) -> Result<Vec<Value<'f>>, IoError> {
        let names = ask!(self, struct_names).map_err(|fault| self.fault(fault))?;
        names.iter().map(|name| self.field(name)).collect()
    }

    /// A field of a struct that [`Value::field_names`] lists.
    pub(crate) fn field(&self, name: &str) -> Result<Value<'f>, IoError> {
        if let Node::V5(node) = &self.node {
            node.load(self.budget, name)?;
        }
        let step = format!("/{name}");
        let node = ask_for_node!(self, field, name).map_err(|fault| match fault {
            // The field is there and does not open.
            Fault::Hdf5(trouble) => self.trouble(trouble, &format!("{}{step}", self.place)),
            other => self.fault(other),
        })?;
        self.child(&step, node)
    }

    /// A field of a struct, or nothing when there is none of that name.
    pub(crate) fn find(&self, name: &str) -> Result<Option<Value<'f>>, IoError> {
        let names = self.field_names()?;
        names.iter().any(|other| other == name).then(|| self.field(name)).transpose()
    }

    /// Whether this is a struct and no array of several or none.
    pub(crate) fn is_one_struct(&self) -> Result<bool, IoError> {
        Ok(ask!(self, n_structs).map_err(|fault| self.fault(fault))? == 1)
    }

    /// The elements of a struct array in MATLAB's linear order; a plain struct is its only one.
    pub(crate) fn elements(&self) -> Result<Vec<Value<'f>>, IoError> {
        let n = ask!(self, n_structs).map_err(|fault| self.fault(fault))?;
        self.check_limit(n, "structs", MAX_ANIMALS)?;
        if n == 1 {
            return Ok(vec![self.clone()]);
        }
        let element = |k: usize| {
            let node = ask_for_node!(self, structure, k).map_err(|fault| self.fault(fault))?;
            self.child(&format!("({})", k + 1), node)
        };
        (0..n as usize).map(element).collect()
    }

    /// The two axes in the order of the file. A vector without a second axis is one row; an empty
    /// array has no elements.
    ///
    /// # Errors
    /// When the value is no array or has more than two axes longer than one.
    pub(crate) fn dimensions(&self) -> Result<(u64, u64), IoError> {
        if self.class() == Class::Struct {
            return Err(self.unexpected("a struct", "an array"));
        }
        match ask!(self, shape).as_slice() {
            [] => Ok((1, 1)),
            [n] => Ok((1, *n)),
            [r, c] => Ok((*r, *c)),
            shape => Err(self
                .unexpected(format!("an array with {} axes ({shape:?})", shape.len()), "a matrix")),
        }
    }

    /// Whether this is an array without elements, as MATLAB writes what was never filled.
    pub(crate) fn is_empty(&self) -> bool {
        self.class() != Class::Struct && ask!(self, shape).contains(&0)
    }

    fn n_elements(&self) -> u64 {
        ask!(self, shape).iter().fold(1, |n: u64, &axis| n.saturating_mul(axis))
    }

    /// The entries of a cell array, in MATLAB's linear order.
    ///
    /// # Errors
    /// When the value is no cell array, has too many entries, or refers to nothing.
    pub(crate) fn cells(&self) -> Result<Vec<Value<'f>>, IoError> {
        self.cells_up_to(MAX_NEURONS)
    }

    /// The same for an array that may have as many entries as there are frames.
    pub(crate) fn cells_up_to(&self, limit: usize) -> Result<Vec<Value<'f>>, IoError> {
        if self.class() != Class::Cell {
            return Err(self.unexpected(self.describe(), "a cell array"));
        }
        let n_cells = self.n_elements();
        if n_cells == 0 {
            return Ok(Vec::new());
        }
        self.check_limit(n_cells, "cells", limit)?;
        self.budget.spend(self.place(), n_cells.saturating_mul(8))?;
        let nodes: Vec<Node<'f>> = match &self.node {
            Node::V73(node) => node.cells().map(|nodes| nodes.into_iter().map(Node::V73).collect()),
            Node::V5(node) => node.cells().map(|nodes| nodes.into_iter().map(Node::V5).collect()),
        }
        .map_err(|fault| self.fault(fault))?;
        let children = nodes.into_iter().enumerate();
        children.map(|(k, node)| self.child(&format!("{{{}}}", k + 1), node)).collect()
    }

    /// A text of one line.
    ///
    /// # Errors
    /// When the value is no text, has several lines, is too long, or is in no known encoding.
    pub(crate) fn text(&self) -> Result<String, IoError> {
        if self.class() != Class::Text {
            return Err(self.unexpected(self.describe(), "text"));
        }
        let length = self.n_elements();
        if length == 0 {
            return Ok(String::new());
        }
        self.check_limit(length, "characters", MAX_TEXT_LENGTH)?;
        if ask!(self, shape).iter().filter(|&&axis| axis != 1).count() > 1 {
            return Err(self.unexpected(self.describe(), "a text of one line"));
        }
        self.budget.spend(self.place(), length.saturating_mul(8))?;
        ask!(self, text).map_err(|fault| self.fault(fault))
    }

    /// The rows of an array of characters, each without the blanks that fill it up.
    ///
    /// # Errors
    /// When the value is no such array, is too large, or has characters of more than one unit, which
    /// cannot be told from two.
    pub(crate) fn lines(&self, limit: usize) -> Result<Vec<String>, IoError> {
        if self.class() != Class::Text {
            return Err(self.unexpected(self.describe(), "text"));
        }
        // MATLAB's columns are the rows here.
        let (columns, rows) = self.dimensions()?;
        if columns == 0 {
            return Ok(vec![String::new(); rows.min(limit as u64) as usize]);
        }
        self.check_limit(rows, "lines", limit)?;
        self.check_limit(columns, "characters", MAX_TEXT_LENGTH)?;
        self.budget.spend(self.place(), rows.saturating_mul(columns).saturating_mul(8))?;
        if rows == 0 {
            return Ok(Vec::new());
        }
        let text = ask!(self, text).map_err(|fault| self.fault(fault))?;
        let characters: Vec<char> = text.chars().collect();
        let (rows, columns) = (rows as usize, columns as usize);
        if characters.len() != rows * columns {
            let found = format!("{} with characters that take two places", self.describe());
            return Err(self.unexpected(found, "characters of one place each, or a cell array"));
        }
        let line = |row: usize| -> String {
            let line: String = characters.iter().skip(row).step_by(rows).collect();
            line.trim_end_matches([' ', '\0']).to_owned()
        };
        Ok((0..rows).map(line).collect())
    }

    /// A matrix of real numbers, of any numeric type.
    ///
    /// # Errors
    /// When the value is no matrix of real numbers, is empty, or larger than [`MAX_DATASET_BYTES`].
    pub(crate) fn matrix(&self) -> Result<Matrix, IoError> {
        if self.class() != Class::Numbers {
            return Err(self.unexpected(self.describe(), "a matrix of real numbers"));
        }
        let (rows, columns) = self.dimensions()?;
        let n = rows.checked_mul(columns).filter(|&n| n > 0);
        let Some(n) = n else {
            return Err(self.unexpected(self.describe(), "a matrix that is not empty"));
        };
        // Values are kept as f64, whatever their type in the file.
        self.budget.spend(self.place(), n.saturating_mul(8))?;
        let values = ask!(self, numbers).map_err(|fault| self.fault(fault))?;
        Ok(Matrix { rows: rows as usize, columns: columns as usize, values })
    }

    /// A vector of real numbers, whichever axis it lies along.
    ///
    /// # Errors
    /// As [`Value::matrix`], and when both axes are longer than one.
    pub(crate) fn vector(&self, expected: &str) -> Result<Vec<f64>, IoError> {
        if self.class() == Class::Numbers && !matches!(self.dimensions()?, (1, _) | (_, 1)) {
            return Err(self.unexpected(self.describe(), expected));
        }
        Ok(self.matrix()?.values)
    }
}
