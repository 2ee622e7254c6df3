//! Takes an Identity header, gives the PASSporT in it with what is wrong with its form, never whether it is true (RFC 8224 §4, RFC 8225).

use serde_json::{Map, Value};

use super::{Person, base64url};
use crate::base::{Time, seconds};
use crate::sip::value::Params;

/// A longer token is no PASSporT: real ones have well below a thousand characters.
const LONGEST: usize = 16 << 10;

/// How much the originating network knows of the caller (RFC 8588 §4). The stronger is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attest {
    /// C: where it came in.
    Gateway,
    /// B: the customer.
    Partial,
    /// A: the customer and the right to use the number.
    Full,
}

impl Attest {
    /// What its letter means.
    #[must_use]
    pub fn of(letter: &str) -> Option<Self> {
        match letter {
            "A" => Some(Self::Full),
            "B" => Some(Self::Partial),
            "C" => Some(Self::Gateway),
            _ => None,
        }
    }

    /// Its letter.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Full => "A",
            Self::Partial => "B",
            Self::Gateway => "C",
        }
    }
}

/// How a PASSporT was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// With header and payload.
    #[default]
    Full,
    /// The signature only: the receiver makes the rest from the message (RFC 8225 §7).
    Compact,
}

/// What is wrong with the form of a PASSporT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What was observed.
    pub text: &'static str,
    /// Whether it keeps nobody from verifying it.
    pub is_minor: bool,
}

/// A PASSporT as far as it can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passport {
    /// How it was sent.
    pub form: Form,
    /// `ppt` of the PASSporT, else of the header field: which extension it is.
    pub ppt: Option<Box<str>>,
    /// `x5u`, else `info`: where its certificate is.
    pub x5u: Option<Box<str>>,
    /// When it was signed.
    pub iat: Option<Time>,
    /// Who calls.
    pub orig: Option<Person>,
    /// Who is called.
    pub dest: Vec<Person>,
    /// Who was called before (RFC 8946 §4).
    pub div: Option<Person>,
    /// How much the signer vouches for.
    pub attest: Option<Attest>,
    /// Whether it signs keys of media (RFC 8225 §5.2.2).
    pub has_keys: bool,
    /// What is wrong with it, each thing once.
    pub faults: Vec<Fault>,
    /// What was signed, `header.payload`, as it was received.
    pub signed: Box<[u8]>,
    /// The signature; empty where it cannot be read.
    pub signature: Box<[u8]>,
}

impl Passport {
    /// Reads the value of an Identity header.
    #[must_use]
    pub fn read(value: &[u8]) -> Self {
        let end = value.iter().position(|&b| b == b';').unwrap_or(value.len());
        let (token, params) = value.split_at_checked(end).unwrap_or((value, &[]));
        let (token, params) = (token.trim_ascii(), Params(params));
        let mut passport = Self::default();
        let header = passport.take(token);
        passport.agree(header.as_ref(), params);
        passport.claims();
        passport
    }

    /// Whether it tells of a diversion: `div`, or `div-o`, which has the PASSporT before in it (RFC 8946 §3, §5).
    #[must_use]
    pub fn is_diversion(&self) -> bool {
        matches!(self.ppt.as_deref(), Some("div" | "div-o"))
    }

    /// What it claims, as far as that can be read.
    #[must_use]
    pub fn payload(&self) -> Option<Map<String, Value>> {
        let dot = self.signed.iter().position(|&b| b == b'.')?;
        serde_json::from_slice(&base64url(self.signed.get(dot + 1..)?)?).ok()
    }

    fn fault(&mut self, text: &'static str) {
        self.note(Fault { text, is_minor: false });
    }

    fn minor(&mut self, text: &'static str) {
        self.note(Fault { text, is_minor: true });
    }

