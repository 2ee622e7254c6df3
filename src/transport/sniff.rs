//! Takes the first octets of a payload, tells whether they begin a SIP message, never looks at a port.

use memchr::{memchr2, memrchr2};

/// Whether a payload begins with a SIP start line, behind any empty lines (RFC 3261 §7.1, §7.2, §7.5).
///
/// What decides is the version at the end of a request line, or at the beginning of a status line: HTTP, RTSP and SSDP differ in just that.
/// A wrong version number, unknown methods, needless white space and impossible status codes are still SIP: evidence of a broken sender.
#[must_use]
pub fn looks_like_sip(payload: &[u8]) -> bool {
    // Media and everything else binary leaves here.
    let Some(start) = payload.iter().position(|b| !matches!(b, b'\r' | b'\n')) else { return false };
    let Some(payload) = payload.get(start..).filter(|p| p.first().is_some_and(|&b| is_token(b))) else { return false };
    // A carriage return alone ends a line too: a damaged line end must not hide the message.
    let line = memchr2(b'\r', b'\n', payload).and_then(|end| payload.get(..end));
    match line {
        Some(line) => is_start_line(line),
        // The snapshot length may have cut a status line; a cut request line has lost what would tell.
        None => is_status_line(payload),
    }
}

/// What a start line begins with (IANA, SIP parameters, "Methods").
const BEGINNINGS: [&[u8]; 15] = [
    b"SIP/2.0 ",
    b"INVITE ",
    b"ACK ",
    b"BYE ",
    b"CANCEL ",
    b"OPTIONS ",
    b"PRACK ",
    b"UPDATE ",
    b"INFO ",
    b"MESSAGE ",
    b"NOTIFY ",
    b"PUBLISH ",
    b"REFER ",
    b"REGISTER ",
    b"SUBSCRIBE ",
];

/// Whether a payload that the snapshot length cut inside its first line may be the beginning of a SIP message: too little to read it, and enough to know
/// that one may have passed. Fewer than four octets may be of anything.
#[must_use]
pub fn may_begin_sip(payload: &[u8]) -> bool {
    let agree = |one: &[u8], other: &[u8]| one.iter().zip(other).all(|(a, b)| a == b);
    let is_uri = |rest: &[u8]| [&b"sip:"[..], b"sips:", b"tel:", b"urn:"].iter().any(|scheme| agree(rest, scheme));
    payload.len() >= 4
        && memchr2(b'\r', b'\n', payload).is_none()
        && BEGINNINGS.iter().filter(|word| agree(payload, word)).any(|word| match payload.get(word.len()..) {
            Some(rest) if word.starts_with(b"SIP/") => rest.iter().all(u8::is_ascii_digit),
            Some(rest) => is_uri(rest),
            None => true,
        })
}

/// Whether a line, with or without its line end, is a SIP start line.
pub(super) fn is_start_line(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    is_status_line(line) || is_request_line(line)
}

/// Whether a line is a start line of HTTP or RTSP, which quote SIP in their bodies.
pub(super) fn is_http_line(line: &[u8]) -> bool {
    let is_version = |word: &[u8]| word.starts_with(b"HTTP/") || word.starts_with(b"RTSP/");
    let line = line.trim_ascii_end();
    is_version(line) || last_word(line).is_some_and(|(_, word)| is_version(word))
}

fn is_request_line(line: &[u8]) -> bool {
    let Some((before, version)) = last_word(line) else { return false };
    if after_version(version) != Some(&[]) {
        return false;
    }
    let method = before.iter().take_while(|&&b| is_token(b)).count();
    let uri = before.get(method..).unwrap_or_default();
    method > 0 && matches!(uri.first(), Some(b' ' | b'\t')) && !uri.trim_ascii().is_empty()
}

