//! Takes the start line, header lines and body of a message, gives it as it stands on the wire, never a line that nobody asked for.

use crate::made::calls::{ALPHA, BRAVO};
use crate::made::{Frame, udp};

/// A message: seconds, whether alpha sends it, its text.
#[derive(Clone)]
pub(crate) struct Said {
    pub(crate) at: f64,
    pub(crate) from_alpha: bool,
    pub(crate) text: String,
}

impl Said {
    /// The same with another branch.
    pub(crate) fn branched(mut self, branch: &str) -> Self {
        let start = self.text.find("z9hG4bK-").unwrap();
        let end = start + self.text[start..].find("\r\n").unwrap();
        self.text.replace_range(start..end, &format!("z9hG4bK-{branch}"));
        self
    }

    pub(crate) fn frame(&self) -> Frame {
        let (source, destination) = if self.from_alpha { (ALPHA, BRAVO) } else { (BRAVO, ALPHA) };
        udp(self.at, source, destination, self.text.as_bytes())
    }
}

/// The frames of messages, in their order.
pub(crate) fn frames(said: &[Said]) -> Vec<Frame> {
    said.iter().map(Said::frame).collect()
}

/// What every message of alpha's call `name` has: alpha's number calls bravo's. What tells the call comes first, so that the rest can be cut off.
fn head(name: &str, method: &str) -> String {
    format!(
        "Via: SIP/2.0/UDP {}:5060;branch=z9hG4bK-{name}-{method}\nCall-ID: {name}@alpha.example\nCSeq: 1 {method}\n\
         From: <sip:+4930111@alpha.example>;tag=a-{name}\nTo: <sip:+4420555000@bravo.example>\n",
        ALPHA.0
    )
}

fn written(lines: &str, body: &str) -> String {
    let body = body.replace('\n', "\r\n");
    format!("{}Content-Length: {}\r\n\r\n{body}", lines.replace('\n', "\r\n"), body.len())
}

/// A request of alpha outside dialogs, with what `more` has for lines. Lines end in `\n` here.
pub(crate) fn request(at: f64, name: &str, method: &str, more: &str, body: &str) -> Said {
    let start = format!("{method} sip:+4420555000@bravo.example SIP/2.0\n");
    let lines = format!("{start}{}Max-Forwards: 69\nContact: <sip:alpha@{}>\n{more}", head(name, method), ALPHA.0);
    Said { at, from_alpha: true, text: written(&lines, body) }
}

/// Bravo's response to it.
pub(crate) fn response(at: f64, name: &str, code: u16, method: &str, more: &str, body: &str) -> Said {
    let head = head(name, method).replace("bravo.example>\n", &format!("bravo.example>;tag=b-{name}\n"));
    let lines = format!("SIP/2.0 {code} Whatever\n{head}Contact: <sip:bravo@{}>\n{more}", BRAVO.0);
    Said { at, from_alpha: false, text: written(&lines, body) }
}

/// A description with these media sections.
pub(crate) fn sdp(address: &str, media: &str) -> String {
    format!("v=0\no=- 1 1 IN IP4 {address}\ns=-\nc=IN IP4 {address}\nt=0 0\n{media}")
}

/// Octets in base64url without padding (RFC 4648 §5).
pub(crate) fn base64url(octets: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<bool> = octets.iter().flat_map(|octet| (0..8).rev().map(move |n| octet >> n & 1 == 1)).collect();
    let letter = |six: &[bool]| (0..6).fold(0, |sum, n| sum * 2 + usize::from(six.get(n).copied().unwrap_or(false)));
    bits.chunks(6).map(|six| char::from(ALPHABET[letter(six)])).collect()
}

/// An Identity line with these claims besides iat and orig, signed by nobody (RFC 8224 §4).
pub(crate) fn identity(ppt: &str, claims: &str) -> String {
    let x5u = "https://certs.alpha.example/a.pem";
    let header = base64url(format!("{{\"alg\":\"ES256\",\"ppt\":\"{ppt}\",\"typ\":\"passport\",\"x5u\":\"{x5u}\"}}").as_bytes());
    let payload = base64url(claims.as_bytes());
    let signature = base64url(&[7; 64]);
    format!("Identity: {header}.{payload}.{signature};info=<{x5u}>;alg=ES256;ppt={ppt}\n")
}