    fn note(&mut self, fault: Fault) {
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// Takes the token apart; gives the JOSE header, where there is one.
    fn take(&mut self, token: &[u8]) -> Option<Map<String, Value>> {
        let parts: Vec<&[u8]> = token.splitn(4, |&b| b == b'.').collect();
        let [header, payload, signature] = parts.as_slice() else {
            self.fault("no token of three parts");
            return None;
        };
        if token.len() > LONGEST {
            self.fault("token longer than any PASSporT");
            return None;
        }
        let octets = base64url(signature).filter(|octets| !octets.is_empty());
        if octets.as_ref().is_none_or(|octets| octets.len() != 64) {
            // RFC 7518 §3.4: R and S, 32 octets each.
            self.fault("signature that is none of ES256");
        }
        self.signature = octets.unwrap_or_default().into();
        if header.is_empty() && payload.is_empty() {
            self.form = Form::Compact;
            return None;
        }
        self.signed = token.get(..header.len() + 1 + payload.len()).unwrap_or_default().into();
        self.object(header, "header that is no JSON object")
    }

    fn object(&mut self, part: &[u8], fault: &'static str) -> Option<Map<String, Value>> {
        let octets = base64url(part);
        let value = octets.as_ref().and_then(|octets| serde_json::from_slice(octets).ok());
        let Some(Value::Object(object)) = value else {
            self.fault(fault);
            return None;
        };
        if !is_sorted(&object) {
            self.minor("keys not in lexicographic order");
        }
        // RFC 8225 §9: no white space outside of strings; what is written anew without any is as long.
        let compact = serde_json::to_vec(&object).map_or(0, |text| text.len());
        if octets.is_some_and(|octets| octets.iter().any(u8::is_ascii_whitespace) && octets.len() > compact) {
            self.minor("white space in the JSON");
        }
        Some(object)
    }

    /// What the JOSE header and the parameters of the header field say together (RFC 8224 §4.1, RFC 8225 §4).
    fn agree(&mut self, header: Option<&Map<String, Value>>, params: Params<'_>) {
        let param = |name: &[u8]| params.value(name).map(|v| String::from_utf8_lossy(v).into_owned());
        let info = param(b"info").map(|text| text.trim_start_matches('<').trim_end_matches('>').to_owned());
        let ppt = param(b"ppt");
        if param(b"alg").is_some_and(|alg| alg != "ES256") {
            self.fault("alg that is not ES256");
        }
        if info.is_none() {
            self.fault("no info");
        }
        let Some(header) = header else {
            (self.x5u, self.ppt) = (info.map(Into::into), ppt.map(Into::into));
            return;
        };
        let text = |key: &str| header.get(key).and_then(Value::as_str);
        if text("alg") != Some("ES256") {
            self.fault("alg that is not ES256");
        }
        if text("typ") != Some("passport") {
            self.fault("typ that is not passport");
        }
        match (text("x5u"), &info) {
            (None, _) => self.fault("no x5u"),
            (Some(x5u), Some(info)) if x5u != info => self.fault("info that differs from x5u"),
            _ => {}
        }
        if ppt.is_some() && ppt.as_deref() != text("ppt") {
            self.fault("ppt that differs from that of the token");
        }
        self.x5u = text("x5u").map(Into::into).or(info.map(Into::into));
        self.ppt = text("ppt").map(Into::into);
    }

    /// What the payload claims (RFC 8225 §5, RFC 8588 §4, RFC 8946 §4).
    fn claims(&mut self) {
        if self.form == Form::Compact || self.signed.is_empty() {
            return;
        }
        let signed = std::mem::take(&mut self.signed);
        let payload = signed.iter().position(|&b| b == b'.').and_then(|dot| signed.get(dot + 1..)).unwrap_or_default();
        let claims = self.object(payload, "payload that is no JSON object");
        self.signed = signed;
        let Some(claims) = claims else { return };
        match claims.get("iat") {
            // Years beyond those that nanoseconds can count are the last of those.
            Some(Value::Number(number)) => match number.as_i64() {
                Some(at) => self.iat = Some(Time(at.saturating_mul(seconds(1)))),
                // RFC 7519 §2: seconds may have parts. Casts saturate.
                #[allow(clippy::cast_possible_truncation)]
                None => self.iat = number.as_f64().map(|at| Time((at * 1e9) as i64)),
            },
            // RFC 8588 §6 prints it so, RFC 8225 §5.1.1 does not allow it.
            Some(Value::String(text)) if text.parse::<i64>().is_ok() => {
                self.iat = text.parse::<i64>().ok().map(|at| Time(at.saturating_mul(seconds(1))));
                self.minor("iat in quotes");
            }
            _ => self.fault("no iat"),
        }
        let named = |key: &str| claims.get(key).map(Person::of_claim).unwrap_or_default();
        let orig = named("orig");
        if orig.len() != 1 {
            self.fault("no orig");
        }
        self.orig = orig.into_iter().next();
        self.dest = named("dest");
        if self.dest.is_empty() {
            self.fault("no dest");
        }
        for key in ["orig", "dest", "div"] {
            if claims.get(key).is_some_and(has_dressed_number) {
                self.fault("number that is not digits only");
            }
        }
        self.has_keys = claims.contains_key("mky");
        self.attest = claims.get("attest").and_then(Value::as_str).and_then(Attest::of);
        let ppt = self.ppt.as_deref();
        if ppt == Some("shaken") {
            if self.attest.is_none() {
                self.fault("no attest of A, B or C");
            }
            if !claims.get("origid").and_then(Value::as_str).is_some_and(is_uuid) {
                self.fault("origid that is no UUID");
            }
        } else if self.is_diversion() {
            self.div = named("div").into_iter().next();
            if self.div.is_none() {
                self.fault("no div");
            }
        }
    }
}

/// Whether the keys stand in lexicographic order, at each depth (RFC 8225 §9).
fn is_sorted(object: &Map<String, Value>) -> bool {
    let inner = |value: &Value| value.as_object().is_none_or(is_sorted);
    object.keys().is_sorted() && object.values().all(inner)
}

/// Whether a `tn` holds more than RFC 8224 §8.3 leaves of a number.
fn has_dressed_number(claim: &Value) -> bool {
    let dressed = |value: &Value| value.as_str().is_some_and(|text| !text.chars().all(|c| c.is_ascii_digit() || matches!(c, '#' | '*')));
    match claim.get("tn") {
        Some(Value::Array(list)) => list.iter().any(dressed),
        Some(value) => dressed(value),
        None => false,
    }
}

/// RFC 9562 §4: 8-4-4-4-12 hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

/// A PASSporT that nobody signed, for tests.
#[cfg(test)]
pub(crate) mod example {
    /// Octets in base64url, without padding.
    pub(crate) fn encode(octets: &[u8]) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let sextets = |chunk: &[u8]| {
            let word = chunk.iter().enumerate().fold(0u32, |word, (i, &b)| word | u32::from(b) << (16 - 8 * i));
            (0..=chunk.len()).map(move |i| char::from(ALPHABET[(word >> (18 - 6 * i) & 63) as usize]))
        };
        octets.chunks(3).flat_map(sextets).collect()
    }

