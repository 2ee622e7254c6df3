//! Takes a call, gives the segments of a WebSocket connection that carries it, never compressed.

use super::Frame;
use super::calls::Call;
use super::tcp::{Connection, said};

/// One SIP message is one WebSocket message (RFC 7118 §5); a browser masks what it sends (RFC 6455 §5.3).
fn websocket(masked: bool, message: &[u8]) -> Vec<u8> {
    let mask = if masked { [0x37, 0xfa, 0x21, 0x3d] } else { [0; 4] };
    let length = u16::try_from(message.len()).unwrap().to_be_bytes();
    let head = if masked { [&[0x81, 0xfe], &length[..], &mask].concat() } else { [&[0x81, 0x7e], &length[..]].concat() };
    head.into_iter().chain(message.iter().zip(mask.iter().cycle()).map(|(octet, mask)| octet ^ mask)).collect()
}

/// The handshake and the call; the call begins later than the capture.
pub fn over_websocket(call: &Call) -> Vec<Frame> {
    let start = said(call)[0].0;
    let get = b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: sip\r\n\r\n";
    let switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: sip\r\n\r\n";
    let mut connection = Connection::open(start - 0.3).send(start - 0.2, true, get).send(start - 0.1, false, switch);
    for (at, from_alpha, message) in said(call) {
        connection = connection.send(at, from_alpha, &websocket(from_alpha, &message));
    }
    connection.frames
}
