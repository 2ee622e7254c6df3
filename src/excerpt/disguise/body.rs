//! Takes the body of a message, gives it with what names somebody replaced, never a word of what it cannot read.

use super::Disguise;
use super::field::Bare;
use super::message::blank;
use super::word::Kind;

/// Bodies inside bodies deeper than this are blanked.
const MAX_DEPTH: u8 = 3;

/// Attributes of SDP whose values are words of the protocol and numbers that count (IANA "att-field").
const PLAIN: [&[u8]; 30] = [
    b"rtpmap",
    b"fmtp",
    b"ptime",
    b"maxptime",
    b"rtcp-fb",
    b"rtcp-mux",
    b"rtcp-xr",
    b"extmap",
    b"setup",
    b"connection",
    b"mid",
    b"group",
    b"sendrecv",
    b"sendonly",
    b"recvonly",
    b"inactive",
    b"curr",
    b"des",
    b"conf",
    b"framerate",
    b"framesize",
    b"content",
    b"T38FaxVersion",
    b"T38MaxBitRate",
    b"T38FaxRateManagement",
    b"T38FaxMaxBuffer",
    b"T38FaxMaxDatagram",
    b"T38FaxUdpEC",
    b"silenceSupp",
    b"rtcp-rsize",
];

/// Attributes with addresses in them.
const ADDRESSES: [&[u8]; 3] = [b"rtcp", b"candidate", b"remote-candidates"];

impl Disguise {
    /// Rewrites a body of a type; `packed` by a Content-Encoding.
    pub(super) fn body(&mut self, content_type: &[u8], packed: bool, body: &mut [u8]) {
        self.nested(content_type, packed, body, MAX_DEPTH);
    }

