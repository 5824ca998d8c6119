//! A file under its budget: groups and data sets with their places, for formats that are HDF5 by
//! another name.

use super::container::{Container, Object, ObjectKind};
use super::datatype::Kind;
use super::trouble::{AS_NUMBERS, Trouble};
use crate::budget::Budget;
use crate::error::IoError;
use crate::limits::*;
use std::path::Path;

/// An open file.
pub(crate) struct Hdf5 {
    container: Container,
    root: Object,
    budget: Budget,
}

/// A group or a data set.
#[derive(Clone)]
pub(crate) struct Node<'f> {
    file: &'f Hdf5,
    place: String,
    object: Object,
    shape: Vec<u64>,
}

/// What the elements of a data set are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Numbers,
    /// Texts, or an enumeration, whose elements are the names of its members.
    Text,
    Other,
}

impl Hdf5 {
    /// Opens a file and reads it.
    pub(crate) fn read<T>(
        path: &Path,
        read: impl FnOnce(&Self) -> Result<T, IoError>,
    ) -> Result<T, IoError> {
        let file = Self::open(path)?;
        let outcome = read(&file);
        file.container.unless_refused(path, outcome)
    }

    /// Whether a file opens and is of a format, which `is` looks at.
    pub(crate) fn is(path: &Path, is: impl FnOnce(&Self) -> bool) -> Result<bool, IoError> {
        match Self::read(path, |file| Ok(is(file))) {
            Err(error @ IoError::Read { .. }) => Err(error),
            other => Ok(other.unwrap_or(false)),
        }
    }

    pub(super) fn open(path: &Path) -> Result<Self, IoError> {
        let container = Container::open(path)?;
        let root = container.root().map_err(|trouble| trouble.at(path, "/"));
        let root = container.unless_refused(path, root)?;
        let budget = Budget::new(path, container.length());
        Ok(Self { container, root, budget })
    }

    /// The group that holds everything.
    pub(crate) fn root(&self) -> Node<'_> {
        Node { file: self, place: String::new(), object: self.root.clone(), shape: Vec::new() }
    }
}

impl<'f> Node<'f> {
    /// Where the node stands, for example `/gcamp/trace_array`.
    pub(crate) fn place(&self) -> &str {
        if self.place.is_empty() { "/" } else { &self.place }
    }

    /// The last step of its place.
    pub(crate) fn name(&self) -> &str {
        self.place.rsplit('/').next().unwrap_or_default()
    }

    /// What references to it hold.
    pub(crate) fn address(&self) -> u64 {
        self.object.address()
    }

    pub(crate) fn is_group(&self) -> bool {
        self.object.kind() != ObjectKind::Dataset
    }

    /// Names of the members of a group, groups first; none for a data set. A member that does not
    /// open is listed: it matters only to who needs it.
    pub(crate) fn member_names(&self) -> Result<Vec<String>, IoError> {
        let (mut groups, others) = self.sorted_names()?;
        groups.extend(others);
        Ok(groups)
    }

