//! Takes two peers and a moment, gives one call from INVITE to the last response as timed datagrams, never a clock of its own.

use std::net::Ipv4Addr;

use super::frame::{Socket, udp};
use super::media::Stream;
use super::random::Random;
use super::sip::{Dialog, Party, Sent, Side};

/// A datagram and when it passes the capture, in microseconds.
pub(crate) type Timed = (u64, Vec<u8>);

const MS: u64 = 1_000;
const SECOND: u64 = 1_000 * MS;

/// What calls are like.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    /// Mean time to answer and mean length, in microseconds.
    pub(crate) ring: u64,
    pub(crate) hold: u64,
    /// Whether answered calls have voice.
    pub(crate) voice: bool,
}

/// A peer: its border elements, its media relay, its numbers and software.
pub(crate) struct Peer {
    pub(crate) sbes: [Ipv4Addr; 2],
    pub(crate) relay: Ipv4Addr,
    prefix: &'static str,
    agent: &'static str,
}

pub(crate) const PEERS: [Peer; 2] = [
    Peer {
        sbes: [Ipv4Addr::new(192, 0, 2, 10), Ipv4Addr::new(192, 0, 2, 11)],
        relay: Ipv4Addr::new(192, 0, 2, 32),
        prefix: "+4930",
        agent: "Alpha-SBC/7.4.1",
    },
    Peer {
        sbes: [Ipv4Addr::new(198, 51, 100, 20), Ipv4Addr::new(198, 51, 100, 21)],
        relay: Ipv4Addr::new(198, 51, 100, 42),
        prefix: "+3314",
        agent: "Bravo-SBC/12.2",
    },
];

fn party(peer: &Peer, media_port: u16, random: &mut Random) -> Party {
    let ip = if random.one_in(2) { peer.sbes[0] } else { peer.sbes[1] };
    Party {
        sbe: Socket { ip, port: 5060 },
        media: Socket { ip: peer.relay, port: media_port },
        number: format!("{}{:07}", peer.prefix, random.below(10_000_000)),
        tag: format!("{:012x}", random.next() >> 16),
        agent: peer.agent,
        session: 3_900_000_000 + random.below(1 << 28),
        uuid: (u128::from(random.next()) << 64) | u128::from(random.next()),
    }
}

/// A call under way.
pub(crate) struct Call<'a> {
    dialog: Dialog,
    random: &'a mut Random,
    now: u64,
    out: &'a mut Vec<Timed>,
    /// The header that answered a challenge; the ACK of a success repeats it (RFC 3261 §22.1).
    credentials: String,
}

impl<'a> Call<'a> {
    /// A call of `caller` to `callee` that begins at `start`; media flows on `port` of both relays.
    pub(crate) fn new(caller: &Peer, callee: &Peer, port: u16, start: u64, random: &'a mut Random, out: &'a mut Vec<Timed>) -> Self {
        let (caller, callee) = (party(caller, port, random), party(callee, port, random));
        let call_id = format!("{:016x}{:08x}@{}", random.next(), random.next() as u32, caller.sbe.ip);
        Self { dialog: Dialog { caller, callee, call_id }, random, now: start, out, credentials: String::new() }
    }

    fn send(&mut self, from: Side, text: &str) {
        let other = if from == Side::Caller { Side::Callee } else { Side::Caller };
        let frame = udp(self.dialog.party(from).sbe, self.dialog.party(other).sbe, text.as_bytes());
        self.out.push((self.now, frame));
    }

    fn wait(&mut self, low: u64, high: u64) {
        self.now += self.random.between(low, high);
    }

    /// Sends a request in the dialog and its 200, 5 to 40 ms later.
    fn exchange(&mut self, by: Side, method: &'static str, cseq: u32, status: &str, more: &str, body: Option<(&str, &str)>) {
        let sent = Sent::new(by, method, cseq, self.random);
        let text = self.dialog.request(&sent, more, body);
        self.send(by, &text);
        self.wait(5 * MS, 40 * MS);
        // REFER refreshes the target, so that its response names one.
        let contact = format!("Contact: {}\r\n", self.dialog.callee.contact());
        let text = self.dialog.response(&sent, status, if method == "REFER" { &contact } else { "" }, None);
        self.send(if by == Side::Caller { Side::Callee } else { Side::Caller }, &text);
    }

