//! Takes the attributes that agree on media keys, gives suites, tags and fingerprints, never shows a key (RFC 4568, RFC 8122).

use std::fmt;
use std::ops::Range;

use super::scan::{cut, number, token};
use super::{Description, Media};
use crate::base::Span;

/// An `a=crypto` line (RFC 4568 §4).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Crypto<'a> {
    /// Its number within the m= line.
    pub tag: u32,
    /// The crypto suite as written.
    pub suite: &'a [u8],
    keys: &'a [u8],
    /// The session parameters, space between them; empty where there are none.
    pub session: &'a [u8],
    /// Where the attribute stands in the body.
    pub at: Span,
}

impl<'a> Crypto<'a> {
    /// The master keys with salts as they stand behind `inline:`, in base64. Secret: compare or hash them, never print them.
    pub fn inline_keys(&self) -> impl Iterator<Item = &'a [u8]> {
        self.keys.split(|&b| b == b';').filter_map(|key| {
            let (method, info) = cut(key, b':');
            method.eq_ignore_ascii_case(b"inline").then(|| cut(info, b'|').0)
        })
    }
}

impl fmt::Debug for Crypto<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crypto({} {} at {:?})", self.tag, self.suite.escape_ascii(), self.at)
    }
}

/// The octets that a base64 text stands for; `None` where it is no base64 (RFC 4648 §4, padding optional).
#[must_use]
pub fn base64_octets(text: &[u8]) -> Option<usize> {
    let text = text.strip_suffix(b"=").unwrap_or(text);
    let text = text.strip_suffix(b"=").unwrap_or(text);
    let plain = text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
    (plain && text.len() % 4 != 1).then_some(text.len() * 3 / 4)
}

/// An `a=fingerprint` line (RFC 8122 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint<'a> {
    /// The hash function as written, for example `sha-256`.
    pub hash: &'a [u8],
    /// The digest as written: pairs of hexadecimal digits with colons between.
    pub digest: &'a [u8],
    /// Where the attribute stands in the body.
    pub at: Span,
}

impl Description {
    /// The `a=crypto` lines of an m= line; those that cannot be read are left out.
    pub fn cryptos<'a>(&'a self, media: &Media) -> impl Iterator<Item = Crypto<'a>> {
        self.attribute_lines(self.with_keys(media.lines.clone()), b"crypto").filter_map(|(at, value)| {
            let (tag, rest) = token(value)?;
            let (suite, rest) = token(rest)?;
            let (keys, session) = token(rest)?;
            Some(Crypto { tag: number(tag)?, suite, keys, session, at })
        })
    }

    /// Whether an m= line has a key or a fingerprint, of its own or of the session.
    #[must_use]
    pub fn has_keys(&self, media: &Media) -> bool {
        let fingerprints = || self.fingerprints(media.lines.clone()).chain(self.fingerprints(self.session_lines()));
        self.cryptos(media).next().is_some() || fingerprints().next().is_some()
    }

    /// The same lines; none where no attribute of the whole body agrees on keys, as in most.
    fn with_keys(&self, lines: Range<usize>) -> Range<usize> {
        if self.is_keyed() { lines } else { 0..0 }
    }

    /// The fingerprints among some lines: those of an m= line, or of the session for m= lines that have none (RFC 8122 §5).
    pub fn fingerprints(&self, lines: Range<usize>) -> impl Iterator<Item = Fingerprint<'_>> {
        self.attribute_lines(self.with_keys(lines), b"fingerprint").filter_map(|(at, value)| {
            let (hash, digest) = token(value)?;
            (!digest.is_empty()).then_some(Fingerprint { hash, digest, at })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The crypto attribute of RFC 4568 §4's example.
    const CRYPTO: &str = "v=0\na=fingerprint:sha-256 AB:CD\na=setup:actpass\nm=audio 1 RTP/SAVP 0\n\
        a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:32 UNENCRYPTED_SRTP KDR=1\n\
        a=crypto:x y\na=fingerprint:sha-1 EF\n";

    #[test]
    fn a_crypto_line_and_its_key() {
        let d = Description::parse(CRYPTO.as_bytes());
        let cryptos: Vec<_> = d.cryptos(&d.media()[0]).collect();
        let [crypto] = cryptos[..] else { panic!("{cryptos:?}") };
        assert_eq!((crypto.tag, crypto.suite, crypto.session), (1, &b"AES_CM_128_HMAC_SHA1_80"[..], &b"UNENCRYPTED_SRTP KDR=1"[..]));
        // Sixteen octets of key and fourteen of salt.
        assert_eq!(crypto.inline_keys().map(base64_octets).collect::<Vec<_>>(), [Some(30)]);
        assert!(!format!("{crypto:?}").contains("PS1u"));
    }

    #[test]
    fn fingerprints_of_both_levels() {
        let d = Description::parse(CRYPTO.as_bytes());
        let both = d.fingerprints(d.media()[0].lines.clone()).chain(d.fingerprints(d.session_lines()));
        assert_eq!(both.map(|f| (f.hash, f.digest)).collect::<Vec<_>>(), [(&b"sha-1"[..], &b"EF"[..]), (b"sha-256", b"AB:CD")]);
    }

    #[test]
    fn base64_lengths() {
        let lengths = [&b""[..], b"Zg==", b"Zm8=", b"Zm9v", b"Zm9vYg", b"Z", b"Zm 9"].map(base64_octets);
        assert_eq!(lengths, [Some(0), Some(1), Some(2), Some(3), Some(4), None, None]);
    }
}
