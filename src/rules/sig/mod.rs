//! Takes nothing, gives the rules on signalling transport, one a file, never a rule of another family.
