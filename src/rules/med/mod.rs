//! Takes nothing, gives the rules on codecs and media, one a file, never a rule of another family.
