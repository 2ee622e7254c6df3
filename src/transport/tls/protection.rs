//! Takes the keys of one direction, gives the content of its records, never content that its authentication code refuses.

use std::ops::Range;

use aes::{Aes128, Aes256};
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use cbc::Decryptor;
use cbc::cipher::{Array, BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit, typenum::Unsigned};
use ccm::Ccm;
use ccm::consts::{U8, U12, U16};
use chacha20poly1305::ChaCha20Poly1305;
use des::TdesEde3;

use super::TlsVersion;
use super::derive::{Hash, expand_label};
use super::record::{HEADER, content};
use super::sealing::{Bulk, Sealing};

/// Sequence numbers that are tried for one record behind a hole.
const TRIES: u64 = 256;

/// Sequence numbers that are tried in one direction of a connection, all holes together.
const ALL_TRIES: u64 = 1 << 14;

/// The content of an opened record.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opened {
    /// Its true content type.
    pub(super) kind: u8,
    /// Where its content lies in the record.
    pub(super) content: Range<usize>,
}

/// What was agreed for the records of both directions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Agreed {
    pub(super) version: TlsVersion,
    pub(super) sealing: Sealing,
    pub(super) encrypt_then_mac: bool,
    pub(super) truncated_hmac: bool,
}

enum Aead {
    Aes128Gcm(Box<Aes128Gcm>),
    Aes256Gcm(Box<Aes256Gcm>),
    Aes128Ccm(Box<Ccm<Aes128, U16, U12>>),
    Aes256Ccm(Box<Ccm<Aes256, U16, U12>>),
    Aes128Ccm8(Box<Ccm<Aes128, U8, U12>>),
    Aes256Ccm8(Box<Ccm<Aes256, U8, U12>>),
    ChaCha20Poly1305(Box<ChaCha20Poly1305>),
}

impl Aead {
    fn new(bulk: Bulk, key: &[u8]) -> Option<Self> {
        fn with<C: KeyInit>(key: &[u8]) -> Option<Box<C>> {
            C::new_from_slice(key).ok().map(Box::new)
        }
        Some(match bulk {
            Bulk::Aes128Gcm => Self::Aes128Gcm(with(key)?),
            Bulk::Aes256Gcm => Self::Aes256Gcm(with(key)?),
            Bulk::Aes128Ccm => Self::Aes128Ccm(with(key)?),
            Bulk::Aes256Ccm => Self::Aes256Ccm(with(key)?),
            Bulk::Aes128Ccm8 => Self::Aes128Ccm8(with(key)?),
            Bulk::Aes256Ccm8 => Self::Aes256Ccm8(with(key)?),
            Bulk::ChaCha20Poly1305 => Self::ChaCha20Poly1305(with(key)?),
            Bulk::Null | Bulk::Rc4 | Bulk::TripleDesCbc | Bulk::Aes128Cbc | Bulk::Aes256Cbc => return None,
        })
    }

    const fn tag_len(&self) -> usize {
        match self {
            Self::Aes128Ccm8(_) | Self::Aes256Ccm8(_) => 8,
            _ => 16,
        }
    }

    fn open(&self, nonce: [u8; 12], aad: &[u8], data: &mut [u8], tag: &[u8]) -> bool {
        fn with<C: AeadInOut<NonceSize = U12>>(cipher: &C, nonce: [u8; 12], aad: &[u8], data: &mut [u8], tag: &[u8]) -> bool {
            let Ok(tag) = Array::<u8, C::TagSize>::try_from(tag) else { return false };
            cipher.decrypt_inout_detached(&Array::from(nonce), aad, data.into(), &tag).is_ok()
        }
        match self {
            Self::Aes128Gcm(cipher) => with(&**cipher, nonce, aad, data, tag),
            Self::Aes256Gcm(cipher) => with(&**cipher, nonce, aad, data, tag),
            Self::Aes128Ccm(cipher) => with(&**cipher, nonce, aad, data, tag),
            Self::Aes256Ccm(cipher) => with(&**cipher, nonce, aad, data, tag),
            Self::Aes128Ccm8(cipher) => with(&**cipher, nonce, aad, data, tag),
            Self::Aes256Ccm8(cipher) => with(&**cipher, nonce, aad, data, tag),
            Self::ChaCha20Poly1305(cipher) => with(&**cipher, nonce, aad, data, tag),
        }
    }
}

