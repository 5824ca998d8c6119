//! A long table as a Parquet file: [`write_long_parquet`] writes columns of names and numbers, one
//! row group, compressed with Snappy. Nothing here reads one back: any pandas does.

use crate::atomic::write_atomically;
use crate::error::IoError;
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, Type};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// A column of a long table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LongColumn<'a> {
    /// Its name.
    pub name: &'a str,
    /// One per row.
    pub values: LongValues<'a>,
}

/// The values of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LongValues<'a> {
    /// STRING, by a dictionary.
    Text(&'a [String]),
    /// INT64.
    Integers(&'a [i64]),
    /// DOUBLE; NaN where there is none.
    Numbers(&'a [f64]),
}

/// Writes columns of the same length to `path`, replacing what is there. The file is there as a whole
/// or not at all.
///
/// # Errors
/// [`IoError::Write`] when the disk refuses.
///
/// # Panics
/// When the columns differ in length.
pub fn write_long_parquet(columns: &[LongColumn<'_>], path: &Path) -> Result<(), IoError> {
    let n_rows = columns.first().map_or(0, LongColumn::len);
    assert!(columns.iter().all(|column| column.len() == n_rows), "columns of {n_rows} rows");
    write_atomically(path, |file| {
        write_table(columns, file).map_err(|error| match error {
            ParquetError::External(source) => std::io::Error::other(source),
            error => std::io::Error::other(error),
        })
    })
}

impl LongColumn<'_> {
    fn len(&self) -> usize {
        match self.values {
            LongValues::Text(values) => values.len(),
            LongValues::Integers(values) => values.len(),
            LongValues::Numbers(values) => values.len(),
        }
    }

    fn field(&self) -> Result<Arc<Type>, ParquetError> {
        let (physical, logical) = match self.values {
            LongValues::Text(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            LongValues::Integers(_) => (Physical::INT64, None),
            LongValues::Numbers(_) => (Physical::DOUBLE, None),
        };
        let field = Type::primitive_type_builder(self.name, physical)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(logical);
        Ok(Arc::new(field.build()?))
    }
}

fn write_table(
    columns: &[LongColumn<'_>],
    file: &mut (impl Write + Send),
) -> Result<(), ParquetError> {
    let fields = columns.iter().map(LongColumn::field).collect::<Result<_, _>>()?;
    let schema = Type::group_type_builder("table").with_fields(fields).build()?;
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_max_row_group_row_count(None);
    for column in columns {
        // Forecasts hardly repeat a value, names and frames do.
        let repeats = !matches!(column.values, LongValues::Numbers(_));
        let path = ColumnPath::from(column.name);
        properties = properties.set_column_dictionary_enabled(path, repeats);
    }
    let properties = Arc::new(properties.build());
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema), properties)?;
    let mut rows = writer.next_row_group()?;
    for column in columns {
        let none_left = || ParquetError::General("the schema has fewer columns".into());
        let mut written = rows.next_column()?.ok_or_else(none_left)?;
        match column.values {
            LongValues::Text(values) => {
                let values: Vec<ByteArray> =
                    values.iter().map(|text| ByteArray::from(text.as_str())).collect();
                written.typed::<ByteArrayType>().write_batch(&values, None, None)?;
            }
            LongValues::Integers(values) => {
                written.typed::<Int64Type>().write_batch(values, None, None)?;
            }
            LongValues::Numbers(values) => {
                written.typed::<DoubleType>().write_batch(values, None, None)?;
            }
        }
        written.close()?;
    }
    rows.close()?;
    writer.close()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;

    #[test]
    fn what_is_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.parquet");
        let names: Vec<String> = (0..3000).map(|k| format!("n{}", k % 7)).collect();
        let frames: Vec<i64> = (0..3000).map(|k| k / 10).collect();
        let mut values: Vec<f64> = (0..3000).map(|k| f64::from(k).sin()).collect();
        values[5] = f64::NAN;
        let column = |name, values| LongColumn { name, values };
        let columns = [
            column("neuron", LongValues::Text(&names)),
            column("frame", LongValues::Integers(&frames)),
            column("value", LongValues::Numbers(&values)),
        ];
        write_long_parquet(&columns, &path).unwrap();
        let file = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
        let mut n_rows = 0;
        for (k, row) in file.get_row_iter(None).unwrap().enumerate() {
            let row = row.unwrap();
            assert_eq!(row.get_string(0).unwrap(), &names[k]);
            assert_eq!(row.get_long(1).unwrap(), frames[k]);
            assert_eq!(row.get_double(2).unwrap().to_bits(), values[k].to_bits());
            n_rows += 1;
        }
        assert_eq!(n_rows, 3000);
    }
}
