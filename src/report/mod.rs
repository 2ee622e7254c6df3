//! Takes the audit, gives text, JSON and HTML, never a number of its own.
