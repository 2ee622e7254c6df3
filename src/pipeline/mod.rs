//! Takes captures and a policy, gives the audit, the only place that knows threads.
