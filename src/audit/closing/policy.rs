//! Takes the policy, gives what the report says of it, never a clause.

use crate::audit::{PolicyInfo, Sides};
use crate::policy::Policy;

pub(super) fn policy_info(policy: &Policy, sides: &Sides) -> PolicyInfo {
    let inferred = policy.peers.is_empty();
    PolicyInfo {
        id: policy.id.clone(),
        title: policy.title.clone(),
        revision: policy.revision,
        path: policy.path.as_ref().map(|p| p.display().to_string()),
        sha256: policy.sha256.clone(),
        profiles: policy.profiles.clone(),
        peers: if inferred { sides.names() } else { policy.peers.iter().map(|p| p.id.clone()).collect() },
        inferred,
        fail_on: Some(policy.fail_on),
    }
}
