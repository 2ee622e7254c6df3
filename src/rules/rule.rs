//! Takes nothing, gives what a rule is made of, never a particular rule.

use super::connection::{CertificateSubject, ConnectionSubject, KnockSubject, ReachSubject};
use super::kind::Kind;
use super::legs_subject::LegsSubject;
use super::media_subject::{HandshakeSubject, MediaSubject, QualitySubject, StreamSubject};
use super::ping::PingSubject;
use super::repertoire::RepertoireSubject;
use super::reuse_subject::{BackoffSubject, ReuseSubject};
use super::subject::{
    CaptureSubject, DialogSubject, FlowSubject, IntakeSubject, IntervalSubject, LimitSubject, LinkSubject, MessageSubject,
    OfferAnswerSubject, PolicySubject, SessionSubject, TransactionSubject,
};
use super::verdict::Verdict;
use crate::policy::Severity;

/// Whom a violation is laid at (`standards.md` §1.2, column Off).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Offender {
    /// The sender of the message.
    Sender,
    /// The receiver: the party that answered or should have.
    Responder,
    /// The originating peer of the session.
    Originating,
    /// The terminating peer of the session.
    Terminating,
    /// Who opened the TLS connection.
    Client,
    /// Who was to answer it.
    Server,
    /// Both.
    Both,
    /// Nobody: the capture.
    Capture,
    /// Nobody: the policy.
    Policy,
}

/// Whose terms apply (`standards.md` §1.2, column Sc).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Those of the message's direction.
    Message,
    /// Those of the session's direction.
    Session,
    /// Those of the connection, client to server.
    Connection,
    /// Those of the interval's direction.
    Interval,
    /// The global ones.
    Global,
}

