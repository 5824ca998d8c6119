//! What stands around a table in a CSV file: a column that numbers the rows, as pandas and R write it, and
//! commas at the ends of lines. Both are passed over with a warning where nothing else can be meant;
//! otherwise an error says what to do.

use crate::table::{TIME, column_name};

/// Leading columns of one file that may number its rows.
const MOST_INDICES: usize = 4;
/// What a column that numbers the rows is called, in lower case.
const INDEX_NAMES: [&str; 12] = [
    "",
    "frame",
    "frames",
    "id",
    "idx",
    "index",
    "level_0",
    "row",
    "row.names",
    "row_names",
    "rownames",
    "x",
];

/// How the fields of a row lie around those of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrangement {
    /// Fields before the table, each of which counts the rows.
    pub n_index: usize,
    /// Fields of the table.
    pub n_columns: usize,
    /// Empty fields after it.
    pub n_empty: usize,
}

impl Arrangement {
    /// How fields lie, from the header and the first row. A last column without a name and without a
    /// value in that row is a comma at the end of the line.
    pub(super) fn of(header: &[String], first_row: Option<&csv::StringRecord>) -> Self {
        let n_index = n_index(header.iter().map(String::as_str));
        let is_blank = |column: usize| {
            let empty =
                |row: &csv::StringRecord| row.get(column).is_none_or(|f| f.trim().is_empty());
            header.get(column).is_none_or(|name| name.trim().is_empty())
                && first_row.is_none_or(empty)
        };
        let n_fields = first_row.map_or(header.len(), csv::StringRecord::len).max(header.len());
        let first = n_index + 1;
        let n_empty = (first..n_fields).rev().take_while(|&column| is_blank(column)).count();
        Self { n_index, n_columns: header.len().min(n_fields - n_empty) - n_index, n_empty }
    }

    /// Whether the header has a comma at its end, too.
    pub(super) fn n_fields(&self) -> usize {
        self.n_index + self.n_columns + self.n_empty
    }
}

/// Leading columns that may number the rows: those called as such before the time. None where the time
/// does not follow them.
pub(super) fn n_index<'a>(header: impl Iterator<Item = &'a str>) -> usize {
    for (before, name) in header.take(MOST_INDICES + 1).enumerate() {
        let name = column_name(name);
        if name == TIME {
            return before;
        }
        let name = name.to_lowercase();
        let is_index = INDEX_NAMES.contains(&name.as_str())
            || name.starts_with("unnamed: ")
            || name.strip_prefix("...").is_some_and(|rest| rest.parse::<u32>().is_ok());
        if !is_index {
            return 0;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(header: &str, row: &str) -> (usize, usize, usize) {
        let header: Vec<String> = header.split(',').map(str::to_owned).collect();
        let row = csv::StringRecord::from(row.split(',').collect::<Vec<_>>());
        let Arrangement { n_index, n_columns, n_empty } = Arrangement::of(&header, Some(&row));
        (n_index, n_columns, n_empty)
    }

    #[test]
    fn indices_stand_before_the_time_and_nowhere_else() {
        assert_eq!(of("time_s,AVAL", "0,1"), (0, 2, 0));
        assert_eq!(of(",time_s,AVAL", "0,0,1"), (1, 2, 0));
        assert_eq!(of("Unnamed: 0.1,Unnamed: 0,time_s,AVAL", "0,0,0,1"), (2, 2, 0));
        assert_eq!(of("...1, time_s,AVAL", "1,0,1"), (1, 2, 0));
        assert_eq!(of("AVAL,time_s", "0,1"), (0, 2, 0));
        assert_eq!(of("time_s,,AVAL", "0,1,2"), (0, 3, 0));
    }

    #[test]
    fn only_columns_without_name_and_value_are_commas_at_the_end() {
        assert_eq!(of("time_s,AVAL,", "0,1,"), (0, 2, 1));
        assert_eq!(of("time_s,AVAL,,", "0,1, ,"), (0, 2, 2));
        assert_eq!(of("time_s,AVAL", "0,1,"), (0, 2, 1));
        assert_eq!(of("time_s,AVAL,", "0,1,2"), (0, 3, 0));
        assert_eq!(of("time_s,AVAL", "0,1,2"), (0, 2, 0));
        assert_eq!(of("time_s,AVAL,RIML", "0,1,"), (0, 3, 0));
    }
}
