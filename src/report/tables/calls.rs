//! Takes nothing, gives the columns of the table of calls, never a row of it.

use super::{Column, Table};
use crate::audit::CallRow;

type C = Column<CallRow>;

/// The table of calls.
#[must_use]
pub fn calls() -> Table<CallRow> {
    Table {
        name: "calls",
        version: 1,
        row: "a session request whose first INVITE the capture holds: the INVITE transactions that belong together over authentication, \
              redirection and failover. A call that passes the tap at several hops has a row for each",
        order: "by the time of the first INVITE",
        columns: [who(), what(), media()].into_iter().flatten().collect(),
    }
}

fn who() -> Vec<C> {
    vec![
        C::text("call_id", "Call-ID", |r| (&r.call_id).into()),
        C::text("from", "peer, or inferred side, that sent the INVITE", |r| (&r.from).into()).few(),
        C::text("to", "peer, or inferred side, to which it was sent", |r| (&r.to).into()).few(),
        C::maybe_text("trunk", "trunk group of the policy; null where it declares none for this traffic", |r| {
            r.trunk.as_deref().map(Into::into)
        })
        .few(),
        C::time("begun", "first octet of the first INVITE", |r| r.begun),
        C::maybe_time("ended", "when the answered session ended; null where there was none, or the capture does not hold its end", |r| {
            r.ended
        }),
        C::text("outcome", "`answered`, `failed`, `cancelled`, `timeout`, or `censored`: the capture ends before the outcome", |r| {
            r.outcome.as_ref().into()
        })
        .few(),
        C::maybe_whole("code", "final status code, where there was one", |r| r.code.map(Into::into)).few(),
        C::maybe_text("caller", "who calls, as the INVITE says", |r| r.caller.as_deref().map(Into::into)),
        C::maybe_text("callee", "who is called, as the INVITE says", |r| r.callee.as_deref().map(Into::into)),
        C::text("source", "address and port that sent the first INVITE", |r| (&r.source).into()).few(),
        C::text("destination", "address and port to which it was sent", |r| (&r.destination).into()).few(),
        C::text("transport", "`UDP`, `TCP`, `TLS`, `WS`, `WSS`, `SCTP` or `TLS-SCTP`", |r| r.transport.as_ref().into()).few(),
        C::whole("capture", "file of the first INVITE: its place among the captures, from 0", |r| r.capture.into()).few(),
        C::whole("frame", "frame of the first INVITE in that file, from 1", |r| r.frame.into()),
    ]
}

fn what() -> Vec<C> {
    vec![
        C::whole("legs", "INVITE transactions: more than one after a challenge, a redirection or a failover", |r| r.legs.into()).few(),
        C::maybe_real(
            "setup_s",
            "session request delay (RFC 6076 §4.3): first INVITE to the response that tells of progress or of the end",
            |r| r.setup_s,
        )
        .unit("s"),
        C::maybe_real("answer_s", "first INVITE to first 2xx", |r| r.answer_s).unit("s"),
        C::maybe_real("duration_s", "answer to end", |r| r.duration_s).unit("s"),
        C::maybe_text("ended_by", "`caller` or `callee`: who sent the BYE; `expired`: a session timer ran out", |r| {
            r.ended_by.as_deref().map(Into::into)
        })
        .few(),
    ]
}

fn media() -> Vec<C> {
    vec![
        C::whole("streams", "RTP streams of the call, both ways", |r| r.streams).few(),
        C::whole("packets", "RTP packets of those streams", |r| r.packets),
        C::maybe_text("codec", "codec of the stream that has most packets", |r| r.codec.as_deref().map(Into::into)).few(),
        C::maybe_real("loss_pct", "lost packets of those expected, over all its streams", |r| r.loss_pct).unit("%"),
        C::maybe_real("jitter_max_ms", "greatest interarrival jitter (RFC 3550 §6.4.1) of its streams", |r| r.jitter_max_ms).unit("ms"),
        C::maybe_real("mos", "estimated MOS of the worst of its streams", |r| r.mos).unit("1–5"),
        C::text("rules", "rules that its messages or its media break, waived breaches left out, with spaces between", |r| {
            r.rules.join(" ").into()
        })
        .few(),
        C::maybe_text("beside", "what it carried beside RTP: `fax`, `msrp`, or both with a space between", |r| {
            r.beside.as_deref().map(Into::into)
        })
        .few(),
        C::maybe_whole("digits", "telephone events (RFC 4733) of its streams; null: no stream shows whether it had any", |r| r.digits)
            .few(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_the_keys_of_the_json() {
        let value = serde_json::to_value(CallRow::default()).unwrap();
        let names: Vec<&str> = calls().columns.iter().map(|column| column.name).collect();
        assert_eq!(value.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>(), names);
    }
}
