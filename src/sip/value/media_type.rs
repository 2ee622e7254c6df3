//! Takes the value of Content-Type, gives type and subtype, never the body's own idea of itself (RFC 3261 §20.15).

use memchr::memchr;

use super::Params;
use crate::sip::octet::is_all_token;

/// A media type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaType<'a> {
    /// `application` of `application/sdp`.
    pub kind: &'a [u8],
    /// `sdp` of `application/sdp`.
    pub subtype: &'a [u8],
    /// charset, boundary and the rest.
    pub params: Params<'a>,
}

impl MediaType<'_> {
    /// Whether it is `name` (`application/sdp`), in any case.
    #[must_use]
    pub fn is(&self, name: &[u8]) -> bool {
        name.split_at_checked(self.kind.len()).is_some_and(|(kind, rest)| {
            kind.eq_ignore_ascii_case(self.kind)
                && rest.strip_prefix(b"/").is_some_and(|subtype| subtype.eq_ignore_ascii_case(self.subtype))
        })
    }
}

/// Takes the value of Content-Type; `None` where it is no `type/subtype`.
#[must_use]
pub fn media_type(value: &[u8]) -> Option<MediaType<'_>> {
    let (name, params) = value.split_at_checked(memchr(b';', value).unwrap_or(value.len()))?;
    let slash = memchr(b'/', name)?;
    let (kind, subtype) = (name.get(..slash)?.trim_ascii(), name.get(slash + 1..)?.trim_ascii());
    (is_all_token(kind) && is_all_token(subtype)).then_some(MediaType { kind, subtype, params: Params(params) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_type_subtype_and_parameters() {
        let read = media_type(b"Application / SDP ; charset=\"utf-8\"").unwrap();
        assert!(read.is(b"application/sdp") && !read.is(b"application/sdp2") && !read.is(b"application"));
        assert_eq!(read.params.value(b"charset"), Some(&b"utf-8"[..]));
        assert_eq!([media_type(b""), media_type(b"sdp"), media_type(b"application/")], [None; 3]);
    }
}
