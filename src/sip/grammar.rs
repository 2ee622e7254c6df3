//! Takes the value of a header that routing, dialogs or transactions hang on, gives what its grammar forbids, never a judgement
//! on headers that only inform (RFC 3261 §25.1).

use super::octet::{before, is_lws, is_plain, is_token, is_uri, place_of};
use super::value::{Params, date, elements, media_type, name_addr, number, rack, uri};
use super::{FlawKind, HeaderName};

/// The magic cookie of RFC 3261 §8.1.1.7.
const COOKIE: &[u8] = b"z9hG4bK";

/// What was found in passing while a value was held against its grammar.
pub(super) struct Found<'a> {
    /// The tag of From and To, the branch of Via; `None` where it is absent or empty.
    pub(super) parameter: Option<&'a [u8]>,
    /// What is wrong.
    pub(super) fault: Option<FlawKind>,
}

/// The value of From or To, with its tag.
pub(super) fn party(value: &[u8]) -> Found<'_> {
    let Some(address) = name_addr(value) else { return Found { parameter: None, fault: Some(FlawKind::BadSyntax) } };
    let (tag, clean) = parameters(address.params, b"tag");
    let good = clean && is_address(value, address.address);
    Found { parameter: tag, fault: (!good).then_some(FlawKind::BadSyntax) }
}

/// One Via, with its branch.
pub(super) fn via(element: &[u8]) -> Found<'_> {
    let Some(via) = super::value::via(element) else { return Found { parameter: None, fault: Some(FlawKind::BadSyntax) } };
    let (branch, clean) = parameters(via.params, b"branch");
    Found { parameter: branch, fault: (!clean).then_some(FlawKind::BadSyntax) }
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
    let good = !value.is_empty() && value.iter().all(u8::is_ascii_graphic);
    (!good).then_some(FlawKind::BadSyntax)
}

/// What is wrong with any other header that something hangs on.
pub(super) fn fault(id: HeaderName, value: &[u8]) -> Option<FlawKind> {
    let good = match id {
        HeaderName::Contact => value == b"*" || elements(value).all(is_listed_address),
        HeaderName::Route | HeaderName::RecordRoute => elements(value).all(|e| e.contains(&b'<') && is_listed_address(e)),
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

fn is_listed_address(element: &[u8]) -> bool {
    name_addr(element).is_some_and(|a| parameters(a.params, b"").1 && is_address(element, a.address))
}

/// Whether `element`, of which `address` is the URI, is a `name-addr` or an `addr-spec`.
fn is_address(element: &[u8], address: &[u8]) -> bool {
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
    // RFC 3261 §20.10: outside brackets, comma and question mark do not belong to a URI.
    address.iter().all(|&b| is_uri(b)) && (bracketed || !address.iter().any(|b| matches!(b, b',' | b'?'))) && uri(address).is_some()
}

/// Quoted, or tokens. UTF-8 outside quotes is against the grammar and ends no parser's understanding, so it passes.
fn is_display_name(text: &[u8]) -> bool {
    text.first() == Some(&b'"') || text.iter().all(|&b| is_token(b) || is_lws(b) || !b.is_ascii())
}

/// The value of the parameter called `wanted`, and whether all parameters are well-formed.
fn parameters<'a>(params: Params<'a>, wanted: &[u8]) -> (Option<&'a [u8]>, bool) {
    let mut found = None;
    let mut rest = params.0.trim_ascii();
    while let Some((b';', text)) = rest.split_first() {
        let Some((name, value, behind)) = plain(text).or_else(|| spaced_or_quoted(text)) else { return (found, false) };
        rest = behind;
        if found.is_none() && name.eq_ignore_ascii_case(wanted) {
            found = value.filter(|v| !v.is_empty());
        }
    }
    (found, rest.is_empty())
}

/// A parameter's name, its value, and what is behind it.
type Parameter<'a> = (&'a [u8], Option<&'a [u8]>, &'a [u8]);

/// `name` or `name=value` as nearly everybody writes them; `None` for any other, which need not be wrong.
fn plain(text: &[u8]) -> Option<Parameter<'_>> {
    let (name, rest) = text.split_at(text.iter().position(|&b| !is_token(b)).unwrap_or(text.len()));
    let (value, rest) = match rest {
        [b'=', rest @ ..] => {
            let (value, rest) = rest.split_at(rest.iter().position(|&b| !is_plain(b)).unwrap_or(rest.len()));
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
    fn an_address_is_held_against_its_grammar() {
        for good in [
            "sip:a@b",
            "sip:a@b ;   tag    = 1918181833n",
            "\"J \\\\\\\"\"       <sip:j@x>\r\n  ;\r\n  tag = 98asjd8",
            "token1~` token2'+_ token3*%!.- <sip:m@x>;f''~+*_!.-%=\"\u{430}\";tag=_token~1'+`*%!-.",
            "caller<sip:c@x>;tag=323",
            "isbn:2983792873",
            "<sip:a@b?Route=%3Csip:c%3E>",
            "Jos\u{e9} <tel:+49301234>;tag=1",
        ] {
            assert_eq!(party(good.as_bytes()).fault, None, "{good}");
        }
        for bad in [
            "",
            "\"Mr. J. User <sip:j.user@example.com>",
            "\"Watson, Thomas\" < sip:t.watson@example.org >",
            "Watson, Thomas <sip:t.watson@example.org>",
            "sip:user@example.com?Route=%3Csip:sip.example.com%3E",
            "<sip:a@b>;;;;",
            "<sip:a@b> tag=1",
            "<sip:a@b>;tag=\"x",
            "sip:2001:db8::10",
            "<a@b>",
        ] {
            assert_eq!(party(bad.as_bytes()).fault, Some(FlawKind::BadSyntax), "{bad}");
        }
    }

    #[test]
    fn a_tag_is_found_also_behind_an_address_that_is_wrong() {
        assert_eq!(party(b"<sip:2001:db8::10>;x;TAG=7").parameter, Some(&b"7"[..]));
        assert_eq!(party(b"<sip:a@b>;tag=").parameter, None);
    }

    #[test]
    fn a_branch_is_more_than_its_cookie() {
        assert_eq!(branch(via(b"SIP/2.0/UDP a;branch=z9hG4bK").parameter), Some(FlawKind::BadBranch));
        assert_eq!(branch(via(b"SIP/2.0/UDP a;branch=390skdjuw").parameter), Some(FlawKind::NoCookie));
        assert_eq!(branch(via(b"SIP/2.0/UDP a").parameter), Some(FlawKind::NoCookie));
        assert_eq!(branch(via(b"SIP/2.0/UDP a;branch=z9hG4bK-.!%66*_+`'~").parameter), None);
    }

    #[test]
    fn an_ipv6_address_may_stand_in_received_with_or_without_brackets() {
        for received in ["2001:db8::9:255", "[2001:db8::9:255]"] {
            assert_eq!(via(format!("SIP/2.0/UDP [2001:db8::9:1];received={received};branch=z9hG4bKas3-111").as_bytes()).fault, None);
        }
    }
}