/// Judges a message.
pub type MessageCheck = fn(&MessageSubject<'_>) -> Verdict;
/// Judges a transaction.
pub type TransactionCheck = fn(&TransactionSubject<'_>) -> Verdict;
/// Judges an answered offer.
pub type OfferAnswerCheck = fn(&OfferAnswerSubject<'_>) -> Verdict;
/// Judges a dialog.
pub type DialogCheck = fn(&DialogSubject<'_>) -> Verdict;
/// Judges a session.
pub type SessionCheck = fn(&SessionSubject<'_>) -> Verdict;
/// Judges what may pass only once.
pub type ReuseCheck = fn(&ReuseSubject<'_>) -> Verdict;
/// Judges a TLS connection.
pub type ConnectionCheck = fn(&ConnectionSubject<'_>) -> Verdict;
/// Judges a certificate.
pub type CertificateCheck = fn(&CertificateSubject<'_>) -> Verdict;
/// Judges whether a border element can be reached over TLS.
pub type ReachCheck = fn(&ReachSubject<'_>) -> Verdict;
/// Judges connections that one host asked for.
pub type KnockCheck = fn(&KnockSubject<'_>) -> Verdict;
/// Judges an interval.
pub type IntervalCheck = fn(&IntervalSubject<'_>) -> Verdict;
/// Judges a limit.
pub type LimitCheck = fn(&LimitSubject<'_>) -> Verdict;
/// Judges a capture.
pub type CaptureCheck = fn(&CaptureSubject<'_>) -> Verdict;
/// Judges the captures as they were read.
pub type IntakeCheck = fn(&IntakeSubject<'_>) -> Verdict;
/// Judges a flow.
pub type FlowCheck = fn(&FlowSubject<'_>) -> Verdict;
/// Judges the connections between two hosts.
pub type LinkCheck = fn(&LinkSubject<'_>) -> Verdict;
/// Judges a stream.
pub type StreamCheck = fn(&StreamSubject<'_>) -> Verdict;
/// Judges a DTLS handshake.
pub type HandshakeCheck = fn(&HandshakeSubject<'_>) -> Verdict;
/// Judges the media of a call.
pub type MediaCheck = fn(&MediaSubject<'_>) -> Verdict;
/// Looks at two legs of a session.
pub type LegsCheck = fn(&LegsSubject<'_>) -> Verdict;
/// Judges the streams of an interval.
pub type QualityCheck = fn(&QualitySubject<'_>) -> Verdict;
/// Judges a request that follows a refusal for overload.
pub type BackoffCheck = fn(&BackoffSubject<'_>) -> Verdict;
/// Judges a check of one host by another.
pub type PingCheck = fn(&PingSubject<'_>) -> Verdict;
/// Judges what one party showed another that it can.
pub type RepertoireCheck = fn(&RepertoireSubject<'_>) -> Verdict;
/// Judges a policy.
pub type PolicyCheck = fn(&PolicySubject<'_>) -> Verdict;

/// The check of a rule, by the kind of subject it looks at.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// A message of a kind, first transmission. To any other message the rule is not applicable, and its check need not be asked.
    Message(Kind, MessageCheck),
    /// A finished transaction.
    Transaction(TransactionCheck),
    /// An answered offer. The check knows which lines of it the capture may have cut off.
    OfferAnswer(OfferAnswerCheck),
    /// The same, m= section by section: what breaks it in one breaks it whatever stands in the others. The check need not know of cuts.
    Sections(OfferAnswerCheck),
    /// A dialog that is over.
    Dialog(DialogCheck),
    /// A session request that is over.
    Session(SessionCheck),
    /// A value that one session carries and no other may.
    Reuse(ReuseCheck),
    /// A TLS connection whose handshake is decided.
    Connection(ConnectionCheck),
    /// A certificate as one side showed it to the other.
    Certificate(CertificateCheck),
    /// All attempts of one border element to reach another over TLS.
    Reach(ReachCheck),
    /// The connections that one host asked a border element for and carried no SIP over.
    Knock(KnockCheck),
    /// A stream that ended, with its place in its call.
    Stream(StreamCheck),
    /// What passed beside RTP between two endpoints of a call: its DTLS handshake.
    Handshake(HandshakeCheck),
    /// The media of a call that is over: all its streams.
    Media(MediaCheck),
    /// Two legs of a session that is over.
    Legs(LegsCheck),
    /// The streams of a direction over an interval, and over the whole capture.
    Quality(QualityCheck),
    /// A direction over an interval, and over the whole capture.
    Interval(IntervalCheck),
    /// An admission limit with the load that it met.
    Limit(LimitCheck),
    /// What the capture holds of two parties.
    Capture(CaptureCheck),
    /// The captures as they were read.
    Intake(IntakeCheck),
    /// Packets of one class from one host to another.
    Flow(FlowCheck),
    /// The connections that one host opened to another.
    Link(LinkCheck),
    /// A request of a host to one that asked it to wait.
    Backoff(BackoffCheck),
    /// An OPTIONS by which a host checks another, or the time between two.
    Ping(PingCheck),
    /// What one party showed another that it can, over the whole capture.
    Repertoire(RepertoireCheck),
    /// The policy against the capture.
    Policy(PolicyCheck),
    /// Subjects of several kinds, each with the check for it; none of them is of several itself.
    Several(&'static [Self]),
}

/// A rule: its name, its page and its check, all in one file of its family.
#[derive(Debug)]
pub struct Rule {
    /// `FAMILY[-TOPIC]-NNN`, never reused.
    pub id: &'static str,
    /// A short name in kebab case: `method-not-permitted`.
    pub name: &'static str,
    /// What a finding says in its first line: `method not permitted`.
    pub title: &'static str,
    /// The severity, before settings and level caps.
    pub severity: Severity,
    /// 1 = first release, 2 = second, 3 = later.
    pub tier: u8,
    /// Whose terms apply.
    pub scope: Scope,
    /// Whom a violation is laid at, unless the breach says otherwise.
    pub offender: Offender,
    /// Where the requirement stands.
    pub reference: &'static str,
    /// The policy keys it reads; empty for conformance rules.
    pub keys: &'static [&'static str],
    /// What it checks, one paragraph.
    pub what: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// How to confirm a finding by hand, with the Wireshark display filter to use.
    pub confirm: &'static str,
    /// What to do about it, one line: what a finding prints behind `do:`.
    pub fix: &'static str,
    /// The check.
    pub check: Check,
}

impl Rule {
    /// Its checks: one for each kind of subject that it looks at.
    #[must_use]
    pub const fn checks(&self) -> &[Check] {
        match &self.check {
            Check::Several(checks) => checks,
            check => std::slice::from_ref(check),
        }
    }
}
