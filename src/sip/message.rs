//! Takes the spans that scanning found, gives a message that owns its text, never interprets a header that nobody asks for.

use std::borrow::Cow;

use bytes::Bytes;

use super::keys::Keys;
use super::octet::{host_len, token_len};
use super::value::{elements, name_addr, only_address, uri};
use super::{Address, Flaw, FlawKind, HeaderName, Method};
use crate::base::{Span, fingerprint};

/// The start line (RFC 3261 §7.1, §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// A request line.
    Request {
        /// The method.
        method: Method,
        /// Where its token stands.
        token: Span,
        /// Where the Request-URI stands.
        uri: Span,
    },
    /// A status line.
    Response {
        /// The status code; 0 where it is no number below 1000.
        code: u16,
        /// Where the reason phrase stands.
        reason: Span,
    },
}

impl Default for Start {
    fn default() -> Self {
        Self::Response { code: 0, reason: Span::default() }
    }
}

/// One header field line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Which header it is, compact forms resolved.
    pub id: HeaderName,
    /// Where the name stands as written.
    pub name: Span,
    /// Where the value stands, trimmed; a folded value still holds its line ends.
    pub value: Span,
    /// Whether the value is folded over lines (RFC 3261 §7.3.1).
    pub folded: bool,
}

/// The CSeq of a message (RFC 3261 §20.16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CSeq {
    /// The sequence number.
    pub number: u32,
    /// The method.
    pub method: Method,
}

/// The topmost Via, taken apart (RFC 3261 §20.42), with the parameters that steer responses (§18.2.2, RFC 3581 §4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TopVia {
    /// Where the transport token stands.
    pub transport: Span,
    /// Where the host of sent-by stands, IPv6 without brackets.
    pub host: Span,
    /// The port of sent-by.
    pub port: Option<u16>,
    /// Where the value of `received` stands.
    pub received: Option<Span>,
    /// Where the value of `rport` stands; empty where it only is asked for.
    pub rport: Option<Span>,
    /// Whether there is a `maddr`.
    pub has_maddr: bool,
}

/// A SIP message: its text, which it may share with the batch that it came in, and what points into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    pub(super) text: Bytes,
    pub(super) start: Start,
    pub(super) start_line: Span,
    pub(super) headers: Vec<Header>,
    /// Bit n: the header with discriminant n is present.
    pub(super) present: u128,
    pub(super) body: Span,
    pub(super) flaws: Vec<Flaw>,
    pub(super) keys: Keys,
    pub(super) fingerprint: u64,
    pub(super) call_key: u64,
}

impl Message {
    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The same, shared with the batch that it came in.
    #[must_use]
    pub const fn octets(&self) -> &Bytes {
        &self.text
    }

    /// What `span` covers.
    #[must_use]
    pub fn at(&self, span: Span) -> &[u8] {
        span.of(&self.text)
    }

    /// The start line, taken apart.
    #[must_use]
    pub const fn start(&self) -> Start {
        self.start
    }

    /// The start line as text.
    #[must_use]
    pub fn start_line(&self) -> &[u8] {
        self.at(self.start_line)
    }

    /// Where the start line stands.
    #[must_use]
    pub const fn start_span(&self) -> Span {
        self.start_line
    }

    /// Whether it is a request.
    #[must_use]
    pub const fn is_request(&self) -> bool {
        matches!(self.start, Start::Request { .. })
    }

    /// The method of a request; `None` for a response.
    #[must_use]
    pub const fn method(&self) -> Option<Method> {
        match self.start {
            Start::Request { method, .. } => Some(method),
            Start::Response { .. } => None,
        }
    }

