//! Takes arguments, gives an exit status, never analyses anything.
