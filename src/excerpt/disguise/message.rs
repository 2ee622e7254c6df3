//! Takes the octets of a SIP message, gives them with what names somebody replaced, never of another length.

use bytes::Bytes;

use super::Disguise;
use super::field::Bare;
use crate::base::Span;
use crate::sip::{HeaderName, Message, Start};

/// What becomes of the value of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It stays: words of the protocol, numbers that count, times.
    Stays,
    /// It stays but for what was met elsewhere: names of products.
    Swept,
    /// Its parameters are rewritten, what stands before them stays.
    Parameters,
    /// What names somebody is replaced.
    Rewritten(Bare),
    /// Every letter and digit goes, and the name of the header too: a signature over what is replaced.
    Hidden,
    /// Every letter and digit goes.
    Blanked,
}

fn fate(id: HeaderName) -> Fate {
    use HeaderName as H;
    match id {
        H::Accept | H::AcceptEncoding | H::AcceptLanguage | H::Allow | H::AllowEvents | H::ContentDisposition | H::ContentEncoding => {
            Fate::Stays
        }
        H::ContentLanguage | H::ContentLength | H::ContentType | H::CSeq | H::Date | H::Expires | H::InfoPackage => Fate::Stays,
        H::MaxForwards | H::MimeVersion | H::MinExpires | H::MinSe | H::PEarlyMedia | H::Priority | H::Privacy | H::ProxyRequire => {
            Fate::Stays
        }
        H::RAck | H::RecvInfo | H::ReferSub | H::RequestDisposition | H::Require | H::ResourcePriority | H::RetryAfter | H::RSeq => {
            Fate::Stays
        }
        H::SessionExpires | H::Supported | H::Timestamp | H::Unsupported | H::PAssertedService => Fate::Stays,
        H::Event | H::SubscriptionState => Fate::Parameters,
        H::Server | H::UserAgent | H::Reason => Fate::Swept,
        H::Identity | H::IdentityInfo => Fate::Hidden,
        H::Geolocation | H::Organization | H::Subject | H::UserToUser | H::PDcsBillingInfo | H::SipEtag | H::SipIfMatch => Fate::Blanked,
        H::CallId | H::InReplyTo | H::SessionId | H::Replaces | H::Join | H::TargetDialog => Fate::Rewritten(Bare::Opaque),
        H::Via | H::PChargingFunctionAddresses => Fate::Rewritten(Bare::Host),
        // The scheme of credentials, `3GPP-E-UTRAN`, the texts and codes of warnings.
        H::Authorization | H::ProxyAuthorization | H::WwwAuthenticate | H::ProxyAuthenticate | H::AuthenticationInfo => {
            Fate::Rewritten(Bare::Word)
        }
        H::PAccessNetworkInfo | H::FeatureCaps | H::AcceptContact | H::RejectContact | H::Warning => Fate::Rewritten(Bare::Word),
        _ => Fate::Rewritten(Bare::Name),
    }
}

/// Replaces every letter and digit.
pub(super) fn blank(text: &mut [u8]) {
    for b in text {
        *b = match *b {
            b'0'..=b'9' => b'0',
            b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => b'x',
            other => other,
        };
    }
}

