//! Takes what passes, gives which entries of the policy's lists it used, never whether it was allowed.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::seen::is_digits;
use crate::call::{Place, Session, Standing};
use crate::policy::{Beginnings, ListKind, Listed, Policy};
use crate::rules::ListedUse;
use crate::sdp::Description;
use crate::sip::value::{elements, media_type};
use crate::sip::{Arrival, HeaderName, Message, Method};
use crate::stir::Passport;

/// The entries that nothing has used so far: an entry is looked for until it is found, and costs nothing from then on.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// By kind, as indices into [`Roll::entries`].
    unused: [BTreeSet<u32>; ListKind::COUNT],
    /// How much passed that could have used an entry of a kind.
    occasions: [u64; ListKind::COUNT],
}

/// The entries of the lists of a policy that wants to know of those that are not used.
#[derive(Debug, Default)]
pub struct Roll {
    entries: Vec<Listed>,
    /// Of entries that name a header, which.
    headers: Vec<HeaderName>,
    /// Of entries that are numbers or begin some, by kind: which entry, and whether the number ends there.
    numbers: [Beginnings<(u32, bool)>; ListKind::COUNT],
}

impl Roll {
    /// Those of a policy; none where it does not ask.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        let asks = policy.global().report.report_unused.as_ref().is_some_and(|clause| clause.value);
        let entries = if asks { policy.listed() } else { Vec::new() };
        let headers = entries.iter().map(|entry| if entry.kind == ListKind::Header { entry.header() } else { HeaderName::Other });
        let mut numbers: [Vec<_>; ListKind::COUNT] = std::array::from_fn(|_| Vec::new());
        for (index, entry) in (0..).zip(&entries) {
            let (text, is_whole) = match entry.kind {
                ListKind::NumberRange | ListKind::CallerPrefix | ListKind::CalledPrefix => (&*entry.text, false),
                ListKind::Caller => entry.text.strip_suffix('*').map_or((&*entry.text, true), |beginning| (beginning, false)),
                _ => continue,
            };
            if let Some(of_kind) = numbers.get_mut(entry.kind as usize) {
                of_kind.push((text.as_bytes().into(), (index, is_whole)));
            }
        }
        Self { headers: headers.collect(), entries, numbers: numbers.map(Beginnings::from_iter) }
    }
}

impl Usage {
    /// Nothing passed yet.
    #[must_use]
    pub fn new(roll: &Roll) -> Self {
        let mut usage = Self::default();
        for (index, entry) in (0..).zip(&roll.entries) {
            if let Some(unused) = usage.unused.get_mut(entry.kind as usize) {
                unused.insert(index);
            }
        }
        usage
    }

