//! Takes nothing, gives the rules on privacy and topology, one a file, never a rule of another family.
