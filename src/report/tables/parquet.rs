//! Takes the rows of a table, gives them as Parquet, never holds more of them than one row group.

use std::io::{self, Write};
use std::sync::Arc;

use ::parquet::basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical};
use ::parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use ::parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use ::parquet::schema::types::{ColumnPath, Type, TypePtr};

use super::{Cell, Column, Kind, Table};
use crate::base::lossy;

/// Rows of a row group at most, and octets of their values: what a table holds in memory.
const ROWS: usize = 1 << 16;
const OCTETS: usize = 1 << 23;
/// Texts that are handed on at a time: what stands for them stays in a cache.
const TEXTS: usize = 1 << 9;

/// The key of the file's metadata that names its schema.
pub const SCHEMA_KEY: &str = "speerlint.schema";
/// The key that holds the captures as a JSON list: `capture` of a row counts in it, from 0.
pub const CAPTURES_KEY: &str = "speerlint.captures";

/// A table as Parquet: flat, packed or compressed with Snappy, times in nanoseconds of UTC.
pub struct ParquetTable<R, W: Write + Send> {
    table: Table<R>,
    out: SerializedFileWriter<W>,
    held: Vec<Held>,
    rows: usize,
    octets: usize,
    most: usize,
}

impl<R, W: Write + Send> std::fmt::Debug for ParquetTable<R, W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetTable").field("table", &self.table.name).field("held", &self.rows).finish_non_exhaustive()
    }
}

impl<R, W: Write + Send> ParquetTable<R, W> {
    /// Begins the file.
    ///
    /// # Errors
    /// When `out` does not take it.
    pub fn begin(table: Table<R>, out: W) -> io::Result<Self> {
        let out = SerializedFileWriter::new(out, schema(&table).map_err(cause)?, properties(&table)).map_err(cause)?;
        let held = table.columns.iter().map(Held::of).collect();
        Ok(Self { table, out, held, rows: 0, octets: 0, most: ROWS })
    }

    /// Takes a row.
    ///
    /// # Errors
    /// When the output does not take its row group.
    pub fn row(&mut self, row: &R) -> io::Result<()> {
        for (column, held) in self.table.columns.iter().zip(&mut self.held) {
            self.octets += held.push(column.cell(row).as_ref());
        }
        self.rows += 1;
        if self.rows >= self.most || self.octets >= OCTETS { self.write_group().map_err(cause) } else { Ok(()) }
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.out.next_row_group()?;
        for held in &mut self.held {
            if let Some(mut column) = group.next_column()? {
                held.write(&mut column)?;
                column.close()?;
            }
        }
        group.close()?;
        (self.rows, self.octets) = (0, 0);
        Ok(())
    }

    /// Ends the file, whose rows count their captures in `captures`; gives back what it was written to.
    ///
    /// # Errors
    /// When the output does not take it.
    pub fn end(mut self, captures: &[String]) -> io::Result<W> {
        if self.rows > 0 {
            self.write_group().map_err(cause)?;
        }
        let captures = serde_json::to_string(captures)?;
        self.out.append_key_value_metadata(KeyValue::new(CAPTURES_KEY.to_owned(), captures));
        self.out.into_inner().map_err(cause)
    }
}

/// The values of one column, of the rows of a row group: flat, so that a value costs no allocation of its own.
struct Held {
    values: Values,
    /// For each row whether it has a value; `None` where all have one.
    there: Option<Vec<i16>>,
}

enum Values {
    Text { octets: Vec<u8>, ends: Vec<usize> },
    Whole(Vec<i64>),
    Real(Vec<f64>),
    Truth(Vec<bool>),
}

impl Held {
    fn of<R>(column: &Column<R>) -> Self {
        let values = match column.kind() {
            Kind::Text => Values::Text { octets: Vec::new(), ends: Vec::new() },
            Kind::Whole | Kind::Time => Values::Whole(Vec::new()),
            Kind::Real => Values::Real(Vec::new()),
            Kind::Truth => Values::Truth(Vec::new()),
        };
        Self { values, there: column.nullable().then(Vec::new) }
    }

    /// Takes a cell; gives the octets that it holds.
    fn push(&mut self, cell: Option<&Cell<'_>>) -> usize {
        if let Some(there) = &mut self.there {
            there.push(i16::from(cell.is_some()));
        }
        match (&mut self.values, cell) {
            (Values::Text { octets, ends }, Some(Cell::Text(text))) => return add(octets, ends, text.as_bytes()),
            (Values::Text { octets, ends }, Some(Cell::Octets(text))) => return add(octets, ends, text),
            (Values::Whole(all), Some(Cell::Whole(number))) => all.push(i64::try_from(*number).unwrap_or(i64::MAX)),
            (Values::Whole(all), Some(Cell::Time(time))) => all.push(time.0),
            (Values::Real(all), Some(Cell::Real(number))) => all.push(*number),
            (Values::Truth(all), Some(Cell::Truth(truth))) => all.push(*truth),
            // A missing value; a cell of another kind cannot be, for the kind of a column is that of its cells.
            _ => {}
        }
        size_of::<u64>()
    }

