//! Takes files of certificates that were agreed to trust, gives those certificates, never skips one that it cannot read.

use x509_parser::pem::Pem;

use super::Certificate;

/// The certificates that chains may lead to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anchors(Vec<Certificate>);

/// Why a file of certificates cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It holds none.
    Empty,
    /// It is no PEM at the block with this number, from 1.
    Pem(usize),
    /// The block with this number holds no certificate.
    Certificate(usize),
    /// It holds a private key, which has no business here.
    PrivateKey,
}

impl Anchors {
    /// The certificates of a PEM bundle (RFC 7468 §5), or the one of a DER file.
    ///
    /// # Errors
    /// When there is none, or something that is none.
    pub fn read(file: &[u8]) -> Result<Self, Unreadable> {
        if let Some(certificate) = Certificate::read(file) {
            return Ok(Self(vec![certificate]));
        }
        let mut anchors = Vec::new();
        for (block, number) in Pem::iter_from_buffer(file).zip(1..) {
            let block = block.map_err(|_| Unreadable::Pem(number))?;
            if block.label.ends_with("PRIVATE KEY") {
                return Err(Unreadable::PrivateKey);
            }
            // OpenSSL writes "TRUSTED CERTIFICATE" with more behind the certificate.
            anchors.push(Certificate::read(&block.contents).ok_or(Unreadable::Certificate(number))?);
        }
        if anchors.is_empty() { Err(Unreadable::Empty) } else { Ok(Self(anchors)) }
    }

    /// Adds those of another file.
    pub fn extend(&mut self, other: &Self) {
        self.0.extend(other.0.iter().cloned());
    }

    /// Them.
    pub fn iter(&self) -> impl Iterator<Item = &Certificate> {
        self.0.iter()
    }

    #[cfg(test)]
    pub(crate) fn of<D: AsRef<[u8]>>(ders: impl IntoIterator<Item = D>) -> Self {
        Self(ders.into_iter().map(|der| Certificate::read(der.as_ref()).unwrap()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::workshop::{PEERING_CA, PSS_SELF_SIGNED, der};

    #[test]
    fn a_bundle_gives_every_certificate_in_it() {
        let bundle = format!("# agreed in annex B\n{PEERING_CA}\n{PSS_SELF_SIGNED}");
        let subjects: Vec<String> = Anchors::read(bundle.as_bytes()).unwrap().iter().map(|c| c.subject.clone()).collect();
        assert_eq!(subjects, ["CN=Peering CA", "CN=pss"]);
        assert_eq!(Anchors::read(&der(PEERING_CA)).unwrap().iter().count(), 1);
    }

    #[test]
    fn what_is_no_certificate_is_refused_with_its_place() {
        assert_eq!(Anchors::read(b""), Err(Unreadable::Empty));
        assert_eq!(Anchors::read(b"just text\n"), Err(Unreadable::Empty));
        let broken = PEERING_CA.replace("MII", "AII");
        assert_eq!(Anchors::read(format!("{PEERING_CA}{broken}").as_bytes()), Err(Unreadable::Certificate(2)));
        assert_eq!(Anchors::read(PEERING_CA.replace("MII", "*II").as_bytes()), Err(Unreadable::Pem(1)));
        assert_eq!(Anchors::read(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), Err(Unreadable::PrivateKey));
    }
}