    fn nested(&mut self, content_type: &[u8], packed: bool, body: &mut [u8], depth: u8) {
        let kind = content_type.split(|&b| b == b';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
        let is_text =
            kind.starts_with(b"text/") || kind.ends_with(b"xml") || kind.ends_with(b"json") || kind.starts_with(b"application/dtmf");
        match kind.as_slice() {
            _ if packed => body.fill(0),
            b"application/sdp" => self.sdp(body),
            b"message/sipfrag" | b"message/sip" => self.fragment(body),
            kind if kind.starts_with(b"multipart/") && depth > 0 => self.parts(content_type, body, depth - 1),
            _ if is_text => blank(body),
            _ => body.fill(0),
        }
    }

    /// A part of a message: a status line alone is no message.
    fn fragment(&mut self, body: &mut [u8]) {
        if body.starts_with(b"SIP/2.0 ") && !body.contains(&b':') {
            return self.swept(body);
        }
        self.message(body);
    }

    /// The parts of a multipart body (RFC 2046 §5.1).
    fn parts(&mut self, content_type: &[u8], body: &mut [u8], depth: u8) {
        let Some(boundary) = boundary(content_type) else { return blank(body) };
        let delimiter = [b"--", boundary].concat();
        let begins: Vec<usize> = memchr::memmem::find_iter(body, &delimiter).collect();
        let Some(&first) = begins.first() else { return blank(body) };
        body.get_mut(..first).into_iter().for_each(blank);
        for (n, &begin) in begins.iter().enumerate() {
            let end = begins.get(n + 1).copied().unwrap_or(body.len());
            let Some(part) = body.get_mut(begin + delimiter.len()..end) else { continue };
            let head = head_end(part);
            let kind = line(part.get(..head).unwrap_or_default(), b"content-type").unwrap_or_default().to_vec();
            let packed = line(part.get(..head).unwrap_or_default(), b"content-encoding").is_some();
            let (headers, content) = part.split_at_mut(head);
            self.swept(headers);
            // The line end before a delimiter belongs to it.
            self.nested(&kind, packed, content, depth);
        }
    }

    /// Rewrites a session description.
    pub(super) fn sdp(&mut self, body: &mut [u8]) {
        for line in body.split_mut(|b| *b == b'\n') {
            let len = line.iter().rposition(|b| *b != b'\r').map_or(0, |last| last + 1);
            let Some((head, value)) = line.get_mut(..len).and_then(|line| line.split_at_mut_checked(2)) else {
                blank(line);
                continue;
            };
            match &*head {
                b"v=" | b"b=" | b"t=" | b"r=" | b"z=" | b"m=" => {}
                b"o=" => self.origin(value),
                b"c=" => self.connection(value),
                b"a=" => self.attribute(value),
                // A name of one sign stands for none (RFC 8866 §5.3).
                b"s=" if value.len() <= 1 => {}
                b"s=" | b"i=" | b"u=" | b"e=" | b"p=" | b"k=" => self.field(value, Bare::Name),
                _ => blank(value),
            }
        }
    }

    /// `IN IP4 192.0.2.1/127`
    fn connection(&mut self, value: &mut [u8]) {
        let mut words = value.split_mut(|b| *b == b' ').skip(2);
        if let Some(address) = words.next() {
            let end = address.iter().position(|&b| b == b'/').unwrap_or(address.len());
            address.get_mut(..end).into_iter().for_each(|host| self.host(host));
        }
    }

    /// `user session version IN IP4 address`
    fn origin(&mut self, value: &mut [u8]) {
        let mut words = value.split_mut(|b| *b == b' ');
        if let Some(user) = words.next() {
            self.user(user);
        }
        if let Some(host) = words.nth(4) {
            self.host(host);
        }
    }

    fn attribute(&mut self, text: &mut [u8]) {
        let colon = text.iter().position(|&b| b == b':').unwrap_or(text.len());
        let (name, value) = text.split_at_mut(colon);
        let Some(value) = value.get_mut(1..) else { return };
        if PLAIN.contains(&&*name) {
            return;
        }
        match &*name {
            name if ADDRESSES.contains(&name) => value.split_mut(|b| *b == b' ').for_each(|word| {
                if crate::base::ip(word).is_some() || word.ends_with(b".local") {
                    self.host(word);
                }
            }),
            b"crypto" => {
                let key = memchr::memmem::find(value, b"inline:").map_or(value.len(), |at| at + 7);
                let len = value.get(key..).unwrap_or_default().iter().take_while(|b| !matches!(b, b'|' | b' ' | b';')).count();
                value.get_mut(key..key + len).into_iter().for_each(|key| self.word(Kind::Opaque, key));
            }
            // `sha-256 AB:CD:…`, `1234 cname:…`
            b"fingerprint" | b"ssrc" | b"key-mgmt" => {
                let at = value.iter().position(|&b| b == b' ').unwrap_or(0);
                value.get_mut(at..).into_iter().for_each(|value| self.word(Kind::Opaque, value));
            }
            b"source-filter" | b"path" | b"rtsp" => self.field(value, Bare::Word),
            _ => self.word(Kind::Opaque, value),
        }
    }
}

/// Where the content of a part begins.
fn head_end(part: &[u8]) -> usize {
    let crlf = memchr::memmem::find(part, b"\r\n\r\n").map(|at| at + 4);
    let lf = memchr::memmem::find(part, b"\n\n").map(|at| at + 2);
    crlf.into_iter().chain(lf).min().unwrap_or(part.len())
}

/// The value of a header of a part.
fn line<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    head.split(|&b| b == b'\n').find_map(|line| {
        let colon = line.iter().position(|&b| b == b':')?;
        let (key, value) = line.split_at_checked(colon)?;
        key.trim_ascii().eq_ignore_ascii_case(name).then(|| value.get(1..).unwrap_or_default().trim_ascii())
    })
}

fn boundary(content_type: &[u8]) -> Option<&[u8]> {
    content_type.split(|&b| b == b';').find_map(|parameter| {
        let equals = parameter.iter().position(|&b| b == b'=')?;
        let (name, value) = parameter.split_at_checked(equals)?;
        let value = value.get(1..)?.trim_ascii();
        let value = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
        (name.trim_ascii().eq_ignore_ascii_case(b"boundary") && !value.is_empty()).then_some(value)
    })
}