    /// The members of a group that are groups.
    pub(crate) fn groups(&self) -> Result<Vec<Node<'f>>, IoError> {
        let (groups, _) = self.sorted_names()?;
        groups.iter().map(|name| self.member(name)).collect()
    }

    /// Names of the members that are groups, and of all others.
    fn sorted_names(&self) -> Result<(Vec<String>, Vec<String>), IoError> {
        let (mut groups, mut others) = (Vec::new(), Vec::new());
        if self.is_group() {
            let container = &self.file.container;
            for link in container.links(&self.object).map_err(|trouble| self.trouble(trouble))? {
                match container.follow(&self.object, &link.target).map(|object| object.kind()) {
                    Ok(ObjectKind::Group) => groups.push(link.name.clone()),
                    Ok(ObjectKind::Type) => {}
                    Ok(ObjectKind::Dataset) | Err(_) => others.push(link.name.clone()),
                }
            }
        }
        Ok((groups, others))
    }

    /// A member of a group that [`Node::member_names`] lists.
    pub(crate) fn member(&self, name: &str) -> Result<Node<'f>, IoError> {
        let missing = || {
            let found = if self.is_group() { "a group without it" } else { "an array" };
            self.unexpected(found, format!("a group with {name}"))
        };
        let container = &self.file.container;
        let links = container.links(&self.object).map_err(|trouble| self.trouble(trouble))?;
        let link = links.iter().find(|link| link.name == name).ok_or_else(missing)?;
        let place = format!("{}/{name}", self.place);
        self.file.budget.visit(&place)?;
        let at = |trouble: Trouble| trouble.at(self.file.budget.path(), &place);
        let object = container.follow(&self.object, &link.target).map_err(at)?;
        let shape = match object.kind() {
            ObjectKind::Dataset => container.dataset(&object).map_err(at)?.shape.clone(),
            ObjectKind::Group | ObjectKind::Type => Vec::new(),
        };
        Ok(Node { file: self.file, place, object, shape })
    }

    /// The members of a group that open, and no others.
    pub(crate) fn members(&self) -> Result<Vec<Node<'f>>, IoError> {
        let mut members = Vec::new();
        for name in self.member_names()? {
            match self.member(&name) {
                Ok(member) => members.push(member),
                Err(error @ IoError::Limit { .. }) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(members)
    }

    /// The node at a path of names below this one, or nothing where there is none.
    pub(crate) fn find(&self, path: &str) -> Result<Option<Node<'f>>, IoError> {
        let mut node = self.clone();
        for name in path.split('/') {
            let container = &self.file.container;
            let links = container.links(&node.object).map_err(|trouble| node.trouble(trouble))?;
            if !links.iter().any(|link| link.name == name) {
                return Ok(None);
            }
            node = node.member(name)?;
        }
        Ok(Some(node))
    }

    /// The text of a scalar attribute, or nothing where there is none that reads as text.
    pub(crate) fn text_attribute(&self, name: &str) -> Option<String> {
        let container = &self.file.container;
        container.attribute(&self.object, name).ok()??.text(container)
    }

    /// The number of a scalar attribute, or nothing where there is none that reads as a number.
    pub(crate) fn number_attribute(&self, name: &str) -> Option<f64> {
        self.file.container.attribute(&self.object, name).ok()??.number()
    }

    /// The address that an attribute refers to.
    pub(crate) fn reference_attribute(&self, name: &str) -> Option<u64> {
        self.file.container.attribute(&self.object, name).ok()??.reference()
    }

    /// Whether there is an attribute of this name, whatever it holds.
    pub(crate) fn has_attribute(&self, name: &str) -> bool {
        let attribute = self.file.container.attribute(&self.object, name);
        attribute.is_ok_and(|attribute| attribute.is_some())
    }

    /// The lengths of the axes of a data set; none for a group or a scalar.
    pub(crate) fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// How many elements the axes say there are: one for a scalar.
    pub(crate) fn n_elements(&self) -> u64 {
        self.shape().iter().fold(1, |n: u64, &axis| n.saturating_mul(axis))
    }

    /// What the elements are.
    pub(crate) fn content(&self) -> Content {
        match self.kind() {
            Some(Kind::Number(_)) => Content::Numbers,
            Some(Kind::Text(_) | Kind::VariableText(_) | Kind::Names { .. }) => Content::Text,
            _ => Content::Other,
        }
    }

    fn kind(&self) -> Option<&Kind> {
        match self.object.kind() {
            ObjectKind::Dataset => self.file.container.dataset(&self.object).ok().map(|d| &d.kind),
            ObjectKind::Group | ObjectKind::Type => None,
        }
    }

    /// All numbers of a data set in row-major order, of any numeric type.
    pub(crate) fn numbers(&self) -> Result<Vec<f64>, IoError> {
        let number = match self.kind() {
            Some(Kind::Number(number)) => *number,
            other => return Err(self.refused(other, "an array of numbers")),
        };
        self.file.budget.spend(self.place(), self.n_elements().saturating_mul(8))?;
        let container = &self.file.container;
        let dataset = container.dataset(&self.object).map_err(|trouble| self.trouble(trouble))?;
        dataset.numbers(container, &self.object, number).map_err(|trouble| self.trouble(trouble))
    }

    /// All texts of a data set in row-major order.
    pub(crate) fn texts(&self) -> Result<Vec<String>, IoError> {
        let kind = match self.kind() {
            Some(kind @ (Kind::Text(_) | Kind::VariableText(_) | Kind::Names { .. })) => kind,
            other => return Err(self.refused(other, "an array of texts")),
        };
        let size = kind.size().unwrap_or(1).max(1);
        let n_elements = self.n_elements();
        self.file.budget.check(self.place(), n_elements, "texts", MAX_FRAMES as u64)?;
        self.file.budget.spend(self.place(), n_elements.saturating_mul(size as u64))?;
        let bytes = self.bytes()?;
        let mut texts = Vec::new();
        for (k, element) in bytes.chunks_exact(size).enumerate() {
            let unread = |what: &str| self.unexpected(format!("text {} {what}", k + 1), "UTF-8");
            let text = match kind {
                Kind::Text(text) => text.decode(element).map_err(|_| unread("that is no UTF-8"))?,
                Kind::VariableText(text) => {
                    let resolved = self.file.container.variable(element);
                    let resolved = resolved.map_err(|trouble| self.trouble(trouble))?;
                    // Many elements may refer to one large text.
                    let spent = (resolved.len() + std::mem::size_of::<String>()) as u64;
                    self.file.budget.spend(self.place(), spent)?;
                    text.decode(&resolved).map_err(|_| unread("that is no UTF-8"))?
                }
                Kind::Names { number, members } => {
                    let code = number.decode(element).first().copied().unwrap_or(f64::NAN);
                    let member = members.iter().find(|(value, _)| *value == code);
                    let (_, name) = member.ok_or_else(|| {
                        let found = format!("code {code} of element {}", k + 1);
                        self.unexpected(found, "a code that the enumeration names")
                    })?;
                    self.file.budget.spend(self.place(), name.len() as u64)?;
                    name.clone()
                }
                _ => return Err(self.refused(Some(kind), "an array of texts")),
            };
            self.file.budget.check(
                self.place(),
                text.len() as u64,
                "characters",
                MAX_TEXT_LENGTH as u64,
            )?;
            texts.push(text);
        }
        Ok(texts)
    }

    /// The addresses that the elements refer to, in row-major order, or nothing for elements that are
    /// no references.
    pub(crate) fn references(&self) -> Result<Option<Vec<u64>>, IoError> {
        let Some(&Kind::Reference(size)) = self.kind() else {
            return Ok(None);
        };
        let n_elements = self.n_elements();
        self.file.budget.check(self.place(), n_elements, "references", MAX_FRAMES as u64)?;
        self.file.budget.spend(self.place(), n_elements.saturating_mul(u64::from(size) + 8))?;
        let address = |element: &[u8]| {
            hdf5_reader::reference::resolve_object_reference(element, size)
                .map_err(|error| self.trouble(error.into()))
        };
        let bytes = self.bytes()?;
        let elements = bytes.chunks_exact(usize::from(size).max(1));
        elements.map(address).collect::<Result<_, _>>().map(Some)
    }

    /// The only text of a data set.
    pub(crate) fn text(&self) -> Result<String, IoError> {
        let mut texts = self.texts()?;
        match texts.len() {
            1 => Ok(texts.remove(0)),
            n => Err(self.unexpected(format!("{n} texts"), "one text")),
        }
    }

    /// An error at this place: found against expected.
    pub(crate) fn unexpected(
        &self,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> IoError {
        let (path, place) = (self.file.budget.path().to_owned(), self.place().to_owned());
        IoError::Layout { path, place, found: found.into(), expected: expected.into() }
    }

    /// Counts bytes that are about to be kept.
    pub(crate) fn spend(&self, bytes: u64) -> Result<(), IoError> {
        self.file.budget.spend(self.place(), bytes)
    }

    /// Refuses a number above a limit.
    pub(crate) fn check_limit(
        &self,
        found: u64,
        unit: &'static str,
        limit: usize,
    ) -> Result<(), IoError> {
        self.file.budget.check(self.place(), found, unit, limit as u64)
    }

    /// What stands here, for an error message.
    pub(crate) fn describe(&self) -> String {
        if self.is_group() {
            return "a group".into();
        }
        let axes: Vec<_> = self.shape().iter().map(u64::to_string).collect();
        let shape = if axes.is_empty() { "a single value".into() } else { axes.join(" × ") };
        match self.kind() {
            Some(Kind::Number(_)) => format!("numbers, {shape}"),
            Some(Kind::Text(_) | Kind::VariableText(_)) => format!("texts, {shape}"),
            Some(Kind::Names { .. }) => format!("an enumeration, {shape}"),
            Some(Kind::Reference(_)) => format!("references, {shape}"),
            Some(Kind::Other { name, .. }) => format!("{name}, {shape}"),
            None => format!("an array that does not open, {shape}"),
        }
    }

    /// All values as they stand in the file.
    fn bytes(&self) -> Result<Vec<u8>, IoError> {
        let container = &self.file.container;
        let dataset = container.dataset(&self.object).map_err(|trouble| self.trouble(trouble))?;
        dataset.bytes(container, &self.object).map_err(|trouble| self.trouble(trouble))
    }

    /// The error for a type that is not what was asked for.
    fn refused(&self, kind: Option<&Kind>, expected: &str) -> IoError {
        match kind {
            Some(Kind::Other { name, .. }) => self.trouble(Trouble::unsupported(name, AS_NUMBERS)),
            _ => self.unexpected(self.describe(), expected),
        }
    }

    fn trouble(&self, trouble: Trouble) -> IoError {
        trouble.at(self.file.budget.path(), self.place())
    }
}
