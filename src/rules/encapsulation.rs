//! Takes how a packet was carried, gives whether that is the agreed encapsulation, never whether it protects anything.

use crate::packet::{Carriage, Tunnels};
use crate::policy::Connectivity;

/// Whether a packet was carried as this word of the policy says, in one of the agreed VLANs where there are any.
pub(super) fn is_carried(word: &str, connectivity: &Connectivity, way: Carriage) -> bool {
    match word {
        "ipsec-esp" => way.tunnels().has(Tunnels::ESP),
        "ipsec-ah" => way.tunnels().has(Tunnels::AH),
        "gre" => way.tunnels().has(Tunnels::GRE),
        "vlan" => way.vlan().is_some_and(|vlan| vlans(connectivity).is_empty() || vlans(connectivity).contains(&vlan)),
        _ => true,
    }
}

/// The VLANs that were agreed on.
pub(super) fn vlans(connectivity: &Connectivity) -> &[u16] {
    connectivity.vlan_ids.as_ref().map(|clause| clause.value.as_slice()).unwrap_or_default()
}

/// Whether the capture was taken where the agreed encapsulation is to be seen: inside a peer's network it has ended.
pub(super) fn is_visible(connectivity: &Connectivity) -> bool {
    connectivity.capture_point.as_ref().is_none_or(|point| point.value == "wan")
}
