//! Takes a string of the policy, gives whether it has the form that its key asks for, never its value.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::policy::near::near;
use crate::sip::Method;

/// A form that a string must have.
pub(in crate::policy) struct Form {
    /// What it is, as in "expected an address prefix".
    pub(in crate::policy) what: &'static str,
    /// What it looks like.
    pub(in crate::policy) example: &'static str,
    /// Every string that has it, where they are few.
    pub(in crate::policy) words: &'static [&'static str],
    /// Whether a string has it; else what to write instead, where that can be guessed.
    pub(in crate::policy) check: fn(&str) -> Result<(), Option<String>>,
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.what)
    }
}

/// Longer patterns are refused: nobody can read them, and each costs time to compile.
const PATTERN: usize = 4096;

/// What a compiled pattern may weigh; beyond this it repeats something too often.
pub(in crate::policy) const PATTERN_WEIGHT: usize = 1 << 20;

const fn when(good: bool) -> Result<(), Option<String>> {
    if good { Ok(()) } else { Err(None) }
}

/// One of some words, else the one that was meant.
fn word<'a>(text: &str, words: impl Iterator<Item = &'a str> + Clone) -> Result<(), Option<String>> {
    if words.clone().any(|word| word == text) { Ok(()) } else { Err(near(text, words).map(str::to_owned)) }
}

fn all(text: &str, fits: impl Fn(char) -> bool) -> Result<(), Option<String>> {
    when(!text.is_empty() && text.chars().all(fits))
}

pub(super) const ANY: Form = Form { what: "a string", example: "ICA-2026-118", words: &[], check: |_| Ok(()) };

pub(super) const NAME: Form =
    Form { what: "a name", example: "alpha", words: &[], check: |s| when(!s.trim().is_empty() && !s.chars().any(char::is_control)) };

pub(super) const REASON: Form = Form { what: "a reason", example: "replacement ordered", ..NAME };

