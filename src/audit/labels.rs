//! Takes messages of INVITE transactions, gives what tells their call from others, never more of a text than a line.

use std::fmt::Write;

use super::hearing::Heard;
use super::judge::Judge;
use crate::base::lossy;
use crate::rules::Kind;
use crate::sdp::Description;
use crate::sip::HeaderName;

/// The most characters of a label: it is kept as long as its call lives.
const LONGEST: usize = 80;

/// What is noted of a call while it passes, for want of it in its session requests.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels {
    /// User-Agent of its first INVITE.
    pub(super) caller_agent: Option<Box<str>>,
    /// Server or User-Agent of the last response to an INVITE.
    pub(super) callee_agent: Option<Box<str>>,
    /// Code and reason phrase of the last final response to an INVITE that is no 2xx.
    pub(super) reply: Option<(u16, Box<str>)>,
    /// The codecs of its first offer.
    pub(super) offer: Option<Box<str>>,
}

impl<'p> Judge<'p> {
    /// Notes what tells a call from others: who made it, what it offers, and what came back.
    pub(super) fn note_labels(&mut self, heard: &Heard<'_, 'p>) {
        let (message, call) = (&heard.arrival.message, heard.place.call);
        if call == 0 {
            return;
        }
        let text = |octets: &[u8]| clipped(&lossy(octets));
        let agent = |names: [HeaderName; 2]| names.into_iter().find_map(|name| message.get(name)).map(|agent| text(&agent));
        match message.code() {
            None if heard.kind.is(Kind::INITIAL_REQUEST) => {
                let labels = &mut self.known(call).labels;
                if labels.caller_agent.is_none() {
                    labels.caller_agent = agent([HeaderName::UserAgent, HeaderName::Server]);
                }
                if labels.offer.is_none() {
                    labels.offer = heard.sdp.map(|sdp| clipped(&offered(sdp)));
                }
            }
            Some(code) if code > 100 && !heard.place.request_in_dialog => {
                let agent = agent([HeaderName::Server, HeaderName::UserAgent]);
                let reply = (code >= 300).then(|| (code, text(message.reason().unwrap_or_default())));
                // A call that is over is not begun anew by a straggler.
                let Some(known) = self.live.get_mut(&call) else { return };
                let labels = &mut known.labels;
                labels.callee_agent = agent.or_else(|| labels.callee_agent.take());
                labels.reply = reply.or_else(|| labels.reply.take());
            }
            _ => {}
        }
    }
}

/// The codecs of the active media, in their order, as far as a label goes.
fn offered(sdp: &Description) -> String {
    let mut label = String::with_capacity(LONGEST);
    for codec in sdp.media().iter().filter(|m| m.is_active()).flat_map(|m| &m.codecs) {
        if label.len() > LONGEST {
            break;
        }
        let gap = if label.is_empty() { "" } else { " " };
        // Nothing fails that writes to a string.
        let _ = write!(label, "{gap}{codec}");
    }
    label
}

/// The beginning of a text that is kept as long as its call lives.
fn clipped(text: &str) -> Box<str> {
    text.char_indices().nth(LONGEST).and_then(|(end, _)| text.get(..end)).unwrap_or(text).into()
}