    pub(crate) const HEADER: &str = r#"{"alg":"ES256","ppt":"shaken","typ":"passport","x5u":"https://certs.alpha.example/a.pem"}"#;
    pub(crate) const PAYLOAD: &str = r#"{"attest":"A","dest":{"tn":["442079460000"]},"iat":1794650000,"orig":{"tn":"4930123456"},"origid":"123e4567-e89b-12d3-a456-426655440000"}"#;

    /// An Identity value that nobody signed.
    pub(crate) fn identity(header: &str, payload: &str) -> String {
        let signature = encode(&[7; 64]);
        format!(
            "{}.{}.{signature};info=<https://certs.alpha.example/a.pem>;alg=ES256;ppt=shaken",
            encode(header.as_bytes()),
            encode(payload.as_bytes())
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::example::{HEADER, PAYLOAD, encode, identity};
    use super::*;

    fn faults(value: &str) -> Vec<&'static str> {
        Passport::read(value.as_bytes()).faults.iter().map(|f| f.text).collect()
    }

    #[test]
    fn the_example_of_rfc_8225_is_read() {
        // RFC 8225 appendix A: header, payload and signature.
        let token = "eyJhbGciOiJFUzI1NiIsInR5cCI6InBhc3Nwb3J0IiwieDV1IjoiaHR0cHM6Ly9jZXJ0LmV4YW1wbGUub3JnL3Bhc3Nwb3J0LmNlciJ9.eyJkZXN0Ijp7InVyaSI6WyJzaXA6YWxpY2VAZXhhbXBsZS5jb20iXX0sImlhdCI6MTQ3MTM3NTQxOCwib3JpZyI6eyJ0biI6IjEyMTU1NTUxMjEyIn19.VLBCIVDCaeK6M4hLJb6SHQvacAQVvoiiEOWQ_iUqkk3q6CkPQ-nYxeeOWxvpZp0OH7GpDzaMSuvXhxeKxQdRug";
        let passport = Passport::read(format!("{token};info=<https://cert.example.org/passport.cer>").as_bytes());
        assert_eq!(passport.faults, []);
        assert_eq!(passport.orig, Some(Person::Number("12155551212".into())));
        assert_eq!(passport.dest, [Person::Uri("sip:alice@example.com".into())]);
        assert_eq!(passport.iat, Some(Time(seconds(1_471_375_418))));
        assert_eq!((passport.x5u.as_deref(), passport.ppt), (Some("https://cert.example.org/passport.cer"), None));
        assert_eq!(passport.signature.len(), 64);
    }

    #[test]
    fn a_shaken_passport_is_read() {
        let passport = Passport::read(identity(HEADER, PAYLOAD).as_bytes());
        assert_eq!((passport.attest, passport.ppt.as_deref(), &*passport.faults), (Some(Attest::Full), Some("shaken"), &[][..]));
        assert!(Attest::Full > Attest::Partial && Attest::Partial > Attest::Gateway);
    }

    #[test]
    fn each_fault_of_form_is_told() {
        let with = |from: &str, to: &str| {
            assert!(HEADER.contains(from) || PAYLOAD.contains(from), "{from}");
            faults(&identity(&HEADER.replace(from, to), &PAYLOAD.replace(from, to)))
        };
        assert_eq!(with("ES256", "RS256"), ["alg that is not ES256"]);
        assert_eq!(with("passport", "jwt"), ["typ that is not passport"]);
        assert_eq!(with("a.pem", "b.pem"), ["info that differs from x5u"]);
        assert_eq!(with(r#","x5u":"https://certs.alpha.example/a.pem""#, ""), ["no x5u"]);
        assert_eq!(with(r#""ppt":"shaken""#, r#""ppt":"rcd""#), ["ppt that differs from that of the token"]);
        assert_eq!(with("1794650000", "null"), ["no iat"]);
        assert_eq!(with("1794650000", "1794650000.25"), Vec::<&str>::new(), "RFC 7519 §2");
        assert_eq!(with("1794650000", "\"1794650000\""), ["iat in quotes"]);
        assert_eq!(with(r#""tn":"4930123456""#, r#""x":1"#), ["no orig"]);
        assert_eq!(with(r#"["442079460000"]"#, "[]"), ["no dest"]);
        assert_eq!(with("4930123456", "+4930123456"), ["number that is not digits only"]);
        assert_eq!(with(r#""A""#, r#""D""#), ["no attest of A, B or C"]);
        assert_eq!(with("123e4567-", ""), ["origid that is no UUID"]);
        assert_eq!(
            with(r#""iat":1794650000,"orig":{"tn":"4930123456"}"#, r#""orig":{"tn":"4930123456"},"iat":1794650000"#),
            ["keys not in lexicographic order"]
        );
        assert_eq!(with(r#""iat":"#, r#""iat": "#), ["white space in the JSON"]);
        assert_eq!(faults("abc.def;info=<https://x>"), ["no token of three parts"]);
        assert_eq!(faults(&identity("[]", PAYLOAD)), ["header that is no JSON object"]);
        assert_eq!(faults(&identity(HEADER, "{")), ["payload that is no JSON object"]);
        assert_eq!(faults(&identity(HEADER, PAYLOAD).replace(";info=<https://certs.alpha.example/a.pem>", "")), ["no info"]);
    }

    #[test]
    fn the_compact_form_holds_a_signature_only() {
        let compact = Passport::read(format!("..{};info=<https://x/a.pem>;ppt=shaken", encode(&[7; 64])).as_bytes());
        assert_eq!((compact.form, &*compact.faults, compact.ppt.as_deref()), (Form::Compact, &[][..], Some("shaken")));
    }

    proptest! {
        #[test]
        fn no_value_stops_the_reader(value in proptest::collection::vec(any::<u8>(), 0..400), header in ".{0,40}", payload in ".{0,80}") {
            let _ = Passport::read(&value);
            let _ = Passport::read(identity(&header, &payload).as_bytes());
        }
    }
}
