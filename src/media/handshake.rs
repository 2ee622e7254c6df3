//! Takes the DTLS records of both sides in order, gives what their handshake shows in the clear, never a key.

use std::collections::BTreeMap;

use crate::base::{Endpoint, Origin, Time};
use crate::rtp::dtls::{self, Fragment, Record};

/// Octets of a handshake message that are put together; more is no certificate of media.
const MAX_MESSAGE: usize = 1 << 14;

/// Messages that may be unfinished at a time.
const MAX_OPEN: usize = 8;

/// Alerts that are kept.
const MAX_ALERTS: usize = 8;

/// A DTLS handshake as far as it is in the clear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handshake {
    /// Who sent the first ClientHello, where, when.
    pub client: Option<(Endpoint, Origin, Time)>,
    /// Who sent the first ServerHello, where, when.
    pub server: Option<(Endpoint, Origin, Time)>,
    /// ClientHellos, repeated ones too.
    pub client_hellos: u64,
    /// The latest version that the client offers, as on the wire: 0xfeff is DTLS 1.0, 0xfefd is 1.2, 0xfefc is 1.3.
    pub offered_version: Option<u16>,
    /// The version that the server chose.
    pub version: Option<u16>,
    /// The cipher suite that the server chose.
    pub suite: Option<u16>,
    /// The profiles of SRTP that the client offers (RFC 5764 §4.1.2).
    pub offered_profiles: Vec<u16>,
    /// The profile that the server chose.
    pub profile: Option<u16>,
    /// The certificates that are in the clear (DTLS 1.2), in DER: who sent it, and where.
    pub certificates: Vec<(Endpoint, Origin, Vec<u8>)>,
    /// The first encrypted record: there were keys, for one side at least.
    pub encrypted: Option<(Origin, Time)>,
    /// Alerts in the clear: level, description.
    pub alerts: Vec<(u8, u8)>,
}

impl Handshake {
    /// The certificate that an endpoint sent.
    #[must_use]
    pub fn certificate_of(&self, end: Endpoint) -> Option<&[u8]> {
        self.certificates.iter().find(|(sender, ..)| *sender == end).map(|(_, _, der)| der.as_slice())
    }
}

/// A message of which parts came.
#[derive(Clone, Debug)]
struct Partial {
    bytes: Vec<u8>,
    /// Where parts begin and end.
    parts: Vec<(usize, usize)>,
}

impl Partial {
    /// Adds a part; gives the message when it is whole.
    fn add(&mut self, fragment: &Fragment<'_>) -> Option<&[u8]> {
        let (from, to) = (fragment.offset as usize, fragment.offset as usize + fragment.bytes.len());
        self.bytes.get_mut(from..to)?.copy_from_slice(fragment.bytes);
        if !self.parts.contains(&(from, to)) && self.parts.len() < MAX_MESSAGE / 64 {
            self.parts.push((from, to));
            self.parts.sort_unstable();
        }
        let whole = self.parts.iter().try_fold(0, |end, &(from, to)| (from <= end).then_some(end.max(to)));
        (whole == Some(self.bytes.len())).then_some(self.bytes.as_slice())
    }
}

/// A handshake, as far as it goes.
#[derive(Clone, Debug, Default)]
pub(super) struct Shaking {
    handshake: Handshake,
    open: BTreeMap<(Endpoint, u8, u16), Partial>,
}

impl Shaking {
    /// Takes the records of a datagram.
    pub(super) fn on(&mut self, datagram: &[u8], source: Endpoint, origin: Origin, time: Time) {
        for record in dtls::records(datagram) {
            match record {
                Record::Encrypted => {
                    self.handshake.encrypted.get_or_insert((origin, time));
                }
                Record::Alert(level, description) if self.handshake.alerts.len() < MAX_ALERTS => {
                    self.handshake.alerts.push((level, description));
                }
                Record::Alert(..) => {}
                Record::Handshake(fragment) => self.fragment(&fragment, source, origin, time),
            }
        }
    }

    fn fragment(&mut self, fragment: &Fragment<'_>, source: Endpoint, origin: Origin, time: Time) {
        let Fragment { kind, length, seq, offset, bytes } = *fragment;
        if !matches!(kind, dtls::CLIENT_HELLO | dtls::SERVER_HELLO | dtls::CERTIFICATE) {
            return;
        }
        if offset == 0 && bytes.len() == length as usize {
            return self.handshake.message(kind, bytes, source, origin, time);
        }
        let key = (source, kind, seq);
        if length as usize > MAX_MESSAGE || (self.open.len() >= MAX_OPEN && !self.open.contains_key(&key)) {
            return;
        }
        let fresh = || Partial { bytes: vec![0; length as usize], parts: Vec::new() };
        let partial = self.open.entry(key).or_insert_with(fresh);
        if partial.bytes.len() != length as usize {
            return;
        }
        if let Some(message) = partial.add(fragment) {
            self.handshake.message(kind, message, source, origin, time);
            self.open.remove(&key);
        }
    }

