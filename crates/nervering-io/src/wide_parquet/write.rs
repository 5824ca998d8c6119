//! Writing a recording as a wide Parquet table.

use super::marks::METADATA_KEY;
use crate::atomic::write_atomically;
use crate::error::IoError;
use crate::table::{DERIVATIVE_SUFFIX, Metadata, STATE, TIME, column_names};
use nervering_recording::{Recording, Traces};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// Writes a recording to `path`, metadata included, replacing what is there. The file is there as a
/// whole or not at all.
///
/// [`crate::read_recordings`] gives the same recording back, to the last bit.
///
/// # Errors
/// [`IoError::Write`] when the disk refuses, [`IoError::UnwritableLabel`] for a candidate list of
/// fewer than two names.
pub fn write_parquet(recording: &Recording, path: &Path) -> Result<(), IoError> {
    let columns = column_names(recording, path)?;
    let metadata = serde_json::to_string(&Metadata::of(recording))
        .map_err(|error| IoError::write(path)(error.into()))?;
    write_atomically(path, |file| {
        write_table(recording, &columns, metadata, file).map_err(|error| match error {
            ParquetError::External(source) => std::io::Error::other(source),
            error => std::io::Error::other(error),
        })
    })
}

fn write_table(
    recording: &Recording,
    columns: &[String],
    metadata: String,
    file: &mut (impl Write + Send),
) -> Result<(), ParquetError> {
    let derivative = recording.file_derivative();
    let mut fields = vec![numbers(TIME)?];
    if recording.behavior().is_some() {
        fields.push(Arc::new(
            Type::primitive_type_builder(STATE, Physical::BYTE_ARRAY)
                .with_repetition(Repetition::REQUIRED)
                .with_logical_type(Some(LogicalType::String))
                .build()?,
        ));
    }
    for column in columns {
        fields.push(numbers(column)?);
    }
    if derivative.is_some() {
        for column in columns {
            fields.push(numbers(&format!("{column}{DERIVATIVE_SUFFIX}"))?);
        }
    }
    let schema = Type::group_type_builder("recording").with_fields(fields).build()?;
    // Traces hardly repeat a value, so a dictionary of them is a detour.
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_dictionary_enabled(false)
        .set_column_dictionary_enabled(ColumnPath::from(STATE), true)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_max_row_group_row_count(None)
        .set_key_value_metadata(Some(vec![KeyValue::new(METADATA_KEY.to_owned(), metadata)]))
        .build();
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))?;
    let mut rows = writer.next_row_group()?;
    write_numbers(&mut rows, recording.time().seconds())?;
    if let Some(behavior) = recording.behavior() {
        let names: Vec<ByteArray> = behavior.names().map(ByteArray::from).collect();
        let mut column = next_column(&mut rows)?;
        column.typed::<ByteArrayType>().write_batch(&names, None, None)?;
        column.close()?;
    }
    write_traces(&mut rows, recording.traces())?;
    if let Some(derivative) = derivative {
        write_traces(&mut rows, &derivative.values)?;
    }
    rows.close()?;
    writer.close()?;
    Ok(())
}

fn numbers(name: &str) -> Result<Arc<Type>, ParquetError> {
    let column = Type::primitive_type_builder(name, Physical::DOUBLE);
    Ok(Arc::new(column.with_repetition(Repetition::REQUIRED).build()?))
}

fn write_traces<W: Write + Send>(
    rows: &mut SerializedRowGroupWriter<'_, W>,
    traces: &Traces,
) -> Result<(), ParquetError> {
    for neuron in 0..traces.n_neurons() {
        write_numbers(rows, &traces.neuron(neuron).collect::<Vec<_>>())?;
    }
    Ok(())
}

fn write_numbers<W: Write + Send>(
    rows: &mut SerializedRowGroupWriter<'_, W>,
    values: &[f64],
) -> Result<(), ParquetError> {
    let mut column = next_column(rows)?;
    column.typed::<DoubleType>().write_batch(values, None, None)?;
    column.close()
}

fn next_column<'a, W: Write + Send>(
    rows: &'a mut SerializedRowGroupWriter<'_, W>,
) -> Result<parquet::file::writer::SerializedColumnWriter<'a>, ParquetError> {
    let none_left = || ParquetError::General("the schema has fewer columns than the table".into());
    rows.next_column()?.ok_or_else(none_left)
}
