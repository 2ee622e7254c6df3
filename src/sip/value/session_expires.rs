//! Takes the value of Session-Expires or Min-SE, gives its seconds, never a default (RFC 4028 §4, §5).

use memchr::memchr;

use super::{Params, number};

/// Who keeps a session alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refresher {
    /// The side that sent the request.
    Uac,
    /// The side that answered it.
    Uas,
}

/// The value of Session-Expires; of Min-SE only the seconds mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionExpires {
    /// The interval in seconds, saturating.
    pub seconds: u64,
    /// Who is to refresh, where it is said.
    pub refresher: Option<Refresher>,
}

/// Takes the value of Session-Expires or Min-SE; `None` where it does not begin with a number.
#[must_use]
pub fn session_expires(value: &[u8]) -> Option<SessionExpires> {
    let (seconds, params) = value.split_at_checked(memchr(b';', value).unwrap_or(value.len()))?;
    let refresher = match Params(params).value(b"refresher") {
        Some(side) if side.eq_ignore_ascii_case(b"uac") => Some(Refresher::Uac),
        Some(side) if side.eq_ignore_ascii_case(b"uas") => Some(Refresher::Uas),
        _ => None,
    };
    Some(SessionExpires { seconds: number(seconds.trim_ascii())?, refresher })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_seconds_and_refresher() {
        assert_eq!(session_expires(b"1800 ; Refresher=UAS"), Some(SessionExpires { seconds: 1800, refresher: Some(Refresher::Uas) }));
        assert_eq!(session_expires(b"90"), Some(SessionExpires { seconds: 90, refresher: None }));
        assert_eq!([session_expires(b""), session_expires(b"soon"), session_expires(b";refresher=uac")], [None; 3]);
    }
}
