//! Takes the name constraints of an authority and a certificate below it, gives whether the names are within (RFC 5280 §4.2.1.10), never more.

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, GeneralSubtree, NameConstraints, ParsedExtension};
use x509_parser::x509::X509Name;

/// So many comparisons one certificate may cost; beyond them its names count as outside.
const MOST_COMPARISONS: usize = 100_000;

/// The constraints that an authority lays on those below it. `Err` where they cannot be read.
pub(super) fn of<'a, 'd>(authority: &'a X509Certificate<'d>) -> Result<Option<&'a NameConstraints<'d>>, ()> {
    let mut extensions = authority.extensions().iter().filter(|e| e.oid.to_id_string() == "2.5.29.30");
    match (extensions.next().map(|e| e.parsed_extension()), extensions.next()) {
        (None, _) => Ok(None),
        (Some(ParsedExtension::NameConstraints(constraints)), None) => Ok(Some(constraints)),
        _ => Err(()),
    }
}

/// Whether every name of a certificate keeps to the constraints.
pub(super) fn within(constraints: &NameConstraints<'_>, certificate: &X509Certificate<'_>) -> bool {
    let permitted = constraints.permitted_subtrees.as_deref().unwrap_or_default();
    let excluded = constraints.excluded_subtrees.as_deref().unwrap_or_default();
    let subject = GeneralName::DirectoryName(certificate.subject().clone());
    let has_subject = certificate.subject().iter().next().is_some();
    let listed = certificate.extensions().iter().filter_map(|e| match e.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(listed) => Some(&listed.general_names),
        _ => None,
    });
    let names: Vec<&GeneralName<'_>> = listed.flatten().chain(Some(&subject).filter(|_| has_subject)).collect();
    if names.len().saturating_mul(permitted.len() + excluded.len()) > MOST_COMPARISONS {
        return false;
    }
    names.into_iter().all(|name| keeps_to(name, permitted, excluded))
}

/// A name is outside of every excluded subtree, and inside of one permitted subtree of its form where there are any.
fn keeps_to(name: &GeneralName<'_>, permitted: &[GeneralSubtree<'_>], excluded: &[GeneralSubtree<'_>]) -> bool {
    let mut own_form = permitted.iter().filter_map(|tree| inside(name, &tree.base)).peekable();
    let permitted = own_form.peek().is_none() || own_form.any(|inside| inside);
    permitted && !excluded.iter().filter_map(|tree| inside(name, &tree.base)).any(|inside| inside)
}

/// Whether a name lies in a subtree; `None` where the subtree is of another form. Of forms that are not understood, no name is inside.
fn inside(name: &GeneralName<'_>, base: &GeneralName<'_>) -> Option<bool> {
    match (name, base) {
        (GeneralName::DNSName(name), GeneralName::DNSName(base)) => Some(host_inside(name, base, true)),
        (GeneralName::URI(uri), GeneralName::URI(base)) => Some(host_of(uri).is_some_and(|host| host_inside(host, base, false))),
        (GeneralName::RFC822Name(name), GeneralName::RFC822Name(base)) => Some(mailbox_inside(name, base)),
        (GeneralName::IPAddress(name), GeneralName::IPAddress(base)) => Some(address_inside(name, base)),
        (GeneralName::DirectoryName(name), GeneralName::DirectoryName(base)) => Some(directory_inside(name, base)),
        _ => (std::mem::discriminant(name) == std::mem::discriminant(base)).then_some(false),
    }
}

/// A DNS name lies in a domain that it is or ends in; the host of a URI only where the domain begins with a dot.
fn host_inside(host: &str, base: &str, subdomains: bool) -> bool {
    let ends = |suffix: &str| {
        let rest = host.len().checked_sub(suffix.len()).filter(|&at| at > 0);
        rest.and_then(|at| host.get(at..)).is_some_and(|tail| tail.eq_ignore_ascii_case(suffix))
    };
    match base.strip_prefix('.') {
        _ if base.is_empty() => true,
        Some(_) => ends(base),
        None => host.eq_ignore_ascii_case(base) || (subdomains && ends(&format!(".{base}"))),
    }
}

/// The host of a URI with an authority, or of a `sip` URI.
fn host_of(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once(':')?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let rest = rest.split(['/', '?', ';']).next()?;
    rest.rsplit('@').next()?.split(':').next()
}

fn mailbox_inside(name: &str, base: &str) -> bool {
    if base.contains('@') {
        return name.eq_ignore_ascii_case(base);
    }
    name.rsplit_once('@').is_some_and(|(_, host)| host_inside(host, base, false))
}

/// RFC 5280 §4.2.1.10: an address and its mask.
fn address_inside(name: &[u8], base: &[u8]) -> bool {
    let (network, mask) = base.split_at(base.len() / 2);
    name.len() == network.len() && network.len() == mask.len() && name.iter().zip(network).zip(mask).all(|((n, b), m)| n & m == b & m)
}

/// A directory name lies below one that it begins with.
fn directory_inside(name: &X509Name<'_>, base: &X509Name<'_>) -> bool {
    let mut names = name.iter();
    base.iter().all(|wanted| {
        names.next().is_some_and(|own| {
            let same = |(a, b): (&x509_parser::x509::AttributeTypeAndValue<'_>, &x509_parser::x509::AttributeTypeAndValue<'_>)| {
                let text = |attribute: &x509_parser::x509::AttributeTypeAndValue<'_>| {
                    String::from_utf8_lossy(attribute.as_slice()).trim().to_lowercase()
                };
                a.attr_type() == b.attr_type() && text(a) == text(b)
            };
            own.iter().count() == wanted.iter().count() && own.iter().zip(wanted.iter()).all(same)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lie_in_subtrees_as_rfc_5280_says() {
        let dns = |name, base| inside(&GeneralName::DNSName(name), &GeneralName::DNSName(base));
        assert_eq!(dns("sbc.alpha.example", "alpha.example"), Some(true));
        assert_eq!(dns("alpha.example", "ALPHA.example"), Some(true));
        assert_eq!(dns("notalpha.example", "alpha.example"), Some(false));
        let uri = |name, base| inside(&GeneralName::URI(name), &GeneralName::URI(base));
        assert_eq!(uri("sip:alpha.example:5061", "alpha.example"), Some(true));
        assert_eq!(uri("sip:sbc.alpha.example", "alpha.example"), Some(false));
        assert_eq!(uri("sip:sbc.alpha.example", ".alpha.example"), Some(true));
        let ip = |name: &'static [u8], base: &'static [u8]| inside(&GeneralName::IPAddress(name), &GeneralName::IPAddress(base));
        assert_eq!(ip(&[192, 0, 2, 9], &[192, 0, 2, 0, 255, 255, 255, 0]), Some(true));
        assert_eq!(ip(&[192, 0, 3, 9], &[192, 0, 2, 0, 255, 255, 255, 0]), Some(false));
        assert_eq!(inside(&GeneralName::DNSName("a"), &GeneralName::URI("a")), None);
        let mail = |name, base| inside(&GeneralName::RFC822Name(name), &GeneralName::RFC822Name(base));
        assert_eq!((mail("noc@alpha.example", "alpha.example"), mail("noc@alpha.example", "noc@bravo.example")), (Some(true), Some(false)));
    }
}
