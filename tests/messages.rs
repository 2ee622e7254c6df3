//! Takes captures whose messages are known, gives a failure where the rows of messages and breaches say otherwise, never trusts one row by another.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use made::calls::Call;
use made::{Case, fragment, tcp};
use speerlint::audit::{Audit, BreachRow, FindingOutcome, MessageRow, MessageWish, Records};
use speerlint::pipeline::{Request, audit_with};

#[derive(Default)]
struct Kept {
    wish: MessageWish,
    messages: Vec<MessageRow>,
    breaches: Vec<BreachRow>,
}

impl Records for Kept {
    fn wants_messages(&self) -> MessageWish {
        self.wish.clone()
    }

    fn wants_breaches(&self) -> bool {
        true
    }

    fn message(&mut self, row: &MessageRow) {
        self.messages.push(row.clone().by_itself());
    }

    fn breach(&mut self, row: BreachRow) {
        self.breaches.push(row);
    }
}

fn kept(inputs: &[PathBuf], case: &Case, threads: usize, wish: MessageWish) -> (Audit, Kept) {
    let request =
        Request { inputs: inputs.to_vec(), policy: case.policy.clone(), threads: NonZeroUsize::new(threads), ..Request::default() };
    let mut kept = Kept { wish, ..Kept::default() };
    (audit_with(&request, &|_| {}, &mut kept).unwrap_or_else(|e| panic!("{e}")), kept)
}

fn all(case: &Case) -> (Audit, Kept) {
    kept(std::slice::from_ref(&case.capture), case, 2, MessageWish::All)
}

fn cases(folder: &std::path::Path) -> Vec<Case> {
    made::samples().into_iter().chain(made::mixtures(folder)).collect()
}

/// The intake counts messages where they are parsed, and knows nothing of rows.
#[test]
fn there_is_a_row_for_each_message_of_the_intake_in_order() {
    let folder = tempfile::tempdir().unwrap();
    for case in cases(folder.path()) {
        let (audit, Kept { messages, .. }) = all(&case);
        let what = case.capture.display();
        let intake = &audit.intake;
        assert_eq!(messages.len() as u64, intake.sip_messages, "{what}");
        let mut requests: BTreeMap<String, u64> = BTreeMap::new();
        messages.iter().filter(|m| m.request).for_each(|m| *requests.entry(m.method.to_string()).or_default() += 1);
        assert_eq!(serde_json::to_value(requests).unwrap(), serde_json::to_value(&intake.sip_requests).unwrap(), "{what}");
        let seen = |word: &str| messages.iter().filter(|m| m.seen == word).count() as u64;
        assert_eq!((seen("retransmission"), seen("mirror")), (intake.sip_retransmissions, intake.sip_mirror_duplicates), "{what}");
        let cut_short = messages.iter().rev().take_while(|m| m.cut).count();
        let whole = &messages[..messages.len() - cut_short];
        assert!(whole.is_sorted_by_key(|m| (m.frame, m.index)), "{what}");
        for row in &messages {
            assert!(row.frames.is_sorted() && !row.frames.is_empty() && row.begun <= row.time, "{what}: {row:?}");
        }
    }
}

#[test]
fn rows_are_the_same_for_any_number_of_threads_and_any_cut() {
    let folder = tempfile::tempdir().unwrap();
    for case in cases(folder.path()) {
        let one = kept(std::slice::from_ref(&case.capture), &case, 1, MessageWish::All).1;
        let many = kept(std::slice::from_ref(&case.capture), &case, 3, MessageWish::All).1;
        assert_eq!(one.messages, many.messages, "{}", case.capture.display());
        let sorted = |mut rows: Vec<BreachRow>| {
            rows.sort_by_key(|row| serde_json::to_string(row).unwrap());
            rows
        };
        assert_eq!(sorted(one.breaches), sorted(many.breaches), "{}", case.capture.display());
        let pieces = tempfile::tempdir().unwrap();
        let parts = made::cut(&case.capture, 3, pieces.path());
        let placeless = |mut rows: Vec<MessageRow>| {
            for row in &mut rows {
                (row.capture, row.frame) = (0, 0);
                row.frames.iter_mut().for_each(|place| *place = (0, 0));
            }
            rows
        };
        let cut = kept(&parts, &case, 2, MessageWish::All).1;
        assert_eq!(placeless(one.messages), placeless(cut.messages), "{}", case.capture.display());
    }
}