    /// What it came to.
    pub(super) fn finish(self) -> Handshake {
        self.handshake
    }
}

impl Handshake {
    fn message(&mut self, kind: u8, message: &[u8], source: Endpoint, origin: Origin, time: Time) {
        if kind == dtls::CERTIFICATE {
            if let Some(der) = dtls::certificate(message)
                && self.certificate_of(source).is_none()
                && self.certificates.len() < 2
            {
                self.certificates.push((source, origin, der.to_vec()));
            }
            return;
        }
        let Some(hello) = dtls::hello(kind, message) else { return };
        if kind == dtls::CLIENT_HELLO {
            self.client_hellos += 1;
            self.client.get_or_insert((source, origin, time));
            self.offered_version = Some(hello.version);
            self.offered_profiles = hello.profiles;
        } else if self.server.is_none() {
            self.server = Some((source, origin, time));
            self.version = Some(hello.version);
            self.suite = hello.suites.first().copied();
            self.profile = hello.profiles.first().copied();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn end(host: u8) -> Endpoint {
        Endpoint::new(IpAddr::from([192, 0, 2, host]), 4000)
    }

    /// A record of epoch 0 with a part of a message (RFC 6347 §4.1, §4.2.2).
    fn record(kind: u8, message: &[u8], from: usize, to: usize) -> Vec<u8> {
        let wide = |n: usize| u32::try_from(n).unwrap().to_be_bytes()[1..].to_vec();
        let handshake = [vec![kind], wide(message.len()), vec![0, 1], wide(from), wide(to - from), message[from..to].to_vec()].concat();
        let length = u16::try_from(handshake.len()).unwrap().to_be_bytes();
        [&[22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0][..], &length, &handshake].concat()
    }

    #[test]
    fn a_certificate_in_parts_that_come_in_any_order_and_twice_is_put_together() {
        let der: Vec<u8> = (0..=255).collect();
        let message = [&[0, 1, 3, 0, 1, 0][..], &der].concat();
        let mut shaking = Shaking::default();
        for (from, to) in [(200, 262), (0, 100), (0, 100), (90, 200)] {
            shaking.on(&record(dtls::CERTIFICATE, &message, from, to), end(2), Origin::default(), Time(0));
        }
        let handshake = shaking.finish();
        assert_eq!(handshake.certificate_of(end(2)), Some(der.as_slice()));
        assert_eq!(handshake.certificate_of(end(1)), None);
    }

    #[test]
    fn the_server_chooses_among_what_the_client_offers() {
        let hello = |profiles: &[u8]| {
            let mut hello = vec![0xfe, 0xfd];
            hello.extend_from_slice(&[7; 32]);
            hello.push(0);
            (hello, profiles.to_vec())
        };
        let use_srtp = |profiles: &[u8]| {
            let n = profiles.len() as u8;
            [&[0, n + 7, 0, 14, 0, n + 3, 0, n][..], profiles, &[0]].concat()
        };
        let (mut client, profiles) = hello(&[0, 7, 0, 1]);
        client.extend_from_slice(&[0, 0, 2, 0xc0, 0x2b, 1, 0]);
        client.extend_from_slice(&use_srtp(&profiles));
        let (mut server, profiles) = hello(&[0, 1]);
        server.extend_from_slice(&[0xc0, 0x2b, 0]);
        server.extend_from_slice(&use_srtp(&profiles));
        let mut shaking = Shaking::default();
        for (kind, message, host) in [(dtls::CLIENT_HELLO, &client, 1), (dtls::CLIENT_HELLO, &client, 1), (dtls::SERVER_HELLO, &server, 2)]
        {
            shaking.on(&record(kind, message, 0, message.len()), end(host), Origin::default(), Time(0));
        }
        let handshake = shaking.finish();
        assert_eq!((handshake.client_hellos, handshake.version, handshake.suite), (2, Some(0xfefd), Some(0xc02b)));
        assert_eq!((handshake.offered_profiles.as_slice(), handshake.profile), (&[7, 1][..], Some(1)));
        assert_eq!((handshake.client.unwrap().0, handshake.server.unwrap().0), (end(1), end(2)));
    }
}
