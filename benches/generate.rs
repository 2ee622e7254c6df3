//! Takes a kind of traffic and how much of it, gives a capture, never anything random but the keys of TLS.

mod traffic;

use std::io::{self, BufWriter, Write};

use traffic::{Kind, tls};

fn main() -> io::Result<()> {
    // Cargo adds `--bench` of its own.
    let arguments = std::env::args().skip(1).filter(|argument| argument != "--bench").collect::<Vec<_>>();
    let amount = arguments.get(1).and_then(|amount| amount.parse().ok());
    let (Some(kind), Some(amount), Some(path)) = (arguments.first(), amount, arguments.get(2)) else { return usage() };
    let kind = match kind.as_str() {
        "signalling" => Some(Kind::Signalling),
        "media" => Some(Kind::Media),
        "crowd" => Some(Kind::Crowd),
        "tls" | "handshakes" => None,
        _ => return usage(),
    };
    let mut out = BufWriter::with_capacity(1 << 20, std::fs::File::create(path)?);
    let written = match (kind, usize::try_from(amount)) {
        (Some(kind), _) => traffic::write(kind, amount, &mut out)?,
        (None, Ok(count)) if arguments.first().is_some_and(|kind| kind == "handshakes") => tls::handshakes(count, &mut out)?,
        (None, Ok(count)) => {
            let (written, keys) = tls::secured(count, &mut out)?;
            std::fs::write(format!("{path}.keys"), keys)?;
            written
        }
        (None, Err(_)) => return usage(),
    };
    out.flush()?;
    writeln!(io::stderr(), "{path}: {} bytes, {} packets, {} calls", written.bytes, written.packets, written.calls)
}

fn usage() -> io::Result<()> {
    writeln!(io::stderr(), "usage: cargo bench --bench generate -- signalling|media|crowd BYTES FILE, or tls|handshakes COUNT FILE")
}
