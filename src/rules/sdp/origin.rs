//! Takes a description, gives the fields of its o= line, never the rest.

use crate::sdp::Description;

/// The fields of an o= line (RFC 8866 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin<'a> {
    /// User, session id, network type, address type, address: what never changes in a session.
    pub(super) identity: [&'a [u8]; 5],
    /// The version; `None` where it is no number.
    pub(super) version: Option<u64>,
}

impl<'a> Origin<'a> {
    /// The o= line, where it has its six fields.
    pub(super) fn of(sdp: &'a Description) -> Option<Self> {
        let mut fields = sdp.session_line(b'o')?.split(u8::is_ascii_whitespace).filter(|f| !f.is_empty());
        let (user, id, version) = (fields.next()?, fields.next()?, fields.next()?);
        let identity = [user, id, fields.next()?, fields.next()?, fields.next()?];
        Some(Self { identity, version: std::str::from_utf8(version).ok()?.parse().ok() })
    }
}
