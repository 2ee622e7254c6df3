//! Takes nothing, gives the rules on transactions, one a file, never a rule of another family.