impl Disguise {
    /// Rewrites a message, or the begin of one.
    pub(super) fn message(&mut self, text: &mut [u8]) {
        let mut message = Message::default();
        if !message.read(Bytes::copy_from_slice(text), false) {
            return blank(text);
        }
        let mut done: Vec<Span> = vec![message.start_span()];
        match message.start() {
            Start::Request { uri, .. } => self.part(text, uri, |this, uri| this.field(uri, Bare::Host)),
            Start::Response { reason, .. } => self.part(text, reason, Self::swept),
        }
        for header in message.headers() {
            done.extend([header.name, header.value]);
            match fate(header.id) {
                Fate::Stays => {}
                Fate::Swept => self.part(text, header.value, Self::swept),
                Fate::Parameters => self.part(text, header.value, |this, value| {
                    let begin = value.iter().position(|&b| b == b';').unwrap_or(value.len());
                    this.field(value.get_mut(begin..).unwrap_or_default(), Bare::Word);
                }),
                Fate::Rewritten(bare) => self.part(text, header.value, |this, value| this.field(value, bare)),
                Fate::Blanked => self.part(text, header.value, |_, value| blank(value)),
                Fate::Hidden => {
                    self.part(text, header.value, |_, value| blank(value));
                    self.part(text, header.name, |_, name| {
                        // As long as the name, and none that is registered: `X-Hidden`, and `z` for the compact form.
                        let new = if name.len() > 1 { b"X-Hidden-As-It-Was" as &[u8] } else { b"z" };
                        name.iter_mut().zip(new).for_each(|(to, from)| *to = *from);
                    });
                }
            }
        }
        let body = message.body_span();
        let content_type = message.get(HeaderName::ContentType).map(|value| value.into_owned()).unwrap_or_default();
        let packed = message.has(HeaderName::ContentEncoding);
        self.part(text, body, |this, body| this.body(&content_type, packed, body));
        done.push(body);
        unread(text, done);
    }

    fn part(&mut self, text: &mut [u8], span: Span, rewrite: impl FnOnce(&mut Self, &mut [u8])) {
        if let Some(part) = text.get_mut(span.start as usize..span.end as usize) {
            rewrite(self, part);
        }
    }
}