    /// Writes the values as a chunk of their column, and forgets them.
    fn write(&mut self, column: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let there = self.there.as_deref();
        match &mut self.values {
            Values::Text { octets, ends } => {
                if !octets.is_ascii() {
                    replace(octets, ends);
                }
                let all = bytes::Bytes::from(std::mem::take(octets));
                let column = column.typed::<ByteArrayType>();
                let mut texts: Vec<ByteArray> = Vec::with_capacity(TEXTS);
                let (mut start, mut rest) = (0, ends.as_slice());
                let rows = there.map_or(ends.len(), <[i16]>::len);
                for first in (0..rows).step_by(TEXTS) {
                    let there = there.map(|there| there.get(first..rows.min(first + TEXTS)).unwrap_or_default());
                    let present = there.map_or(TEXTS, |there| there.iter().filter(|&&is| is > 0).count());
                    let (now, later) = rest.split_at(present.min(rest.len()));
                    texts.extend(now.iter().map(|&end| ByteArray::from(all.slice(std::mem::replace(&mut start, end)..end))));
                    column.write_batch(&texts, there, None)?;
                    texts.clear();
                    rest = later;
                }
                drop(texts);
                // The next row group needs about as much.
                *octets = all.try_into_mut().map(Vec::from).unwrap_or_default();
                octets.clear();
                ends.clear();
            }
            Values::Whole(all) => {
                column.typed::<Int64Type>().write_batch(all, there, None)?;
                all.clear();
            }
            Values::Real(all) => {
                column.typed::<DoubleType>().write_batch(all, there, None)?;
                all.clear();
            }
            Values::Truth(all) => {
                column.typed::<BoolType>().write_batch(all, there, None)?;
                all.clear();
            }
        }
        self.there.iter_mut().for_each(Vec::clear);
        Ok(())
    }
}

/// Adds a text to those of a column; gives the octets that it takes.
fn add(octets: &mut Vec<u8>, ends: &mut Vec<usize>, text: &[u8]) -> usize {
    octets.extend_from_slice(text);
    ends.push(octets.len());
    text.len() + size_of::<usize>()
}

/// Replaces what is no UTF-8 in the texts of a column.
fn replace(octets: &mut Vec<u8>, ends: &mut [usize]) {
    let (mut all, mut start) = (Vec::with_capacity(octets.len()), 0);
    for end in ends {
        let text = octets.get(start..*end).unwrap_or_default();
        start = std::mem::replace(end, {
            all.extend_from_slice(lossy(text).as_bytes());
            all.len()
        });
    }
    *octets = all;
}

fn schema<R>(table: &Table<R>) -> Result<TypePtr, ParquetError> {
    let field = |column: &Column<R>| {
        let (physical, logical) = match column.kind() {
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Whole => (Physical::INT64, None),
            Kind::Real => (Physical::DOUBLE, None),
            Kind::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::NANOS))),
            Kind::Truth => (Physical::BOOLEAN, None),
        };
        let repetition = if column.nullable() { Repetition::OPTIONAL } else { Repetition::REQUIRED };
        Ok(Arc::new(Type::primitive_type_builder(column.name, physical).with_logical_type(logical).with_repetition(repetition).build()?))
    };
    let fields: Result<Vec<TypePtr>, ParquetError> = table.columns.iter().map(field).collect();
    Ok(Arc::new(Type::group_type_builder(table.name).with_fields(fields?).build()?))
}

fn properties<R>(table: &Table<R>) -> WriterPropertiesPtr {
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("speerlint ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::UNCOMPRESSED)
        // Enough to leave out row groups; more would cost more than the writing.
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_dictionary_enabled(false)
        .set_key_value_metadata(Some(vec![KeyValue::new(SCHEMA_KEY.to_owned(), table.schema())]));
    for column in &table.columns {
        let path = ColumnPath::from(column.name);
        properties = match column.kind() {
            // Neighbours are near each other: their differences are short, and cost less than a dictionary.
            Kind::Time | Kind::Whole => properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED),
            _ if column.few => properties.set_column_dictionary_enabled(path, true),
            // What stands there as it is; differences and places in a dictionary are packed already.
            Kind::Text | Kind::Real => properties.set_column_compression(path, Compression::SNAPPY),
            Kind::Truth => properties,
        };
        // Who asks for a range asks for times and numbers.
        if column.kind() == Kind::Text {
            properties = properties.set_column_statistics_enabled(ColumnPath::from(column.name), EnabledStatistics::None);
        }
    }
    Arc::new(properties.build())
}

