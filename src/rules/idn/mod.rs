//! Takes nothing, gives the rules on identity, one a file, never a rule of another family.
