//! What `fit`, `predict` and `graph` share: which animals, and how names and figures are printed.

use crate::failure::Failure;
use nervering::recording::Recording;

/// The animals of these names in the order of the names, or all.
///
/// # Errors
/// [`Failure::UnknownAnimal`] for a name that none has.
pub fn chosen(
    mut recordings: Vec<Recording>,
    names: Option<&[String]>,
) -> Result<Vec<Recording>, Failure> {
    let Some(names) = names else { return Ok(recordings) };
    let mut chosen = Vec::new();
    for name in names {
        match recordings.iter().position(|recording| recording.animal() == name) {
            Some(at) => chosen.push(recordings.remove(at)),
            None => {
                let left = recordings.iter().map(|recording| shown(recording.animal()));
                let expected = left.collect::<Vec<_>>().join(", ");
                return Err(Failure::UnknownAnimal { found: name.clone(), expected });
            }
        }
    }
    Ok(chosen)
}

/// A name from a file, without what would steer a terminal.
pub fn shown(name: &str) -> String {
    name.escape_debug().to_string()
}

/// The width of a column of names under a heading.
pub fn width_of<'a>(heading: &str, names: impl IntoIterator<Item = &'a str>) -> usize {
    let widths = names.into_iter().map(|name| shown(name).chars().count());
    widths.chain([heading.len()]).max().unwrap_or(0)
}

/// `97.1 %`, and `–` for what does not exist.
pub fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", 100. * share))
}
