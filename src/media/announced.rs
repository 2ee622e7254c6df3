//! Takes the media endpoints that SDP names and how long calls live, gives which flows they speak of and where a call took over an endpoint, never a flow itself.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use smallvec::SmallVec;

use super::runs::{Flow, IDLE};
use crate::base::{Endpoint, Time, seconds};

/// How long a body that belongs to no call speaks of the streams that begin.
const VALIDITY: i64 = seconds(3600);

/// Endpoints whose takeover by the next call is followed for each call: a call has a few. Those beyond are as those of no call.
const FOLLOWED: usize = 128;

/// The end of a time that goes on.
const OPEN: Time = Time(i64::MAX);

/// What a call says, or what becomes of it.
///
/// At the same time ends come first: who follows may have waited for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// It lives no more: streams may still come.
    Ends,
    /// It lives, or lives again.
    Lives,
    /// The message at a place in the capture names an endpoint for media; whether by a profile of SRTP.
    Names(u64, Endpoint, bool),
    /// It names an endpoint for the RTCP of the media at another (RFC 3605).
    Controls(u64, Endpoint, Endpoint),
    /// It is forgotten.
    Over,
}

/// A word of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spoken {
    /// The running clock.
    pub at: Time,
    /// What.
    pub word: Word,
    /// The number of the call; 0 for a message that belongs to none.
    pub call: u64,
}

/// A time in which calls want media at an endpoint.
#[derive(Clone, Copy, Debug)]
struct Claim {
    secure: bool,
    from: Time,
    to: Time,
    /// The calls that are not forgotten.
    calls: u32,
}

/// Who wants media at an endpoint.
#[derive(Clone, Debug, Default)]
struct Claims {
    all: SmallVec<[Claim; 1]>,
    /// How many of the calls live.
    live: u32,
    /// When the last of those that live no more ended.
    ended: Option<Time>,
}

/// A time in which RTCP at an endpoint is of the media at another.
#[derive(Clone, Copy, Debug)]
struct Control {
    media: Endpoint,
    call: u64,
    /// The place in the capture of the message that says so.
    serial: u64,
    to: Time,
}

/// Such times of one endpoint that are kept: those of the latest calls.
const CONTROLS: usize = 8;

/// A call named an endpoint that no other wanted any more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Succession {
    /// The place in the capture of the message that says so.
    pub(super) serial: u64,
    at: Time,
    /// When the one before ended; `None` where there was none, or none that is remembered.
    pub(super) ended: Option<Time>,
}

/// What a call named, and whether it lives.
#[derive(Clone, Debug)]
struct Speaker {
    lives: bool,
    /// Attempts and answered sessions of it that go on.
    going: u32,
    named: SmallVec<[(Endpoint, bool); 2]>,
    controls: SmallVec<[Endpoint; 1]>,
}

impl Default for Speaker {
    fn default() -> Self {
        Self { lives: true, going: 0, named: SmallVec::new(), controls: SmallVec::new() }
    }
}

/// What SDP named, by endpoint: of calls that live, and a minute longer.
#[derive(Debug, Default)]
pub struct Announced {
    named: HashMap<Endpoint, Claims>,
    calls: HashMap<u64, Speaker, FixedState>,
    successions: HashMap<Endpoint, SmallVec<[Succession; 1]>>,
    /// By the endpoint of the RTCP.
    controls: HashMap<Endpoint, SmallVec<[Control; 1]>>,
    pruned: Time,
}

impl Announced {
    /// Takes the next word, in order of time.
    pub fn hear(&mut self, spoken: &Spoken) {
        let &Spoken { at, word, call } = spoken;
        match word {
            Word::Names(serial, endpoint, secure) => self.name(call, endpoint, secure, at, serial),
            Word::Controls(serial, endpoint, media) => self.control(call, endpoint, media, at, serial),
            Word::Ends => self.live(call, false, at),
            Word::Lives => self.live(call, true, at),
            Word::Over => {
                self.live(call, false, at);
                let Some(speaker) = self.calls.remove(&call) else { return };
                for endpoint in &speaker.controls {
                    let all = self.controls.get_mut(endpoint).into_iter().flatten();
                    all.filter(|control| control.call == call).for_each(|control| control.to = at);
                }
                for (endpoint, secure) in speaker.named {
                    let claims = self.named.get_mut(&endpoint).into_iter().flat_map(|claims| &mut claims.all);
                    for claim in claims.filter(|claim| claim.secure == secure && claim.calls > 0) {
                        claim.calls -= 1;
                        claim.to = if claim.calls == 0 { at } else { claim.to };
                    }
                }
            }
        }
    }

