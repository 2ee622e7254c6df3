//! Takes UDP payloads, gives the headers of RTP and RTCP, never a stream.
