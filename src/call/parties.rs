//! Takes a request, gives who calls and who is called as policy compares them, never a display name.

use std::sync::Arc;

use crate::base::lossy;
use crate::sip::value::unescaped;
use crate::sip::{Address, HeaderName, Message};

/// The calling number or URI: P-Asserted-Identity, a number before any other, else From (RFC 3325 §9.1).
pub fn caller(message: &Message) -> Option<Arc<str>> {
    let mut asserted = None;
    for address in message.addresses_of(HeaderName::PAssertedIdentity) {
        match subscriber(&address) {
            Some(Subscriber::Number(number)) => return Some(number),
            Some(Subscriber::Uri(uri)) => asserted = asserted.or(Some(uri)),
            None => {}
        }
    }
    asserted.or_else(|| Some(subscriber(&message.addresses_of(HeaderName::From).next()?)?.text()))
}

/// The called number or URI: the Request-URI.
pub fn callee(message: &Message) -> Option<Arc<str>> {
    Some(subscriber(&message.target()?)?.text())
}

enum Subscriber {
    Number(Arc<str>),
    Uri(Arc<str>),
}

impl Subscriber {
    fn text(self) -> Arc<str> {
        match self {
            Self::Number(text) | Self::Uri(text) => text,
        }
    }
}

fn subscriber(address: &Address<'_>) -> Option<Subscriber> {
    let uri = address.uri?;
    let user = uri.user_name().unwrap_or_default();
    Some(match number(user) {
        Some(number) => Subscriber::Number(number),
        None => {
            let (scheme, user, host) = (uri.scheme_text(), user, uri.host.to_ascii_lowercase());
            let at = if user.is_empty() || host.is_empty() { "" } else { "@" };
            let text = format!("{}:{}{at}{}", lossy(scheme).to_ascii_lowercase(), lossy(user), lossy(&host));
            Subscriber::Uri(text.into())
        }
    })
}

/// The digits of a telephone number with its `+`, without visual separators (RFC 3966 §5.1.1).
fn number(user: &[u8]) -> Option<Arc<str>> {
    let mut octets = unescaped(user).peekable();
    let plus = octets.next_if_eq(&b'+').map_or("", |_| "+");
    let mut text = String::with_capacity(user.len());
    text.push_str(plus);
    for octet in octets {
        match octet {
            b'0'..=b'9' => text.push(char::from(octet)),
            b'-' | b'.' | b'(' | b')' => {}
            _ => return None,
        }
    }
    (text.len() > plus.len()).then(|| text.into())
}
