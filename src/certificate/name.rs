//! Takes a distinguished name, gives it as one line of text, never longer than a report can show.

use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// Longer names are cut: nobody reads them, and their writer is a stranger.
const LONGEST: usize = 200;

/// A name as RFC 4514 writes it, but in the order of the certificate: `C=DE, O=Alpha, CN=sbc.alpha.example`.
pub(super) fn line(name: &X509Name<'_>) -> String {
    let mut text = String::new();
    for attribute in name.iter_attributes() {
        if text.len() >= LONGEST {
            break;
        }
        if !text.is_empty() {
            text.push_str(", ");
        }
        let oid = attribute.attr_type();
        match oid2abbrev(oid, oid_registry()) {
            Ok(word) => text.push_str(word),
            Err(_) => text.push_str(&oid.to_id_string()),
        }
        text.push('=');
        text.push_str(&value(attribute));
    }
    shown(&text)
}

/// The last common name, which is the most specific one.
pub(super) fn common_name(name: &X509Name<'_>) -> Option<String> {
    name.iter_common_name().last().map(|attribute| shown(&value(attribute)))
}

fn value(attribute: &AttributeTypeAndValue<'_>) -> String {
    attribute.as_str().map_or_else(|_| String::from_utf8_lossy(attribute.as_slice()).into_owned(), str::to_owned)
}

/// Text that a stranger wrote, without what could steer a terminal, and not too long.
pub(super) fn shown(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { '?' } else { c });
    let mut kept: String = plain.clone().take(LONGEST).collect();
    if plain.count() > LONGEST {
        kept.pop();
        kept.push('…');
    }
    kept
}