    fn name(&mut self, call: u64, endpoint: Endpoint, secure: bool, at: Time, serial: u64) {
        if call == 0 {
            self.name_for_a_while(endpoint, secure, at);
            return;
        }
        let speaker = self.calls.entry(call).or_default();
        if speaker.named.contains(&(endpoint, secure)) {
            return;
        }
        if speaker.named.len() >= FOLLOWED {
            self.name_for_a_while(endpoint, secure, at);
            return;
        }
        speaker.named.push((endpoint, secure));
        let claims = self.named.entry(endpoint).or_default();
        if claims.live == 0 {
            self.successions.entry(endpoint).or_default().push(Succession { serial, at, ended: claims.ended });
        }
        claims.live += u32::from(speaker.lives);
        // A claim that ended less than a minute ago goes on: the streams that may begin in between are timely for either.
        let goes_on = |claim: &Claim| claim.calls > 0 || (claim.to <= at && at.since(claim.to) <= IDLE);
        match claims.all.iter_mut().find(|claim| claim.secure == secure && goes_on(claim)) {
            Some(claim) => (claim.calls, claim.to) = (claim.calls + 1, OPEN),
            None => claims.all.push(Claim { secure, from: at, to: OPEN, calls: 1 }),
        }
    }

    fn control(&mut self, call: u64, endpoint: Endpoint, media: Endpoint, at: Time, serial: u64) {
        let mut to = at.plus(VALIDITY);
        if call != 0 {
            let speaker = self.calls.entry(call).or_default();
            if speaker.controls.contains(&endpoint) {
                to = OPEN;
            } else if speaker.controls.len() < FOLLOWED {
                speaker.controls.push(endpoint);
                to = OPEN;
            }
        }
        let all = self.controls.entry(endpoint).or_default();
        if all.last().is_some_and(|last| (last.media, last.call, last.to) == (media, call, to)) {
            return;
        }
        if all.len() >= CONTROLS {
            all.remove(0);
        }
        all.push(Control { media, call, serial, to });
    }

    /// The endpoint of the media whose RTCP passes at another, at a place in the capture and the running clock there, where SDP says which it is.
    pub(super) fn controlled(&self, endpoint: Endpoint, serial: u64, clock: Time) -> Option<Endpoint> {
        if self.controls.is_empty() {
            return None;
        }
        let all = self.controls.get(&endpoint)?.iter().rev();
        all.filter(|control| control.serial < serial && clock <= control.to).map(|control| control.media).next()
    }

    /// Of a message that belongs to no call that is followed.
    fn name_for_a_while(&mut self, endpoint: Endpoint, secure: bool, at: Time) {
        let claims = &mut self.named.entry(endpoint).or_default().all;
        if !claims.iter().any(|claim| claim.secure == secure && claim.calls == 0 && at.since(claim.from) < IDLE) {
            claims.push(Claim { secure, from: at, to: at.plus(VALIDITY), calls: 0 });
        }
    }

    fn live(&mut self, call: u64, lives: bool, at: Time) {
        let Some(speaker) = self.calls.get_mut(&call) else { return };
        speaker.going = if lives { speaker.going.saturating_add(1) } else { speaker.going.saturating_sub(1) };
        // Of several, as a second leg or hop makes them, the last to end ends the call.
        let lives = speaker.going > 0;
        if std::mem::replace(&mut speaker.lives, lives) == lives {
            return;
        }
        for (endpoint, _) in &speaker.named {
            let Some(claims) = self.named.get_mut(endpoint) else { continue };
            if lives {
                claims.live += 1;
            } else {
                claims.live = claims.live.saturating_sub(1);
                claims.ended = Some(at);
            }
        }
    }

    /// Whether it is time to forget: once in so long, and only after every table of streams was told to remember.
    #[must_use]
    pub const fn is_due(&self, clock: Time) -> bool {
        clock.since(self.pruned) > IDLE
    }

