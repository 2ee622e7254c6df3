//! Takes a message, gives whether it belongs to presence, never whose.

use crate::sip::{HeaderName, Message};

/// Whether its event package is presence itself (RFC 3856 §6.1), not that of watchers or other templates.
pub(super) fn is_presence(message: &Message) -> bool {
    let Some(event) = message.get(HeaderName::Event) else { return false };
    event.split(|&b| b == b';').next().unwrap_or_default().trim_ascii().eq_ignore_ascii_case(b"presence")
}
