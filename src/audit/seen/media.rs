//! Takes SDP, streams and TLS connections, gives what a draft policy wants to know of them to what was seen, never a measure of quality.

use std::net::IpAddr;

use super::{Seen, Topic, is_private};
use crate::base::Origin;
use crate::call::Place;
use crate::certificate::{Identities, Presented};
use crate::media::{MediaKind, Passed};
use crate::rules::StreamSubject;
use crate::sdp::{Description, Media, SdpRole};
use crate::transport::TlsConnection;
use crate::transport::tls::{Outcome, Sight, suite};

impl Seen {
    /// Takes note of a body with SDP that `sender` sent.
    pub(super) fn description(&mut self, sdp: &Description, place: &Place, sender: IpAddr, at: Origin) {
        if !matches!(place.sdp_role, Some(SdpRole::Offer | SdpRole::Answer)) {
            return;
        }
        if sdp.attributes(sdp.session_lines(), b"group").any(|value| value.starts_with(b"BUNDLE")) {
            self.name(Topic::MediaFeature, b"bundle", at);
        }
        for media in sdp.media().iter().filter(|m| m.is_active()) {
            self.name(Topic::MediaType, media.kind.as_bytes(), at);
            self.place(media, sender, at);
            self.beside(sdp, media, at);
            self.codecs(media, at);
            if media.is_rtp() {
                self.keys(sdp, media, at);
                let has = |name: &'static [u8]| sdp.attribute_lines(media.lines.clone(), name).next().is_some();
                for (name, word) in [(&b"rtcp-mux"[..], "rtcp-mux"), (b"candidate", "ice")] {
                    if has(name) {
                        self.name(Topic::MediaFeature, word.as_bytes(), at);
                    }
                }
            }
        }
    }

    fn place(&mut self, media: &Media, sender: IpAddr, at: Origin) {
        let Some(ip) = media.ip().filter(|ip| !ip.is_unspecified()) else { return };
        self.ip_version(ip, at);
        // Port 9 stands for "I connect to you" (RFC 4145 §4.1).
        self.media_at(sender, ip, if media.port == 9 { 0 } else { media.port }, at);
        if ip != sender && is_private(ip) && !is_private(sender) {
            self.name(Topic::PrivateAddress, format!("SDP {ip}").as_bytes(), at);
        }
    }

    /// What else the media address is to be reached at: the port of RTCP, those of its candidates.
    fn beside(&mut self, sdp: &Description, media: &Media, at: Origin) {
        let Some(ip) = media.ip() else { return };
        let rtcp =
            sdp.rtcp(media).filter(|rtcp| rtcp.address.as_ref().is_none_or(|address| address.ip() == Some(ip))).map(|rtcp| rtcp.port);
        let candidates = sdp.candidates(media).filter(|candidate| candidate.address.ip() == Some(ip)).map(|candidate| candidate.port);
        rtcp.into_iter().chain(candidates).for_each(|port| self.port(ip, port, at));
    }

    fn codecs(&mut self, media: &Media, at: Origin) {
        let topic = match &*media.kind {
            "audio" => Topic::AudioCodec,
            "video" => Topic::VideoCodec,
            _ => return,
        };
        for codec in media.codecs.iter().filter(|codec| !codec.unmapped) {
            let name = codec.to_string();
            self.name(topic, name.as_bytes(), at);
            if let Some(number) = codec.payload_type {
                self.name(Topic::PayloadType, format!("{name} {number}").as_bytes(), at);
            }
            if let Some(ptime) = media.ptime.filter(|_| topic == Topic::AudioCodec && codec.is_primary()) {
                self.name(Topic::PacketTime, format!("{name} {ptime}").as_bytes(), at);
            }
            if codec.name.eq_ignore_ascii_case("telephone-event") {
                self.name(Topic::DigitMethod, b"rfc4733", at);
            }
        }
    }

    fn keys(&mut self, sdp: &Description, media: &Media, at: Origin) {
        let secure = media.proto.contains("SAVP");
        self.name(Topic::MediaProfile, if secure { b"secure" } else { b"clear" }, at);
        let own: Vec<_> = sdp.cryptos(media).map(|crypto| crypto.suite.to_vec()).collect();
        own.iter().for_each(|suite| self.name(Topic::SrtpSuite, suite, at));
        let prints = sdp.fingerprints(media.lines.clone()).chain(sdp.fingerprints(sdp.session_lines()));
        let hashes: Vec<_> = prints.map(|print| print.hash.to_vec()).collect();
        hashes.iter().for_each(|hash| self.name(Topic::FingerprintHash, hash, at));
        if !own.is_empty() {
            self.name(Topic::KeyManagement, b"sdes", at);
        }
        if secure && !hashes.is_empty() {
            self.name(Topic::KeyManagement, b"dtls-srtp", at);
        }
    }

    /// Takes note of a stream: where it came from and went, and the packet time that it has.
    pub fn stream(&mut self, subject: &StreamSubject<'_>) {
        let (stream, Some((call, bound))) = (subject.stream, subject.call) else { return };
        let (flow, at) = (&stream.flow, stream.first);
        for (side, end) in [(bound.side, flow.source), (bound.side.other(), flow.destination)] {
            if let Some(host) = call.host(side, bound.hop) {
                self.media_at(host.ip, end.ip, end.port, at);
            }
        }
        if stream.tones.keys > 0 {
            self.name(Topic::DigitMethod, b"inband", at);
        }
        let Some(codec) = subject.codec().filter(|codec| codec.is_primary()) else { return };
        // What a handful of packets show is no packet time.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A few milliseconds, rounded.
        if let Some(time) = stream.packet_ms().filter(|time| stream.packets >= 10 && (0.5..10_000.0).contains(time)) {
            self.name(Topic::PacketTime, format!("{codec} {}", time.round() as u32).as_bytes(), at);
        }
    }

    /// Takes note of how a stream was marked.
    pub fn marked(&mut self, passed: &Passed) {
        if passed.kind == Some(MediaKind::Audio) {
            passed.carried.iter().for_each(|way| self.name(Topic::AudioDscp, way.carriage.dscp().to_string().as_bytes(), way.first.0));
        }
    }

    /// Takes note of a TLS connection that carries signalling.
    pub fn connection(&mut self, tls: &TlsConnection) {
        let Some(hello) = tls.server_hello.as_ref().filter(|_| tls.outcome == Outcome::Established) else { return };
        let at = hello.at.origin;
        self.pair(tls.client.ip, tls.server.ip, at);
        self.name(Topic::TlsVersion, hello.version.to_string().as_bytes(), at);
        let name = suite(hello.suite).map_or_else(|| format!("{:#06x}", hello.suite), |suite| suite.name.to_owned());
        self.name(Topic::TlsSuite, name.as_bytes(), at);
        self.name(Topic::TlsPort, tls.server.port.to_string().as_bytes(), at);
        for (host, chain) in [(tls.server.ip, &tls.server_chain), (tls.client.ip, &tls.client_chain)] {
            let Sight::Seen(chain) = chain else { continue };
            let presented = Presented::read(chain);
            for name in presented.leaf().map(|leaf| Identities::of(leaf).domains).unwrap_or_default() {
                self.identities.add((host, name.to_lowercase().into()), name, at);
            }
        }
        match &tls.client_chain {
            Sight::Seen(chain) if !chain.is_empty() => self.name(Topic::ClientCertificate, b"shown", at),
            Sight::Seen(_) | Sight::Absent => self.name(Topic::ClientCertificate, b"not shown", at),
            _ => {}
        }
    }
}
