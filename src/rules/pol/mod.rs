//! Takes nothing, gives the rules on the policy itself, one a file, never a rule of another family.
