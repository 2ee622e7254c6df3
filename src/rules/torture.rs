//! Takes the messages of RFC 4475 from a directory of the user's, gives the rules that each breaks, never a copy of them (`standards.md` §5.5).

use std::path::Path;

use super::{Addresses, Check, MessageSubject, Verdict, all};
use crate::base::Transport;
use crate::call::Place;
use crate::policy::{Party, Policy};
use crate::sip::{Arrival, parse};
use crate::transport::Envelope;

/// What RFC 4475 means to be broken, and the rule that must say so.
const BROKEN: &[(&str, &str)] = &[
    (
        "badinv01 clerr ncl scalar02 scalarlg quotbal ltgtruri lwsruri lwsstart trws escruri baddate regbadct badaspec baddn badvers \
         mismatch01 mismatch02 bigcode badbranch multi01 mcl01",
        "SIP-HDR-005",
    ),
    ("insuf", "SIP-HDR-001"),
    ("unkscm novelsc unksm2", "SIP-URI-002"),
    ("bext01", "SIP-EXT-001"),
    ("zeromf", "SIP-HDR-006"),
    ("inv2543", "DLG-TAG-001"),
];

/// What it means to be valid: well-formed, whatever else may be thought of it.
const WELL_FORMED: &str = "wsinv intmeth esc01 escnull esc02 lwsdisp longreq dblreq semiuri transports mpart01 unreason noreason \
                           insuf unkscm novelsc unksm2 bext01 invut zeromf inv2543 regaut01 bcast cparam01 cparam02 regescrt sdp01";

/// The file called `name` below `directory`.
fn find(directory: &Path, name: &str) -> Option<Vec<u8>> {
    let entries = std::fs::read_dir(directory).ok()?;
    let paths: std::collections::BTreeSet<_> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    let here = paths.iter().find(|p| p.is_file() && p.file_name().is_some_and(|n| n == name)).and_then(|p| std::fs::read(p).ok());
    here.or_else(|| paths.iter().filter(|p| p.is_dir()).find_map(|p| find(p, name)))
}

/// The message rules that a message breaks without any agreement.
fn broken(text: &[u8]) -> Vec<&'static str> {
    let transport = if text.windows(12).any(|w| w == b"SIP/2.0/TCP ") { Transport::Tcp } else { Transport::Udp };
    let message = parse(text, transport.is_reliable()).unwrap();
    let (arrival, policy) =
        (Arrival { envelope: Envelope { transport, ..Envelope::default() }, message, ..Arrival::default() }, Policy::baseline());
    let (host, place) = (Party::Host(arrival.envelope.source.ip), Place::default());
    let terms = crate::policy::Terms::default();
    let read = Addresses::default();
    let subject = MessageSubject {
        arrival: &arrival,
        place: &place,
        sdp: None,
        policy: &policy,
        from: host,
        to: host,
        terms: &terms,
        session_from: host,
        session_to: host,
        read: &read,
        signed: &super::Passports::default(),
        recalled: super::Recalled::default(),
        certified: &super::Certified::default(),
    };
    let breaks = |check: fn(&MessageSubject<'_>) -> Verdict| matches!(check(&subject), Verdict::Violation(_));
    all()
        .iter()
        .filter(|r| r.checks().iter().any(|check| matches!(check, Check::Message(_, check) if breaks(*check))))
        .map(|r| r.id)
        .collect()
}

#[test]
#[allow(clippy::print_stderr)] // A test that looks at nothing must say so.
fn torture_messages_break_the_rules_that_they_are_meant_to_break() {
    let Some(directory) = std::env::var_os("SPEERLINT_CORPORA") else {
        eprintln!("SKIPPED: SPEERLINT_CORPORA names no directory with the messages of RFC 4475");
        return;
    };
    let rules_of = |name: &str| {
        let text = find(Path::new(&directory), &format!("{name}.dat"));
        broken(&text.unwrap_or_else(|| panic!("{name}.dat is missing")))
    };
    for (names, rule) in BROKEN {
        for name in names.split_whitespace() {
            let broken = rules_of(name);
            assert!(broken.contains(rule), "{name} breaks {broken:?}");
        }
    }
    for name in WELL_FORMED.split_whitespace() {
        let broken = rules_of(name);
        assert!(!broken.contains(&"SIP-HDR-005"), "{name} breaks {broken:?}");
    }
}
