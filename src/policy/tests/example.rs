//! The complete example of the schema.

use super::{EXAMPLE, load};

#[test]
fn loads() {
    let policy = load(EXAMPLE);
    assert_eq!(policy.id, "alpha-bravo-interconnect");
}
