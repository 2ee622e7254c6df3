//! Takes verdicts, gives findings with their evidence and coverage, never a page.

mod attempts;
mod backoff;
mod bench;
mod beside_row;
mod breach_row;
mod call_ids;
mod call_row;
mod capacity;
mod certificates;
mod closing;
mod codecs;
mod compliance;
mod contacts;
mod docket;
mod events;
mod evidence;
mod facets;
mod figures;
mod hearing;
mod incident;
mod intake;
mod judge;
mod knocks;
mod labels;
mod ledger;
mod legs;
mod media;
mod message_row;
mod model;
mod pings;
mod poor;
mod proceedings;
mod rating;
mod reaches;
mod recall;
mod records;
mod reuse;
mod seen;
mod sessions;
mod sides;
mod stream_row;
mod usage;
mod waiving;
mod wires;

pub use attempts::Fate;
pub use backoff::Backoffs;
pub use beside_row::BesideRow;
pub use breach_row::{BreachRow, Breached};
pub use call_row::{CallRow, CarriedStream, EndedCall};
pub use capacity::{BusyHour, CapacityReview, CapacityRow, CapacitySeries, Crowd, DirectionSeries, Headroom, MediaLoad, Named, Spread};
pub use closing::{Collected, close};
pub use compliance::{Compliance, ComplianceMatrix, ComplianceRow, Standing};
pub use contacts::Contacts;
pub use docket::Docket;
pub use hearing::Heard;
pub use incident::{Common, Ending, ExampleCall, Incident, IncidentView, Shared};
pub use intake::Counter;
pub use judge::{Judge, Loaded};
pub use knocks::Knocks;
pub use legs::{Leg, Legs};
pub use message_row::{MediaLine, MessageRow, MessageWish, SeenMessage, Signs, Word};
pub use pings::{Ping, Watches};
pub use poor::AgreedLimits;
pub use proceedings::Proceedings;
pub use records::Records;
pub use reuse::Uses;
pub use seen::{DISTINCT, Extent, Measure, Seen, Sighting, Sightings, Topic, is_private};
pub use sessions::{EndedLeg, Sessions};
pub use sides::{Sides, network};
pub use stream_row::{StreamRow, StreamSeries};
pub use usage::{Roll, Usage};
pub use waiving::Pending;

pub use model::{
    Audit, CallMix, CertificateRow, ClauseRef, CodecCount, Coverage, Delay, DelayMs, Exhibit, Finding, FindingOutcome, FrameRef, Intake,
    MediaRow, MediaSummary, MetricRow, PolicyInfo, Quote, RuleCoverage, Series, Subject, TlsCount, TlsUse, Tool, Totals, TransportCounts,
    UnitRatios, Verdict, WaiverNote,
};