    /// The method token as text: of a request its own, of a response that of CSeq where it is registered.
    #[must_use]
    pub fn method_text(&self) -> Cow<'_, str> {
        match self.start {
            Start::Request { method: Method::Other, token, .. } => String::from_utf8_lossy(self.at(token)),
            // What is known by name need not be read again.
            Start::Request { method, .. } => Cow::Borrowed(method.name()),
            Start::Response { .. } => Cow::Borrowed(self.keys.cseq.map_or("?", |c| c.method.name())),
        }
    }

    /// The method of the transaction: of a request its own, of a response that of CSeq.
    #[must_use]
    pub fn transaction_method(&self) -> Option<Method> {
        self.method().or_else(|| self.keys.cseq.map(|c| c.method))
    }

    /// The Request-URI of a request.
    #[must_use]
    pub fn request_uri(&self) -> Option<&[u8]> {
        match self.start {
            Start::Request { uri, .. } => Some(self.at(uri)),
            Start::Response { .. } => None,
        }
    }

    /// The status code of a response.
    #[must_use]
    pub const fn code(&self) -> Option<u16> {
        match self.start {
            Start::Response { code, .. } => Some(code),
            Start::Request { .. } => None,
        }
    }

    /// The reason phrase of a response.
    #[must_use]
    pub fn reason(&self) -> Option<&[u8]> {
        match self.start {
            Start::Response { reason, .. } => Some(self.at(reason)),
            Start::Request { .. } => None,
        }
    }

    /// All header lines, in order.
    #[must_use]
    pub fn headers(&self) -> &[Header] {
        &self.headers
    }

    /// Whether a header is present.
    #[must_use]
    pub const fn has(&self, id: HeaderName) -> bool {
        self.present & (1 << id as u32) != 0
    }

    /// The first line of a header.
    #[must_use]
    pub fn header(&self, id: HeaderName) -> Option<&Header> {
        if !self.has(id) {
            return None;
        }
        self.headers.iter().find(|h| h.id == id)
    }

    /// The value of the first line of a header, unfolded.
    #[must_use]
    pub fn get(&self, id: HeaderName) -> Option<Cow<'_, [u8]>> {
        self.header(id).map(|h| self.value(h))
    }

    /// The values of every line of a header, unfolded, in order; a line may hold a list.
    pub fn all(&self, id: HeaderName) -> impl Iterator<Item = Cow<'_, [u8]>> {
        self.lines(id).map(|h| self.value(h))
    }

    /// Every line of a header, in order.
    pub fn lines(&self, id: HeaderName) -> impl Iterator<Item = &Header> {
        let present = self.has(id);
        self.headers.iter().filter(move |h| present && h.id == id)
    }

    /// Where `part`, which something read from this text borrows, stands in it; `None` where it is borrowed from elsewhere.
    #[must_use]
    pub fn place_of(&self, part: &[u8]) -> Option<Span> {
        super::octet::place_of(part, &self.text)
    }

    /// The value of a header line, unfolded: line ends with the white space behind them are one space.
    #[must_use]
    pub fn value(&self, header: &Header) -> Cow<'_, [u8]> {
        let raw = self.at(header.value);
        if header.folded { Cow::Owned(unfold(raw)) } else { Cow::Borrowed(raw) }
    }

    /// The body, as far as Content-Length and the capture go.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.at(self.body)
    }

    /// Where the body stands in the text.
    #[must_use]
    pub const fn body_span(&self) -> Span {
        self.body
    }

    /// The Call-ID; empty where the message has none.
    #[must_use]
    pub fn call_id(&self) -> &[u8] {
        self.at(self.keys.call_id)
    }

    /// The tag of From.
    #[must_use]
    pub fn from_tag(&self) -> Option<&[u8]> {
        self.keys.from_tag.map(|s| self.at(s))
    }

    /// The tag of To.
    #[must_use]
    pub fn to_tag(&self) -> Option<&[u8]> {
        self.keys.to_tag.map(|s| self.at(s))
    }

    /// The branch of the topmost Via.
    #[must_use]
    pub fn branch(&self) -> Option<&[u8]> {
        self.keys.branch.map(|s| self.at(s))
    }

    /// The CSeq, where it can be read.
    #[must_use]
    pub const fn cseq(&self) -> Option<CSeq> {
        self.keys.cseq
    }

    /// The topmost Via, where it can be read.
    #[must_use]
    pub const fn top_via(&self) -> Option<TopVia> {
        self.keys.via
    }

    /// How many Via elements there are.
    #[must_use]
    pub const fn via_count(&self) -> u32 {
        self.keys.vias
    }

    /// The Request-URI of a request as an address.
    #[must_use]
    pub fn target(&self) -> Option<Address<'_>> {
        let Start::Request { uri: at, .. } = self.start else { return None };
        Some(Address { header: None, at, uri: uri(self.at(at)) })
    }

    /// The addresses of a header that holds some, in order.
    pub fn addresses_of(&self, id: HeaderName) -> impl Iterator<Item = Address<'_>> {
        self.lines(id).flat_map(move |line| {
            let value = self.at(line.value);
            let only = only_address(value);
            let rest = if only.is_some() { &[][..] } else { value };
            let listed = elements(rest).map(|element| (element, name_addr(element)));
            only.map(|only| (only.address, Some(only))).into_iter().chain(listed).map(move |(element, named)| {
                let at = self.place_of(named.map_or(element, |named| named.address)).unwrap_or_default();
                Address { header: Some(id), at, uri: named.and_then(|named| named.uri()) }
            })
        })
    }

    /// The URI of the first address of a header, as text; not looked into.
    #[must_use]
    pub fn first_address(&self, id: HeaderName) -> Option<&[u8]> {
        let value = self.at(self.header(id)?.value);
        only_address(value).or_else(|| name_addr(elements(value).next()?)).map(|named| named.address)
    }

    /// The user part of the first address of a header, without its parameters and password.
    #[must_use]
    pub fn user_of(&self, id: HeaderName) -> Option<&[u8]> {
        let plain = self.header(id).and_then(|line| plain_user(self.at(line.value)));
        plain.or_else(|| self.addresses_of(id).next()?.uri?.user_name())
    }

    /// Forgets what is known of it by its last header line, where that has no end: the capture cut it there, and half of a Call-ID or a CSeq number is
    /// another one.
    pub fn forget_half(&mut self) {
        let end = self.text.trim_ascii_end().len();
        let is_cut = self.flaws.iter().any(|flaw| flaw.kind == FlawKind::NoEndOfHeaders);
        let Some(last) = self.headers.last().filter(|last| is_cut && last.value.end as usize >= end) else { return };
        match last.id {
            HeaderName::CallId => {
                self.keys.call_id = Span::default();
                self.call_key = fingerprint(self.call_id());
            }
            HeaderName::From => self.keys.from_tag = None,
            HeaderName::To => self.keys.to_tag = None,
            HeaderName::CSeq => self.keys.cseq = None,
            HeaderName::Via if self.keys.vias < 2 => self.keys.branch = None,
            _ => {}
        }
    }

    /// Gives its text up, so that what it is shared with can serve again.
    pub fn release(&mut self) {
        self.text = Bytes::new();
    }

    /// A hash of all its octets, the same in every run.
    #[must_use]
    pub const fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// A hash of its Call-ID, the same in every run.
    #[must_use]
    pub const fn call_key(&self) -> u64 {
        self.call_key
    }

    /// What is wrong with the message.
    #[must_use]
    pub fn flaws(&self) -> &[Flaw] {
        &self.flaws
    }
}

