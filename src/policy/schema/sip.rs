//! Takes nothing, gives the keys of `[sip]` and its sections, never their values.

use super::document::sorted;
use super::form::{METHOD, NAME, NUMBERS, OCCASION, REGEX, RESPONSE, TOKEN, TRANSPORT};
use super::{COUNT, DEFAULT, Field, Kind, LEVEL, NAMES, SOME, by_name, key, must};
use crate::policy::tree::{self, Table};

const METHODS: Kind = Kind::List(&Kind::Text(&METHOD));

pub(super) const SIP: &[Field] = &[
    key("transport", Kind::Table(&[TRANSPORTS]), "What carries SIP"),
    key("timers", Kind::Table(&[TIMERS]), "Timers of RFC 3261 §17"),
    key("methods", Kind::Map(&METHOD, DEFAULT, &LEVEL), "Levels of methods"),
    key("event_packages", NAMES, "Event packages (RFC 6665)"),
    key("info_packages", NAMES, "INFO packages (RFC 6086)"),
    key("option_tags", Kind::Map(&TOKEN, DEFAULT, &LEVEL), "Levels of option tags"),
    key("session_timer", Kind::Table(&[SESSION_TIMER]), "Session timers (RFC 4028)"),
    key("dialog", Kind::Table(&[DIALOG]), "Dialogs"),
    key("rfc_group", Kind::Entries(by_name, &[RFC_GROUP]), "RFCs by functional group (RFC 6271 A.1)"),
    key("headers", Kind::Table(&[HEADERS]), "Headers and bodies"),
    key("header", Kind::Entries(header, &[HEADER]), "What is agreed about a header"),
    key("responses", Kind::Table(&[RESPONSES]), "Status codes"),
    key("uri", Kind::Table(&[URI]), "URIs and numbers"),
];

const TRANSPORTS: &[Field] = &[
    key("levels", Kind::Map(&TRANSPORT, &[], &LEVEL), "Levels of transports"),
    key("check_via", Kind::Bool, "Via must tell the real transport and return path"),
    key("max_udp_bytes", SOME, "Longest request over UDP (RFC 3261 §18.1.1)"),
    key("connection_reuse", LEVEL, "Connections are reused (RFC 5923)"),
    key("churn_per_minute", SOME, "New connections in a minute that count as no reuse"),
    key("keepalive", Kind::Table(&[KEEPALIVE]), "How the peers check each other"),
];

const KEEPALIVE: &[Field] = &[
    must("method", Kind::Word(&["options", "crlf", "none"]), "What is sent"),
    key("interval_s", SOME, "How often"),
    key("level", LEVEL, "Level"),
];

const TIMERS: &[Field] = &[
    key("t1_ms", Kind::Whole(1, 60_000), "T1"),
    key("t2_ms", Kind::Whole(1, 600_000), "T2"),
    key("t4_ms", Kind::Whole(1, 600_000), "T4"),
    key("timer_c_s", Kind::Whole(1, 86_400), "Timer C (RFC 3261 §16.6)"),
];

const SESSION_TIMER: &[Field] = &[
    key("level", LEVEL, "Level"),
    key("min_s", COUNT, "Shortest interval; RFC 4028 §4 allows no less than 90"),
    key("max_s", SOME, "Longest interval"),
];

const DIALOG: &[Field] =
    &[key("late_offer", LEVEL, "INVITE without an offer"), key("max_early_dialogs", SOME, "Most early dialogs of one INVITE")];

const RFC_GROUP: &[Field] = &[
    must("name", Kind::Text(&NAME), "Name of the group"),
    must("level", LEVEL, "Level"),
    must("rfcs", Kind::List(&Kind::Whole(1, 99_999)), "Numbers of the RFCs"),
    key("min_dialogs", COUNT, "Dialogs that must be seen before absence counts"),
];

const HEADERS: &[Field] = &[
    key("unlisted_private", LEVEL, "P- and X- headers that are not listed"),
    key("body_types", NAMES, "Content types; none: any"),
    key("max_message_bytes", SOME, "Longest message"),
    key(
        "max_forwards",
        Kind::Table(&[&[
            key("min", Kind::Whole(0, 255), "Least value at the border"),
            key("max", Kind::Whole(0, 255), "Greatest value at the border"),
        ]]),
        "Max-Forwards (RFC 3261 §20.22)",
    ),
];

const HEADER: &[Field] = &[
    must("name", Kind::Text(&TOKEN), "Name of the header"),
    key("methods", METHODS, "Methods; none: every method"),
    key("when", Kind::Word(&["initial-request", "request", "response", "any"]), "Messages that it speaks of"),
    must("level", LEVEL, "Level"),
    key("pattern", Kind::Text(&REGEX), "Regular expression for the whole value"),
    key("one_of", NAMES, "Allowed values; none: any"),
];

/// Name, occasion and methods (`standards.md` §6.3).
fn header(entry: &Table) -> String {
    let name = by_name(entry).to_ascii_lowercase();
    let when = tree::text(entry, "when").unwrap_or("any");
    let methods = sorted(tree::get(entry, "methods"));
    format!("{name}/{when}/{}", if methods.is_empty() { "*".to_owned() } else { methods.join("+") })
}

const RESPONSES: &[Field] = &[
    key("levels", Kind::Map(&RESPONSE, DEFAULT, &LEVEL), "Levels of codes and classes; a code counts before its class"),
    key("reason", Kind::Table(&[REASON]), "Reason header (RFC 3326)"),
    key("retry_after", LEVEL, "Retry-After in 503"),
];

const REASON: &[Field] = &[
    must("level", LEVEL, "Level"),
    key("protocols", NAMES, "Protocols, one of which must be given"),
    key("on", Kind::List(&Kind::Text(&OCCASION)), "Methods, codes and classes where it is expected"),
];

const URI: &[Field] = &[
    key("schemes", Kind::List(&Kind::Word(&["sip", "sips", "tel", "urn", "im", "pres"])), "Schemes of the Request-URI"),
    key("host_form", Kind::Word(&["fqdn", "any"]), "Whether a host must be a name"),
    key("apply_to", Kind::List(&Kind::Word(&["request-uri", "from", "to", "pai"])), "Where the form of hosts is checked"),
    key("number_format", Kind::Word(&["e164-global", "e164-or-local", "any"]), "Form of telephone numbers"),
    key("visual_separators", LEVEL, "Dashes, dots and brackets in numbers (RFC 3966 §5.1.1)"),
    key("special_numbers", Kind::List(&Kind::Text(&NUMBERS)), "Service codes that need no form"),
    key("params", Kind::Map(&TOKEN, DEFAULT, &LEVEL), "Levels of URI parameters"),
];