/// A cipher that chains blocks.
enum Chained {
    TripleDes(Box<TdesEde3>),
    Aes128(Box<Aes128>),
    Aes256(Box<Aes256>),
}

impl Chained {
    fn new(bulk: Bulk, key: &[u8]) -> Option<Self> {
        fn with<C: KeyInit>(key: &[u8]) -> Option<Box<C>> {
            C::new_from_slice(key).ok().map(Box::new)
        }
        Some(match bulk {
            Bulk::TripleDesCbc => Self::TripleDes(with(key)?),
            Bulk::Aes128Cbc => Self::Aes128(with(key)?),
            Bulk::Aes256Cbc => Self::Aes256(with(key)?),
            _ => return None,
        })
    }

    /// Decrypts whole blocks in place.
    fn decrypt(&self, iv: &[u8], data: &mut [u8]) -> Option<()> {
        fn with<C: BlockCipherDecrypt>(cipher: &C, iv: &[u8], data: &mut [u8]) -> Option<()> {
            data.len().is_multiple_of(C::BlockSize::USIZE).then_some(())?;
            let mut chain = Decryptor::<&C>::inner_iv_slice_init(cipher, iv).ok()?;
            chain.decrypt_blocks(Array::slice_as_chunks_mut(data).0);
            Some(())
        }
        match self {
            Self::TripleDes(cipher) => with(&**cipher, iv, data),
            Self::Aes128(cipher) => with(&**cipher, iv, data),
            Self::Aes256(cipher) => with(&**cipher, iv, data),
        }
    }
}

/// The key stream of RC4 (as in RFC 6229).
struct Rc4 {
    state: Box<[u8; 256]>,
    i: u8,
    j: u8,
}

impl Rc4 {
    fn new(key: &[u8]) -> Self {
        let mut state: Box<[u8; 256]> = Box::new(std::array::from_fn(|n| n as u8));
        let mut j = 0u8;
        for (i, k) in (0..256).zip(key.iter().cycle()) {
            j = j.wrapping_add(state[i]).wrapping_add(*k);
            state.swap(i, usize::from(j));
        }
        Self { state, i: 0, j: 0 }
    }

    fn apply(&mut self, data: &mut [u8]) {
        for octet in data {
            self.i = self.i.wrapping_add(1);
            let a = self.state[usize::from(self.i)];
            self.j = self.j.wrapping_add(a);
            let b = self.state[usize::from(self.j)];
            self.state.swap(usize::from(self.i), usize::from(self.j));
            *octet ^= self.state[usize::from(a.wrapping_add(b))];
        }
    }
}

/// The authentication code of suites whose encryption has none.
struct Code {
    hash: Hash,
    key: Box<[u8]>,
    len: usize,
}

impl Code {
    /// Whether `tag` is the code of some content (RFC 5246 §6.2.3.1).
    fn accepts(&self, sequence: u64, head: [u8; 3], content: &[u8], tag: &[u8]) -> bool {
        let Ok(length) = u16::try_from(content.len()) else { return false };
        let whole = self.hash.hmac(&self.key, &[&sequence.to_be_bytes(), &head, &length.to_be_bytes(), content]);
        whole.get(..self.len) == Some(tag)
    }
}

enum Kind {
    /// Nothing is encrypted, and a code of so many octets stands behind it.
    Bare(usize),
    /// Nothing is encrypted, all is authenticated.
    Null(Option<Code>),
    Rc4(Rc4, Option<Code>),
    /// Blocks with an initialisation vector in every record, or (TLS 1.0) that of the record before, unless that is missing.
    Chained {
        cipher: Chained,
        code: Code,
        block: usize,
        encrypt_then_mac: bool,
        explicit: bool,
        iv: Option<Box<[u8]>>,
    },
    /// Nonce of a salt and eight octets in the record (RFC 5288 §3, RFC 6655 §3).
    Salted {
        cipher: Aead,
        salt: [u8; 4],
        last: Option<u64>,
    },
    /// Nonce of the sequence number (RFC 7905 §2, RFC 8446 §5.3); in TLS 1.3 the true content type is inside.
    Masked {
        cipher: Aead,
        iv: [u8; 12],
        inner_type: bool,
    },
}

