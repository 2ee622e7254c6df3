//! Takes the secrets of a key log, gives the keys of the records (RFC 5246 §5, RFC 2246 §5, RFC 8446 §7.1), never opens a record.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha384};

/// A hash function of a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Md5,
    Sha1,
    Sha256,
    Sha384,
}

impl Hash {
    pub(super) const fn len(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
        }
    }

    /// HMAC over some parts (RFC 2104).
    pub(super) fn hmac(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        fn with<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
            // HMAC takes a key of any length.
            let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else { return Vec::new() };
            parts.iter().for_each(|part| mac.update(part));
            mac.finalize().into_bytes().to_vec()
        }
        match self {
            Self::Md5 => with::<Hmac<Md5>>(key, parts),
            Self::Sha1 => with::<Hmac<Sha1>>(key, parts),
            Self::Sha256 => with::<Hmac<Sha256>>(key, parts),
            Self::Sha384 => with::<Hmac<Sha384>>(key, parts),
        }
    }

    /// `P_hash` (RFC 5246 §5).
    fn expand_prf(self, secret: &[u8], seed: &[&[u8]], length: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(length + self.len());
        let mut a = self.hmac(secret, seed);
        while out.len() < length {
            let parts: Vec<&[u8]> = std::iter::once(a.as_slice()).chain(seed.iter().copied()).collect();
            out.extend(self.hmac(secret, &parts));
            a = self.hmac(secret, &[&a]);
        }
        out.truncate(length);
        out
    }
}

/// The pseudo-random function of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prf {
    /// TLS 1.0 and 1.1: MD5 and SHA-1 at once (RFC 2246 §5).
    Md5Sha1,
    /// TLS 1.2.
    Of(Hash),
}

impl Prf {
    /// The key block (RFC 5246 §6.3).
    pub(super) fn key_block(self, master: &[u8], server_random: &[u8], client_random: &[u8], length: usize) -> Vec<u8> {
        let seed = [b"key expansion", server_random, client_random];
        match self {
            Self::Of(hash) => hash.expand_prf(master, &seed, length),
            Self::Md5Sha1 => {
                let half = master.len().div_ceil(2);
                let first = master.get(..half).unwrap_or_default();
                let second = master.get(master.len() - half..).unwrap_or_default();
                let mut out = Hash::Md5.expand_prf(first, &seed, length);
                out.iter_mut().zip(Hash::Sha1.expand_prf(second, &seed, length)).for_each(|(a, b)| *a ^= b);
                out
            }
        }
    }
}

/// `HKDF-Expand-Label` without context (RFC 8446 §7.1).
pub(super) fn expand_label(hash: Hash, secret: &[u8], label: &str, length: usize) -> Vec<u8> {
    let label = [b"tls13 ", label.as_bytes()].concat();
    let (Ok(total), Ok(label_length)) = (u16::try_from(length), u8::try_from(label.len())) else { return Vec::new() };
    let info = [&total.to_be_bytes()[..], &[label_length], &label, &[0]].concat();
    let mut out = Vec::with_capacity(length + hash.len());
    let mut block = Vec::new();
    // RFC 5869 §2.3: at most 255 blocks.
    for counter in 1..=255u8 {
        block = hash.hmac(secret, &[&block, &info, &[counter]]);
        out.extend_from_slice(&block);
        if out.len() >= length {
            break;
        }
    }
    out.truncate(length);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    #[test]
    fn traffic_keys_are_those_of_the_published_trace() {
        // RFC 8448 §3: {server} derive write traffic keys for handshake data.
        let secret = hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
        assert_eq!(expand_label(Hash::Sha256, &secret, "key", 16), hex("3fce516009c21727d0f2e4e86ee403bc"));
        assert_eq!(expand_label(Hash::Sha256, &secret, "iv", 12), hex("5d313eb2671276ee13000b30"));
    }
}
