//! Takes the value of a header that routing, dialogs or transactions hang on, gives what its grammar forbids, never a judgement
//! on headers that only inform (RFC 3261 §25.1).

use super::octet::{
    before, host_len, is_all_uri, is_all_visible, is_lws, is_token, place_of, plain_len, token_len, uri_params_len, user_len,
};
use super::value::{Params, Via, date, media_type, number, rack, uri};
use super::{FlawKind, HeaderName};

/// The magic cookie of RFC 3261 §8.1.1.7.
const COOKIE: &[u8] = b"z9hG4bK";

/// One Via, held against its grammar, with the first parameter of each name that something hangs on.
#[derive(Default)]
pub(super) struct Read<'a> {
    pub(super) via: Option<Via<'a>>,
    /// `None` where it is absent or empty.
    pub(super) branch: Option<&'a [u8]>,
    pub(super) received: Option<Option<&'a [u8]>>,
    pub(super) rport: Option<Option<&'a [u8]>>,
    pub(super) has_maddr: bool,
    pub(super) fault: Option<FlawKind>,
}

/// One Via.
pub(super) fn via(element: &[u8]) -> Read<'_> {
    let via = super::value::via(element);
    let mut read = Read { via, ..Read::default() };
    let clean = via.is_some_and(|via| {
        parameters(via.params, |name, value| match name.len() {
            5 if name.eq_ignore_ascii_case(b"rport") => _ = read.rport.get_or_insert(value),
            5 => read.has_maddr |= name.eq_ignore_ascii_case(b"maddr"),
            6 if read.branch.is_none() && name.eq_ignore_ascii_case(b"branch") => read.branch = value.filter(|v| !v.is_empty()),
            8 if name.eq_ignore_ascii_case(b"received") => _ = read.received.get_or_insert(value),
            _ => {}
        })
    });
    read.fault = (!clean).then_some(FlawKind::BadSyntax);
    read
}

/// What is wrong with the branch of the topmost Via.
pub(super) fn branch(branch: Option<&[u8]>) -> Option<FlawKind> {
    let cookie = branch.and_then(|b| b.split_at_checked(COOKIE.len())).filter(|(c, _)| c.eq_ignore_ascii_case(COOKIE));
    match cookie {
        None => Some(FlawKind::NoCookie),
        Some((_, [])) => Some(FlawKind::BadBranch),
        Some(_) => None,
    }
}

/// One word: RFC 3261 §25.1 allows nearly every visible octet in it.
pub(super) fn call_id(value: &[u8]) -> Option<FlawKind> {
    let good = !value.is_empty() && is_all_visible(value);
    (!good).then_some(FlawKind::BadSyntax)
}

/// What is wrong with any other header that something hangs on.
pub(super) fn fault(id: HeaderName, value: &[u8]) -> Option<FlawKind> {
    let good = match id {
        HeaderName::MaxForwards => number(value).is_some(),
        HeaderName::Expires => match number(value) {
            Some(seconds) if seconds > u64::from(u32::MAX) => return Some(FlawKind::OutOfRange),
            seconds => seconds.is_some(),
        },
        HeaderName::Date => date(value).is_some(),
        HeaderName::ContentType => media_type(value).is_some(),
        HeaderName::RAck => rack(value).is_some(),
        _ => true,
    };
    (!good).then_some(FlawKind::BadSyntax)
}

/// What stands behind an address as nearly everybody writes it, `<sip:user@host:port;params>` or less; `None` for any other, which need not be wrong.
pub(super) fn behind_usual_address(value: &[u8]) -> Option<Params<'_>> {
    let rest = value.strip_prefix(b"<sip:")?;
    let rest = rest.get(user_len(rest)..)?.strip_prefix(b"@").unwrap_or(rest);
    let host = host_len(rest);
    let rest = rest.get(host..).filter(|_| host > 0)?;
    let rest = match rest {
        // Five digits may be no port.
        [b':', port @ ..] => {
            let digits = port.iter().take_while(|b| b.is_ascii_digit()).count();
            port.get(digits..).filter(|_| (1..5).contains(&digits))?
        }
        _ => rest,
    };
    let rest = if rest.first() == Some(&b';') { rest.get(uri_params_len(rest)..)? } else { rest };
    Some(Params(rest.strip_prefix(b">")?))
}