/// Opens the records of one direction, one after the other.
pub(super) struct Opener {
    kind: Kind,
    sequence: u64,
    /// Records may be missing.
    searching: bool,
    tries: u64,
}

impl Opener {
    fn with(kind: Kind) -> Self {
        Self { kind, sequence: 0, searching: false, tries: ALL_TRIES }
    }

    /// The two directions of TLS 1.2 and before, that of the client first (RFC 5246 §6.3).
    pub(super) fn pair(agreed: Agreed, master: &[u8], server_random: &[u8], client_random: &[u8]) -> Option<[Self; 2]> {
        let Agreed { version, sealing, .. } = agreed;
        if version < TlsVersion::TLS10 {
            // SSL 3.0 derives its keys in its own way; nobody should speak it.
            return None;
        }
        let code_len = sealing.mac.map_or(0, Hash::len);
        let explicit = version >= TlsVersion::TLS11;
        let iv_len = match sealing.bulk {
            Bulk::ChaCha20Poly1305 => 12,
            Bulk::Aes128Gcm | Bulk::Aes256Gcm | Bulk::Aes128Ccm | Bulk::Aes256Ccm | Bulk::Aes128Ccm8 | Bulk::Aes256Ccm8 => 4,
            bulk if !explicit => bulk.block().unwrap_or(0),
            _ => 0,
        };
        let key_len = sealing.bulk.key_len();
        let keys = sealing.prf(version).key_block(master, server_random, client_random, 2 * (code_len + key_len + iv_len));
        let part = |before: usize, len: usize, side: usize| keys.get(before + side * len..before + (side + 1) * len);
        let side = |side: usize| -> Option<Self> {
            let code = sealing.mac.zip(part(0, code_len, side)).map(|(hash, key)| Code {
                hash,
                key: key.into(),
                // RFC 6066 §7.
                len: if agreed.truncated_hmac { 10 } else { hash.len() },
            });
            let key = part(2 * code_len, key_len, side)?;
            let iv = part(2 * (code_len + key_len), iv_len, side)?;
            Some(Self::with(match sealing.bulk {
                Bulk::Null => Kind::Null(code),
                Bulk::Rc4 => Kind::Rc4(Rc4::new(key), code),
                Bulk::TripleDesCbc | Bulk::Aes128Cbc | Bulk::Aes256Cbc => Kind::Chained {
                    cipher: Chained::new(sealing.bulk, key)?,
                    code: code?,
                    block: sealing.bulk.block()?,
                    encrypt_then_mac: agreed.encrypt_then_mac,
                    explicit,
                    iv: Some(iv.into()),
                },
                Bulk::ChaCha20Poly1305 => {
                    Kind::Masked { cipher: Aead::new(sealing.bulk, key)?, iv: iv.try_into().ok()?, inner_type: false }
                }
                _ => Kind::Salted { cipher: Aead::new(sealing.bulk, key)?, salt: iv.try_into().ok()?, last: None },
            }))
        };
        Some([side(0)?, side(1)?])
    }

    /// A direction of TLS 1.3 from its traffic secret on (RFC 8446 §7.3).
    pub(super) fn of_traffic(sealing: Sealing, secret: &[u8]) -> Option<Self> {
        let hash = sealing.hash();
        if secret.len() != hash.len() {
            return None;
        }
        let key = expand_label(hash, secret, "key", sealing.bulk.key_len());
        let iv = expand_label(hash, secret, "iv", 12).try_into().ok()?;
        Some(Self::with(Kind::Masked { cipher: Aead::new(sealing.bulk, &key)?, iv, inner_type: true }))
    }

    /// Of a suite that encrypts nothing, whose codes nobody can check without secrets.
    pub(super) fn unkeyed(agreed: Agreed) -> Self {
        let len = if agreed.truncated_hmac { 10 } else { agreed.sealing.mac.map_or(0, Hash::len) };
        Self::with(Kind::Bare(len))
    }

    /// Passes over records that were there.
    pub(super) fn pass(&mut self, records: u64) {
        self.sequence = self.sequence.saturating_add(records);
        match &mut self.kind {
            Kind::Chained { iv, .. } => *iv = None,
            // The key stream cannot be found again.
            Kind::Rc4(..) => self.searching = true,
            _ => {}
        }
    }

