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
        C::text("from", "peer, or inferred side, that sent it", |r| (&*r.from).into()).few(),
        C::text("to", "peer, or inferred side, to which it was sent", |r| (&*r.to).into()).few(),
        C::text("source", "address and port that sent it", |r| (&*r.source).into()).few(),
        C::text("destination", "address and port to which it was sent", |r| (&*r.destination).into()).few(),
        C::text("transport", "`UDP`, `TCP`, `TLS`, `WS`, `WSS`, `SCTP` or `TLS-SCTP`", |r| r.transport.into()).few(),
    ]
}

fn start() -> Vec<C> {
    vec![
        C::octets("call_id", "Call-ID", |r| r.octets_of(&r.call_id)).few(),
        C::truth("request", "whether it is a request; else it is a response", |r| r.request),
        C::text("method", "method of a request, of a response that of CSeq; `?` where neither can be read", |r| (&*r.method).into()).few(),
        C::maybe_whole("code", "status code of a response", |r| r.code.map(Into::into)).few(),
        C::maybe_octets("reason", "reason phrase of a response", |r| r.maybe_octets(&r.reason)).few(),
        C::maybe_octets("uri", "Request-URI", |r| r.maybe_octets(&r.uri)),
        C::maybe_whole("cseq", "number of CSeq", |r| r.cseq.map(Into::into)),
        C::text("seen", "`first`, `retransmission`, or `mirror`: the tap saw the same packet again", |r| r.seen.into()).few(),
    ]
}

fn parties() -> Vec<C> {
    vec![
        C::maybe_octets("from_user", "user part of From", |r| r.maybe_octets(&r.from_user)).few(),
        C::maybe_octets("to_user", "user part of To", |r| r.maybe_octets(&r.to_user)).few(),
        C::maybe_octets("asserted_user", "user part of the first P-Asserted-Identity", |r| r.maybe_octets(&r.asserted_user)).few(),
        C::maybe_octets("from_tag", "tag of From", |r| r.maybe_octets(&r.from_tag)).few(),
        C::maybe_octets("to_tag", "tag of To", |r| r.maybe_octets(&r.to_tag)).few(),
        C::maybe_octets("branch", "branch of the topmost Via", |r| r.maybe_octets(&r.branch)).few(),
        C::maybe_truth("from_caller", "whether the side that sent the first request of the call sent it; null: not known", |r| {
            r.from_caller
        }),
        C::maybe_octets("agent", "User-Agent, or else Server", |r| r.maybe_octets(&r.agent)).few(),
        C::maybe_octets("session_id", "Session-ID (RFC 7989)", |r| r.maybe_octets(&r.session_id)),
        C::maybe_octets("charging_id", "`icid-value` of P-Charging-Vector (RFC 7315 §4.6)", |r| r.maybe_octets(&r.charging_id)).few(),
    ]
}

fn body() -> Vec<C> {
    vec![
        C::maybe_text("sdp", "`offer`, `answer`, `offer or answer` (the INVITE is not held whole), `preview`, `repeat` or `out of order`; null without SDP that can be placed", |r| {
            r.sdp.map(Into::into)
        })
        .few(),
        C::maybe_text("media", "m= lines with `; ` between: kind, address and port, direction, codecs by preference; null without", |r| {
            r.media_text().map(Into::into)
        }),
        C::whole("octets", "octets of it that the capture holds", |r| r.octets.len() as u64).unit("octets"),
        C::truth("cut", "whether the capture holds less of it than was sent", |r| r.cut),
        C::maybe_text("flaws", "what is wrong with its form, with spaces between; null where nothing is", |r| {
            (!r.flaws.is_empty()).then(|| r.flaws.join(" ").into())
        })
        .few(),
    ]
}
