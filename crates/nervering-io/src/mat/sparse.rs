//! Sparse matrices, which both containers keep as three vectors: for each column where its entries
//! begin, and the row and the value of each entry.

/// The parts of a sparse matrix.
pub(crate) struct Sparse {
    pub rows: u64,
    /// Where the entries of each column begin, and where those of the last end.
    pub starts: Vec<f64>,
    /// The row of each entry, from 0.
    pub at: Vec<f64>,
    pub values: Vec<f64>,
}

impl Sparse {
    /// All values, column by column; nothing where the parts contradict one another. The caller has
    /// counted rows × columns against its budget.
    pub(crate) fn unfold(&self) -> Option<Vec<f64>> {
        let index = |value: f64| (value >= 0. && value.fract() == 0.).then_some(value as usize);
        let rows = usize::try_from(self.rows).ok()?;
        let n_columns = self.starts.len().checked_sub(1)?;
        let mut values = vec![0.; rows.checked_mul(n_columns)?];
        for (column, ends) in self.starts.windows(2).enumerate() {
            let entries = index(ends[0])?..index(ends[1])?;
            let at = self.at.get(entries.clone())?;
            for (&row, &value) in at.iter().zip(self.values.get(entries)?) {
                let row = index(row).filter(|&row| row < rows)?;
                values[column * rows + row] = value;
            }
        }
        Some(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_stand_where_their_column_and_row_say() {
        let mut sparse = Sparse {
            rows: 3,
            starts: vec![0., 2., 2., 3.],
            at: vec![0., 2., 1.],
            values: vec![1., 2., 3.],
        };
        assert_eq!(sparse.unfold().unwrap(), [1., 0., 2., 0., 0., 0., 0., 3., 0.]);
        sparse.at[1] = 3.;
        assert!(sparse.unfold().is_none());
        sparse.at[1] = 2.;
        sparse.starts[3] = 4.;
        assert!(sparse.unfold().is_none());
        sparse.starts[3] = f64::NAN;
        assert!(sparse.unfold().is_none());
    }
}