    /// Says that records are missing from here on.
    pub(super) fn lose(&mut self) {
        self.searching = true;
        match &mut self.kind {
            Kind::Chained { iv, .. } => *iv = None,
            // The key stream cannot be found again.
            Kind::Rc4(..) => self.tries = 0,
            _ => {}
        }
    }

    /// Opens a record in place; `None` if the keys do not fit it, whatever its place. Either way the next record is expected.
    pub(super) fn open(&mut self, record: &mut [u8]) -> Option<Opened> {
        if self.searching && matches!(self.kind, Kind::Rc4(..)) {
            return None;
        }
        let tries = if self.searching { TRIES.min(self.tries) } else { 0 };
        let first = self.sequence;
        let guess = self.guess(record).filter(|_| tries > 0);
        let mut opened = None;
        let mut tried = 0;
        // A refused CCM record is destroyed by the attempt: a copy serves while more than one is made.
        let whole = (tries > 0).then(|| record.to_vec());
        let vector = self.next_vector(record);
        for sequence in guess.into_iter().chain(first..=first.saturating_add(tries)) {
            opened = self.open_at(record, sequence);
            if opened.is_some() {
                self.sequence = sequence.saturating_add(1);
                break;
            }
            tried += 1;
            if let Some(whole) = &whole {
                record.copy_from_slice(whole);
            }
        }
        if opened.is_some() {
            self.searching = false;
        } else {
            self.sequence = first.saturating_add(1);
        }
        if tries > 0 {
            self.tries = self.tries.saturating_sub(tried);
        }
        match &mut self.kind {
            Kind::Salted { last, .. } => *last = explicit_nonce(record),
            Kind::Chained { iv, explicit: false, .. } => *iv = vector,
            _ => {}
        }
        opened
    }

    /// What the nonce of a record says of its sequence number, where senders count it up.
    fn guess(&self, record: &[u8]) -> Option<u64> {
        let Kind::Salted { last: Some(last), .. } = &self.kind else { return None };
        Some(self.sequence.saturating_add(explicit_nonce(record)?.checked_sub(last.checked_add(1)?)?))
    }

    /// The initialisation vector of the next record in TLS 1.0: the last block of this one (RFC 2246 §6.2.3.2).
    fn next_vector(&self, record: &[u8]) -> Option<Box<[u8]>> {
        let Kind::Chained { code, block, encrypt_then_mac, explicit: false, .. } = &self.kind else { return None };
        let end = record.len().checked_sub(if *encrypt_then_mac { code.len } else { 0 })?;
        record.get(HEADER..)?;
        record.get(end.checked_sub(*block)?.max(HEADER)..end).map(Into::into)
    }