/// What went wrong below: a full disk says so itself.
fn cause(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{CallRow, MessageRow, Word};
    use crate::base::Time;
    use crate::report::tables::{calls, findings, messages, metrics, streams};
    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use ::parquet::record::Field;

    fn read(octets: Vec<u8>) -> SerializedFileReader<bytes::Bytes> {
        SerializedFileReader::new(bytes::Bytes::from(octets)).unwrap()
    }

    #[test]
    fn rows_of_several_groups_come_back_as_they_were() {
        let row = |n: i64| CallRow {
            call_id: format!("{n}\0é\u{202e}=x"),
            begun: Time(1_794_651_245_113_203_007 + n),
            code: (n % 3 == 0).then_some(486),
            loss_pct: (n % 2 == 0).then_some(0.1),
            frame: u32::MAX,
            ..CallRow::default()
        };
        let mut table = ParquetTable { most: 16, ..ParquetTable::begin(calls(), Vec::new()).unwrap() };
        (0..100).for_each(|n| table.row(&row(n)).unwrap());
        let file = read(table.end(&["a.pcap".to_owned()]).unwrap());
        assert_eq!(file.metadata().num_row_groups(), 7);
        let keys = file.metadata().file_metadata().key_value_metadata().unwrap();
        let value = |key: &str| keys.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.clone()).unwrap();
        assert_eq!((value(SCHEMA_KEY), value(CAPTURES_KEY)), ("speerlint/calls/1".into(), "[\"a.pcap\"]".into()));
        for (n, got) in (0i64..).zip(file.get_row_iter(None).unwrap()) {
            let got = got.unwrap();
            let field = |name: &str| got.get_column_iter().find(|(column, _)| *column == name).map(|(_, field)| field.clone()).unwrap();
            assert_eq!(field("call_id"), Field::Str(row(n).call_id));
            assert_eq!(field("frame"), Field::Long(i64::from(u32::MAX)));
            assert_eq!(field("code"), if n % 3 == 0 { Field::Long(486) } else { Field::Null });
            assert_eq!(field("loss_pct"), if n % 2 == 0 { Field::Double(0.1) } else { Field::Null });
            assert_eq!(field("begun"), Field::Long(row(n).begun.0));
        }
    }

    #[test]
    fn octets_that_are_no_text_are_replaced_cell_by_cell() {
        let row = |from: &[u8], to: &[u8]| MessageRow {
            from_user: Some(Word::Own(from.into())),
            to_user: Some(Word::Own(to.into())),
            ..MessageRow::default()
        };
        let mut table = ParquetTable::begin(messages(), Vec::new()).unwrap();
        // Together the second and the third would be one letter.
        for from in [&b"plain"[..], b"\xc3", b"\xa9", b"", "é".as_bytes()] {
            table.row(&row(from, b"ascii")).unwrap();
        }
        let file = read(table.end(&[]).unwrap());
        let got = file.get_row_iter(None).unwrap().map(|row| {
            let row = row.unwrap();
            let field = |name: &str| row.get_column_iter().find(|(column, _)| *column == name).map(|(_, field)| field.clone());
            assert_eq!(field("to_user"), Some(Field::Str("ascii".into())));
            field("from_user").unwrap()
        });
        let wanted = ["plain", "\u{fffd}", "\u{fffd}", "", "é"].map(|text| Field::Str(text.into()));
        assert_eq!(got.collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn no_rows_make_a_table_too() {
        let empty = |octets| read(octets).metadata().file_metadata().num_rows();
        assert_eq!(empty(ParquetTable::begin(streams(), Vec::new()).unwrap().end(&[]).unwrap()), 0);
        assert_eq!(empty(ParquetTable::begin(findings(), Vec::new()).unwrap().end(&[]).unwrap()), 0);
        assert_eq!(empty(ParquetTable::begin(metrics(), Vec::new()).unwrap().end(&[]).unwrap()), 0);
    }

    /// A disk that takes so many octets.
    struct Small(usize);

    impl Write for Small {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(octets.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(octets.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_says_so_itself() {
        let mut table = ParquetTable::begin(calls(), Small(100)).unwrap();
        table.row(&CallRow::default()).unwrap();
        assert_eq!(table.end(&[]).err().unwrap().kind(), io::ErrorKind::StorageFull);
    }
}
