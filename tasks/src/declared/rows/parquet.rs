//! Parquet files, as Hugging Face `datasets` writes them: the columns that are needed, row by row.
//!
//! The metadata of such a file name the labels of a column (`ClassLabel`); numbers of that column become the names, and
//! -1, which stands for a label that is not published, becomes nothing. Snappy is the one compression that is read. The
//! parquet crate panics on some damaged files; a panic there is an error here. Lines of messages are rows, from 1.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

use bytes::Bytes;
use parquet::{
    errors::ParquetError,
    file::{metadata::KeyValue, reader::FileReader, serialized_reader::SerializedFileReader},
    record::Field,
    schema::types::Type,
};
use serde_json::{Map, Number, Value};

use super::{files::Rows, page_sizes::Limited};
use crate::{
    Error, Result, SourceFile, Split,
    file::{abridged, cut, is_gz, locate, most_unpacked, read_bytes},
    registry::record::Record,
};

type Reader = SerializedFileReader<Limited>;
type Labels = BTreeMap<String, Vec<String>>;

pub(super) fn columns(path: &Path) -> Result<Vec<String>> {
    let (reader, source) = open(path)?;
    guarded(&source, || Ok(names(&reader)))
}

pub(super) fn rows(path: &Path, split: Split, needed: &[&str]) -> Result<Rows> {
    let (reader, source) = open(path)?;
    let labels = labels(reader.metadata().file_metadata().key_value_metadata());
    let records = guarded(&source, || records(&reader, &source, split, needed))?;
    let records = records.into_iter().map(|record| named(record, &labels, &source));
    let rows = Rows::of_file(records.collect::<Result<_>>()?, source)?;
    Ok(Rows { labels, ..rows })
}

fn open(path: &Path) -> Result<(Reader, SourceFile)> {
    let path = locate(path)?;
    let (bytes, source) = read_bytes(&path, is_gz(&path))?;
    let most = most_unpacked(bytes.len() as u64);
    let file = Limited { file: Bytes::from(bytes), most };
    let reader = guarded(&source, || SerializedFileReader::new(file))?;
    Ok((reader, source))
}

/// The call, whose errors and panics name the file.
fn guarded<T>(source: &SourceFile, call: impl FnOnce() -> parquet::errors::Result<T>) -> Result<T> {
    let outcome = catch_unwind(AssertUnwindSafe(call));
    let problem = match outcome {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the parquet crate gave up".into(),
    };
    let problem = format!(
        "not a Parquet file that can be read ({}); expected one that is whole, with snappy compression or none",
        cut(&problem, 200)
    );
    Err(Error::File { path: source.path.clone(), problem })
}

fn names(reader: &Reader) -> Vec<String> {
    let schema = reader.metadata().file_metadata().schema();
    schema.get_fields().iter().map(|field| field.name().to_owned()).collect()
}

fn records(
    reader: &Reader,
    source: &SourceFile,
    split: Split,
    needed: &[&str],
) -> parquet::errors::Result<Vec<Record>> {
    let schema = reader.metadata().file_metadata().schema();
    let is_needed = |name: &str| {
        needed.iter().any(|path| *path == name || path.split('.').next() == Some(name))
    };
    let fields = schema.get_fields().iter().filter(|field| is_needed(field.name()));
    let fields: Vec<_> = fields.map(Arc::clone).collect();
    let projection = Type::group_type_builder(schema.name()).with_fields(fields).build()?;
    let most = most_unpacked(source.bytes);
    let (mut records, mut unpacked) = (Vec::new(), 0);
    for row in reader.get_row_iter(Some(projection))? {
        let mut record = Record::new(records.len() + 1, split);
        for (name, field) in row?.into_columns() {
            record.fields.insert(name, value(&field, &mut unpacked));
        }
        // A row of a few bits takes memory too.
        unpacked += 8;
        if unpacked > most {
            return Err(ParquetError::General(format!("more than {most} bytes when unpacked")));
        }
        records.push(record);
    }
    Ok(records)
}

/// The value of a field; `unpacked` grows by about its size in memory.
fn value(field: &Field, unpacked: &mut u64) -> Value {
    *unpacked += 8;
    let number = |number: Option<Number>| number.map_or(Value::Null, Value::Number);
    match field {
        Field::Null => Value::Null,
        Field::Bool(value) => Value::Bool(*value),
        Field::Byte(value) => Value::from(*value),
        Field::Short(value) => Value::from(*value),
        Field::Int(value) => Value::from(*value),
        Field::Long(value) => Value::from(*value),
        Field::UByte(value) => Value::from(*value),
        Field::UShort(value) => Value::from(*value),
        Field::UInt(value) => Value::from(*value),
        Field::ULong(value) => Value::from(*value),
        // Through decimal digits, so that 3.8 stays 3.8.
        Field::Float(value) => number(value.to_string().parse().ok().and_then(Number::from_f64)),
        Field::Double(value) => number(Number::from_f64(*value)),
        Field::Str(text) => {
            *unpacked += text.len() as u64;
            Value::String(text.clone())
        }
        Field::Bytes(bytes) => {
            *unpacked += bytes.len() as u64;
            Value::String(String::from_utf8_lossy(bytes.data()).into_owned())
        }
        Field::ListInternal(list) => {
            list.elements().iter().map(|field| value(field, unpacked)).collect()
        }
        Field::Group(row) => {
            let fields = row.get_column_iter();
            Value::Object(
                fields.map(|(name, field)| (name.clone(), value(field, unpacked))).collect(),
            )
        }
        other => Value::String(other.to_string()),
    }
}

/// The names of labels that `datasets` keeps in a file's metadata, by column.
fn labels(metadata: Option<&Vec<KeyValue>>) -> Labels {
    let kept = metadata.into_iter().flatten().find(|pair| pair.key == "huggingface");
    let info = kept.and_then(|pair| serde_json::from_str::<Value>(pair.value.as_deref()?).ok());
    let features = info.as_ref().and_then(|info| info.pointer("/info/features")?.as_object());
    let names = |feature: &Value| -> Option<Vec<String>> {
        let feature = feature.get("feature").unwrap_or(feature);
        let names =
            feature.get("names").filter(|_| feature["_type"] == "ClassLabel")?.as_array()?;
        names.iter().map(|name| name.as_str().map(str::to_owned)).collect()
    };
    let named = features.into_iter().flatten();
    named.filter_map(|(column, feature)| Some((column.clone(), names(feature)?))).collect()
}

/// The record with names in place of the numbers of labels.
fn named(mut record: Record, labels: &Labels, source: &SourceFile) -> Result<Record> {
    let fields: &mut Map<String, Value> = &mut record.fields;
    for (column, names) in labels {
        let Some(value) = fields.get_mut(column) else { continue };
        let values = match value {
            Value::Array(values) => values.as_mut_slice(),
            one => std::slice::from_mut(one),
        };
        for value in values {
            let name = value.as_i64().and_then(|label| names.get(usize::try_from(label).ok()?));
            *value = match (&*value, name) {
                (_, Some(name)) => Value::String(name.clone()),
                (Value::Null, _) => Value::Null,
                (other, _) if other.as_i64() == Some(-1) => Value::Null,
                (other, _) => {
                    let (found, count) = (abridged(&other.to_string()), names.len());
                    let problem = format!(
                        "column `{column}` is {found}, but the file's metadata name {count} labels, counted from 0"
                    );
                    return Err(Error::Data {
                        path: source.path.clone(),
                        line: record.line,
                        problem,
                    });
                }
            };
        }
    }
    Ok(record)
}