/// Whether `element`, of which `address` is the URI, is a `name-addr` or an `addr-spec`.
pub(super) fn is_address(element: &[u8], address: &[u8]) -> bool {
    let bracketed = match place_of(address, element).and_then(|at| element.split_at_checked(at.start as usize)) {
        None | Some(([], _)) => false,
        Some(([display @ .., b'<'], rest)) if rest.get(address.len()) == Some(&b'>') => {
            if !is_display_name(display) {
                return false;
            }
            true
        }
        // White space inside the brackets.
        Some(_) => return false,
    };
    let (inside, outside) = is_all_uri(address);
    (if bracketed { inside } else { outside }) && uri(address).is_some()
}

/// Quoted, or tokens. UTF-8 outside quotes is against the grammar and ends no parser's understanding, so it passes.
fn is_display_name(text: &[u8]) -> bool {
    text.first() == Some(&b'"') || text.iter().all(|&b| is_token(b) || is_lws(b) || !b.is_ascii())
}

/// The value of the parameter called `wanted`, unless it is empty, and whether all parameters are well-formed.
pub(super) fn parameter<'a>(params: Params<'a>, wanted: &[u8]) -> (Option<&'a [u8]>, bool) {
    let mut found = None;
    let clean = parameters(params, |name, value| {
        if found.is_none() && name.eq_ignore_ascii_case(wanted) {
            found = value.filter(|v| !v.is_empty());
        }
    });
    (found, clean)
}

/// Whether all parameters are well-formed.
pub(super) fn are_parameters(params: Params<'_>) -> bool {
    parameters(params, |_, _| {})
}

/// Gives each parameter up to the first that is wrong; whether none is.
fn parameters<'a>(params: Params<'a>, mut take: impl FnMut(&'a [u8], Option<&'a [u8]>)) -> bool {
    let mut rest = params.0.trim_ascii();
    while let Some((b';', text)) = rest.split_first() {
        let Some((name, value, behind)) = plain(text).or_else(|| spaced_or_quoted(text)) else { return false };
        rest = behind;
        take(name, value);
    }
    rest.is_empty()
}

/// A parameter's name, its value, and what is behind it.
type Parameter<'a> = (&'a [u8], Option<&'a [u8]>, &'a [u8]);

/// `name` or `name=value` as nearly everybody writes them; `None` for any other, which need not be wrong.
fn plain(text: &[u8]) -> Option<Parameter<'_>> {
    let (name, rest) = text.split_at(token_len(text));
    let (value, rest) = match rest {
        [b'=', rest @ ..] => {
            let (value, rest) = rest.split_at(plain_len(rest));
            (Some(value), rest)
        }
        _ => (None, rest),
    };
    (!name.is_empty() && matches!(rest, [] | [b';', ..])).then_some((name, value, rest))
}

/// A parameter with white space in it or a quoted value; `None` where it is wrong.
fn spaced_or_quoted(text: &[u8]) -> Option<Parameter<'_>> {
    let (piece, rest) = text.split_at(before(text, b';'));
    let (name, value) = piece.split_at(piece.iter().position(|&b| !is_token(b) && !is_lws(b)).unwrap_or(piece.len()));
    let name = name.trim_ascii();
    let value = match value {
        [] => None,
        [b'=', value @ ..] => Some(value.trim_ascii()),
        _ => return None,
    };
    let good = !name.is_empty() && !name.iter().any(|&b| is_lws(b)) && value.is_none_or(is_parameter_value);
    good.then_some((name, value, rest))
}

/// A quoted string, or no white space and no quotes. More is not asked: addresses with colons and the like stand unquoted in the field.
fn is_parameter_value(value: &[u8]) -> bool {
    match value {
        [b'"', inside @ .., b'"'] => super::octet::quoted_len(inside).is_none(),
        _ => !value.iter().any(|&b| is_lws(b) || b == b'"'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_is_more_than_its_cookie() {
        assert_eq!(branch(via(b"SIP/2.0/UDP a;branch=z9hG4bK").branch), Some(FlawKind::BadBranch));
        assert_eq!(branch(via(b"SIP/2.0/UDP a;branch=390skdjuw").branch), Some(FlawKind::NoCookie));
        assert_eq!(branch(via(b"SIP/2.0/UDP a").branch), Some(FlawKind::NoCookie));
        assert_eq!(branch(via(b"SIP/2.0/UDP a;branch=z9hG4bK-.!%66*_+`'~").branch), None);
    }

    #[test]
    fn an_ipv6_address_may_stand_in_received_with_or_without_brackets() {
        for received in ["2001:db8::9:255", "[2001:db8::9:255]"] {
            assert_eq!(via(format!("SIP/2.0/UDP [2001:db8::9:1];received={received};branch=z9hG4bKas3-111").as_bytes()).fault, None);
        }
    }
}
