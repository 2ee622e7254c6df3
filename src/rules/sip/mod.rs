//! Takes nothing, gives the rules on methods, headers, URIs and responses, one a file, never a rule of another family.