pub(super) const HOST: Form = Form {
    what: "a host or domain name",
    example: "sbc.alpha.example",
    words: &[],
    check: |s| all(s, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')),
};

pub(super) const TOKEN: Form = Form { what: "a token (RFC 3261 §25.1)", example: "100rel", words: &[], check: |s| all(s, is_token) };

/// RFC 3261 §25.1, `token`.
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-.!%*_+`'~".contains(c)
}

pub(super) const METHOD: Form = Form { what: "a SIP method", example: "INVITE", words: &[], check: method };

/// Methods outside the registry are allowed, but what looks like a misspelt registered one is a mistake.
fn method(name: &str) -> Result<(), Option<String>> {
    if Method::of(name.as_bytes()) != Method::Other {
        return Ok(());
    }
    let upper = name.to_ascii_uppercase();
    let near = |m: &&Method| strsim::damerau_levenshtein(&upper, m.name()) <= 1;
    let meant = Method::REGISTERED.iter().find(near).map(|m| m.name().to_owned());
    if meant.is_some() { Err(meant) } else { all(name, |c| is_token(c) && !c.is_ascii_lowercase()).map_err(|_| Some(upper)) }
}

pub(super) const OCCASION: Form = Form {
    what: "a method, a status code or a class of codes",
    example: "BYE",
    words: &[],
    check: |s| (RESPONSE.check)(s).or_else(|_| (METHOD.check)(s)),
};

pub(super) const RESPONSE: Form = Form { what: "a status code or a class of codes", example: "3xx", words: &[], check: response };

fn response(text: &str) -> Result<(), Option<String>> {
    let good = matches!(text.as_bytes(), [b'1'..=b'6', b'x', b'x'] | [b'1'..=b'6', b'0'..=b'9', b'0'..=b'9']);
    let lower = text.to_ascii_lowercase();
    if !good && text != lower && response(&lower).is_ok() { Err(Some(lower)) } else { when(good) }
}

pub(super) const CIDR: Form = Form { what: "an address prefix", example: "192.0.2.16/29", words: &[], check: cidr };

fn cidr(text: &str) -> Result<(), Option<String>> {
    match text.parse::<IpNet>() {
        // On the wire such an address is one of IPv4 (RFC 4291 §2.5.5.2): written so, the prefix would never hold one.
        Ok(IpNet::V6(net)) if net.prefix_len() >= 96 && net.addr().to_ipv4_mapped().is_some() => {
            let low = net.addr().to_ipv4_mapped().and_then(|ip| ipnet::Ipv4Net::new(ip, net.prefix_len() - 96).ok());
            Err(low.map(|low| low.trunc().to_string()))
        }
        Ok(net) if net.trunc() == net => Ok(()),
        // Host bits say that either the address or the length is not the one that was meant.
        Ok(net) => Err(Some(net.trunc().to_string())),
        // A single address is the prefix of itself.
        Err(_) => when(text.parse::<IpAddr>().is_ok()),
    }
}

pub(super) const PORTS: Form = Form {
    what: "a range of ports, the lower first",
    example: "16384-32767",
    words: &[],
    check: |s| match port_range(s) {
        Some((low, high)) if low <= high => Ok(()),
        Some((low, high)) => Err(Some(format!("{high}-{low}"))),
        None => Err(None),
    },
};

/// `LOW-HIGH`, or one port.
pub(in crate::policy) fn port_range(text: &str) -> Option<(u16, u16)> {
    let port = |s: &str| s.trim().parse::<u16>().ok().filter(|&port| port > 0);
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    Some((port(low)?, port(high)?))
}

pub(super) const CODE_POINT: Form = Form {
    what: "a DSCP: cs0 to cs7, af11 to af43, ef, voice-admit, or 0 to 63",
    example: "ef",
    words: &[],
    check: |s| when(code_point(s).is_some()),
};

/// The code point of a name (RFC 2474, RFC 2597, RFC 3246, RFC 5865).
pub(in crate::policy) fn code_point(name: &str) -> Option<u8> {
    match name.as_bytes() {
        b"ef" => Some(46),
        b"voice-admit" => Some(44),
        b"be" | b"df" => Some(0),
        [b'c', b's', class @ b'0'..=b'7'] => Some((class - b'0') * 8),
        [b'a', b'f', class @ b'1'..=b'4', drop @ b'1'..=b'3'] => Some((class - b'0') * 8 + (drop - b'0') * 2),
        _ => name.parse().ok().filter(|&point| point < 64),
    }
}

pub(super) const NUMBERS: Form = Form {
    what: "a telephone number, `*` at its end for everything that begins so",
    example: "+4930999*",
    words: &[],
    check: |s| all(s.strip_suffix('*').unwrap_or(s), |c| c.is_ascii_digit() || matches!(c, '+' | '#' | '*')),
};

pub(super) const PREFIX: Form = Form {
    what: "the beginning of a global number (E.164)",
    example: "+4930",
    words: &[],
    check: |s| prefix(s).map_err(|()| guess_prefix(s)),
};

fn prefix(text: &str) -> Result<(), ()> {
    let digits = text.strip_prefix('+').ok_or(())?;
    let good = (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    if good { Ok(()) } else { Err(()) }
}

fn guess_prefix(text: &str) -> Option<String> {
    let digits: String = text.trim_start_matches("00").chars().filter(char::is_ascii_digit).collect();
    Some(format!("+{digits}")).filter(|guess| prefix(guess).is_ok())
}

pub(super) const REGEX: Form = Form { what: "a regular expression", example: "[A-Z]+", words: &[], check: regex };

fn regex(text: &str) -> Result<(), Option<String>> {
    let small = text.len() <= PATTERN;
    when(small && regex::bytes::RegexBuilder::new(text).size_limit(PATTERN_WEIGHT).build().is_ok())
}

pub(super) const RULE: Form = Form {
    what: "a rule id",
    example: "SIP-METHOD-001",
    words: &[],
    check: |s| all(s, |c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-').map_err(|_| Some(s.to_ascii_uppercase())),
};

pub(super) const RULES: Form = Form {
    what: "a rule id, `*` for any part of it",
    example: "PRF-*",
    words: &[],
    check: |s| all(s, |c| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '-' | '*')).map_err(|_| Some(s.to_ascii_uppercase())),
};

const MEDIA_TYPES: &[&str] = &["audio", "video", "text", "image", "message", "application"];

pub(super) const MEDIA_TYPE: Form =
    Form { what: "a media type (RFC 8866 §5.14)", example: "audio", words: MEDIA_TYPES, check: |s| word(s, MEDIA_TYPES.iter().copied()) };

pub(super) const SUITE: Form =
    Form { what: "a registered TLS cipher suite", example: "TLS_AES_256_GCM_SHA384", words: &[], check: |s| suite(s) };

/// Names of OpenSSL are another language: what is meant is guessed by the words in them.
fn suite(name: &str) -> Result<(), Option<String>> {
    match crate::transport::tls::suite_named(name) {
        Some(_) => Ok(()),
        None => word(name, crate::transport::tls::suites().map(|suite| suite.name)),
    }
}

const TRANSPORTS: &[&str] = &["udp", "tcp", "tls", "sctp", "tls-sctp", "ws", "wss"];

pub(super) const TRANSPORT: Form = Form {
    what: "a transport: udp, tcp, tls, sctp, tls-sctp, ws or wss",
    example: "tls",
    words: TRANSPORTS,
    check: |s| word(s, TRANSPORTS.iter().copied()),
};

/// The transport of a word.
pub(in crate::policy) fn transport(word: &str) -> Option<crate::base::Transport> {
    crate::base::Transport::ALL.into_iter().find(|t| t.token().to_ascii_lowercase() == word)
}

const TRAFFIC_CLASSES: &[&str] = &["signaling", "audio", "video"];

pub(super) const TRAFFIC: Form = Form {
    what: "a class of traffic: signaling, audio or video",
    example: "audio",
    words: TRAFFIC_CLASSES,
    check: |s| word(s, TRAFFIC_CLASSES.iter().copied()),
};

pub(super) const CAPTURE_POINT: Form = Form {
    what: "wan or inside-PEER",
    example: "wan",
    words: &[],
    check: |s| when(s == "wan" || s.strip_prefix("inside-").is_some_and(|p| !p.is_empty())),
};

pub(super) const EVENTS: Form = Form {
    what: "a list of telephone events (RFC 4733 §2.4.1)",
    example: "0-15",
    words: &[],
    check: |s| {
        let event = |s: &str| s.trim().parse::<u8>().ok();
        when(s.split(',').all(|part| {
            let (low, high) = part.split_once('-').unwrap_or((part, part));
            matches!((event(low), event(high)), (Some(low), Some(high)) if low <= high)
        }))
    },
};