#[test]
fn what_nobody_wants_has_no_row() {
    let folder = tempfile::tempdir().unwrap();
    let case = made::mixtures(folder.path()).remove(1);
    assert!(kept(std::slice::from_ref(&case.capture), &case, 2, MessageWish::None).1.messages.is_empty());
    let wish = MessageWish::Those(Arc::new(|message| message.call_id().starts_with(b"over-")));
    let some = kept(std::slice::from_ref(&case.capture), &case, 2, wish).1.messages;
    // A call over TCP and one over SCTP, six messages each.
    assert_eq!(some.len(), 12);
    assert!(some.iter().all(|row| row.text(&row.call_id).starts_with("over-")));
}

/// Counted by hand from how the capture is made.
#[test]
fn a_row_names_every_frame_that_carried_its_message() {
    let folder = tempfile::tempdir().unwrap();
    let mut call = Call::new("made");
    call.invite(0.0).answer(1.0, 180).answer(2.0, 200).ack(2.1).bye(10.0, true).bye_answer(10.1, 200, true);

    let pieces: Vec<Vec<_>> = call.frames.iter().zip(1..).map(|(frame, n)| fragment::v4(frame, n, 160)).collect();
    let mut next = 1;
    let expected: Vec<Vec<(u32, u32)>> = (pieces.iter())
        .map(|pieces| {
            let first = next;
            next += pieces.len() as u32;
            (first..next).map(|frame| (0, frame)).collect()
        })
        .collect();
    let capture = made::write(folder.path(), "fragments.pcap", &pieces.concat());
    let rows = all(&Case { capture, policy: None }).1.messages;
    assert_eq!(rows.iter().map(|row| row.frames.to_vec()).collect::<Vec<_>>(), expected);
    assert!(expected.iter().all(|frames| frames.len() > 1));

    // Messages of one end, one behind the other, in pieces of 90 octets.
    let texts: Vec<Vec<u8>> = tcp::said(&call).iter().filter(|said| said.1).map(|said| said.2.clone()).collect();
    let stream = texts.concat();
    let pieces = stream.chunks(90).enumerate();
    let trunk = pieces.fold(tcp::Connection::open(0.0), |trunk, (n, piece)| trunk.send(1.0 + n as f64 / 100.0, true, piece));
    // 54: the headers of Ethernet, IPv4 and TCP.
    let carrying: Vec<u32> = (1..).zip(&trunk.frames).filter(|(_, frame)| frame.octets.len() > 54).map(|(n, _)| n).collect();
    let mut at = 0;
    let expected: Vec<Vec<(u32, u32)>> = (texts.iter())
        .map(|text| {
            let (first, last) = (at / 90, (at + text.len() - 1) / 90);
            at += text.len();
            carrying[first..=last].iter().map(|&frame| (0, frame)).collect()
        })
        .collect();
    let capture = made::write(folder.path(), "tcp.pcap", &trunk.frames);
    let rows = all(&Case { capture, policy: None }).1.messages;
    assert_eq!(rows.iter().map(|row| row.frames.to_vec()).collect::<Vec<_>>(), expected);
}

/// Findings are folded by the ledger, which knows nothing of rows: what the end of the capture shows, and what waivers cover, among them.
#[test]
fn breaches_add_up_to_the_findings() {
    let folder = tempfile::tempdir().unwrap();
    let mut kinds = std::collections::BTreeSet::new();
    for case in cases(folder.path()) {
        let (audit, Kept { messages, breaches, .. }) = all(&case);
        let what = case.capture.display();
        let (mut found, mut rows) = (BTreeMap::new(), BTreeMap::new());
        for finding in &audit.findings {
            let waived = finding.outcome == FindingOutcome::Waived;
            *found.entry((finding.rule, finding.severity, &*finding.observed, &*finding.agreed, waived)).or_insert(0) += finding.count;
            kinds.insert(finding.subject.kind);
        }
        for row in &breaches {
            *rows.entry((&*row.rule, row.severity, &*row.observed, &*row.agreed, row.waived)).or_insert(0) += 1;
        }
        assert_eq!(rows, found, "{what}");
        for breach in breaches.iter().filter(|row| row.subject == "message") {
            let at = messages.iter().find(|m| (m.capture, m.frame) == (breach.capture, breach.frame));
            assert_eq!(at.map(|m| m.text(&m.call_id)).as_deref(), breach.call_id.as_deref(), "{what}: {breach:?}");
        }
    }
    // Those that only the end of a capture shows.
    for kind in ["interval", "limit", "capture", "certificate", "flow"] {
        assert!(kinds.contains(kind), "no finding of a {kind} among {kinds:?}");
    }
}
