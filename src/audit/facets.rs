//! Takes session requests that are over, gives their values in the dimensions that were asked for, never a ratio.

use hashbrown::HashMap;

use super::hearing::Heard;
use super::incident::prefix;
use super::judge::Judge;
use super::proceedings::TallyKey;
use crate::base::{Origin, lossy};
use crate::call::{Outcome, Session};
use crate::metrics::{Breakdown, Dimension, Facet, Tally};
use crate::policy::{Party, Terms};
use crate::rules::Kind;
use crate::sip::value::name_addr;
use crate::sip::{Arrival, HeaderName, Method};

/// The most characters of a value: no domain name is longer (RFC 1035 §2.3.4), and it is kept as long as its call lives.
const LONGEST: usize = 253;

/// What session requests of a call say in their first INVITE, by where that stands.
pub(super) type Facets = HashMap<Origin, Said>;

/// What an INVITE says of what is broken down; `None` where it does not tell.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    domains: Option<[Box<str>; 2]>,
    codec: Option<Box<str>>,
}

impl<'p> Judge<'p> {
    /// Notes what an INVITE says that begins a session, where a breakdown wants it.
    pub(super) fn note_facets(&mut self, heard: &Heard<'_, 'p>) {
        let (call, wanted) = (heard.place.call, &self.docket.breakdown);
        let is_first = heard.place.method == Some(Method::Invite) && heard.kind.is(Kind::INITIAL_REQUEST);
        if call == 0 || !is_first || !(wanted.contains(&Dimension::Domain) || wanted.contains(&Dimension::Codec)) {
            return;
        }
        let arrival = heard.arrival;
        let domains = domain(arrival, HeaderName::From).zip(domain(arrival, HeaderName::To));
        let codec = heard.sdp.and_then(|sdp| sdp.media().iter().filter(|media| media.is_active()).flat_map(|media| &media.codecs).next());
        let said = Said { domains: domains.map(|(from, to)| [from, to]), codec: codec.map(|codec| clipped(&codec.to_string())) };
        self.known(call).facets.get_or_insert_default().entry(arrival.envelope.origin).or_insert(said);
    }

    /// Counts a session under its value in each dimension that was asked for, in its direction and in its trunk group.
    pub(super) fn break_down(&mut self, call: u64, session: &Session, keys: &[TallyKey]) {
        let facets = self.live.get_mut(&call).and_then(|known| known.facets.as_mut());
        let said = facets.and_then(|facets| facets.remove(&session.invite.origin)).unwrap_or_default();
        for &(from, to, trunk, start) in keys {
            let terms = self.policy.terms(from, to, trunk);
            for &dimension in &self.docket.breakdown {
                let facet = match dimension {
                    Dimension::SbePair => self.between_elements(session, (from, to)),
                    Dimension::Domain => said.domains.as_ref().map_or(Facet::Unknown, |domains| self.domains(domains)),
                    Dimension::Prefix => self.called(session, to),
                    Dimension::Codec => said.codec.as_ref().map_or(Facet::Unknown, |codec| offered(codec, terms)),
                    Dimension::ResponseCode => ending(session),
                };
                let breakdowns = &mut self.proceedings.breakdowns;
                let add = |tally: &mut Tally| tally.add(session, &terms.metrics, &terms.performance);
                if self.docket.breakdown_intervals {
                    let each = breakdowns.entry((from, to, trunk, dimension, true)).or_insert_with(Breakdown::by_interval);
                    each.add(facet.clone(), start, add);
                }
                breakdowns.entry((from, to, trunk, dimension, false)).or_insert_with(Breakdown::whole).add(facet, None, add);
            }
        }
    }

    /// The border elements, by their names where they are declared.
    fn between_elements(&self, session: &Session, (from, to): (Party, Party)) -> Facet {
        let (source, destination) = (session.invite.source.ip, session.invite.destination.ip);
        let name = |party, ip| self.policy.peer(party).and_then(|peer| peer.sbe_at(ip)).map(|sbe| sbe.name.as_str());
        let (first, second) = (name(from, source), name(to, destination));
        let text = |name: Option<&str>, ip: std::net::IpAddr| name.map_or_else(|| ip.to_string(), str::to_owned);
        let pair = format!("{} → {}", text(first, source), text(second, destination));
        Facet::Known(pair.into(), first.is_some() && second.is_some())
    }

    fn domains(&self, [from, to]: &[Box<str>; 2]) -> Facet {
        let is_declared =
            |domain: &str| self.policy.peers.iter().any(|peer| peer.ssp_domains.iter().any(|own| own.eq_ignore_ascii_case(domain)));
        Facet::Known(format!("{from} → {to}").into(), is_declared(from) && is_declared(to))
    }

    fn called(&self, session: &Session, to: Party) -> Facet {
        let Some(callee) = session.callee.as_deref() else { return Facet::Unknown };
        let Some(digits) = prefix(callee) else { return Facet::Unknown };
        let ranges = self.policy.peer(to).map(|peer| &*peer.e164_prefixes).unwrap_or_default();
        Facet::Known(digits.into(), ranges.iter().any(|range| callee.starts_with(&**range)))
    }
}

fn offered(codec: &str, terms: &Terms) -> Facet {
    let name = codec.split('/').next().unwrap_or_default();
    let is_agreed = terms.media.audio.codecs.iter().chain(&terms.media.video.codecs).any(|agreed| agreed.name.eq_ignore_ascii_case(name));
    Facet::Known(codec.into(), is_agreed)
}

/// The code of the final response. There are too few of them to fall out of any bound.
fn ending(session: &Session) -> Facet {
    let code = match session.outcome {
        // The answer is the first 2xx, whichever it is.
        Outcome::Success => session.answer.as_ref().and_then(|answer| answer.line.get(8..11)).map(|code| lossy(code).into()),
        Outcome::Failed(code) => Some(code.to_string()),
        Outcome::Timeout => Some("timeout".to_owned()),
        Outcome::Censored => None,
    };
    code.map_or(Facet::Unknown, |code| Facet::Known(code.into(), true))
}

/// The domain in an address of a message: `none` where its URI has none, and nothing where it cannot be read.
fn domain(arrival: &Arrival, name: HeaderName) -> Option<Box<str>> {
    let header = arrival.message.header(name).filter(|header| !arrival.is_half(header.value))?;
    let value = arrival.message.value(header);
    let uri = name_addr(&value)?.uri()?;
    let host = lossy(uri.host).to_ascii_lowercase();
    Some(if host.is_empty() { "none".into() } else { clipped(&host) })
}

fn clipped(text: &str) -> Box<str> {
    text.char_indices().nth(LONGEST).and_then(|(end, _)| text.get(..end)).unwrap_or(text).into()
}
