//! Takes what reading a file taught, gives its entry in the report, never its packets.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use crate::base::Time;

/// The container of a capture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Classic libpcap.
    #[default]
    Pcap,
    /// pcapng.
    Pcapng,
}

/// How the file was packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// The LZ4 frame format.
    Lz4,
    /// The .xz format.
    Xz,
    /// bzip2.
    Bzip2,
}

/// A place where a file could not be read as what it claims to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// Byte offset in the (uncompressed) capture.
    pub offset: u64,
    /// The last whole frame before it.
    pub after_frame: u32,
    /// What is wrong there.
    pub what: String,
    /// Where reading went on, if it could.
    pub resumed_at: Option<u64>,
}

/// A pcapng Decryption Secrets Block, kept for the stage that opens TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secrets {
    /// The secrets type, for example 0x544c534b, a TLS key log.
    pub kind: u32,
    /// The secrets as they stand in the block.
    pub data: Vec<u8>,
    /// The last frame before the block.
    pub after_frame: u32,
}

/// A file name need not be UTF-8; a report must.
fn lossily<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

/// One capture file, as the report lists it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CaptureInfo {
    /// The path as the user gave it; `-` for standard input.
    #[serde(serialize_with = "lossily")]
    pub path: PathBuf,
    /// pcap or pcapng.
    pub format: Format,
    /// The packing, if any.
    pub compression: Option<Compression>,
    /// The link types of its interfaces, by the names that tcpdump.org lists without `LINKTYPE_`.
    pub link_types: Vec<String>,
    /// Bytes in the file as it lies on disk.
    pub bytes: u64,
    /// Frames read.
    pub frames: u64,
    /// Time stamp of the earliest frame.
    pub first_time: Option<Time>,
    /// Time stamp of the latest frame.
    pub last_time: Option<Time>,
    /// Whether it ends in the middle of a record.
    pub truncated: bool,
    /// SHA-256 of the file as it lies on disk, in lower-case hexadecimal; `None` where no report asked for it.
    pub sha256: Option<String>,
    /// What could not be read, and where.
    pub damage: Vec<Damage>,
    /// Packets that the capturing program says it lost (pcapng interface statistics).
    pub dropped: u64,
    /// Decryption secrets.
    #[serde(skip)]
    pub secrets: Vec<Secrets>,
}
