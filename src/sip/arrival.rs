//! Takes a parsed message and its envelope, gives the record that every later stage works on, never a borrowed view.

use super::Message;
use crate::base::Carriers;
use crate::transport::Envelope;

/// A SIP message as it passed the tap.
#[derive(Clone, Debug, Default)]
pub struct Arrival {
    /// How it came.
    pub envelope: Envelope,
    /// The frames that carried octets of it; none: that of the envelope alone.
    pub carriers: Carriers,
    /// The message.
    pub message: Message,
}
