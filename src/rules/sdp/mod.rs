//! Takes nothing, gives the rules on offer/answer, one a file, never a rule of another family.
