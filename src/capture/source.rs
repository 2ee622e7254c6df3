//! Takes a path, gives the bytes of the capture behind any compression, never the meaning of a byte.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use liblzma::read::XzDecoder;
use lz4_flex::frame::FrameDecoder;
use ring::digest::{Context, SHA256};

use super::Compression;

/// How much of a file is needed to recognise what it is.
const HEAD: usize = 16;

/// A file as it lies on disk, or standard input; counts its bytes, and hashes them where asked to.
struct Disk {
    head: io::Cursor<Vec<u8>>,
    file: Box<dyn Read + Send>,
    bytes: u64,
    hash: Option<Context>,
    /// A failure of the disk itself, which a decompressor would hand on as its own.
    failure: Option<String>,
}

impl Read for Disk {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match self.head.read(buffer)? {
            0 => self.file.read(buffer),
            n => Ok(n),
        };
        match &read {
            Ok(n) => {
                self.bytes += *n as u64;
                if let (Some(hash), Some(bytes)) = (&mut self.hash, buffer.get(..*n)) {
                    hash.update(bytes);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => self.failure = Some(error.to_string()),
        }
        read
    }
}

enum Packing {
    Plain(Disk),
    Gzip(MultiGzDecoder<BufReader<Disk>>),
    Zstd(zstd::Decoder<'static, BufReader<Disk>>),
    Lz4(Box<FrameDecoder<BufReader<Disk>>>),
    Xz(XzDecoder<BufReader<Disk>>),
    Bzip2(MultiBzDecoder<BufReader<Disk>>),
}

/// The bytes of one capture.
pub(super) struct Source {
    packing: Packing,
    compression: Option<Compression>,
    /// Why decompression ended early.
    cut: Option<String>,
}

/// What reading a source came to.
pub(super) struct Measured {
    /// Bytes on disk.
    pub(super) bytes: u64,
    /// Their SHA-256, in lower-case hexadecimal.
    pub(super) sha256: Option<String>,
}

/// What magic numbers say of a file's packing.
fn compression(head: &[u8]) -> Option<Compression> {
    match head {
        [0x1f, 0x8b, ..] => Some(Compression::Gzip),
        // Also the skippable frame that a parallel zstd begins with.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
        // The frame format, and its predecessor that Linux kernels are packed with.
        [0x04, 0x22, 0x4d, 0x18, ..] | [0x02, 0x21, 0x4c, 0x18, ..] => Some(Compression::Lz4),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Compression::Xz),
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Compression::Bzip2),
        _ => None,
    }
}

impl Source {
    /// Opens a file, `-` for standard input, and looks into it for its packing.
    pub(super) fn open(path: &Path, hash: bool) -> io::Result<Self> {
        let mut file: Box<dyn Read + Send> = if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(path)?) };
        let mut head = Vec::with_capacity(HEAD);
        file.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
        let compression = compression(&head);
        let hash = hash.then(|| Context::new(&SHA256));
        let disk = Disk { head: io::Cursor::new(head), file, bytes: 0, hash, failure: None };
        let buffered = |disk| BufReader::with_capacity(64 << 10, disk);
        let packing = match compression {
            None => Packing::Plain(disk),
            Some(Compression::Gzip) => Packing::Gzip(MultiGzDecoder::new(buffered(disk))),
            Some(Compression::Zstd) => Packing::Zstd(zstd::Decoder::with_buffer(buffered(disk))?),
            Some(Compression::Lz4) => Packing::Lz4(Box::new(FrameDecoder::new(buffered(disk)))),
            Some(Compression::Xz) => Packing::Xz(XzDecoder::new_multi_decoder(buffered(disk))),
            Some(Compression::Bzip2) => Packing::Bzip2(MultiBzDecoder::new(buffered(disk))),
        };
        Ok(Self { packing, compression, cut: None })
    }

    /// How the file is packed.
    pub(super) const fn compression(&self) -> Option<Compression> {
        self.compression
    }

    /// Why decompression ended before its stream did.
    pub(super) fn cut(&self) -> Option<&str> {
        self.cut.as_deref()
    }

    /// Bytes read from disk so far.
    pub(super) fn bytes(&mut self) -> u64 {
        self.disk().bytes
    }

    fn disk(&mut self) -> &mut Disk {
        match &mut self.packing {
            Packing::Plain(disk) => disk,
            Packing::Gzip(decoder) => decoder.get_mut().get_mut(),
            Packing::Zstd(decoder) => decoder.get_mut().get_mut(),
            Packing::Lz4(decoder) => decoder.get_mut().get_mut(),
            Packing::Xz(decoder) => decoder.get_mut().get_mut(),
            Packing::Bzip2(decoder) => decoder.get_mut().get_mut(),
        }
    }

    /// Fills `buffer` from the place `from` on as far as the capture goes; gives how far that was. Fails only where the disk does.
    pub(super) fn fill(&mut self, buffer: &mut [u8], from: usize) -> io::Result<usize> {
        let mut filled = from;
        while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
            match self.read(room) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let failure = self.disk().failure.take();
                    if self.compression.is_none() || failure.is_some() {
                        return Err(failure.map_or(error, io::Error::other));
                    }
                    self.cut = Some(error.to_string());
                    break;
                }
            }
        }
        Ok(filled)
    }

    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.cut.is_some() {
            return Ok(0);
        }
        match &mut self.packing {
            Packing::Plain(disk) => disk.read(room),
            Packing::Gzip(decoder) => decoder.read(room),
            Packing::Zstd(decoder) => decoder.read(room),
            // The decoder stops after every frame; the next one, if there is one, begins at the next read.
            Packing::Lz4(decoder) => match decoder.read(room)? {
                0 if !decoder.get_mut().fill_buf()?.is_empty() => decoder.read(room),
                n => Ok(n),
            },
            Packing::Xz(decoder) => decoder.read(room),
            Packing::Bzip2(decoder) => decoder.read(room),
        }
    }

    /// Reads what is left on disk, if anybody wants to know about it, and gives the measures of the whole file.
    pub(super) fn finish(mut self) -> io::Result<Measured> {
        let disk = self.disk();
        io::copy(disk, &mut io::sink())?;
        let hex = |hash: Context| hash.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Measured { bytes: disk.bytes, sha256: disk.hash.take().map(hex) })
    }
}
