//! Takes a call, gives the segments of a WebSocket connection that carries it, never compressed.

use super::Frame;
use super::calls::Call;
use super::tcp::{Connection, Said, said};

/// One SIP message is one WebSocket message (RFC 7118 §5); a browser masks what it sends (RFC 6455 §5.3).
pub fn websocket(masked: bool, message: &[u8]) -> Vec<u8> {
    let mask = if masked { [0x37, 0xfa, 0x21, 0x3d] } else { [0; 4] };
    let length = u16::try_from(message.len()).unwrap().to_be_bytes();
    let head = if masked { [&[0x81, 0xfe], &length[..], &mask].concat() } else { [&[0x81, 0x7e], &length[..]].concat() };
    head.into_iter().chain(message.iter().zip(mask.iter().cycle()).map(|(octet, mask)| octet ^ mask)).collect()
}

/// The handshake and the call, as the two sides say it.
pub fn upgraded(call: &Call) -> Vec<Said> {
    let start = said(call)[0].0;
    let get = b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: sip\r\n\r\n";
    let switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: sip\r\n\r\n";
    let mut all = vec![(start - 0.2, true, get.to_vec()), (start - 0.1, false, switch.to_vec())];
    all.extend(said(call).into_iter().map(|(at, from_alpha, message)| (at, from_alpha, websocket(from_alpha, &message))));
    all
}

/// The segments of it; the call begins later than the capture.
pub fn over_websocket(call: &Call) -> Vec<Frame> {
    let all = upgraded(call);
    let open = Connection::open(all[0].0 - 0.1);
    all.iter().fold(open, |connection, (at, from_alpha, octets)| connection.send(*at, *from_alpha, octets)).frames
}
