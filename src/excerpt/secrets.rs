//! Takes key logs, gives the lines of some connections, never those of another.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use hashbrown::HashSet;

use super::strand::Random;
use crate::base::{Error, Result};
use crate::capture;
use crate::transport::KeyLog;

/// The type of secrets that are a TLS key log (pcapng, Decryption Secrets Block).
pub(super) const TLS_KEY_LOG: u32 = 0x544c_534b;

/// The text of all key logs of a run.
#[derive(Debug, Default)]
pub(super) struct KeyLogs(Vec<u8>);

impl KeyLogs {
    /// Reads key log files and those inside the captures.
    pub(super) fn gather(files: &[PathBuf], captures: &[PathBuf]) -> Result<Self> {
        let mut text = Vec::new();
        for path in files {
            text.extend(fs::read(path).map_err(|error| Error::input(path, format!("the key log cannot be read: {error}")))?);
            text.push(b'\n');
        }
        for secrets in capture::secrets(captures)?.iter().filter(|secrets| secrets.kind == TLS_KEY_LOG) {
            text.extend(&secrets.data);
            text.push(b'\n');
        }
        Ok(Self(text))
    }

    /// The same, to open connections with.
    pub(super) fn opened(&self) -> Arc<KeyLog> {
        let mut log = KeyLog::default();
        log.read(&self.0);
        Arc::new(log)
    }

    /// The lines that open the connections of some ClientHellos, each once.
    pub(super) fn lines_of(&self, hellos: &HashSet<Random>) -> Vec<u8> {
        let mut said = HashSet::new();
        let mut kept = Vec::new();
        for line in self.0.split(|&b| b == b'\n' || b == b'\r').map(<[u8]>::trim_ascii) {
            let random = line.split(u8::is_ascii_whitespace).nth(1).and_then(random);
            if random.is_some_and(|random| hellos.contains(&random)) && said.insert(line) {
                kept.extend(line);
                kept.push(b'\n');
            }
        }
        kept
    }
}

/// Reads 64 hexadecimal digits.
fn random(hex: &[u8]) -> Option<Random> {
    let (pairs, []) = hex.as_chunks::<2>() else { return None };
    let mut random = Random::default();
    if pairs.len() != random.len() {
        return None;
    }
    for (octet, pair) in random.iter_mut().zip(pairs) {
        *octet = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_keys_of_the_connections_leave() {
        let (ours, theirs) = ("ab".repeat(32), "cd".repeat(32));
        let text = format!("# log\nCLIENT_RANDOM {ours} 0011\nCLIENT_RANDOM {theirs} 2233\r\nCLIENT_RANDOM {ours} 0011\nnoise\n");
        let kept = KeyLogs(text.into_bytes()).lines_of(&HashSet::from_iter([[0xab; 32]]));
        assert_eq!(String::from_utf8(kept).unwrap(), format!("CLIENT_RANDOM {ours} 0011\n"));
    }
}