fn is_status_line(line: &[u8]) -> bool {
    let Some(rest) = after_version(line) else { return false };
    let code = rest.trim_ascii_start();
    let digits = code.iter().take_while(|b| b.is_ascii_digit()).count();
    code.len() < rest.len() && digits >= 3 && matches!(code.get(digits), None | Some(b' ' | b'\t' | b'\r'))
}

/// The line up to the white space before its last word, and that word.
fn last_word(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = memrchr2(b' ', b'\t', line)?;
    Some((line.get(..space)?, line.get(space + 1..)?))
}

/// What stands behind a SIP version, whatever its numbers (RFC 3261 §7.1: the name in any case).
fn after_version(text: &[u8]) -> Option<&[u8]> {
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (name, rest) = text.split_at_checked(4)?;
    let major = digits(rest);
    let minor = rest.get(major..)?.strip_prefix(b".")?;
    let length = digits(minor);
    (name.eq_ignore_ascii_case(b"SIP/") && major > 0 && length > 0).then(|| minor.get(length..)).flatten()
}

/// RFC 3261 §25.1: the octets of a token.
const fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn half_a_start_line_may_begin_a_message() {
        for line in ["INVI", "ACK ", "ACK s", "BYE sip:a@b.example SIP/2.", "OPTIONS tel:+49", "SIP/", "SIP/2.0 ", "SIP/2.0 18"] {
            assert!(may_begin_sip(line.as_bytes()) && !looks_like_sip(line.as_bytes()), "{line}");
        }
        for line in ["ACK", "OPTIONS rtsp://a", "NOTIFY * HTTP", "INVITED", "SIP/2.0 x", "BYE sip:a\r\n", "\u{80}abc"] {
            assert!(!may_begin_sip(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn torture_tests_are_evidence() {
        // RFC 4475: intmeth, esc02, lwsstart, lwsruri, trws, badvers, ltgtruri, novelsc, bigcode, noreason; then §7.5 of RFC 3261.
        for line in [
            "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1@example.com SIP/2.0",
            "RE%47IST%45R sip:registrar.example.com SIP/2.0",
            "INVITE  sip:user@example.com  SIP/2.0",
            "INVITE sip:user@example.com; lr SIP/2.0",
            "OPTIONS sip:remote-target@example.com SIP/2.0  ",
            "OPTIONS sip:t.watson@example.org SIP/7.0",
            "INVITE <sip:user@example.com> SIP/2.0",
            "OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0",
            "SIP/2.0 4294967301 better not break the receiver",
            "SIP/2.0 100 ",
            "\r\n\r\nBYE sip:a@b sip/2.0",
        ] {
            assert!(looks_like_sip(format!("{line}\r\nVia: x\r\n\r\n").as_bytes()), "{line}");
        }
    }

    #[test]
    fn others_that_quote_sip_are_refused() {
        for payload in [
            "GET /docs?q=SIP/2.0 HTTP/1.1\r\nUser-Agent: SIP/2.0\r\n\r\nINVITE sip:a@b SIP/2.0\r\n",
            "HTTP/1.1 200 OK\r\nServer: x SIP/2.0\r\n\r\n",
            "NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n",
            "DESCRIBE rtsp://a/b RTSP/1.0\r\n\r\n",
            "Via: SIP/2.0/UDP 192.0.2.1:5060\r\nINVITE sip:a@b SIP/2.0\r\n",
            "v=0\r\no=- 1 1 IN IP4 SIP/2.0\r\n",
            "SIP/2.0/UDP 192.0.2.1\r\n",
            "SIP/2.0\r\n",
            "SIP/2.0 20\r\n",
            "INVITE SIP/2.0\r\n",
            "INVITE sip:a@b SIP/2.0",
            "\r\n\r\n",
            "",
        ] {
            assert!(!looks_like_sip(payload.as_bytes()), "{payload}");
        }
    }

    proptest! {
        #[test]
        fn random_octets_are_no_sip(noise in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(!looks_like_sip(&noise));
        }
    }
}