    /// INVITE and 100.
    fn invite(&mut self, cseq: u32, more: &str) -> Sent {
        let invite = Sent::new(Side::Caller, "INVITE", cseq, self.random).early();
        let text = self.dialog.invite(&invite, more);
        self.send(Side::Caller, &text);
        if self.random.one_in(400) {
            // T1 (RFC 3261 §17.1.1.2) passes before the other side reacts.
            self.now += 500 * MS;
            self.send(Side::Caller, &text);
        }
        self.wait(3 * MS, 20 * MS);
        let trying = self.dialog.response(&invite, "100 Trying", "", None);
        self.send(Side::Callee, &trying);
        invite
    }

    /// The ACK of a final response that is no success: the same transaction (RFC 3261 §17.1.1.3).
    fn acknowledge(&mut self, invite: &Sent) {
        self.wait(2 * MS, 15 * MS);
        let ack = Sent { method: "ACK", tagged: true, ..invite.clone() };
        let text = self.dialog.request(&ack, "", None);
        self.send(Side::Caller, &text);
    }

    fn refuse(&mut self, invite: &Sent, status: &str, more: &str) {
        let text = self.dialog.response(invite, status, more, None);
        self.send(Side::Callee, &text);
        self.acknowledge(invite);
    }

    fn ring(&mut self, invite: &Sent, early_media: bool) {
        self.wait(200 * MS, SECOND);
        let status = if early_media { "183 Session Progress" } else { "180 Ringing" };
        let text = self.dialog.accept(invite, status, early_media);
        self.send(Side::Callee, &text);
    }

    /// Plays the call to its end; gives its voice.
    pub(crate) fn play(mut self, manner: Manner) -> Vec<Stream> {
        let fate = self.random.below(1_000);
        let mut invite = self.invite(1, "");
        let mut cseq = 1;
        if fate.is_multiple_of(33) {
            self.wait(2 * MS, 9 * MS);
            let nonce = format!("{:016x}", self.random.next());
            let challenge = format!("Proxy-Authenticate: Digest realm=\"carrier.example\", nonce=\"{nonce}\", qop=\"auth\"\r\n");
            self.refuse(&invite, "407 Proxy Authentication Required", &challenge);
            self.wait(5 * MS, 30 * MS);
            let (digest, cnonce) = (self.random.next(), self.random.next() as u32);
            let uri = &self.dialog.callee;
            self.credentials = format!(
                "Proxy-Authorization: Digest username=\"trunk\", realm=\"carrier.example\", nonce=\"{nonce}\", \
                 uri=\"sip:{}@{}:5060;user=phone\", response=\"{digest:016x}{digest:016x}\", qop=auth, nc=00000001, \
                 cnonce=\"{cnonce:08x}\"\r\n",
                uri.number, uri.sbe.ip
            );
            cseq = 2;
            self.dialog.callee.tag = format!("{:012x}", self.random.next() >> 16);
            let credentials = self.credentials.clone();
            invite = self.invite(cseq, &credentials);
        }
        let answer_after = self.random.exponential(manner.ring) + 300 * MS;
        match fate {
            0..70 => {
                self.wait(50 * MS, SECOND);
                self.refuse(&invite, "486 Busy Here", "Reason: Q.850;cause=17;text=\"User busy\"\r\n");
            }
            70..120 => {
                self.ring(&invite, false);
                self.now += answer_after;
                self.refuse(&invite, "480 Temporarily Unavailable", "Reason: Q.850;cause=19;text=\"No answer from user\"\r\n");
            }
            120..160 => {
                self.wait(20 * MS, 200 * MS);
                self.refuse(&invite, "404 Not Found", "Reason: Q.850;cause=1;text=\"Unallocated number\"\r\n");
            }
            160..175 => {
                self.wait(5 * MS, 50 * MS);
                self.refuse(&invite, "503 Service Unavailable", "Reason: Q.850;cause=34;text=\"No circuit available\"\r\n");
            }
            175..275 => self.cancel(&invite, answer_after),
            _ => return self.answered(&invite, cseq, fate, answer_after, manner),
        }
        Vec::new()
    }

