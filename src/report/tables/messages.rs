//! Takes nothing, gives the columns of the table of messages, never a row of it.

use super::{Column, Table};
use crate::audit::MessageRow;

type C = Column<MessageRow>;

/// The table of messages.
#[must_use]
pub fn messages() -> Table<MessageRow> {
    Table {
        name: "messages",
        version: 1,
        row: "a SIP message, each time that it passed: retransmissions and copies of a mirror port have rows of their own",
        order: "in the order of the capture, those that its end cut short last",
        columns: [place(), start(), parties(), body()].into_iter().flatten().collect(),
    }
}

fn place() -> Vec<C> {
    vec![
        C::time("time", "last packet of it", |r| r.time),
        C::time("begun", "first packet of it", |r| r.begun),
        C::whole("capture", "file of the frame that completed it: its place among the captures, from 0", |r| r.capture.into()).few(),
        C::whole("frame", "that frame, from 1: the place that findings name", |r| r.frame.into()),
        C::whole("index", "which of the messages of that frame it is, from 0", |r| r.index.into()).few(),
        C::maybe_text("frames", "`capture:frame` of all that carried octets of it; null where the one frame did", |r| {
            let all = || r.frames.iter().map(|(capture, frame)| format!("{capture}:{frame}"));
            (r.frames.len() > 1).then(|| all().collect::<Vec<_>>().join(" ").into())
        }),
        C::text("from", "peer, or inferred side, that sent it", |r| (&r.from).into()).few(),
        C::text("to", "peer, or inferred side, to which it was sent", |r| (&r.to).into()).few(),
        C::text("source", "address and port that sent it", |r| (&r.source).into()).few(),
        C::text("destination", "address and port to which it was sent", |r| (&r.destination).into()).few(),
        C::text("transport", "`UDP`, `TCP`, `TLS`, `WS`, `WSS`, `SCTP` or `TLS-SCTP`", |r| r.transport.as_ref().into()).few(),
    ]
}

fn start() -> Vec<C> {
    vec![
        C::text("call_id", "Call-ID", |r| (&r.call_id).into()).few(),
        C::truth("request", "whether it is a request; else it is a response", |r| r.request),
        C::text("method", "method of a request, of a response that of CSeq; `?` where neither can be read", |r| (&r.method).into()).few(),
        C::maybe_whole("code", "status code of a response", |r| r.code.map(Into::into)).few(),
        C::maybe_text("reason", "reason phrase of a response", |r| r.reason.as_deref().map(Into::into)).few(),
        C::maybe_text("uri", "Request-URI", |r| r.uri.as_deref().map(Into::into)),
        C::maybe_whole("cseq", "number of CSeq", |r| r.cseq.map(Into::into)),
        C::text("seen", "`first`, `retransmission`, or `mirror`: the tap saw the same packet again", |r| r.seen.as_ref().into()).few(),
    ]
}

fn parties() -> Vec<C> {
    vec![
        C::maybe_text("from_user", "user part of From", |r| r.from_user.as_deref().map(Into::into)),
        C::maybe_text("to_user", "user part of To", |r| r.to_user.as_deref().map(Into::into)),
        C::maybe_text("asserted_user", "user part of the first P-Asserted-Identity", |r| r.asserted_user.as_deref().map(Into::into)),
        C::maybe_text("from_tag", "tag of From", |r| r.from_tag.as_deref().map(Into::into)),
        C::maybe_text("to_tag", "tag of To", |r| r.to_tag.as_deref().map(Into::into)),
        C::maybe_text("branch", "branch of the topmost Via", |r| r.branch.as_deref().map(Into::into)),
        C::maybe_truth("from_caller", "whether the side that sent the first request of the call sent it; null: not known", |r| {
            r.from_caller
        }),
        C::maybe_text("agent", "User-Agent, or else Server", |r| r.agent.as_deref().map(Into::into)).few(),
        C::maybe_text("session_id", "Session-ID (RFC 7989)", |r| r.session_id.as_deref().map(Into::into)),
        C::maybe_text("charging_id", "`icid-value` of P-Charging-Vector (RFC 7315 §4.6)", |r| r.charging_id.as_deref().map(Into::into))
            .few(),
    ]
}

fn body() -> Vec<C> {
    vec![
        C::maybe_text("sdp", "`offer`, `answer`, `preview`, `repeat` or `out of order`; null without SDP that can be placed", |r| {
            r.sdp.as_deref().map(Into::into)
        })
        .few(),
        C::maybe_text("media", "m= lines with `; ` between: kind, address and port, direction, codecs by preference; null without", |r| {
            let all = || r.media.iter().map(ToString::to_string).collect::<Vec<_>>();
            (!r.media.is_empty()).then(|| all().join("; ").into())
        }),
        C::whole("octets", "octets of it that the capture holds", |r| r.octets.into()).unit("octets"),
        C::truth("cut", "whether the capture holds less of it than was sent", |r| r.cut),
        C::maybe_text("flaws", "what is wrong with its form, with spaces between; null where nothing is", |r| {
            (!r.flaws.is_empty()).then(|| r.flaws.join(" ").into())
        })
        .few(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_row_has_its_column() {
        let value = serde_json::to_value(MessageRow::default()).unwrap();
        let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        let mut names: Vec<&str> = messages().columns.iter().map(|column| column.name).collect();
        keys.sort_unstable();
        names.sort_unstable();
        assert_eq!(keys, names);
    }
}
