//! Takes who calls whom, gives the requests and responses of the dialog as RFC 3261 wants them, never the time they are sent at.

use std::fmt::Write;

use super::frame::Socket;
use super::random::Random;

/// One end of a dialog: a session border element and the user behind it.
#[derive(Clone)]
pub(crate) struct Party {
    pub(crate) sbe: Socket,
    pub(crate) media: Socket,
    pub(crate) number: String,
    pub(crate) tag: String,
    pub(crate) agent: &'static str,
    /// The session id of its SDP.
    pub(crate) session: u64,
    /// Its half of the Session-ID (RFC 7989).
    pub(crate) uuid: u128,
}

impl Party {
    fn address(&self) -> String {
        format!("<sip:{}@{};user=phone>", self.number, self.sbe.ip)
    }

    /// Its contact, with the trunk group of RFC 4904.
    fn uri(&self) -> String {
        let trunk = ";tgrp=ic-de-fr-1;trunk-context=carrier.example";
        format!("sip:{}{trunk}@{}:{};transport=udp", self.number, self.sbe.ip, self.sbe.port)
    }

    pub(crate) fn contact(&self) -> String {
        format!("<{}>", self.uri())
    }
}

/// Caller or callee.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Caller,
    Callee,
}

/// A dialog as both ends see it.
pub(crate) struct Dialog {
    pub(crate) caller: Party,
    pub(crate) callee: Party,
    pub(crate) call_id: String,
}

/// A request that was sent, as its responses, its ACK and its CANCEL need it.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) by: Side,
    pub(crate) method: &'static str,
    pub(crate) cseq: u32,
    pub(crate) branch: String,
    /// Sent to what the caller knows of the callee, not to its contact.
    pub(crate) early: bool,
    /// Whether the To header has a tag.
    pub(crate) tagged: bool,
}

const ALLOW: &str = "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, REFER, NOTIFY\r\n";

impl Sent {
    pub(crate) fn new(by: Side, method: &'static str, cseq: u32, random: &mut Random) -> Self {
        Self { by, method, cseq, branch: format!("z9hG4bK{:016x}", random.next()), early: false, tagged: true }
    }

    /// A request outside a dialog: the To header has no tag yet.
    pub(crate) fn early(self) -> Self {
        Self { early: true, tagged: false, ..self }
    }
}

impl Dialog {
    pub(crate) const fn party(&self, side: Side) -> &Party {
        match side {
            Side::Caller => &self.caller,
            Side::Callee => &self.callee,
        }
    }

    const fn other(&self, side: Side) -> &Party {
        match side {
            Side::Caller => &self.callee,
            Side::Callee => &self.caller,
        }
    }

    /// From, To, Call-ID and CSeq of a request and of its responses.
    fn common(&self, request: &Sent, to_tag: bool, answers: bool) -> String {
        let (from, to) = (self.party(request.by), self.other(request.by));
        let tag = if to_tag { format!(";tag={}", to.tag) } else { String::new() };
        let (own, peer) = if answers { (to.uuid, from.uuid) } else { (from.uuid, if request.tagged { to.uuid } else { 0 }) };
        format!(
            "From: {};tag={}\r\nTo: {}{tag}\r\nCall-ID: {}\r\nCSeq: {} {}\r\nSession-ID: {own:032x};remote={peer:032x}\r\n",
            from.address(),
            from.tag,
            to.address(),
            self.call_id,
            request.cseq,
            request.method
        )
    }

    fn via(&self, request: &Sent) -> String {
        let sbe = self.party(request.by).sbe;
        format!("Via: SIP/2.0/UDP {}:{};branch={}\r\n", sbe.ip, sbe.port, request.branch)
    }

    /// A request with more header lines and a body of that type.
    pub(crate) fn request(&self, request: &Sent, more: &str, body: Option<(&str, &str)>) -> String {
        let (from, to) = (self.party(request.by), self.other(request.by));
        let uri = if request.early { format!("sip:{}@{}:{};user=phone", to.number, to.sbe.ip, to.sbe.port) } else { to.uri() };
        let mut text = format!("{} {uri} SIP/2.0\r\n{}Max-Forwards: 69\r\n", request.method, self.via(request));
        text += &self.common(request, request.tagged, false);
        if matches!(request.method, "INVITE" | "REFER" | "NOTIFY" | "OPTIONS") {
            let _ = write!(text, "Contact: {}\r\n", from.contact());
        }
        let _ = write!(text, "User-Agent: {}\r\n{more}", from.agent);
        end(text, body)
    }

    /// The INVITE that begins the call. One that answers a challenge leaves the charging vector out: RFC 3261 §18.1.1 keeps datagrams below 1,300 octets.
    pub(crate) fn invite(&self, request: &Sent, more: &str) -> String {
        let caller = &self.caller;
        let mut own = format!(
            "{ALLOW}Supported: timer, 100rel, replaces\r\nSession-Expires: 1800;refresher=uac\r\nP-Asserted-Identity: {}\r\nPrivacy: none\r\n",
            caller.address()
        );
        if more.is_empty() {
            let icid = self.call_id.get(..16).unwrap_or(&self.call_id);
            let _ = write!(own, "P-Charging-Vector: icid-value={icid};icid-generated-at={}\r\n", caller.sbe.ip);
        }
        let more = own + more;
        self.request(request, &more, Some(("application/sdp", &sdp(caller, &[8, 0, 101]))))
    }

    /// A response to `request` with more header lines and a body of that type.
    pub(crate) fn response(&self, request: &Sent, status: &str, more: &str, body: Option<(&str, &str)>) -> String {
        let server = self.other(request.by);
        let mut text = format!("SIP/2.0 {status}\r\n{}", self.via(request));
        text += &self.common(request, !status.starts_with("100"), true);
        if !status.starts_with("100") {
            let _ = write!(text, "Server: {}\r\n{more}", server.agent);
        }
        end(text, body)
    }

    /// A provisional or final response to an INVITE that makes a dialog, with the answer where `answer` says so.
    pub(crate) fn accept(&self, request: &Sent, status: &str, answer: bool) -> String {
        let server = self.other(request.by);
        let mut more = format!("Contact: {}\r\n{ALLOW}", server.contact());
        if status.starts_with("200") {
            more += "Supported: timer, replaces\r\nRequire: timer\r\nSession-Expires: 1800;refresher=uac\r\n";
            let _ = write!(more, "P-Asserted-Identity: {}\r\n", server.address());
        }
        let sdp = sdp(server, &[8, 101]);
        self.response(request, status, &more, answer.then_some(("application/sdp", sdp.as_str())))
    }
}

/// Adds the body with its type and length.
fn end(mut text: String, body: Option<(&str, &str)>) -> String {
    match body {
        Some((kind, body)) => {
            let _ = write!(text, "Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
        None => text += "Content-Length: 0\r\n\r\n",
    }
    text
}

/// G.711 with telephone events, as offer or answer.
fn sdp(party: &Party, formats: &[u8]) -> String {
    let (ip, port, session) = (party.media.ip, party.media.port, party.session);
    let list = formats.iter().map(u8::to_string).collect::<Vec<_>>().join(" ");
    let mut text = format!("v=0\r\no=- {session} 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP {list}\r\n");
    for format in formats {
        text += match format {
            0 => "a=rtpmap:0 PCMU/8000\r\n",
            8 => "a=rtpmap:8 PCMA/8000\r\n",
            _ => "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n",
        };
    }
    text + "a=ptime:20\r\na=sendrecv\r\n"
}