    fn open_at(&mut self, record: &mut [u8], sequence: u64) -> Option<Opened> {
        let (header, body) = record.split_at_mut_checked(HEADER)?;
        let header: [u8; HEADER] = (&*header).try_into().ok()?;
        let [kind, major, minor, ..] = header;
        let head = [kind, major, minor];
        let len = body.len();
        let at = |range: Range<usize>| Some(Opened { kind, content: HEADER + range.start..HEADER + range.end });
        match &mut self.kind {
            Kind::Bare(code) => at(0..len.checked_sub(*code)?),
            Kind::Null(code) => {
                let end = len.checked_sub(code.as_ref().map_or(0, |code| code.len))?;
                let (data, tag) = body.split_at_checked(end)?;
                code.as_ref().is_none_or(|code| code.accepts(sequence, head, data, tag)).then_some(())?;
                at(0..end)
            }
            Kind::Rc4(stream, code) => {
                stream.apply(body);
                let end = len.checked_sub(code.as_ref().map_or(0, |code| code.len))?;
                let (data, tag) = body.split_at_checked(end)?;
                code.as_ref().is_none_or(|code| code.accepts(sequence, head, data, tag)).then_some(())?;
                at(0..end)
            }
            Kind::Chained { cipher, code, block, encrypt_then_mac, explicit, iv } => {
                let block = *block;
                let end = if *encrypt_then_mac {
                    // RFC 7366 §3: over the initialisation vector too.
                    let end = len.checked_sub(code.len)?;
                    let (data, tag) = body.split_at_checked(end)?;
                    code.accepts(sequence, head, data, tag).then_some(())?;
                    end
                } else {
                    len
                };
                let begin = if *explicit { block } else { 0 };
                let vector: Option<Box<[u8]>> = if *explicit { body.get(..block).map(Into::into) } else { iv.clone() };
                cipher.decrypt(&vector?, body.get_mut(begin..end)?)?;
                let data = body.get(begin..end)?;
                let padding = usize::from(*data.last()?) + 1;
                let padded = data.get(data.len().checked_sub(padding)?..)?;
                padded.iter().all(|octet| usize::from(*octet) + 1 == padding).then_some(())?;
                let mut content_end = end - padding;
                if !*encrypt_then_mac {
                    content_end = content_end.checked_sub(code.len).filter(|end| *end >= begin)?;
                    let tag = body.get(content_end..content_end + code.len)?;
                    code.accepts(sequence, head, body.get(begin..content_end)?, tag).then_some(())?;
                }
                at(begin..content_end)
            }
            Kind::Salted { cipher, salt, .. } => {
                let (explicit, rest) = body.split_at_mut_checked(8)?;
                let mut nonce = [0; 12];
                nonce.iter_mut().zip(salt.iter().chain(explicit.iter())).for_each(|(to, from)| *to = *from);
                let end = rest.len().checked_sub(cipher.tag_len())?;
                let (data, tag) = rest.split_at_mut_checked(end)?;
                cipher.open(nonce, &additional(sequence, head, end)?, data, tag).then_some(())?;
                at(8..8 + end)
            }
            Kind::Masked { cipher, iv, inner_type } => {
                let mut nonce = *iv;
                nonce.iter_mut().skip(4).zip(sequence.to_be_bytes()).for_each(|(to, from)| *to ^= from);
                let end = len.checked_sub(cipher.tag_len())?;
                let (data, tag) = body.split_at_mut_checked(end)?;
                if !*inner_type {
                    cipher.open(nonce, &additional(sequence, head, end)?, data, tag).then_some(())?;
                    return at(0..end);
                }
                // RFC 8446 §5.2: every encrypted record says that it is application data.
                (kind == content::APPLICATION_DATA && cipher.open(nonce, &header, data, tag)).then_some(())?;
                // Zeros pad it (RFC 8446 §5.4).
                let last = data.iter().rposition(|octet| *octet != 0)?;
                let kind = *data.get(last)?;
                Some(Opened { kind, content: HEADER..HEADER + last })
            }
        }
    }
}

/// What a record says of its nonce, where it says something.
fn explicit_nonce(record: &[u8]) -> Option<u64> {
    record.get(HEADER..)?.first_chunk().map(|explicit| u64::from_be_bytes(*explicit))
}

/// The additional data of an AEAD before TLS 1.3 (RFC 5246 §6.2.3.3).
fn additional(sequence: u64, [kind, major, minor]: [u8; 3], length: usize) -> Option<[u8; 13]> {
    let [a, b, c, d, e, f, g, h] = sequence.to_be_bytes();
    let [high, low] = u16::try_from(length).ok()?.to_be_bytes();
    Some([a, b, c, d, e, f, g, h, kind, major, minor, high, low])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_stream_is_the_published_one() {
        // RFC 6229 §2: offset 0 of the keys of 40 and of 128 bits.
        let stream = |key: &[u8]| {
            let mut out = [0; 16];
            Rc4::new(key).apply(&mut out);
            out
        };
        let short = [0xb2, 0x39, 0x63, 0x05, 0xf0, 0x3d, 0xc0, 0x27, 0xcc, 0xc3, 0x52, 0x4a, 0x0a, 0x11, 0x18, 0xa8];
        let long = [0x9a, 0xc7, 0xcc, 0x9a, 0x60, 0x9d, 0x1e, 0xf7, 0xb2, 0x93, 0x28, 0x99, 0xcd, 0xe4, 0x1b, 0x97];
        assert_eq!((stream(&[1, 2, 3, 4, 5]), stream(&std::array::from_fn::<u8, 16, _>(|n| n as u8 + 1))), (short, long));
    }
}
