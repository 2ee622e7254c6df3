//! Takes key logs, gives the secrets of a connection by its client random, never derives one.

use hashbrown::HashMap;

use crate::base::Origin;

/// Connections whose secrets are kept; a key log of more is cut short and says so.
const MAX_CONNECTIONS: usize = 4 << 20;

/// The random value of a ClientHello.
pub(super) type Random = [u8; 32];

/// A secret, and from where on in the capture it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Secret {
    octets: Box<[u8]>,
    /// It came with a capture that can be read but once, behind this frame of it.
    since: Option<(u32, u32)>,
}

/// Which secret it is: the labels of the NSS key log format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// `CLIENT_RANDOM`: the master secret of TLS 1.2 and before.
    Master,
    /// `CLIENT_EARLY_TRAFFIC_SECRET`
    ClientEarly,
    /// `CLIENT_HANDSHAKE_TRAFFIC_SECRET`
    ClientHandshake,
    /// `SERVER_HANDSHAKE_TRAFFIC_SECRET`
    ServerHandshake,
    /// `CLIENT_TRAFFIC_SECRET_0`
    ClientTraffic,
    /// `SERVER_TRAFFIC_SECRET_0`
    ServerTraffic,
}

impl Label {
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "CLIENT_RANDOM" => Self::Master,
            "CLIENT_EARLY_TRAFFIC_SECRET" => Self::ClientEarly,
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET" => Self::ClientHandshake,
            "SERVER_HANDSHAKE_TRAFFIC_SECRET" => Self::ServerHandshake,
            "CLIENT_TRAFFIC_SECRET_0" => Self::ClientTraffic,
            "SERVER_TRAFFIC_SECRET_0" => Self::ServerTraffic,
            _ => return None,
        })
    }
}

type Secrets = [Option<Secret>; 6];

/// All key logs of a run.
#[derive(Clone, Debug, Default)]
pub struct KeyLog {
    secrets: HashMap<Random, Box<Secrets>>,
    unused: u64,
    growing: bool,
}

impl KeyLog {
    /// Takes the text of a key log; gives how many of its lines are secrets, nothing where it has no lines but comments.
    pub fn read(&mut self, text: &[u8]) -> Option<u64> {
        self.read_since(text, None)
    }

    /// Takes a key log that stood in a capture that can be read but once, behind frame `frame` of it.
    pub fn read_at(&mut self, text: &[u8], capture: u32, frame: u32) {
        self.read_since(text, Some((capture, frame)));
    }

    fn read_since(&mut self, text: &[u8], since: Option<(u32, u32)>) -> Option<u64> {
        let mut secrets = None;
        for line in text.split(|&b| b == b'\n' || b == b'\r') {
            let Ok(line) = std::str::from_utf8(line) else {
                self.unused += 1;
                secrets.get_or_insert(0);
                continue;
            };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let secrets = secrets.get_or_insert(0);
            match self.line(line, since) {
                Some(()) => *secrets += 1,
                None => self.unused += 1,
            }
        }
        secrets
    }

    fn line(&mut self, line: &str, since: Option<(u32, u32)>) -> Option<()> {
        let mut words = line.split_ascii_whitespace();
        let label = Label::read(words.next()?)?;
        let random: Random = hexadecimal(words.next()?)?.try_into().ok()?;
        let octets = hexadecimal(words.next()?)?.into_boxed_slice();
        // The longest is the output of SHA-384.
        if !(16..=64).contains(&octets.len()) || (self.secrets.len() >= MAX_CONNECTIONS && !self.secrets.contains_key(&random)) {
            return None;
        }
        let place = self.secrets.entry(random).or_default().get_mut(label as usize)?;
        // The first wins: a key log that says two things of one connection is no better in its second.
        place.get_or_insert(Secret { octets, since });
        Some(())
    }

    /// How many lines hold nothing that can be used: other labels (`RSA`, `EXPORTER_SECRET`), or no key log at all.
    #[must_use]
    pub const fn unused(&self) -> u64 {
        self.unused
    }

    /// Of how many connections it holds secrets.
    #[must_use]
    pub fn len(&self) -> usize {
        self.secrets.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// A secret of the connection with this client random, as far as it is known at a frame.
    pub(super) fn get(&self, random: &Random, label: Label, at: Origin) -> Option<&[u8]> {
        let secret = self.secrets.get(random)?.get(label as usize)?.as_ref()?;
        let known = secret.since.is_none_or(|(capture, frame)| capture == at.capture && frame < at.frame);
        known.then_some(&secret.octets)
    }

    /// Whether it holds any secret for this client random, known yet or not.
    pub(super) fn has(&self, random: &Random) -> bool {
        self.secrets.contains_key(random)
    }

    /// Says that more secrets may come while the capture is read.
    pub const fn expect_more(&mut self) {
        self.growing = true;
    }

    pub(super) const fn may_grow(&self) -> bool {
        self.growing
    }
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    rest.is_empty().then_some(())?;
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_log_is_read_with_all_that_stands_in_one() {
        let random = "ab".repeat(32);
        let mut keys = KeyLog::default();
        keys.read(
            format!(
                "# a comment\r\n\r\nCLIENT_RANDOM {random} {}\nRSA 0011223344556677 {}\nEXPORTER_SECRET {random} {}\n\
                 CLIENT_RANDOM {random} {}\nCLIENT_RANDOM 12 34\nSERVER_TRAFFIC_SECRET_0 {} {}\n\u{0}nonsense",
                "01".repeat(48),
                "02".repeat(48),
                "03".repeat(48),
                "04".repeat(48),
                random.to_uppercase(),
                "05".repeat(32),
            )
            .as_bytes(),
        );
        assert_eq!((keys.len(), keys.unused()), (1, 4));
        let at = Origin::default();
        assert_eq!(keys.get(&[0xab; 32], Label::Master, at), Some(&[1; 48][..]), "the first wins");
        assert_eq!(keys.get(&[0xab; 32], Label::ServerTraffic, at), Some(&[5; 32][..]));
        assert_eq!(keys.get(&[0xab; 32], Label::ClientTraffic, at), None);
        assert!(keys.has(&[0xab; 32]) && !keys.has(&[0; 32]));
    }

    #[test]
    fn what_came_late_in_a_pipe_is_not_known_before() {
        let mut keys = KeyLog::default();
        keys.read_at(format!("CLIENT_RANDOM {} {}", "00".repeat(32), "01".repeat(48)).as_bytes(), 1, 7);
        let at = |capture, frame| Origin { serial: 99, capture, frame };
        let known = |capture, frame| keys.get(&[0; 32], Label::Master, at(capture, frame)).is_some();
        assert!(known(1, 8) && !known(1, 7) && !known(0, 8));
    }
}
