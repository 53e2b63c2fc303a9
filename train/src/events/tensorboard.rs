//! Measurements as a TensorBoard event file.
//!
//! An event file is a sequence of TFRecords (length, masked CRC-32C of the length, payload, masked
//! CRC-32C of the payload), each holding a protobuf `tensorflow.Event`: first the file version,
//! then one `Summary` with a `simple_value` per scalar. The few protobuf fields needed are encoded
//! by hand (`tensorflow/core/util/event.proto`, `framework/summary.proto`). Scalars only: no
//! images, histograms or graphs.

use super::{EventError, Measurement};
use crate::host::host_name;
use crc::{CRC_32_ISCSI, Crc};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

const CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// Protobuf wire types.
const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const BYTES: u8 = 2;
const FIXED32: u8 = 5;

/// Writes one event file.
#[derive(Debug)]
pub struct TensorBoard {
    path: PathBuf,
    file: BufWriter<File>,
}

impl TensorBoard {
    /// Starts `events.out.tfevents.<unix time>.<host>.taskgraft` in a folder. A resumed run starts
    /// another file there; TensorBoard reads them as one.
    pub fn create_in(folder: &Path) -> Result<Self, EventError> {
        let now = seconds_now();
        let name = format!("events.out.tfevents.{:010}.{}.taskgraft", now as u64, host_name());
        let path = folder.join(name);
        let opened = File::create(&path);
        let mut file = BufWriter::new(opened.map_err(|e| io_error(&path, e))?);
        let written = file.write_all(&record(&version_event(now)));
        written.map_err(|e| io_error(&path, e))?;
        Ok(Self { path, file })
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends measurements, tagged [`Measurement::tag`], with the time now.
    pub fn append(&mut self, measurements: &[Measurement]) -> Result<(), EventError> {
        let now = seconds_now();
        for measurement in measurements {
            let event =
                scalar_event(now, measurement.step, &measurement.tag(), measurement.value as f32);
            let written = self.file.write_all(&record(&event));
            written.map_err(|e| io_error(&self.path, e))?;
        }
        Ok(())
    }

    /// Hands everything to the operating system; call it once per evaluation.
    pub fn flush(&mut self) -> Result<(), EventError> {
        self.file.flush().map_err(|e| io_error(&self.path, e))
    }
}

fn io_error(path: &Path, source: std::io::Error) -> EventError {
    EventError::Io { path: path.to_owned(), source }
}

fn seconds_now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |duration| duration.as_secs_f64())
}

/// A TFRecord around a payload.
fn record(payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u64).to_le_bytes();
    let mut out = length.to_vec();
    out.extend(masked_crc(&length).to_le_bytes());
    out.extend(payload);
    out.extend(masked_crc(payload).to_le_bytes());
    out
}

/// The CRC is rotated and shifted, so that a record inside a record does not check out by chance.
fn masked_crc(bytes: &[u8]) -> u32 {
    CRC32C.checksum(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// `Event { wall_time = 1, file_version = 3 }`.
fn version_event(wall_time: f64) -> Vec<u8> {
    let mut event = Vec::new();
    put_fixed(&mut event, 1, FIXED64, &wall_time.to_le_bytes());
    put_bytes(&mut event, 3, b"brain.Event:2");
    event
}

/// `Event { wall_time = 1, step = 2, summary = 5 { value = 1 { tag = 1, simple_value = 2 } } }`.
fn scalar_event(wall_time: f64, step: u64, tag: &str, value: f32) -> Vec<u8> {
    let mut scalar = Vec::new();
    put_bytes(&mut scalar, 1, tag.as_bytes());
    put_fixed(&mut scalar, 2, FIXED32, &value.to_le_bytes());
    let mut summary = Vec::new();
    put_bytes(&mut summary, 1, &scalar);
    let mut event = Vec::new();
    put_fixed(&mut event, 1, FIXED64, &wall_time.to_le_bytes());
    event.push(2 << 3 | VARINT);
    put_varint(&mut event, step);
    put_bytes(&mut event, 5, &summary);
    event
}

fn put_fixed(out: &mut Vec<u8>, field: u8, wire_type: u8, bytes: &[u8]) {
    out.push(field << 3 | wire_type);
    out.extend(bytes);
}

fn put_bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(field << 3 | BYTES);
    put_varint(out, bytes.len() as u64);
    out.extend(bytes);
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Splits a file into payloads, checking both checksums of each record.
    fn payloads(mut bytes: &[u8]) -> Vec<&[u8]> {
        let mut found = Vec::new();
        while !bytes.is_empty() {
            let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
            let length = word(0) as usize;
            assert_eq!(word(8), masked_crc(&bytes[..8]));
            assert_eq!(word(12 + length), masked_crc(&bytes[12..12 + length]));
            found.push(&bytes[12..12 + length]);
            bytes = &bytes[16 + length..];
        }
        found
    }

    #[test]
    fn the_checksum_is_crc_32c_with_the_tfrecord_mask() {
        assert_eq!(CRC32C.checksum(b"123456789"), 0xe306_9283);
        // The first twelve bytes of every event file that TensorFlow writes: a 24-byte payload.
        let header: [u8; 12] = [24, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22];
        assert_eq!(record(&version_event(0.0))[..12], header);
    }

    #[test]
    fn a_scalar_event_has_the_bytes_protobuf_gives_it() {
        let expected: Vec<u8> = [
            &[0x09][..],
            &1.5_f64.to_le_bytes(),
            &[0x10, 0xac, 0x02], // step 300
            &[0x2a, 0x0a, 0x0a, 0x08, 0x0a, 0x01, b'a', 0x15],
            &0.25_f32.to_le_bytes(),
        ]
        .concat();
        assert_eq!(scalar_event(1.5, 300, "a", 0.25), expected);
    }

    #[test]
    fn a_written_file_decodes_to_its_version_and_scalars() {
        let folder = tempfile::tempdir().unwrap();
        let mut board = TensorBoard::create_in(folder.path()).unwrap();
        let measurement = Measurement {
            step: 5,
            split: "dev".into(),
            task: Some("rte".into()),
            name: "accuracy".into(),
            value: 0.625,
        };
        board.append(&[measurement]).unwrap();
        board.flush().unwrap();
        let name = board.path().file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("events.out.tfevents.") && name.ends_with(".taskgraft"));
        let bytes = std::fs::read(board.path()).unwrap();
        let events = payloads(&bytes);
        assert_eq!(events.len(), 2);
        assert!(events[0].ends_with(b"brain.Event:2"));
        let (wall_time, rest) = events[1][1..].split_at(8);
        let wall_time = f64::from_le_bytes(wall_time.try_into().unwrap());
        assert_eq!(scalar_event(wall_time, 5, "dev/rte/accuracy", 0.625)[9..], *rest);
    }
}
