//! Takes the text of a policy, gives it with addresses, domains and numbers replaced as in the excerpt, never with a key added.
//!
//! A prefix that does not end between octets (IPv4) or digits (IPv6) becomes several, where a list holds it; elsewhere the wider one.

use ipnet::IpNet;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Disguise;

/// Keys that name files: keys and certificates open nothing in an excerpt that is anonymous.
const FILES: [&str; 4] = ["tls_keylog", "cert_dir", "trust_anchors", "trusted_cas"];

/// Prefixes of so many bits are told apart: what lies between them is listed one by one.
const STEPS: [u8; 4] = [8, 16, 24, 32];

const HEAD: &str =
    "# Addresses, domains and number prefixes are replaced as in an anonymous excerpt; names, titles and texts are as they were.\n";

/// A piece of text to be put in the place of another.
struct Edit {
    start: usize,
    end: usize,
    new: String,
}

/// Rewrites a policy; what is no TOML stays as it is.
pub(in super::super) fn rewrite(text: &str, disguise: &mut Disguise) -> String {
    let (root, _) = DeTable::parse_recoverable(text);
    let mut edits = Vec::new();
    table(root.get_ref(), text, disguise, &mut edits);
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.start));
    let mut new = text.to_owned();
    for edit in edits {
        if new.is_char_boundary(edit.start) && new.is_char_boundary(edit.end) {
            new.replace_range(edit.start..edit.end, &edit.new);
        }
    }
    HEAD.to_owned() + &new
}

fn table(table: &DeTable<'_>, text: &str, disguise: &mut Disguise, edits: &mut Vec<Edit>) {
    for (key, value) in table {
        let line = text.get(..key.span().start).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
        if FILES.contains(&&**key.get_ref()) && line.trim().is_empty() {
            let new = format!("# {} is left out", key.get_ref());
            edits.push(Edit { start: key.span().start, end: value.span().end, new });
        } else {
            walk(value, false, text, disguise, edits);
        }
    }
}

fn walk(value: &Spanned<DeValue<'_>>, in_list: bool, text: &str, disguise: &mut Disguise, edits: &mut Vec<Edit>) {
    match value.get_ref() {
        DeValue::String(word) => {
            if let Some(new) = mapped(word, in_list, disguise) {
                edits.push(Edit { start: value.span().start, end: value.span().end, new });
            }
        }
        DeValue::Array(list) => list.iter().for_each(|value| walk(value, true, text, disguise, edits)),
        DeValue::Table(inner) => table(inner, text, disguise, edits),
        _ => {}
    }
}

/// What stands for a string, if it names somebody.
fn mapped(word: &str, in_list: bool, disguise: &mut Disguise) -> Option<String> {
    if let Ok(ip) = word.parse() {
        return Some(format!("\"{}\"", disguise.ip(ip)));
    }
    if let Ok(net) = word.parse::<IpNet>() {
        return Some(prefixes(net, in_list, disguise));
    }
    // A star stands for any end of a number.
    let (word, star) = word.strip_suffix('*').map_or((word, ""), |head| (head, "*"));
    let digits = word.strip_prefix('+').unwrap_or(word);
    let is_number = |digits: &str| digits.len() > 3 && digits.bytes().all(|b| b.is_ascii_digit());
    if is_number(digits) || (word.starts_with('+') && digits.bytes().all(|b| b.is_ascii_digit())) {
        let new = disguise.digits(digits.as_bytes(), word.starts_with('+'));
        let plus = word.strip_suffix(digits).unwrap_or_default();
        return Some(format!("\"{plus}{}{star}\"", String::from_utf8_lossy(&new)));
    }
    let last = word.rsplit('.').next().unwrap_or_default();
    let is_domain = word.contains('.')
        && last.len() > 1
        && last.bytes().all(|b| b.is_ascii_alphabetic())
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    is_domain.then(|| {
        let mut host = word.as_bytes().to_vec();
        disguise.host(&mut host);
        format!("\"{}\"", String::from_utf8_lossy(&host))
    })
}

/// A prefix as those that stand for it.
fn prefixes(net: IpNet, in_list: bool, disguise: &mut Disguise) -> String {
    let own = net.prefix_len();
    let step = match net {
        IpNet::V4(_) => STEPS.into_iter().find(|&step| step >= own).unwrap_or(32),
        IpNet::V6(_) => own.next_multiple_of(4),
    };
    // All of IPv4, all that is private: their first octets stay, and so do they.
    if own == 0 || matches!(net.to_string().as_str(), "172.16.0.0/12" | "100.64.0.0/10" | "fc00::/7" | "fe80::/10") {
        return format!("\"{net}\"");
    }
    let nets: Vec<IpNet> = if in_list && step - own <= 8 {
        net.subnets(step).into_iter().flatten().collect()
    } else {
        let wider = match net {
            IpNet::V4(_) => own / 8 * 8,
            IpNet::V6(_) => own / 4 * 4,
        };
        IpNet::new(net.addr(), wider).map(|net| net.trunc()).into_iter().collect()
    };
    let one = |net: &IpNet, disguise: &mut Disguise| {
        let mapped = IpNet::new(disguise.ip(net.addr()), net.prefix_len()).map_or(*net, |net| net.trunc());
        format!("\"{mapped}\"")
    };
    nets.iter().map(|net| one(net, disguise)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::Key;
    use super::*;

    #[test]
    fn a_policy_still_holds_for_what_it_held_for() {
        let text = "a = [\"192.0.2.16/30\", \"2001:db8:a:10::/64\"] # alpha\nb = \"10.0.0.0/8\"\nd = [\"alpha.example\"]\nn = [\"+4930\", \"112\", \"+44209*\"]\ncert_dir = \"x\"\nt = \"speermint-baseline\"\n";
        let mut disguise = Disguise::new(Key::of("k"));
        let new = rewrite(text, &mut disguise);
        let tree: toml::Table = new.parse().unwrap();
        let nets: Vec<IpNet> = tree["a"].as_array().unwrap().iter().map(|net| net.as_str().unwrap().parse().unwrap()).collect();
        let holds = |ip: &str, disguise: &mut Disguise| {
            let ip = disguise.ip(ip.parse().unwrap());
            nets.iter().any(|net| net.contains(&ip))
        };
        assert!(holds("192.0.2.17", &mut disguise) && holds("2001:db8:a:10:1:2:3:4", &mut disguise));
        assert!(!holds("192.0.2.20", &mut disguise) && !holds("2001:db8:a:11::1", &mut disguise));
        assert_eq!((tree["b"].as_str(), tree["t"].as_str(), tree.get("cert_dir")), (Some("10.0.0.0/8"), Some("speermint-baseline"), None));
        let mut host = b"sbc.alpha.example".to_vec();
        disguise.host(&mut host);
        assert!(String::from_utf8(host).unwrap().ends_with(tree["d"][0].as_str().unwrap()));
        assert_eq!(tree["n"][1].as_str(), Some("112"));
        assert!(tree["n"][2].as_str().is_some_and(|n| n.starts_with("+44") && n.ends_with('*') && n.len() == 7));
    }
}