    fn cancel(&mut self, invite: &Sent, after: u64) {
        self.ring(invite, false);
        self.now += after;
        let cancel = Sent { method: "CANCEL", ..invite.clone() };
        let text = self.dialog.request(&cancel, "Reason: SIP;cause=487;text=\"Request Terminated\"\r\n", None);
        self.send(Side::Caller, &text);
        self.wait(3 * MS, 20 * MS);
        let text = self.dialog.response(&cancel, "200 OK", "", None);
        self.send(Side::Callee, &text);
        self.wait(MS, 3 * MS);
        self.refuse(invite, "487 Request Terminated", "");
    }

    fn answered(mut self, invite: &Sent, cseq: u32, fate: u64, answer_after: u64, manner: Manner) -> Vec<Stream> {
        self.ring(invite, fate.is_multiple_of(4));
        self.now += answer_after;
        let text = self.dialog.accept(invite, "200 OK", true);
        self.send(Side::Callee, &text);
        self.wait(3 * MS, 20 * MS);
        let ack = Sent::new(Side::Caller, "ACK", cseq, self.random);
        let text = self.dialog.request(&ack, &self.credentials, None);
        self.send(Side::Caller, &text);
        let start = self.now + 5 * MS;
        self.now += self.random.exponential(manner.hold) + 2 * SECOND;
        let mut by_caller = cseq;
        if fate >= 992 {
            by_caller += 1;
            self.transfer(by_caller);
        }
        let end = self.now;
        let by = if self.random.one_in(3) { Side::Callee } else { Side::Caller };
        let cseq = if by == Side::Caller { by_caller + 1 } else { 2 };
        self.exchange(by, "BYE", cseq, "200 OK", "Reason: Q.850;cause=16;text=\"Normal call clearing\"\r\n", None);
        if !manner.voice {
            return Vec::new();
        }
        let (one, two) = (self.dialog.caller.media, self.dialog.callee.media);
        let offset = self.random.below(20 * MS);
        vec![Stream::new(one, two, start, end, self.random), Stream::new(two, one, start + offset, end, self.random)]
    }

    /// The caller transfers the callee (RFC 3515): REFER, 202, and the NOTIFY that says it worked.
    fn transfer(&mut self, cseq: u32) {
        let target = format!(
            "Refer-To: <sip:{}0@{}>\r\nReferred-By: <sip:{}@{}>\r\n",
            self.dialog.callee.number, self.dialog.callee.sbe.ip, self.dialog.caller.number, self.dialog.caller.sbe.ip
        );
        self.exchange(Side::Caller, "REFER", cseq, "202 Accepted", &target, None);
        self.wait(200 * MS, 2 * SECOND);
        let state = "Event: refer\r\nSubscription-State: terminated;reason=noresource\r\n";
        self.exchange(Side::Callee, "NOTIFY", 1, "200 OK", state, Some(("message/sipfrag;version=2.0", "SIP/2.0 200 OK\r\n")));
        self.wait(20 * MS, 100 * MS);
    }

    /// An OPTIONS between the border elements and its answer.
    pub(crate) fn ping(mut self) {
        let sent = Sent::new(Side::Caller, "OPTIONS", 1, self.random).early();
        let text = self.dialog.request(&sent, "Accept: application/sdp\r\n", None);
        self.send(Side::Caller, &text);
        self.wait(2 * MS, 20 * MS);
        let more = "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, REFER, NOTIFY\r\nAccept: application/sdp\r\nSupported: timer, replaces\r\n";
        let text = self.dialog.response(&sent, "200 OK", more, None);
        self.send(Side::Callee, &text);
    }
}
