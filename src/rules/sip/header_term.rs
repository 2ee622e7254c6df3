//! Takes an entry of the agreement on headers, gives the messages and lines it speaks of, never a verdict.

use crate::call::Standing;
use crate::policy::{HeaderTerm, When};
use crate::rules::MessageSubject;
use crate::sip::{Header, HeaderName, Message};

/// Whether `term` speaks of messages like this one.
pub(super) fn speaks_of(term: &HeaderTerm, subject: &MessageSubject<'_>) -> bool {
    let message = subject.message();
    let kind = match term.when {
        When::Any => true,
        When::Request => message.is_request(),
        When::InitialRequest => message.is_request() && subject.place.standing == Standing::Initial,
        When::Response => !message.is_request(),
    };
    kind && (term.methods.is_empty() || {
        let method = message.method_text();
        term.methods.iter().any(|m| *m == method)
    })
}

/// The lines of the header that `term` names.
pub(super) fn lines<'a>(term: &'a HeaderTerm, message: &'a Message) -> impl Iterator<Item = &'a Header> {
    // A header that the parser does not know by name is compared by it.
    let named = move |h: &&Header| term.id != HeaderName::Other || message.at(h.name).eq_ignore_ascii_case(term.name.as_bytes());
    message.lines(term.id).filter(named)
}
