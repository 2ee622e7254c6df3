//! Takes the value of a header or any text with addresses in it, gives it with each name, number and host replaced, never its structure changed.

use super::Disguise;
use super::word::Kind;

/// What a bare token is that is neither host nor number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bare {
    /// A name, as in a display name.
    Name,
    /// A host without a domain, as in Via.
    Host,
    /// An identifier.
    Opaque,
    /// A word of the protocol.
    Word,
}

/// Parameters whose values are words of a protocol, not of somebody.
const PLAIN: [&[u8]; 47] = [
    b"transport",
    b"user",
    b"lr",
    b"q",
    b"expires",
    b"ttl",
    b"method",
    b"rport",
    b"refresher",
    b"cause",
    b"handling",
    b"purpose",
    b"party",
    b"privacy",
    b"screen",
    b"reason",
    b"counter",
    b"limit",
    b"index",
    b"ob",
    b"rc",
    b"mp",
    b"np",
    b"reg-id",
    b"keep",
    b"cpc",
    b"oli",
    b"isup-oli",
    b"verstat",
    b"comp",
    b"sigcomp",
    b"alias",
    b"early-only",
    b"algorithm",
    b"qop",
    b"nc",
    b"stale",
    b"noa",
    b"npdi",
    b"methods",
    b"schemes",
    b"audio",
    b"video",
    b"duplex",
    b"automata",
    b"text",
    b"charset",
];

/// Parameters whose values nobody reads.
const OPAQUE: [&[u8]; 13] = [
    b"tag",
    b"branch",
    b"from-tag",
    b"to-tag",
    b"icid-value",
    b"nonce",
    b"cnonce",
    b"response",
    b"opaque",
    b"remote",
    b"icid",
    b"replaces",
    b"call-id",
];

fn is_one_of(names: &[&[u8]], name: &[u8]) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b >= 0x80 || b"-.!%*_+`'~".contains(&b)
}

/// How many octets from `at` on fit.
fn run(text: &[u8], at: usize, fits: impl Fn(u8) -> bool) -> usize {
    text.get(at..).unwrap_or_default().iter().take_while(|&&b| fits(b)).count()
}

/// Where a port that begins at `at` ends; `at` where it is none, but the user behind a scheme that nobody knows.
fn port(text: &[u8], at: usize) -> usize {
    let end = at + run(text, at, |b| b.is_ascii_digit());
    if end - at > 5 || text.get(end).is_some_and(|&b| is_token(b) || b == b'@') { at } else { end }
}

impl Disguise {
    /// Rewrites text that may hold addresses, parameters and quoted words.
    pub(super) fn field(&mut self, text: &mut [u8], bare: Bare) {
        let mut at = 0;
        while let Some(&b) = text.get(at) {
            at = match b {
                b'"' => self.quoted(text, at),
                b';' | b'?' | b'&' => self.parameter(text, at + 1),
                b'[' => self.bracketed(text, at),
                // A port; a host of IPv6 stands in brackets.
                b':' => port(text, at + 1),
                _ if is_token(b) => self.token(text, at, bare),
                _ => at + 1,
            };
        }
    }

