//! Takes names, domains and identifiers, gives what stands for them, never of another length or with other punctuation.

use super::Disguise;

/// What a word is: words of one kind that are the same become the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// A user, a display name, a host without a domain.
    Name,
    /// A label of a domain.
    Label,
    /// A tag, a branch, a Call-ID, a key.
    Opaque,
}

/// Words that name nobody.
const NOBODY: [&str; 8] = ["anonymous", "invalid", "localhost", "unavailable", "restricted", "unknown", "private", "sip"];

/// Fewer hexadecimal digits may be anything.
const HEXADECIMAL: usize = 8;

impl Disguise {
    /// Rewrites a word; escapes such as `%20` stay.
    pub(super) fn word(&mut self, kind: Kind, text: &mut [u8]) {
        if NOBODY.iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes())) && kind != Kind::Opaque {
            return;
        }
        self.behind(kind, b"", text);
    }

    /// Rewrites a word whose replacement depends on what stands around it.
    fn behind(&mut self, kind: Kind, context: &[u8], text: &mut [u8]) {
        let key = (kind, [context, b"\0", text].concat().into_boxed_slice());
        if let Some(known) = self.words.get(&key).filter(|known| known.len() == text.len()) {
            text.copy_from_slice(known);
            return;
        }
        let hexadecimal = kind == Kind::Opaque && is_hexadecimal(text);
        let own = text.to_ascii_lowercase();
        let mut at = 0;
        while let Some(&symbol) = own.get(at) {
            if symbol == b'%' && own.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) {
                at += 3;
                continue;
            }
            let before = [&[kind as u8][..], context, b"\0", own.get(..at).unwrap_or_default()].concat();
            let class: Vec<u32> = match symbol {
                b'0'..=b'9' | b'a'..=b'f' if hexadecimal => b"0123456789abcdef".iter().map(|&b| b.into()).collect(),
                b'0'..=b'9' => (48..58).collect(),
                b'a'..=b'z' => (97..123).collect(),
                _ => Vec::new(),
            };
            if let Some(to) = text.get_mut(at) {
                let new = u8::try_from(self.among(&class, &before, symbol.into())).unwrap_or(b'x');
                *to = match *to {
                    // Letters beyond ASCII have no class of their own.
                    0x80.. => b'x',
                    old if old.is_ascii_uppercase() => new.to_ascii_uppercase(),
                    _ => new,
                };
            }
            at += 1;
        }
        self.words.insert(key, (&*text).into());
    }

    /// Rewrites a host: an address, or a name whose last label stays. Names below one domain stay below one.
    pub(super) fn host(&mut self, text: &mut [u8]) {
        let own = text.to_ascii_lowercase();
        if self.ip_text(text) {
            self.met.insert(own.into());
            return;
        }
        let name = own.strip_suffix(b".").unwrap_or(&own);
        if name == b"localhost" || name == b"invalid" || name.ends_with(b".invalid") {
            return;
        }
        let Some(last) = name.iter().rposition(|&b| b == b'.') else {
            return self.word(Kind::Name, text);
        };
        self.met.insert(name.into());
        let mut end = last;
        loop {
            let start = name.get(..end).and_then(|head| head.iter().rposition(|&b| b == b'.')).map_or(0, |dot| dot + 1);
            let suffix = name.get(end..).unwrap_or_default();
            if let Some(label) = text.get_mut(start..end) {
                self.behind(Kind::Label, suffix, label);
            }
            if start == 0 {
                return;
            }
            end = start - 1;
        }
    }

    /// Rewrites an identifier that nobody reads, with the hosts in it; the cookie of a branch stays (RFC 3261 §8.1.1.7).
    pub(super) fn opaque(&mut self, text: &mut [u8]) {
        let cookie = if text.get(..7).is_some_and(|head| head.eq_ignore_ascii_case(b"z9hG4bK")) { 7 } else { 0 };
        let Some(text) = text.get_mut(cookie..) else { return };
        let at = text.iter().position(|&b| b == b'@').map(|at| (at, at + 1));
        let escaped = || text.windows(3).position(|part| part.eq_ignore_ascii_case(b"%40")).map(|at| (at, at + 3));
        match at.or_else(escaped) {
            None => self.word(Kind::Opaque, text),
            Some((end, begin)) => {
                let (local, host) = text.split_at_mut(end);
                self.word(Kind::Opaque, local);
                let Some(host) = host.get_mut(begin - end..) else { return };
                let len = host.iter().position(|b| matches!(b, b'%' | b';' | b'>' | b',')).unwrap_or(host.len());
                let (host, rest) = host.split_at_mut(len);
                match host.iter().position(|&b| b == b':').filter(|_| crate::base::ip(host).is_none()) {
                    Some(port) => host.get_mut(..port).into_iter().for_each(|host| self.host(host)),
                    None => self.host(host),
                }
                self.word(Kind::Opaque, rest);
            }
        }
    }

    /// Rewrites a user: a number or a name.
    pub(super) fn user(&mut self, text: &mut [u8]) {
        if crate::base::ip(text).is_some() {
            self.host(text);
        } else if !self.number(text) {
            self.word(Kind::Name, text);
        }
    }
}

fn is_hexadecimal(text: &[u8]) -> bool {
    let digits = text.iter().filter(|b| b.is_ascii_hexdigit()).count();
    digits >= HEXADECIMAL && text.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b'-' | b':'))
}

#[cfg(test)]
mod tests {
    use super::super::Key;
    use super::*;

    fn mapped(text: &str, rewrite: impl Fn(&mut Disguise, &mut [u8])) -> String {
        let mut octets = text.as_bytes().to_vec();
        rewrite(&mut Disguise::new(Key::of("k")), &mut octets);
        String::from_utf8(octets).unwrap()
    }

    #[test]
    fn domains_keep_their_tree() {
        let host = |text: &str| mapped(text, Disguise::host);
        let (domain, below, other) = (host("alpha.example"), host("sbc1.alpha.example"), host("SBC1.Bravo.example"));
        assert!(below.ends_with(&format!(".{domain}")) && domain.ends_with(".example") && domain != "alpha.example");
        assert!(!below.contains("sbc") && !other.to_lowercase().contains("bravo") && other.len() == 18);
        assert_eq!(host("anonymous.invalid"), "anonymous.invalid");
        assert_eq!(host("SBC1.ALPHA.example").to_lowercase(), below);
    }

    #[test]
    fn identifiers_stay_what_they_are() {
        let opaque = |text: &str| mapped(text, Disguise::opaque);
        assert!(opaque("z9hG4bK-524287-1").starts_with("z9hG4bK-"));
        let hex = opaque("ab30317f1a784dc48ff824d0d3715d86");
        assert!(hex.bytes().all(|b| b.is_ascii_hexdigit()) && !hex.contains("ab30"));
        assert_eq!(opaque("3c26@198.51.100.33").split('@').nth(1).unwrap(), mapped("198.51.100.33", Disguise::host));
        assert_eq!(mapped("Anonymous", |d, t| d.word(Kind::Name, t)), "Anonymous");
    }
}
