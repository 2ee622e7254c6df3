//! Takes a message, gives what earlier messages of its call said that it is judged by, never a verdict.

use super::judge::Judge;
use crate::base::fingerprint;
use crate::call::{Place, Standing};
use crate::policy::Terms;
use crate::rules::Recalled;
use crate::sip::value::Params;
use crate::sip::{Arrival, HeaderName, Method};

impl Judge<'_> {
    /// What the call of a message said before, where rules will ask; notes what the message says itself.
    pub(super) fn recall(&mut self, arrival: &Arrival, place: &Place, terms: &Terms) -> Recalled {
        let message = &arrival.message;
        let mut recalled = Recalled::default();
        if place.call == 0 {
            return recalled;
        }
        if message.has(HeaderName::PChargingVector)
            && terms.accounting.charging_vector.is_some()
            && place.method == Some(Method::Invite)
            && let Some(line) = message.header(HeaderName::PChargingVector).filter(|line| !arrival.is_half(line.value))
            && let Some(identifier) = Params(&message.value(line)).value(b"icid-value")
        {
            let own = fingerprint(identifier);
            let known = self.known(place.call);
            if place.resubmits.is_some() {
                // No dialog came of what was challenged or redirected: what follows is another one (RFC 7315 §4.6).
                known.charging_id = None;
            }
            recalled.charging_id_changed = *known.charging_id.get_or_insert(own) != own;
        }
        if place.method == Some(Method::Subscribe) && terms.media.presence.level.is_some() {
            let known = self.known(place.call);
            if message.is_request() && place.standing == Standing::Initial {
                known.presence = message.get(HeaderName::Event).is_some_and(|event| is_presence(&event));
            }
            recalled.presence = known.presence;
        }
        recalled
    }
}

/// Whether an event package is that of presence, its watchers, or lists of them (RFC 3856 §6.1, RFC 3857, RFC 4662).
pub(super) fn is_presence(event: &[u8]) -> bool {
    let package = event.split(|&b| b == b';').next().unwrap_or_default().trim_ascii();
    package.get(..8).is_some_and(|name| name.eq_ignore_ascii_case(b"presence"))
}
