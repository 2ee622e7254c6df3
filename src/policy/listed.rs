//! Takes the agreement, gives each entry of its lists that traffic can use, never an entry of a profile or one that forbids.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Level, LevelTable, Policy, Provenance, Terms};
use crate::sip::HeaderName;

/// What a list of the policy lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum ListKind {
    Method,
    Response,
    OptionTag,
    Header,
    EventPackage,
    InfoPackage,
    BodyType,
    Codec,
    Suite,
    Domain,
    Caller,
    NumberRange,
    Address,
    DigitMethod,
    SrtpSuite,
    PassportKind,
    CertificateHost,
    Vlan,
    TlsPort,
    CallerPrefix,
    CalledPrefix,
    MediaAddress,
}

impl ListKind {
    /// How many kinds there are.
    pub const COUNT: usize = 22;
}

/// An entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// What it is.
    pub kind: ListKind,
    /// As it was written.
    pub text: Box<str>,
    /// Where.
    pub from: Arc<Provenance>,
}

impl Listed {
    /// The header that it names, where it is one that the parser knows.
    #[must_use]
    pub fn header(&self) -> HeaderName {
        HeaderName::of(self.text.as_bytes())
    }
}

impl Policy {
    /// The entries that the policy file itself lists, each once: what a profile brings along was never promised to be used.
    #[must_use]
    pub fn listed(&self) -> Vec<Listed> {
        let Some(own) = self.sources.first().map(|source| Arc::clone(&source.name)).filter(|_| self.path.is_some()) else {
            return Vec::new();
        };
        let mut list = List { own: &own, entries: BTreeSet::new() };
        self.all_terms().for_each(|terms| list.terms(terms));
        for peer in &self.peers {
            list.texts(ListKind::Domain, peer.ssp_domains.iter().chain(&peer.transit_for), &peer.from);
            list.texts(ListKind::NumberRange, &*peer.e164_prefixes, &peer.from);
            for sbe in peer.sbe.iter().filter(|sbe| sbe.addresses.len() > 1) {
                list.texts(ListKind::Address, sbe.addresses.iter().map(ToString::to_string), &sbe.from);
            }
            for dbe in peer.dbe.iter().filter(|dbe| dbe.addresses.len() > 1) {
                list.texts(ListKind::MediaAddress, dbe.addresses.iter().map(ToString::to_string), &dbe.from);
            }
            // A single prefix of a trunk group is used where the group is.
            for group in &peer.trunk_groups {
                let sides = [(ListKind::CallerPrefix, &group.caller_prefixes), (ListKind::CalledPrefix, &group.called_prefixes)];
                for (kind, prefixes) in sides.into_iter().filter(|(_, prefixes)| prefixes.len() > 1) {
                    list.texts(kind, &**prefixes, &peer.from);
                }
            }
        }
        list.entries.into_iter().collect()
    }
}

struct List<'a> {
    /// The policy file.
    own: &'a Arc<str>,
    entries: BTreeSet<Listed>,
}

impl List<'_> {
    fn add(&mut self, kind: ListKind, text: &str, from: &Arc<Provenance>) {
        if from.source == *self.own {
            self.entries.insert(Listed { kind, text: text.into(), from: Arc::clone(from) });
        }
    }

    fn texts(&mut self, kind: ListKind, texts: impl IntoIterator<Item = impl AsRef<str>>, from: &Arc<Provenance>) {
        texts.into_iter().for_each(|text| self.add(kind, text.as_ref(), from));
    }

    fn levels(&mut self, kind: ListKind, table: &LevelTable) {
        let allowed = table.entries.iter().filter(|(_, level)| allows(level.value));
        allowed.for_each(|(name, level)| self.add(kind, name, &level.from));
    }

    fn terms(&mut self, terms: &Terms) {
        let sip = &terms.sip;
        self.levels(ListKind::Method, &sip.methods);
        self.levels(ListKind::OptionTag, &sip.option_tags);
        self.levels(ListKind::Response, &sip.responses);
        for header in sip.headers.iter().filter(|header| allows(header.level.value)) {
            self.add(ListKind::Header, &header.name, &header.level.from);
        }
        let lists = [
            (ListKind::EventPackage, &sip.event_packages),
            (ListKind::InfoPackage, &sip.info_packages),
            (ListKind::BodyType, &sip.body_types),
            (ListKind::Suite, &terms.tls.allowed_suites),
            (ListKind::SrtpSuite, &terms.media.security.srtp_suites),
            (ListKind::PassportKind, &terms.identity.stir.ppt),
            (ListKind::CertificateHost, &terms.identity.stir.x5u_hosts),
        ];
        for (kind, clause) in lists {
            clause.iter().for_each(|clause| self.texts(kind, &clause.value, &clause.from));
        }
        terms.identity.allow_callers.iter().for_each(|clause| self.texts(ListKind::Caller, &*clause.value, &clause.from));
        for (kind, clause) in [(ListKind::Vlan, &terms.connectivity.vlan_ids), (ListKind::TlsPort, &terms.tls.ports)] {
            clause.iter().for_each(|clause| self.texts(kind, clause.value.iter().map(ToString::to_string), &clause.from));
        }
        // Of tones in the sound nothing is said, and KPML is a package of events.
        let shown = |method: &&String| matches!(method.as_str(), "rfc4733" | "sip-info");
        terms
            .media
            .dtmf
            .methods
            .iter()
            .for_each(|clause| self.texts(ListKind::DigitMethod, clause.value.iter().filter(shown), &clause.from));
        let codecs = terms.media.audio.codecs.iter().chain(&terms.media.video.codecs);
        // One that is required is a declared element, and told as such.
        for codec in codecs.filter(|codec| allows(codec.level.value) && codec.level.value != Level::Required) {
            let clock = if codec.clock == 0 { String::new() } else { format!("/{}", codec.clock) };
            self.add(ListKind::Codec, &format!("{}{clock}", codec.name), &codec.level.from);
        }
    }
}

const fn allows(level: Level) -> bool {
    matches!(level, Level::Required | Level::Recommended | Level::Supported)
}
