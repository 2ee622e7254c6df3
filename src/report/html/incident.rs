//! Takes what bad calls have in common, gives it as rows of the page, never a cause.

use super::commands::quoted;
use super::excerpt::head;
use crate::audit::{Audit, Common, ExampleCall, IncidentView};
use crate::report::digest;
use crate::report::figures::{NONE, count, real};

/// The incident view.
pub(super) struct Incident {
    pub(super) summary: String,
    pub(super) endings: Vec<(String, String, String)>,
    pub(super) parts: Vec<Part>,
    pub(super) notes: Vec<String>,
}

/// What calls of one kind have in common.
pub(super) struct Part {
    pub(super) kind: &'static str,
    pub(super) compared: String,
    pub(super) values: Vec<Value>,
    pub(super) more: u64,
}

/// A value that they share.
pub(super) struct Value {
    pub(super) property: &'static str,
    pub(super) value: String,
    /// Bad and good calls with it.
    pub(super) shares: [(String, String); 2],
    pub(super) lift: String,
    pub(super) excess: String,
    pub(super) p: String,
    pub(super) example: String,
}

/// The view; `None` where no call failed or was poor.
pub(super) fn incident(audit: &Audit) -> Option<Incident> {
    let view = &audit.incident;
    if view.failed + view.poor == 0 {
        return None;
    }
    let endings = view.endings.iter().map(|e| (head(&e.response, 120), count(e.calls), example(&e.example)));
    let parts = [part("failed", view.failed, &view.of_failed), part("poor", view.poor, &view.of_poor)];
    Some(Incident {
        summary: digest::incident(view),
        endings: endings.collect(),
        parts: parts.into_iter().flatten().collect(),
        notes: notes(view),
    })
}

fn part(kind: &'static str, calls: u64, common: &Common) -> Option<Part> {
    let value = |shared: &crate::audit::Shared| Value {
        property: shared.property,
        value: head(&shared.value, 160),
        shares: [(shared.bad, shared.bad_of), (shared.good, shared.good_of)]
            .map(|(n, of)| (digest::fraction(n, of), digest::percent(n, of))),
        lift: shared.lift.map_or_else(|| "no good call has it".into(), |lift| format!("{} ×", real(Some(lift), 1))),
        excess: real(Some(shared.excess), 1),
        p: if shared.p < 1e-4 { "< 0.0001".into() } else { real(Some(shared.p), 4) },
        example: example(&shared.example),
    };
    let values = common.values.iter().map(value).collect();
    (calls > 0).then(|| Part { kind, compared: count(common.compared), values, more: common.more })
}

fn example(call: &ExampleCall) -> String {
    match quoted(&call.call_id).zip(quoted(&call.capture)) {
        Some((call_id, capture)) => format!("speerlint flow {capture} --call-id {call_id}"),
        None if call.frame > 0 => format!("frame {}", count(call.frame.into())),
        None => NONE.into(),
    }
}

fn notes(view: &IncidentView) -> Vec<String> {
    let mut notes = Vec::new();
    if !view.coarse.is_empty() {
        notes.push(format!(
            "Too many values to count each, so put together (addresses by network, agents by product, prefixes by three digits): {}.",
            view.coarse.join(", ")
        ));
    }
    if !view.given_up.is_empty() {
        notes.push(format!("Not compared, for there were too many values even so: {}.", view.given_up.join(", ")));
    }
    notes
}
