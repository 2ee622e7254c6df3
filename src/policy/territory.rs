//! Takes the prefixes of all peers, gives those that two peers claim, never decides between them.

use ipnet::IpNet;

use super::mistake::Mistakes;
use super::reader::Read;
use super::tree::{self, Node, Place, Table};

/// A prefix and who claims it.
#[derive(Clone, Copy, Debug)]
struct Claim {
    net: IpNet,
    /// Which peer, in file order.
    peer: usize,
    signalling: bool,
    at: Place,
}

/// Signalling prefixes of two peers must be apart (`standards.md` §6.1); other prefixes may nest, for the longest counts, but not
/// be equal (§6.4).
pub(super) fn check(root: &Table, mistakes: &mut Mistakes) {
    let mut claims: Vec<Claim> = Vec::new();
    for (peer, (table, _)) in tree::tables(root, "peer").enumerate() {
        for (key, signalling) in [("sbe", true), ("dbe", false)] {
            let nodes =
                tree::tables(table, key).flat_map(|(element, _)| tree::get(element, "addresses").map(Node::list).unwrap_or_default());
            claims.extend(nodes.filter_map(|node| Some(Claim { net: IpNet::read(node)?, peer, signalling, at: node.at })));
        }
    }
    // Wider prefixes stand before those that nest in them; of equal ones the first in the file.
    claims.sort_by_key(|c| (c.net.network(), c.net.prefix_len(), c.at));
    equal(&claims, mistakes);
    claims.retain(|claim| claim.signalling);
    nested(&claims, mistakes);
}

/// Equal prefixes of two peers, at least one of them for media.
fn equal(claims: &[Claim], mistakes: &mut Mistakes) {
    for same in claims.chunk_by(|a, b| a.net == b.net) {
        let Some((first, rest)) = same.split_first() else { continue };
        for claim in rest.iter().filter(|c| c.peer != first.peer && !(c.signalling && first.signalling)) {
            mistakes.clash(claim.at, format!("{} belongs to two peers", claim.net), first.at, "first");
        }
    }
}

fn nested(claims: &[Claim], mistakes: &mut Mistakes) {
    let mut around: Vec<Claim> = Vec::new();
    for claim in claims {
        while around.pop_if(|outer| !outer.net.contains(&claim.net)).is_some() {}
        if let Some(outer) = around.last().filter(|outer| outer.peer != claim.peer) {
            let what = match outer.net == claim.net {
                true => format!("{} belongs to two peers", claim.net),
                false => format!("{} overlaps {} of another peer", claim.net, outer.net),
            };
            // What stands later in the file is what the writer has just added.
            let (here, there) = if claim.at > outer.at { (claim.at, outer.at) } else { (outer.at, claim.at) };
            mistakes.clash(here, what, there, "first");
        }
        around.push(*claim);
    }
}