    /// Adds another part: unused is what neither used.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.unused.iter_mut().zip(&other.unused) {
            mine.retain(|index| theirs.contains(index));
        }
        self.occasions.iter_mut().zip(other.occasions).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// Takes note of a message that is no repetition.
    pub fn message(&mut self, roll: &Roll, arrival: &Arrival, place: &Place, sdp: Option<&Description>) {
        if roll.entries.is_empty() {
            return;
        }
        let message = &arrival.message;
        // A tap in front of the switch sees no tag.
        if let Some(vlan) = arrival.envelope.vlan {
            self.occasion(ListKind::Vlan, 1);
            self.strike(roll, ListKind::Vlan, |entry, _| entry.text.parse() == Ok(vlan));
        }
        if let Some(sdp) = sdp {
            self.description(roll, sdp);
        }
        self.digits(roll, message);
        self.passports(roll, message);
        self.occasion(ListKind::Header, 1);
        self.strike(roll, ListKind::Header, |entry, id| {
            if id == HeaderName::Other {
                let name = entry.text.as_bytes();
                message.headers().iter().any(|header| message.at(header.name).eq_ignore_ascii_case(name))
            } else {
                message.has(id)
            }
        });
        let tags = || {
            let ids = [HeaderName::Supported, HeaderName::Require, HeaderName::ProxyRequire];
            ids.into_iter().flat_map(|id| message.lines(id)).flat_map(|line| elements(message.at(line.value)))
        };
        self.words(roll, ListKind::OptionTag, tags);
        for (kind, id) in [(ListKind::EventPackage, HeaderName::Event), (ListKind::InfoPackage, HeaderName::InfoPackage)] {
            let name = || message.lines(id).map(|line| before_parameters(message.at(line.value)));
            self.words(roll, kind, name);
        }
        if message.has(HeaderName::ContentType) {
            self.occasion(ListKind::BodyType, 1);
            let value = message.get(HeaderName::ContentType);
            let media = value.as_deref().and_then(media_type);
            self.strike(roll, ListKind::BodyType, |entry, _| media.as_ref().is_some_and(|media| media.is(entry.text.as_bytes())));
        }
        if message.is_request() && place.standing == Standing::Initial {
            let from = message.addresses_of(HeaderName::From).next();
            let hosts = [from, message.target()].map(|address| address.and_then(|a| a.uri).map(|uri| uri.host));
            self.occasion(ListKind::Domain, 1);
            self.strike(roll, ListKind::Domain, |entry, _| {
                hosts.into_iter().flatten().any(|host| host.eq_ignore_ascii_case(entry.text.as_bytes()))
            });
        }
    }

    fn description(&mut self, roll: &Roll, sdp: &Description) {
        let has_audio = sdp.media().iter().any(|media| &*media.kind == "audio");
        if has_audio {
            let events = sdp.media().iter().flat_map(|m| &m.codecs).any(|codec| codec.name.eq_ignore_ascii_case("telephone-event"));
            self.occasion(ListKind::DigitMethod, 1);
            self.strike(roll, ListKind::DigitMethod, |entry, _| events && &*entry.text == "rfc4733");
        }
        // A handshake takes one of them out of sight of SDP: of none can be told then that it is not used.
        let mut lines = sdp.media().iter().map(|media| media.lines.clone()).chain([sdp.session_lines()]);
        if sdp.is_keyed() && lines.any(|lines| sdp.fingerprints(lines).next().is_some()) {
            self.strike(roll, ListKind::SrtpSuite, |_, _| true);
        }
        if sdp.is_keyed() && sdp.media().iter().any(|media| sdp.cryptos(media).next().is_some()) {
            self.occasion(ListKind::SrtpSuite, 1);
            self.strike(roll, ListKind::SrtpSuite, |entry, _| {
                sdp.media().iter().flat_map(|media| sdp.cryptos(media)).any(|own| own.suite.eq_ignore_ascii_case(entry.text.as_bytes()))
            });
        }
    }

    fn digits(&mut self, roll: &Roll, message: &Message) {
        if message.method() == Some(Method::Info) && message.get(HeaderName::ContentType).is_some_and(|value| is_digits(&value)) {
            self.strike(roll, ListKind::DigitMethod, |entry, _| &*entry.text == "sip-info");
        }
    }

    fn passports(&mut self, roll: &Roll, message: &Message) {
        let listed = [ListKind::PassportKind, ListKind::CertificateHost];
        for line in message.lines(HeaderName::Identity) {
            listed.into_iter().for_each(|kind| self.occasion(kind, 1));
            if listed.iter().all(|kind| self.unused.get(*kind as usize).is_none_or(BTreeSet::is_empty)) {
                continue;
            }
            let passport = Passport::read(message.at(line.value));
            let (ppt, x5u) = (passport.ppt.as_deref(), passport.x5u.as_deref());
            self.strike(roll, ListKind::PassportKind, |entry, _| ppt.is_some_and(|ppt| ppt.eq_ignore_ascii_case(&entry.text)));
            let host = x5u.and_then(|x5u| x5u.split("//").nth(1)).map(|rest| rest.split(['/', ':', '?', '#']).next().unwrap_or_default());
            self.strike(roll, ListKind::CertificateHost, |entry, _| host.is_some_and(|host| host.eq_ignore_ascii_case(&entry.text)));
        }
    }

    /// Takes note of a stream of a call.
    pub(super) fn stream(&mut self, roll: &Roll, ends: [IpAddr; 2]) {
        if roll.entries.is_empty() {
            return;
        }
        self.occasion(ListKind::MediaAddress, 1);
        self.strike(roll, ListKind::MediaAddress, |entry, _| {
            entry.text.parse().is_ok_and(|prefix: ipnet::IpNet| ends.iter().any(|end| prefix.contains(end)))
        });
    }

    /// Takes note of a session request that is over.
    pub fn session(&mut self, roll: &Roll, session: &Session) {
        let (caller, callee) = (session.caller.as_deref(), session.callee.as_deref());
        self.numbers(roll, ListKind::NumberRange, &[caller, callee]);
        self.numbers(roll, ListKind::CallerPrefix, &[caller]);
        self.numbers(roll, ListKind::CalledPrefix, &[callee]);
        self.numbers(roll, ListKind::Caller, &[caller]);
    }

    /// Takes the entries that hold one of these numbers off the list.
    fn numbers(&mut self, roll: &Roll, kind: ListKind, numbers: &[Option<&str>]) {
        self.occasion(kind, 1);
        let listed = self.unused.get_mut(kind as usize).filter(|unused| !unused.is_empty()).zip(roll.numbers.get(kind as usize));
        let Some((unused, beginnings)) = listed else { return };
        for number in numbers.iter().copied().flatten() {
            for (text, (index, is_whole)) in beginnings.of(number.as_bytes()) {
                if !is_whole || text.len() == number.len() {
                    unused.remove(index);
                }
            }
        }
    }

    /// Takes note of everything of a kind at once: `used` says whether any of it was an entry, `occasions` how much there was.
    pub(super) fn all(&mut self, roll: &Roll, kind: ListKind, occasions: u64, used: impl Fn(&str) -> bool) {
        self.occasion(kind, occasions);
        self.strike(roll, kind, |entry, _| used(&entry.text));
    }

    /// Takes note of the hosts that exchanged messages.
    pub(super) fn hosts(&mut self, roll: &Roll, messages: u64, hosts: &[IpAddr]) {
        self.all(roll, ListKind::Address, messages, |prefix| {
            prefix.parse().is_ok_and(|prefix: ipnet::IpNet| hosts.iter().any(|host| prefix.contains(host)))
        });
    }

    /// What it came to, in the order of the lists.
    pub(super) fn report<'r>(&self, roll: &'r Roll) -> Vec<ListedUse<'r>> {
        let used = |index: u32, entry: &Listed| {
            let unused = self.unused.get(entry.kind as usize).is_some_and(|unused| unused.contains(&index));
            let occasions = self.occasions.get(entry.kind as usize).copied().unwrap_or(0);
            (!unused, occasions)
        };
        let entries = (0..).zip(&roll.entries).map(|(index, entry)| {
            let (used, occasions) = used(index, entry);
            ListedUse { entry, used, occasions }
        });
        entries.collect()
    }

    fn occasion(&mut self, kind: ListKind, times: u64) {
        if let Some(n) = self.occasions.get_mut(kind as usize) {
            *n += times;
        }
    }

    /// Takes the entries that were used off the list.
    fn strike(&mut self, roll: &Roll, kind: ListKind, used: impl Fn(&Listed, HeaderName) -> bool) {
        let Some(unused) = self.unused.get_mut(kind as usize).filter(|unused| !unused.is_empty()) else { return };
        unused.retain(|index| {
            let at = *index as usize;
            !roll.entries.get(at).zip(roll.headers.get(at)).is_some_and(|(entry, id)| used(entry, *id))
        });
    }

    /// Takes note of the words of a message, where it has any.
    fn words<'m, I: Iterator<Item = &'m [u8]>>(&mut self, roll: &Roll, kind: ListKind, words: impl Fn() -> I) {
        if words().next().is_some() {
            self.occasion(kind, 1);
            self.strike(roll, kind, |entry, _| words().any(|word| word.eq_ignore_ascii_case(entry.text.as_bytes())));
        }
    }
}

fn before_parameters(value: &[u8]) -> &[u8] {
    value.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii()
}
