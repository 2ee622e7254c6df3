//! Takes what the sides of a call agreed on, gives the bandwidth that each announced to receive and when, never what was sent.

use super::{CallMedia, Said, Side};
use crate::base::Time;
use crate::sdp::Description;

/// What may be sent to one side for some time.
#[derive(Clone, Copy, Debug)]
pub struct Announcement<'a> {
    /// Who may send.
    pub sender: Side,
    /// The receiver's description, which says so (RFC 8866 §5.8).
    pub said: &'a Said,
    /// From when to when.
    pub span: (Time, Time),
    /// Bits per second; `None` where no line says.
    pub bits: Option<u64>,
}

impl CallMedia {
    /// What was announced in every exchange, from the answer of the call to its end, which is `end` where it goes on.
    #[must_use]
    pub fn announcements(&self, end: Time) -> Vec<Announcement<'_>> {
        let Some(answered) = self.answered else { return Vec::new() };
        let end = self.ended(Time(i64::MAX)).unwrap_or(end);
        let mut all = Vec::new();
        // Of a fork those branches count that were answered; where none is told to be, all that is known is that one was.
        let dialogs = self.answered_dialogs();
        for &(hop, tag) in dialogs.as_ref().map_or_else(|| self.dialogs(), Clone::clone).iter() {
            let accords: Vec<_> = self.accords(hop, tag).collect();
            for (n, &(since, offer, answer)) in accords.iter().enumerate() {
                let until = accords.get(n + 1).map_or(end, |(next, ..)| *next);
                let span = (since.max(answered), until.min(end).max(answered));
                let of = |said: &'_ Said| dialogs.as_ref().and_then(|_| bits(&said.sdp));
                all.extend([offer, answer].map(|said| Announcement { sender: said.side.other(), said, span, bits: of(said) }));
            }
        }
        all
    }
}

/// The bandwidth that a description announces, in bits per second: the sum over its active m= lines, else that of the session. `AS` counts what
/// IP takes (RFC 8866 §5.8), `TIAS` does not (RFC 3890): the first is asked for first.
fn bits(sdp: &Description) -> Option<u64> {
    let of = |lines: std::ops::Range<usize>| {
        let lines = sdp.lines().get(lines).unwrap_or_default();
        let value = |word: &[u8], unit: u64| {
            let line = lines.iter().filter(|line| line.kind == b'b').find_map(|line| sdp.at(line.value).strip_prefix(word))?;
            std::str::from_utf8(line).ok()?.trim().parse::<u64>().ok()?.checked_mul(unit)
        };
        value(b"AS:", 1000).or_else(|| value(b"TIAS:", 1))
    };
    let active = sdp.media().iter().filter(|media| media.is_active());
    let each: Option<Vec<u64>> = active.map(|media| of(media.lines.clone())).collect();
    match each {
        Some(each) => Some(each.into_iter().fold(0, u64::saturating_add)),
        None => of(sdp.session_lines()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &str) -> Option<u64> {
        bits(&Description::parse(format!("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\n{lines}").as_bytes()))
    }

    #[test]
    fn lines_of_media_add_up_and_that_of_the_session_stands_for_all() {
        assert_eq!(of("t=0 0\nm=audio 4 RTP/AVP 8\nb=AS:80\nm=video 6 RTP/AVP 96\nb=TIAS:500000\n"), Some(580_000));
        assert_eq!(of("b=AS:100\nt=0 0\nm=audio 4 RTP/AVP 8\n"), Some(100_000));
        assert_eq!(
            of("t=0 0\nm=audio 4 RTP/AVP 8\nb=TIAS:64000\nb=AS:80\nm=video 0 RTP/AVP 96\n"),
            Some(80_000),
            "refused lines take nothing"
        );
        assert_eq!(of("t=0 0\nm=audio 4 RTP/AVP 8\nb=RR:0\n"), None);
    }
}
