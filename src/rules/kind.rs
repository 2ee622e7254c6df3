//! Takes a message and its place, gives its kind as far as rules tell kinds apart, never a verdict.

use crate::call::{Place, Standing};
use crate::sip::{Message, Method};

/// A kind of message. A rule names the kind that it speaks of; to any message that is not of it, it is not applicable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kind(u8);

impl Kind {
    /// Any message.
    pub const ANY: Self = Self(0);
    /// A response.
    pub const RESPONSE: Self = Self(1);
    /// A request.
    pub const REQUEST: Self = Self(2);
    /// A request outside any dialog that stands for itself: neither ACK nor CANCEL.
    pub const INITIAL_REQUEST: Self = Self(2 | 4);
    /// A message with SDP.
    pub const SDP: Self = Self(8);

    /// Every kind that a message may have, at the place that [`Kind::index`] gives.
    pub const ALL: [Self; 16] = {
        let mut all = [Self(0); 16];
        let mut index = 0;
        while index < all.len() {
            all[index] = Self(index as u8);
            index += 1;
        }
        all
    };

    /// The kind of a message.
    #[must_use]
    pub fn of(message: &Message, place: &Place, has_sdp: bool) -> Self {
        let form = match message.method() {
            None => Self::RESPONSE,
            Some(Method::Ack | Method::Cancel) => Self::REQUEST,
            Some(_) if place.standing == Standing::Initial => Self::INITIAL_REQUEST,
            Some(_) => Self::REQUEST,
        };
        Self(form.0 | if has_sdp { Self::SDP.0 } else { 0 })
    }

    /// Whether whatever is of this kind is of the `other` too.
    #[must_use]
    pub const fn is(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// A number below that of [`Kind::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, Style};
    use crate::rules::scene::Scene;
    use crate::rules::{Check, KNOWN, Rule, all};
    use crate::sdp::SdpRole;

    const OFFER: &str = "v=0\no=- 1 1 IN IP4 10.0.0.1\ns=-\nc=IN IP4 10.0.0.1\nt=0 0\nm=audio 4000 RTP/SAVP 0 18\n\
                         a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\na=fingerprint:md5 00:11\n";

    /// A message of which every rule has something to say, were it asked; the scene checks that those that are not asked say nothing.
    fn each_verdict(start: &dyn Fn() -> Scene, policy: &Policy, messages: &[&Rule]) {
        for standing in [Standing::Initial, Standing::InDialog] {
            for role in [None, Some(SdpRole::Offer), Some(SdpRole::Answer)] {
                let odd = ["Require: nonsense", "Max-Forwards: 0", "Min-SE: 1", "Session-Expires: 30", "Route: <sips:a@b>", "X-Odd: 1"];
                let scene = odd.iter().fold(start(), |scene, header| scene.set(header));
                let scene = if role.is_some() { scene.sdp(OFFER) } else { scene };
                let scene = scene.placed(|p| (p.standing, p.sdp_role) = (standing, role)).agreed(|terms| *terms = policy.global().clone());
                messages.iter().for_each(|rule| drop(scene.judge(rule)));
                let scene = scene.declared(|_| {});
                messages.iter().for_each(|rule| drop(scene.judge(rule)));
            }
        }
    }

    #[test]
    fn a_rule_that_is_not_asked_would_say_that_it_is_not_applicable() {
        let example = include_str!("../policy/tests/example.toml");
        let example = Policy::parse("policy.toml".as_ref(), example, KNOWN, Style::default()).unwrap();
        let messages: Vec<_> =
            all().iter().copied().filter(|r| r.checks().iter().any(|check| matches!(check, Check::Message(..)))).collect();
        for policy in [Policy::baseline(), example] {
            for method in [Method::Invite, Method::Ack, Method::Cancel, Method::Bye, Method::Options, Method::Refer] {
                each_verdict(&|| Scene::request(method.name()), &policy, &messages);
            }
            for code in [100, 200, 403, 420, 483, 699] {
                each_verdict(&|| Scene::response(code, "INVITE"), &policy, &messages);
            }
        }
    }
}
