//! Takes a message, gives the headers that the tables of RFC 3261 §20 and later RFCs want in it or keep out of it, never a verdict.

use crate::sip::{HeaderName as H, Message, Method};

/// In every request and response (RFC 3261 §8.1.1, §8.2.6).
const EVERYWHERE: &[H] = &[H::To, H::From, H::CallId, H::CSeq, H::Via];

/// The headers that must stand in `message`, by groups. Groups may repeat nothing.
pub(super) fn mandatory(message: &Message) -> [&'static [H]; 3] {
    let special: &[H] = match (message.code(), message.transaction_method()) {
        (None, Some(method)) => in_request(method),
        (Some(200..=299), Some(method)) => in_success(method),
        (Some(code), _) => in_refusal(code),
        (None, None) => &[],
    };
    let hops: &[H] = if message.is_request() { &[H::MaxForwards] } else { &[] };
    [EVERYWHERE, hops, special]
}

const fn in_request(method: Method) -> &'static [H] {
    match method {
        Method::Invite | Method::Update => &[H::Contact],
        Method::Prack => &[H::RAck],
        Method::Subscribe => &[H::Event, H::Contact],
        Method::Notify => &[H::Event, H::SubscriptionState, H::Contact],
        Method::Publish => &[H::Event],
        Method::Refer => &[H::ReferTo, H::Contact],
        _ => &[],
    }
}

const fn in_success(method: Method) -> &'static [H] {
    match method {
        Method::Invite | Method::Update => &[H::Contact],
        Method::Subscribe => &[H::Expires, H::Contact],
        Method::Publish => &[H::SipEtag, H::Expires],
        _ => &[],
    }
}

/// What a response's code obliges it to say; of a 415 any one (RFC 3261 §21.4, RFC 4028 §6, RFC 6665 §8.3.2).
pub(super) const fn in_refusal(code: u16) -> &'static [H] {
    match code {
        401 => &[H::WwwAuthenticate],
        405 => &[H::Allow],
        407 => &[H::ProxyAuthenticate],
        420 => &[H::Unsupported],
        421 => &[H::Require],
        422 => &[H::MinSe],
        423 => &[H::MinExpires],
        489 => &[H::AllowEvents],
        _ => &[],
    }
}

/// The headers that must not stand in `message`.
pub(super) fn misplaced(message: &Message) -> &'static [H] {
    match message.method() {
        None => &[H::MaxForwards, H::Route],
        Some(Method::Ack) => &[
            H::Accept,
            H::AcceptEncoding,
            H::AcceptLanguage,
            H::AlertInfo,
            H::Allow,
            H::CallInfo,
            H::Expires,
            H::InReplyTo,
            H::Organization,
            H::Priority,
            H::ProxyRequire,
            H::Require,
            H::ReplyTo,
            H::Subject,
            H::Supported,
        ],
        Some(Method::Bye) => {
            &[H::AlertInfo, H::CallInfo, H::Contact, H::Expires, H::InReplyTo, H::Organization, H::Priority, H::ReplyTo, H::Subject]
        }
        Some(Method::Cancel) => &[
            H::Accept,
            H::AcceptEncoding,
            H::AcceptLanguage,
            H::AlertInfo,
            H::Allow,
            H::CallInfo,
            H::Contact,
            H::ContentDisposition,
            H::ContentEncoding,
            H::ContentLanguage,
            H::ContentType,
            H::Expires,
            H::MimeVersion,
            H::Priority,
            H::ProxyAuthorization,
            H::ProxyRequire,
            H::Require,
            H::ReplyTo,
            H::Subject,
            H::Organization,
            H::InReplyTo,
        ],
        Some(Method::Options) => &[H::AlertInfo, H::Expires, H::Priority, H::ReplyTo, H::Subject, H::InReplyTo],
        Some(Method::Register) => &[H::RecordRoute, H::AlertInfo, H::Priority, H::ReplyTo, H::Subject, H::InReplyTo],
        Some(Method::Prack | Method::Publish | Method::Message) => &[H::Contact],
        Some(_) => &[],
    }
}
