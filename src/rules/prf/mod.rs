//! Takes nothing, gives the rules on performance, one a file, never a rule of another family.
