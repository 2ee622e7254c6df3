//! Takes the messages of RFC 4475 and RFC 5118 from a directory of the user's, gives their verdicts, never a copy of them.

use std::collections::BTreeMap;
use std::path::Path;

use super::{FlawKind, Message, parse};

/// Every message called `NAME.dat` under the directory that `SPEERLINT_CORPORA` names, by name; `None` where it names none.
#[allow(clippy::print_stderr)] // A test that looks at nothing must say so.
fn corpus() -> Option<BTreeMap<String, Vec<u8>>> {
    let Some(directory) = std::env::var_os("SPEERLINT_CORPORA") else {
        eprintln!("SKIPPED: SPEERLINT_CORPORA names no directory with the messages of RFC 4475");
        return None;
    };
    let mut found = BTreeMap::new();
    collect(Path::new(&directory), &mut found);
    Some(found)
}

fn collect(directory: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    let mut entries: Vec<_> = std::fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "dat") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            found.entry(name).or_insert_with(|| std::fs::read(&path).unwrap());
        }
    }
}

/// The flaws that matter, in order, as the messages travelled: the transport of the topmost Via.
fn flaws(text: &[u8]) -> Vec<FlawKind> {
    let stream = text.windows(12).any(|w| w == b"SIP/2.0/TCP ");
    let message = parse(text, stream).unwrap();
    assert_sound(&message);
    let harmless = |k: &FlawKind| !matches!(k, FlawKind::BodyLong | FlawKind::NoCookie);
    message.flaws().iter().map(|f| f.kind).filter(harmless).collect()
}

/// Every span lies in the text.
pub(super) fn assert_sound(message: &Message) {
    let len = message.text().len();
    let inside = |s: crate::base::Span| s.start <= s.end && s.end as usize <= len;
    assert!(message.headers().iter().all(|h| inside(h.name) && inside(h.value)));
    assert!(message.flaws().iter().all(|f| inside(f.at)));
    assert!(inside(message.body) && inside(message.start_line) && inside(message.keys.call_id));
    assert!([message.keys.from_tag, message.keys.to_tag, message.keys.branch].into_iter().flatten().all(inside));
}

#[test]
fn torture_messages_get_the_flaws_that_the_rfc_speaks_of() {
    use FlawKind as K;
    let Some(corpus) = corpus() else { return };
    let clean = "wsinv intmeth esc01 escnull esc02 lwsdisp longreq dblreq semiuri transports mpart01 unreason noreason \
                 insuf unkscm novelsc unksm2 bext01 invut zeromf inv2543 regaut01 bcast cparam01 cparam02 regescrt sdp01";
    let flawed: &[(&str, &[K])] = &[
        ("badinv01", &[K::BadSyntax, K::BadSyntax]),
        ("clerr", &[K::BodyShort]),
        ("ncl", &[K::BadContentLength]),
        ("scalar02", &[K::OutOfRange, K::OutOfRange]),
        ("scalarlg", &[K::OutOfRange]),
        ("quotbal", &[K::BadSyntax]),
        ("ltgtruri", &[K::BadStartLine]),
        ("lwsruri", &[K::BadStartLine]),
        ("lwsstart", &[K::BadStartLine]),
        ("trws", &[K::BadStartLine]),
        ("escruri", &[K::BadSyntax]),
        ("baddate", &[K::BadSyntax]),
        ("regbadct", &[K::BadSyntax]),
        ("badaspec", &[K::BadSyntax]),
        ("baddn", &[K::BadSyntax, K::BadSyntax]),
        ("badvers", &[K::BadVersion]),
        ("mismatch01", &[K::MethodMismatch]),
        ("mismatch02", &[K::MethodMismatch]),
        ("bigcode", &[K::BadStartLine]),
        ("badbranch", &[K::BadBranch]),
        ("multi01", &[K::Duplicate; 5]),
        ("mcl01", &[K::Duplicate]),
    ];
    for (name, expected) in clean.split_whitespace().map(|name| (name, &[][..])).chain(flawed.iter().copied()) {
        let Some(text) = corpus.get(name) else { panic!("{name}.dat is missing") };
        assert_eq!(flaws(text), expected, "{name}");
    }
}

/// Requests with the peculiarities of RFC 5118, in our own words; only the first is wrong.
#[test]
fn ipv6_messages_are_read_as_rfc_5118_says() {
    let request = |uri: &str, via: &str, contact: &str| {
        format!(
            "REGISTER {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {via};branch=z9hG4bKipv6\r\nFrom: <sip:u@example.com>;tag=1\r\n\
             To: <sip:u@example.com>\r\nCall-ID: ipv6\r\nCSeq: 1 REGISTER\r\nContact: {contact}\r\nMax-Forwards: 70\r\nl: 0\r\n\r\n"
        )
    };
    let own = "[2001:db8::9:1]";
    let contact = "\"C\" <sip:c@[2001:db8::1]>;expires=3600";
    for (uri, via, contact, expected) in [
        ("sip:2001:db8::10", own, contact, &[FlawKind::BadSyntax][..]),
        ("sip:[2001:db8::10]", own, contact, &[]),
        ("sip:[2001:db8::10:5070]", own, contact, &[]),
        ("sip:[2001:db8::10]:5070", "[2001:db8::9:1]:6050", contact, &[]),
        ("sip:example.com", "[2001:db8::9:1];received=[2001:db8::9:255]", contact, &[]),
        ("sip:example.com", "[2001:db8::9:1];received=2001:db8::9:255", contact, &[]),
        ("sip:u@[::ffff:192.0.2.10]:19823", "[::ffff:192.0.2.2]", "<sip:u@[::ffff:192.0.2.2]>, <sip:u@192.0.2.2>", &[]),
        // The three colons that the grammar of RFC 3261 let pass.
        ("sip:example.com", "[2001:db8:::192.0.2.1]", "<sip:u@[2001:db8:::192.0.2.1]>", &[]),
    ] {
        assert_eq!(flaws(request(uri, via, contact).as_bytes()), expected, "{uri} {via}");
    }
}
