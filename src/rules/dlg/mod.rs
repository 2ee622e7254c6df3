//! Takes nothing, gives the rules on dialogs, one a file, never a rule of another family.
