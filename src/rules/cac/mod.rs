//! Takes nothing, gives the rules on admission control, one a file, never a rule of another family.