    /// A quoted string: a display name, or an address of its own.
    fn quoted(&mut self, text: &mut [u8], at: usize) -> usize {
        let mut end = at + 1;
        while let Some(&b) = text.get(end) {
            match b {
                b'"' => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        let end = end.min(text.len());
        if let Some(inside) = text.get_mut(at + 1..end) {
            self.phrase(inside);
        }
        end + 1
    }

    /// What stands between quotes.
    fn phrase(&mut self, inside: &mut [u8]) {
        if crate::base::ip(inside).is_some() || inside.contains(&b'.') && !inside.contains(&b' ') && is_host(inside) {
            self.host(inside);
        } else if inside.contains(&b':') || inside.contains(&b'@') {
            self.field(inside, Bare::Name);
        } else if !self.number(inside) {
            inside.split_mut(|b| *b == b' ').for_each(|word| self.word(Kind::Name, word));
        }
    }

    fn bracketed(&mut self, text: &mut [u8], at: usize) -> usize {
        let len = run(text, at + 1, |b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'));
        text.get_mut(at + 1..at + 1 + len).into_iter().for_each(|host| self.host(host));
        at + 1 + len
    }

    /// A parameter whose name begins at `at`.
    fn parameter(&mut self, text: &mut [u8], at: usize) -> usize {
        let begin = at + run(text, at, |b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
        let name_end = begin + run(text, begin, is_token);
        let equals = name_end + run(text, name_end, |b| b == b' ');
        if text.get(equals) != Some(&b'=') {
            return name_end.max(begin);
        }
        let begin_of_value = equals + 1 + run(text, equals + 1, |b| b == b' ');
        let name = text.get(begin..name_end).unwrap_or_default().to_ascii_lowercase();
        match text.get(begin_of_value) {
            Some(b'"') => {
                let end = begin_of_value + 1 + run(text, begin_of_value + 1, |b| b != b'"');
                if let Some(value) = text.get_mut(begin_of_value + 1..end) {
                    self.value(&name, value);
                }
                end + 1
            }
            _ => {
                let end = begin_of_value
                    + run(text, begin_of_value, |b| !matches!(b, b';' | b',' | b'>' | b'&' | b'?' | b' ' | b'\r' | b'\n' | b'"'));
                if let Some(value) = text.get_mut(begin_of_value..end) {
                    self.value(&name, value);
                }
                end
            }
        }
    }

    /// The value of a parameter.
    pub(super) fn value(&mut self, name: &[u8], value: &mut [u8]) {
        let plain = is_one_of(&PLAIN, name) || name.starts_with(b"+g.") || (name.starts_with(b"+sip.") && name != b"+sip.instance");
        if plain {
            // A word of the protocol that holds an address is none.
            if crate::base::ip(value).is_some() {
                self.host(value);
            }
        } else if is_one_of(&OPAQUE, name) {
            self.opaque(value);
        } else if value.starts_with(b"[") {
            self.bracketed(value, 0);
        } else if crate::base::ip(value).is_some() || (value.contains(&b'.') && is_host(value)) {
            self.host(value);
        } else if value.contains(&b':') && !name.starts_with(b"+sip") {
            self.field(value, Bare::Name);
        } else if !self.number(value) {
            self.word(Kind::Opaque, value);
        }
    }

    /// A token, an address with a scheme, or a host.
    fn token(&mut self, text: &mut [u8], at: usize, bare: Bare) -> usize {
        let end = at + run(text, at, is_token);
        let word = text.get(at..end).unwrap_or_default();
        match (text.get(end), word.to_ascii_lowercase().as_slice()) {
            (Some(b':'), b"sip" | b"sips" | b"im" | b"pres" | b"mailto" | b"xmpp") => return self.uri(text, end + 1),
            (Some(b':'), b"tel" | b"fax") => {
                let len = run(text, end + 1, |b| b.is_ascii_digit() || b"+-.()*#".contains(&b));
                text.get_mut(end + 1..end + 1 + len).into_iter().for_each(|number| self.user(number));
                return end + 1 + len;
            }
            (Some(b':'), b"http" | b"https" | b"ws" | b"wss" | b"ftp" | b"ldap") => return self.locator(text, end + 1),
            (Some(b':'), b"urn" | b"cid" | b"data") => return self.name(text, end + 1),
            // SIP/2.0/UDP, text/plain
            (Some(b'/'), _) => return end + 1 + run(text, end + 1, |b| is_token(b) || b == b'/'),
            _ => {}
        }
        // IPv6 without brackets.
        let wide = at + run(text, at, |b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'));
        if text.get(at..wide).is_some_and(|wide| wide.contains(&b':') && crate::base::ip(wide).is_some()) {
            text.get_mut(at..wide).into_iter().for_each(|host| self.host(host));
            return wide;
        }
        // The user of an address without its scheme.
        if text.get(end) == Some(&b'@') && bare != Bare::Opaque {
            text.get_mut(at..end).into_iter().for_each(|user| self.user(user));
            return end + 1;
        }
        if text.get(end) == Some(&b'=') {
            return self.parameter(text, at).max(end + 1);
        }
        let Some(word) = text.get_mut(at..end) else { return end.max(at + 1) };
        if crate::base::ip(word).is_some() || (word.contains(&b'.') && is_host(word)) {
            self.host(word);
        } else if bare == Bare::Word || self.number(word) {
        } else {
            match bare {
                Bare::Host => self.host(word),
                Bare::Opaque => self.opaque(word),
                Bare::Name | Bare::Word => self.word(Kind::Name, word),
            }
        }
        end.max(at + 1)
    }

    /// What follows `sip:`; gives where its parameters begin.
    pub(super) fn uri(&mut self, text: &mut [u8], at: usize) -> usize {
        let end = at + run(text, at, |b| !matches!(b, b'>' | b'"' | b' ' | b'\t' | b'\r' | b'\n' | b','));
        let whole = text.get(at..end).unwrap_or_default();
        let headers = whole.iter().position(|&b| b == b'?').unwrap_or(whole.len());
        let mut host = at;
        if let Some(sign) = whole.get(..headers).and_then(|head| head.iter().position(|&b| b == b'@')) {
            let user_end = at + sign;
            let name_end = at + run(whole, 0, |b| !matches!(b, b';' | b':' | b'@'));
            if let Some(user) = text.get_mut(at..name_end.min(user_end)) {
                self.user(user);
            }
            // A password, or the parameters of a number.
            let mut next = name_end;
            while next < user_end {
                next = match text.get(next) {
                    Some(b';') => self.parameter(text, next + 1).clamp(next + 1, user_end),
                    _ => {
                        let len = run(text, next + 1, |b| !matches!(b, b';' | b'@'));
                        text.get_mut(next + 1..next + 1 + len).into_iter().for_each(|secret| self.word(Kind::Opaque, secret));
                        next + 1 + len
                    }
                };
            }
            host = user_end + 1;
        }
        if text.get(host) == Some(&b'[') {
            return self.bracketed(text, host);
        }
        let host_end = host + run(text, host, |b| is_token(b) && b != b'%');
        if let Some(name) = text.get_mut(host..host_end) {
            // `sip:+4930…;user=phone` and the like have no host.
            if !(name.starts_with(b"+") && self.number(name)) {
                self.host(name);
            }
        }
        host_end.max(at)
    }

    /// What follows `https:`.
    fn locator(&mut self, text: &mut [u8], at: usize) -> usize {
        let host = at + run(text, at, |b| b == b'/');
        let host_end = host + run(text, host, is_token);
        text.get_mut(host..host_end).into_iter().for_each(|name| self.host(name));
        let end = host_end + run(text, host_end, |b| !matches!(b, b'>' | b'"' | b' ' | b'\r' | b'\n' | b',' | b';'));
        let path = host_end + run(text, host_end, |b| b == b':' || b.is_ascii_digit());
        text.get_mut(path..end).into_iter().for_each(|path| self.word(Kind::Opaque, path));
        end
    }

    /// What follows `urn:`: services are words of a protocol, all else is somebody's.
    fn name(&mut self, text: &mut [u8], at: usize) -> usize {
        let end = at + run(text, at, |b| !matches!(b, b'>' | b'"' | b' ' | b'\r' | b'\n' | b',' | b';'));
        let plain =
            |lead: &[u8]| text.get(at..).is_some_and(|name| name.get(..lead.len()).is_some_and(|head| head.eq_ignore_ascii_case(lead)));
        if !plain(b"service:") && !plain(b"urn-7:") {
            let begin = text.get(at..end).and_then(|name| name.iter().position(|&b| b == b':')).map_or(at, |colon| at + colon + 1);
            text.get_mut(begin..end).into_iter().for_each(|name| self.opaque(name));
        }
        end
    }

    /// Replaces what was met elsewhere in text that stays otherwise: addresses, domains, long numbers.
    pub(super) fn swept(&mut self, text: &mut [u8]) {
        let mut at = 0;
        while at < text.len() {
            let len = run(text, at, |b| is_token(b) || b == b':' && text.get(at).is_some_and(u8::is_ascii_hexdigit));
            let Some(word) = text.get_mut(at..at + len) else { return };
            let len_of_word = word.iter().rposition(|b| !matches!(b, b'.' | b':')).map_or(0, |last| last + 1);
            if let Some(word) = word.get_mut(..len_of_word) {
                let digits: Vec<u8> = word.iter().copied().filter(u8::is_ascii_digit).collect();
                if self.met.contains(word.to_ascii_lowercase().as_slice()) {
                    self.host(word);
                } else if self.met.contains(digits.as_slice()) {
                    self.number(word);
                }
            }
            at += len.max(1);
        }
    }
}

/// Whether text could be a name with a domain: labels of letters, digits and hyphens, the last of them no number.
fn is_host(text: &[u8]) -> bool {
    let last = text.rsplit(|&b| b == b'.').find(|label| !label.is_empty());
    text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        && last.is_some_and(|last| last.len() > 1 && last.iter().any(u8::is_ascii_alphabetic))
}
