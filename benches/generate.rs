//! Takes `signalling|media BYTES FILE`, gives a capture of that size, never anything random.

mod traffic;

use std::io::{self, BufWriter, Write};

use traffic::Kind;

fn main() -> io::Result<()> {
    // Cargo adds `--bench` of its own.
    let arguments = std::env::args().skip(1).filter(|argument| argument != "--bench").collect::<Vec<_>>();
    let kind = match arguments.first().map(String::as_str) {
        Some("signalling") => Some(Kind::Signalling),
        Some("media") => Some(Kind::Media),
        _ => None,
    };
    let size = arguments.get(1).and_then(|size| size.parse().ok());
    let (Some(kind), Some(size), Some(path)) = (kind, size, arguments.get(2)) else {
        return writeln!(io::stderr(), "usage: cargo bench --bench generate -- signalling|media BYTES FILE");
    };
    let mut out = BufWriter::with_capacity(1 << 20, std::fs::File::create(path)?);
    let written = traffic::write(kind, size, &mut out)?;
    out.flush()?;
    writeln!(io::stderr(), "{path}: {} bytes, {} packets, {} calls", written.bytes, written.packets, written.calls)
}
