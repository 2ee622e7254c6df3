//! Takes a SIP message with its place, gives what a draft policy wants to know of it to what was seen, never the message.

use std::net::IpAddr;

use super::{Measure, Seen, Topic, is_private};
use crate::base::{Origin, Transport, ip, lossy};
use crate::call::{self, Place, Standing};
use crate::packet::{Carriage, Tunnels};
use crate::sdp::Description;
use crate::sip::value::{Scheme, Telephone, elements, media_type, number, session_expires, via};
use crate::sip::{Address, Arrival, HeaderName, Message, Method};
use crate::transport::Way;

/// So many digits of a global number, its country code among them, are called its range: about an area.
const RANGE: usize = 4;

impl Seen {
    /// Takes note of a message that is neither a retransmission nor mirrored.
    pub fn message(&mut self, arrival: &Arrival, place: &Place, sdp: Option<&Description>) {
        let (envelope, message) = (&arrival.envelope, &arrival.message);
        let (at, sender) = (envelope.origin, envelope.source.ip);
        self.hosts.add(sender, "", at);
        if envelope.destination.ip != sender {
            self.hosts.add(envelope.destination.ip, "", at);
            self.pair(sender, envelope.destination.ip, at);
        }
        self.name(Topic::Transport, envelope.transport.token().as_bytes(), at);
        self.ip_version(sender, at);
        if !envelope.via_hep {
            self.carriage(envelope.carriage, at);
        }
        self.number(Measure::Length, message.text().len() as u64, at);
        message.headers().iter().for_each(|header| self.name(Topic::Header, header_name(message, header.id, header.name), at));
        self.addresses(message, sender, at);
        for body in message.all(HeaderName::ContentType).filter_map(|v| media_type(&v).map(|t| [t.kind, b"/", t.subtype].concat())) {
            self.name(Topic::BodyType, &body, at);
        }
        match message.code() {
            Some(code) => self.name(Topic::Status, code.to_string().as_bytes(), at),
            None => self.request(arrival, place, sdp.is_some()),
        }
        if let Some(sdp) = sdp {
            self.description(sdp, place, sender, at);
        }
    }

    fn request(&mut self, arrival: &Arrival, place: &Place, has_sdp: bool) {
        let (envelope, message) = (&arrival.envelope, &arrival.message);
        let at = envelope.origin;
        self.name(Topic::Method, message.method_text().as_bytes(), at);
        if !matches!(envelope.way, Way::ToOpener { .. }) {
            self.listeners.add((envelope.destination.ip, envelope.transport, envelope.destination.port), "", at);
        }
        for id in [HeaderName::Require, HeaderName::ProxyRequire] {
            self.list(message, id, Topic::DemandedTag, at);
        }
        self.list(message, HeaderName::Supported, Topic::SupportedTag, at);
        let first = |id| message.get(id).map(|value| value.split(|&b| b == b';').next().unwrap_or_default().trim_ascii().to_vec());
        if let Some(event) = first(HeaderName::Event) {
            self.name(Topic::EventPackage, &event, at);
        }
        if let Some(package) = first(HeaderName::InfoPackage) {
            self.name(Topic::InfoPackage, &package, at);
        }
        if let Some(hops) = message.get(HeaderName::MaxForwards).and_then(|v| number(&v)) {
            self.number(Measure::MaxForwards, hops, at);
        }
        self.number(Measure::Vias, message.via_count().into(), at);
        if envelope.transport == Transport::Udp {
            self.number(Measure::UdpLength, message.text().len() as u64, at);
        }
        if let Some(expires) = message.get(HeaderName::SessionExpires).and_then(|v| session_expires(&v)) {
            self.number(Measure::SessionExpires, expires.seconds, at);
        }
        if message.method() == Some(Method::Message) {
            self.number(Measure::PageLength, message.text().len() as u64, at);
        }
        if message.method() == Some(Method::Info) && message.get(HeaderName::ContentType).is_some_and(|v| is_digits(&v)) {
            self.name(Topic::DigitMethod, b"sip-info", at);
        }
        if message.method() == Some(Method::Invite) && place.standing == Standing::Initial {
            message.headers().iter().for_each(|h| self.name(Topic::OpeningHeader, header_name(message, h.id, h.name), at));
            self.name(Topic::Offer, if has_sdp { b"with" } else { b"without" }, at);
            self.range(call::caller(message).as_deref(), envelope.source.ip, at);
            self.range(call::callee(message).as_deref(), envelope.destination.ip, at);
        }
        if place.standing == Standing::Initial {
            self.parties(message, envelope.source.ip, at);
        }
    }

    /// Takes note of the range that a global number lies in, on the side of `host`.
    fn range(&mut self, number: Option<&str>, host: IpAddr, at: Origin) {
        if let Some(range) = number.filter(|number| number.starts_with('+')).and_then(|number| number.get(..=RANGE)) {
            self.numbers.add((host, range.into()), "", at);
        }
    }

