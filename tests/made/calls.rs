//! Takes the events of calls, gives the SIP messages that two border elements would send, never a flawed one unless asked.

use std::net::Ipv4Addr;

use super::{Frame, udp};

/// The border elements of made captures: alpha calls bravo.
pub const ALPHA: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 17), 5060);
pub const BRAVO: (Ipv4Addr, u16) = (Ipv4Addr::new(198, 51, 100, 34), 5060);

/// One side's half of a call, and what of it changes from message to message.
#[derive(Clone)]
pub struct Call {
    pub id: String,
    pub invite_cseq: u32,
    pub target: String,
    /// The To tag of the callee.
    pub to_tag: String,
    /// Told apart from other legs of the same call.
    pub leg: u32,
    /// What both sides say of media: `{ip}` is the address of each.
    pub sdp: String,
    pub frames: Vec<Frame>,
}

const SDP: &str = "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio 20000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n";

impl Call {
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            invite_cseq: 1,
            target: "+4420555000@bravo.example".to_owned(),
            to_tag: format!("b-{id}"),
            leg: 1,
            sdp: SDP.to_owned(),
            frames: Vec::new(),
        }
    }

    fn branch(&self, method: &str, cseq: u32) -> String {
        let transaction = if matches!(method, "CANCEL") { "INVITE" } else { method };
        format!("z9hG4bK-{}-{}-{transaction}-{cseq}", self.id, self.leg)
    }

    /// A request of the caller (`from_alpha`) or of the callee.
    pub fn request(&mut self, at: f64, method: &str, cseq: u32, from_alpha: bool, extra: &str) -> &mut Self {
        let (source, destination) = if from_alpha { (ALPHA, BRAVO) } else { (BRAVO, ALPHA) };
        let (alpha, bravo) = (format!("<sip:+4930111@alpha.example>;tag=a-{}", self.id), "<sip:+4420555000@bravo.example>".to_owned());
        let initial = matches!(method, "INVITE" | "CANCEL" | "OPTIONS" | "REGISTER") && !extra.contains("X-In-Dialog");
        let bravo = if initial { bravo } else { format!("{bravo};tag={}", self.to_tag) };
        let (from, to) = if from_alpha { (alpha, bravo) } else { (bravo, alpha) };
        let uri = match (from_alpha, initial) {
            (true, true) => format!("sip:{}", self.target),
            (true, false) => format!("sip:bravo@{}", BRAVO.0),
            (false, _) => format!("sip:alpha@{}", ALPHA.0),
        };
        let uri = if method == "ACK" && extra.contains("X-Non-2xx") { format!("sip:{}", self.target) } else { uri };
        let branch_method = if method == "ACK" && extra.contains("X-Non-2xx") { "INVITE" } else { method };
        let sdp = if method == "INVITE" { self.sdp.replace("{ip}", &source.0.to_string()) } else { String::new() };
        let content = if sdp.is_empty() { String::new() } else { "Content-Type: application/sdp\r\n".to_owned() };
        let contact = if matches!(method, "INVITE") { format!("Contact: <sip:alpha@{}>\r\n", source.0) } else { String::new() };
        let text = format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {}:5060;branch={}\r\nMax-Forwards: 69\r\nFrom: {from}\r\nTo: {to}\r\nCall-ID: {}@alpha.example\r\nCSeq: {cseq} {method}\r\n{contact}{}{content}Content-Length: {}\r\n\r\n{sdp}",
            source.0,
            self.branch(branch_method, cseq),
            self.id,
            extra.replace("X-Non-2xx\r\n", "").replace("X-In-Dialog\r\n", ""),
            sdp.len(),
        );
        self.frames.push(udp(at, source, destination, text.as_bytes()));
        self
    }

    /// A response to a request of the caller (`to_alpha`) or of the callee.
    pub fn response(&mut self, at: f64, code: u16, method: &str, cseq: u32, to_alpha: bool, extra: &str) -> &mut Self {
        let (source, destination) = if to_alpha { (BRAVO, ALPHA) } else { (ALPHA, BRAVO) };
        let tag = if code == 100 { String::new() } else { format!(";tag={}", self.to_tag) };
        let (alpha, bravo) = (format!("<sip:+4930111@alpha.example>;tag=a-{}", self.id), format!("<sip:+4420555000@bravo.example>{tag}"));
        let (from, to) = if to_alpha { (alpha, bravo) } else { (bravo, alpha) };
        let sdp =
            if method == "INVITE" && matches!(code, 183 | 200) { self.sdp.replace("{ip}", &source.0.to_string()) } else { String::new() };
        let content = if sdp.is_empty() { String::new() } else { "Content-Type: application/sdp\r\n".to_owned() };
        let contact = if method == "INVITE" && code > 100 { format!("Contact: <sip:bravo@{}>\r\n", source.0) } else { String::new() };
        let challenge = match code {
            407 => "Proxy-Authenticate: Digest realm=\"bravo.example\", nonce=\"n\"\r\n",
            401 => "WWW-Authenticate: Digest realm=\"bravo.example\", nonce=\"n\"\r\n",
            _ => "",
        };
        let text = format!(
            "SIP/2.0 {code} {}\r\nVia: SIP/2.0/UDP {}:5060;branch={}\r\nFrom: {from}\r\nTo: {to}\r\nCall-ID: {}@alpha.example\r\nCSeq: {cseq} {method}\r\n{contact}{challenge}{extra}{content}Content-Length: {}\r\n\r\n{sdp}",
            reason(code),
            destination.0,
            self.branch(method, cseq),
            self.id,
            sdp.len(),
        );
        self.frames.push(udp(at, source, destination, text.as_bytes()));
        self
    }

    pub fn invite(&mut self, at: f64) -> &mut Self {
        let cseq = self.invite_cseq;
        self.request(at, "INVITE", cseq, true, "")
    }

    /// A further leg of the chain: the next CSeq number, a new branch.
    pub fn again(&mut self, at: f64, extra: &str) -> &mut Self {
        self.invite_cseq += 1;
        let cseq = self.invite_cseq;
        self.request(at, "INVITE", cseq, true, extra)
    }

    /// A response to the INVITE; one above 299 is acknowledged 5 ms later.
    pub fn answer(&mut self, at: f64, code: u16) -> &mut Self {
        let cseq = self.invite_cseq;
        let extra = if code / 100 == 3 { "Contact: <sip:+4420555001@bravo.example>\r\n" } else { "" };
        self.response(at, code, "INVITE", cseq, true, extra);
        if code >= 300 {
            self.request(at + 0.005, "ACK", cseq, true, "X-Non-2xx\r\n");
        }
        self
    }

    pub fn ack(&mut self, at: f64) -> &mut Self {
        let cseq = self.invite_cseq;
        self.request(at, "ACK", cseq, true, "")
    }

    pub fn bye(&mut self, at: f64, from_alpha: bool) -> &mut Self {
        let cseq = if from_alpha { self.invite_cseq + 1 } else { 1 };
        self.request(at, "BYE", cseq, from_alpha, "")
    }

    pub fn bye_answer(&mut self, at: f64, code: u16, from_alpha: bool) -> &mut Self {
        let cseq = if from_alpha { self.invite_cseq + 1 } else { 1 };
        self.response(at, code, "BYE", cseq, from_alpha, "")
    }
}

const fn reason(code: u16) -> &'static str {
    match code {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        302 => "Moved Temporarily",
        401 => "Unauthorized",
        403 => "Forbidden",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        480 => "Temporarily Unavailable",
        486 => "Busy Here",
        487 => "Request Terminated",
        503 => "Service Unavailable",
        603 => "Decline",
        _ => "Something",
    }
}

/// The frames of several calls, in time order, and one unrelated frame at `end` so that the capture lasts until then.
pub fn capture(calls: Vec<Call>, end: f64) -> Vec<Frame> {
    let mut frames: Vec<Frame> = calls.into_iter().flat_map(|call| call.frames).collect();
    frames.push(udp(end, (ALPHA.0, 9), (BRAVO.0, 9), b"end of the capture"));
    frames.sort_by_key(|frame| frame.micros);
    frames
}

/// A call in order: INVITE, 180, 200, ACK, BYE, 200.
pub fn call(id: &str) -> Call {
    let mut call = Call::new(id);
    call.invite(0.0).answer(1.0, 180).answer(2.0, 200).ack(2.1).bye(10.0, true).bye_answer(10.1, 200, true);
    call
}
