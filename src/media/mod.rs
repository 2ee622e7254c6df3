//! Takes runs of media packets, gives streams, never a verdict.