/// What no part of the message covers, lines without a colon and what follows the body, may say anything.
fn unread(text: &mut [u8], mut done: Vec<Span>) {
    done.sort_unstable();
    let mut at = 0;
    for span in done {
        let start = (span.start as usize).max(at);
        text.get_mut(at..start).into_iter().for_each(blank);
        at = at.max(span.end as usize);
    }
    text.get_mut(at..).into_iter().for_each(blank);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Key;
    use super::*;

    fn mapped(text: &str) -> String {
        let mut octets = text.replace('\n', "\r\n").into_bytes();
        let length = octets.len();
        Disguise::new(Key::of("k")).message(&mut octets);
        assert_eq!(octets.len(), length);
        String::from_utf8(octets).unwrap()
    }

    const INVITE: &str = r#"INVITE sip:+4420555001;npdi@sbc1.bravo.example:5060;user=phone SIP/2.0
Via: SIP/2.0/UDP 192.0.2.17:5060;branch=z9hG4bK-17-a;received=192.0.2.18;rport=5060, SIP/2.0/TCP core7;branch=z9hG4bKx
f: "Alice Liddell" <sip:+4930123456@alpha.example>;tag=a-1
To: Bob <tel:+4420555001>
Call-ID: 3c26700@192.0.2.17
CSeq: 1 INVITE
Contact: <sip:alice@[2001:db8::17]:5060;transport=udp>;+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>"
P-Asserted-Identity: <sip:+4930123456@alpha.example;user=phone>
Authorization: Digest username="alice", realm="alpha.example", nonce="abc", uri="sip:bravo.example", response="0123456789abcdef"
Identity: eyJhbGciOiJFUzI1NiJ9.eyJvcmlnIjp7fX0.c2ln;info=<https://cert.alpha.example/a.pem>
User-Agent: Acme SBC 7.2 on sbc1.bravo.example
Replaces: 3c26700@192.0.2.17;to-tag=a-1;from-tag=b
X-Cust: customer 4711 liddell
nonsense with Alice
Content-Type: application/sdp

v=0
o=alice 17 1 IN IP4 192.0.2.33
s=call of alice
c=IN IP4 192.0.2.33
t=0 0
m=audio 30000 RTP/SAVP 8 101
a=rtpmap:101 telephone-event/8000
a=rtcp:30001 IN IP4 192.0.2.34
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj
a=candidate:1 1 UDP 2130706431 192.0.2.33 30000 typ host
a=x-secret:liddell
"#;

    #[test]
    fn nothing_that_names_somebody_is_left() {
        let new = mapped(INVITE);
        let low = new.to_ascii_lowercase();
        for own in [
            "192.0.2", "2001:db8", "alpha", "bravo.", "alice", "bob", "liddell", "123456", "555001", "3c26700", "core7", "d0rmdm", "f81d4",
            "eyj", "4711",
        ] {
            assert!(!low.contains(own), "{own}: {new}");
        }
        for stays in [
            "SIP/2.0/UDP ",
            "branch=z9hG4bK-",
            "user=phone",
            "tel:+44",
            "sip:+49",
            "CSeq: 1 INVITE",
            "SBC 7.2 on",
            "transport=udp",
            "X-Hidden: ",
            "m=audio 30000 RTP/SAVP 8 101",
            "inline:",
            "typ host",
            "telephone-event/8000",
            ":5060",
        ] {
            assert!(new.contains(stays), "{stays}: {new}");
        }
    }

    #[test]
    fn the_same_stays_the_same() {
        let new = mapped(INVITE);
        let value = |name: &str| new.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
        let between = |text: &str, a: &str, b: &str| text.split(a).nth(1).unwrap().split(b).next().unwrap().to_owned();
        let (from, asserted) = (value("f: "), value("P-Asserted-Identity: "));
        assert_eq!(between(&from, "sip:", "@"), between(&asserted, "sip:", "@"));
        let replaces = value("Replaces: ");
        assert_eq!(
            (replaces.split(';').next().unwrap(), between(&replaces, "to-tag=", ";")),
            (&*value("Call-ID: "), between(&from, "tag=", "\r"))
        );
        assert_eq!(between(&new, "UDP ", ":"), between(&value("Call-ID: "), "@", "\r"));
    }

    #[test]
    fn the_call_that_an_event_is_about_is_replaced_like_the_call() {
        let new = mapped("SUBSCRIBE sip:a@x SIP/2.0\nEvent: presence.winfo;call-id=\"c1f@10.9.8.7\"\nCall-ID: c1f@10.9.8.7\n\n");
        let id = new.split("Call-ID: ").nth(1).unwrap().trim();
        assert!(!new.contains("10.9.8.7") && new.contains(&format!("Event: presence.winfo;call-id=\"{id}\"")), "{new}");
    }

    proptest! {
        #[test]
        fn any_octets_anywhere_keep_their_length(at in 0usize..1400, noise in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut octets = INVITE.replace('\n', "\r\n").into_bytes();
            let at = at.min(octets.len());
            octets.splice(at..(at + noise.len()).min(octets.len()), noise.iter().copied());
            let length = octets.len();
            let mut disguise = Disguise::new(Key::of("k"));
            disguise.message(&mut octets);
            prop_assert_eq!(octets.len(), length);
            let mut packet = noise.clone();
            let _ = disguise.hep(&mut packet);
            packet.splice(0..0, *b"HEP3\0\x40");
            let _ = disguise.hep(&mut packet);
            packet.splice(0..0, [0x81, 202, 0, 8]);
            let _ = Disguise::media(&mut packet);
            disguise.body(b"multipart/mixed;boundary=x", false, &mut packet);
            disguise.sdp(&mut packet);
        }
    }

    #[test]
    fn a_scheme_that_nobody_knows_hides_no_user() {
        let new = mapped("OPTIONS rip:816666@voip.alpha.example:5070 SIP/2.0\nFrom: <gsm:816666@x>;tag=a\n\n");
        assert!(!new.contains("816666") && !new.contains("alpha") && new.contains(".example:5070"), "{new}");
    }

    #[test]
    fn hostile_text_keeps_its_length() {
        for text in [
            "INVITE sip:@ SIP/2.0\n\n",
            "INVITE sip:a SIP/2.0\nFrom: \"a\\",
            "SIP/2.0 200 \u{e9}\nVia: [::\nTo: <sip:[",
            "INVITE sip:a;b=\"c SIP/2.0\nTo: sip:;=,?&=\n\n",
            "\n\n",
            "x",
        ] {
            mapped(text);
        }
    }
}