fn unfold(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(end) = rest.iter().position(|b| matches!(b, b'\r' | b'\n')) {
        out.extend_from_slice(rest[..end].trim_ascii_end());
        out.push(b' ');
        rest = rest[end..].trim_ascii_start();
    }
    out.extend_from_slice(rest);
    out
}

/// The user part where an address is written as nearly everybody writes it, `name <sip:user@host>`; `None` says nothing.
fn plain_user(value: &[u8]) -> Option<&[u8]> {
    let open = value.iter().position(|&octet| !(octet.is_ascii_alphanumeric() || octet == b' '))?;
    let address = value.get(open..)?.strip_prefix(b"<sip:")?;
    let (user, host) = address.split_at(token_len(address));
    let host = host.strip_prefix(b"@").filter(|host| host.first().is_some_and(u8::is_ascii_alphanumeric))?;
    let behind = host.get(host_len(host))?;
    (!user.is_empty() && (*behind == b'>' || (*behind == b';' && host.contains(&b'>')))).then_some(user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slow(value: &[u8]) -> Option<&[u8]> {
        let first = elements(value).next()?;
        uri(name_addr(first)?.address)?.user_name()
    }

    #[test]
    fn the_usual_form_of_an_address_is_read() {
        assert_eq!(plain_user(b"Alice A <sip:+4930-1@sbc1.alpha.example;user=phone>;tag=1"), Some(&b"+4930-1"[..]));
        for value in
            ["\"<sip:x@y>\" <sip:a@b>", "sip:a@b", "<sip:a:secret@b>", "<sip:@b>", "<sip:a@>", "<sip:a@b;x", "<tel:+4930>", "a, <sip:a@b>"]
        {
            assert_eq!(plain_user(value.as_bytes()), None, "{value}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_quickly_is_read_so_with_care(value in "[ a1]{0,3}[<\"]?sip:[a1+.;:@]{0,4}@?[a1.:;-]{0,5}[>]?[;,=a]{0,4}") {
            if let Some(user) = plain_user(value.as_bytes()) {
                prop_assert_eq!(Some(user), slow(value.as_bytes()));
            }
        }
    }
}