    /// Forgets what no packet that comes from `clock` on can need.
    pub fn forget(&mut self, clock: Time) {
        self.pruned = clock;
        self.named.retain(|_, claims| {
            claims.all.retain(|claim| claim.calls > 0 || clock.since(claim.to) <= IDLE);
            !claims.all.is_empty()
        });
        self.controls.retain(|_, all| {
            all.retain(|control| clock.since(control.to) <= IDLE);
            !all.is_empty()
        });
        self.successions.retain(|_, all| {
            all.retain(|succession| clock.since(succession.at) <= IDLE);
            !all.is_empty()
        });
    }

    /// Whether SDP named an end of the flow in time for a stream that passed between two clocks, and if so whether as SRTP.
    pub(super) fn speaks_of(&self, flow: &Flow, begun: Time, ended: Time) -> Option<bool> {
        let claims = [flow.source, flow.destination].into_iter().filter_map(|end| self.named.get(&end)).flat_map(|claims| &claims.all);
        let timely = claims.filter(|claim| claim.from.since(ended) <= IDLE && begun <= claim.to);
        timely.map(|claim| claim.secure).reduce(|a, b| a || b)
    }

    /// When the last call that wanted media at an endpoint and wants it no more ended, as far as that is remembered.
    pub(super) fn ended(&self, endpoint: Endpoint) -> Option<Time> {
        self.named.get(&endpoint)?.ended
    }

    /// Where a call took over the endpoint lately, in the order of the capture.
    pub(super) fn successions(&self, endpoint: Endpoint) -> &[Succession] {
        if self.successions.is_empty() {
            return &[];
        }
        self.successions.get(&endpoint).map_or(&[], SmallVec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn endpoint(n: u32) -> Endpoint {
        Endpoint::new(Ipv4Addr::from(0x0a00_0000 + n).into(), 4000)
    }

    fn says(announced: &mut Announced, s: i64, word: Word, call: u64) {
        announced.hear(&Spoken { at: Time(seconds(s)), word, call });
    }

    fn is_spoken_of(announced: &Announced, n: u32, begun: i64, ended: i64) -> bool {
        let flow = Flow { source: endpoint(u32::MAX >> 9), destination: endpoint(n), ssrc: 7 };
        announced.speaks_of(&flow, Time(seconds(begun)), Time(seconds(ended))).is_some()
    }

    #[test]
    fn a_call_that_names_ever_more_endpoints_keeps_a_few_and_all_are_spoken_of() {
        let mut announced = Announced::default();
        (0..10_000).for_each(|n| says(&mut announced, 1, Word::Names(0, endpoint(n), false), 1));
        assert_eq!(announced.calls[&1].named.len(), FOLLOWED);
        assert!((0..10_000).all(|n| is_spoken_of(&announced, n, 2, 9)));
    }

    /// RFC 3605: as long as the call that said so is known, from the message on, and no further back than the last calls.
    #[test]
    fn reports_at_an_endpoint_are_of_the_media_of_the_call_that_said_so() {
        let mut announced = Announced::default();
        for call in 1..=100_u64 {
            let (at, serial) = (call.cast_signed() * 10, call * 10);
            says(&mut announced, at, Word::Controls(serial, endpoint(9), endpoint(u32::try_from(call).unwrap())), call);
            says(&mut announced, at + 5, Word::Over, call);
        }
        assert_eq!((announced.controls[&endpoint(9)].len(), announced.calls.len()), (CONTROLS, 0));
        let media = |serial, s| announced.controlled(endpoint(9), serial, Time(seconds(s)));
        assert_eq!((media(985, 983), media(1_001, 1_004)), (Some(endpoint(98)), Some(endpoint(100))));
        assert_eq!((media(1_000, 1_000), media(1_001, 1_006)), (None, None), "the message itself, and when the call was forgotten");
        announced.forget(Time(seconds(2_000)));
        assert!(announced.controls.is_empty());
    }

    #[test]
    fn an_endpoint_that_call_after_call_names_has_one_claim() {
        let mut announced = Announced::default();
        for call in 1..10_000_u64 {
            says(&mut announced, call.cast_signed(), Word::Names(0, endpoint(1), false), call);
            says(&mut announced, call.cast_signed(), Word::Over, call);
        }
        assert_eq!(announced.named[&endpoint(1)].all.len(), 1);
        assert!(is_spoken_of(&announced, 1, 5_000, 5_030) && !is_spoken_of(&announced, 1, 20_000, 20_030));
    }
}