    fn list(&mut self, message: &Message, id: HeaderName, topic: Topic, at: Origin) {
        message.lines(id).flat_map(|h| elements(message.at(h.value))).for_each(|tag| self.name(topic, tag, at));
    }

    /// The URIs by which a request says who calls whom.
    fn parties(&mut self, message: &Message, sender: IpAddr, at: Origin) {
        let from = message.addresses_of(HeaderName::From).next();
        let to = message.addresses_of(HeaderName::To).next();
        if let Some(uri) = message.target().and_then(|a| a.uri) {
            self.name(Topic::Scheme, uri.scheme_text(), at);
        }
        for uri in [message.target(), from, to].into_iter().flatten().filter_map(|a| a.uri) {
            if matches!(uri.scheme, Scheme::Sip | Scheme::Sips) {
                self.name(Topic::HostForm, if uri.host_ip().is_some() { b"address" } else { b"name" }, at);
            }
            if let Some(number) = Telephone::of(&uri) {
                self.name(Topic::NumberForm, if number.is_global() { b"global" } else { b"local" }, at);
            }
        }
        let domain = from.and_then(|a| a.uri).filter(|uri| uri.host_ip().is_none()).map(|uri| uri.host);
        if let Some(domain) = domain.filter(|d| is_domain(d)) {
            let spelled = lossy(domain);
            self.domains.add((sender, spelled.to_lowercase().into()), &spelled, at);
        }
    }

    /// Where a message says that its sender is: its host names, and addresses that only its own network knows.
    fn addresses(&mut self, message: &Message, sender: IpAddr, at: Origin) {
        let vias: Vec<_> = message.all(HeaderName::Via).collect();
        // Of a request all lines are the sender's; of a response they are those of the request that it answers.
        let own = if message.is_request() { vias.len() } else { 0 };
        let hosts = vias.iter().take(own).flat_map(|value| elements(value)).filter_map(|e| via(e).map(|v| v.host.to_vec()));
        let hosts: Vec<(&str, Vec<u8>)> = hosts.map(|host| ("Via", host)).collect();
        let of = |id: HeaderName| message.addresses_of(id).filter_map(move |a: Address<'_>| Some((id.text(), a.uri?.host.to_vec())));
        let routes: Vec<_> = of(HeaderName::Contact).chain(of(HeaderName::RecordRoute).filter(|_| message.is_request())).collect();
        for (n, (place, host)) in hosts.into_iter().chain(routes).enumerate() {
            match ip(&host) {
                Some(address) if address != sender && is_private(address) && !is_private(sender) => {
                    self.name(Topic::PrivateAddress, format!("{place} {address}").as_bytes(), at);
                }
                // The topmost Via and the Contact are of the sender itself.
                None if (n == 0 || place == "Contact") && is_domain(&host) => {
                    let spelled = lossy(&host);
                    self.names.add((sender, spelled.to_lowercase().into()), &spelled, at);
                }
                _ => {}
            }
        }
    }

    pub(super) fn ip_version(&mut self, ip: IpAddr, at: Origin) {
        self.name(Topic::IpVersion, if ip.is_ipv4() { b"ipv4" } else { b"ipv6" }, at);
    }

    fn carriage(&mut self, carriage: Carriage, at: Origin) {
        self.name(Topic::SignalingDscp, carriage.dscp().to_string().as_bytes(), at);
        let tunnels = carriage.tunnels();
        let known = [(Tunnels::ESP, "ipsec-esp"), (Tunnels::AH, "ipsec-ah"), (Tunnels::GRE, "gre")];
        let word = known.into_iter().find(|(tunnel, _)| tunnels.has(*tunnel)).map(|(_, word)| word);
        let word = word.unwrap_or(if carriage.vlan().is_some() { "vlan" } else { "none" });
        self.name(Topic::Encapsulation, word.as_bytes(), at);
        if let Some(vlan) = carriage.vlan() {
            self.name(Topic::Vlan, vlan.to_string().as_bytes(), at);
        }
    }
}

/// The registered spelling, where there is one; else what the message has.
fn header_name(message: &Message, id: HeaderName, name: crate::base::Span) -> &[u8] {
    if id == HeaderName::Other { message.at(name) } else { id.text().as_bytes() }
}

/// Two labels at least, so that it could be somebody's.
fn is_domain(host: &[u8]) -> bool {
    host.len() <= 253 && host.contains(&b'.') && host.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

/// The bodies by which INFO carries digits.
pub(in crate::audit) fn is_digits(content_type: &[u8]) -> bool {
    media_type(content_type).is_some_and(|t| t.is(b"application/dtmf-relay") || t.is(b"application/dtmf"))
}
