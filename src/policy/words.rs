//! Takes a word of the policy, gives what it stands for, never one that the schema does not know.

use super::reader::Read;
use super::tree::{self, Node};
use super::{Basis, CodecIe, CountUnit, LimitKind, LimitScope, Role, SrdClassification, When};

impl Read for CodecIe {
    fn read(node: &Node) -> Option<Self> {
        let get = |key| tree::get(node.table()?, key);
        Some(Self { ie: f64::read(get("ie")?)?, bpl: get("bpl").and_then(f64::read), source: String::read(get("source")?)? })
    }
}

/// Words of the policy and what they stand for.
macro_rules! words {
    ($($kind:ty { $($word:literal => $variant:ident,)* })*) => {
        $(impl Read for $kind {
            fn read(node: &Node) -> Option<Self> {
                match node.text()? { $($word => Some(Self::$variant),)* _ => None }
            }
        })*
    };
}

words! {
    Role { "ingress" => Ingress, "egress" => Egress, }
    When { "initial-request" => InitialRequest, "request" => Request, "response" => Response, "any" => Any, }
    LimitKind {
        "concurrent" => Concurrent, "attempts" => Attempts, "transactions" => Transactions, "messages" => Messages,
        "bandwidth_kbps" => BandwidthKbps, "active_users" => ActiveUsers, "session_seconds" => SessionSeconds,
    }
    LimitScope { "pair" => Pair, "direction" => Direction, "trunk_group" => TrunkGroup, "sbe" => Sbe, "source" => Source, }
    Basis { "confirmed" => Confirmed, "attempted" => Attempted, "measured" => Measured, "signalled" => Signalled, }
    CountUnit { "chain" => Chain, "transaction" => Transaction, }
    SrdClassification { "final-outcome" => FinalOutcome, "first-response" => FirstResponse, }
}
