//! Takes messages in any number and order, gives proof that what is reported is sound, never a particular call.

use proptest::prelude::*;

use super::oracle::ORACLE_M;
use super::scenario::{Played, SETTINGS, arrivals, play_arrivals};
use super::*;
use crate::base::Time;
use crate::sip::{Arrival, Method};

/// Calls that take every turn there is, all under one Call-ID.
const TANGLE: &str = "
    0 a>b INVITE 1 sdp=o Session-Expires:90
    0 b>a 180 INVITE 1 to=x
    0 b>a 183 INVITE 1 to=y sdp=p
    0 b>a 407 INVITE 1 to=x
    0 b>a 200 INVITE 1 to=x sdp=a Session-Expires:90;refresher=uac
    0 b>a 200 INVITE 1 to=y sdp=a
    0 a>b ACK 1 to=x
    0 a>b ACK 1 to=x br=z9hG4bKINVITE1
    0 a>b INVITE 2 Proxy-Authorization:x
    0 b>a 302 INVITE 2 to=z
    0 b>c INVITE 1 br=z9hG4bKforward
    0 c>b 200 INVITE 1 to=x br=z9hG4bKforward
    0 a>c INVITE 1 br=z9hG4bKfailover
    0 a>b CANCEL 1
    0 b>a 200 CANCEL 1 to=x
    0 a>b BYE 3 to=x
    0 b>a 503 BYE 3 to=x
    0 b>a BYE 1 to=f from=x
    0 a>b 200 BYE 1 to=f from=x
    0 a>b UPDATE 4 to=x sdp=u
    0 b>a 200 UPDATE 4 to=x sdp=v
    0 a>b INVITE 5 to=x sdp=w
    0 b>a 200 INVITE 5 to=x sdp=w
    0 a>b SUBSCRIBE 6
    0 b>a 200 SUBSCRIBE 6 to=s Expires:1
    0 b>a NOTIFY 1 from=s to=f
    0 a>b ACK 9 to=q
    0 b>a 200 INFO 77 to=q
";

/// Some of the messages, again and again, each some milliseconds after the one before.
fn shuffled() -> impl Strategy<Value = (Vec<Arrival>, u64)> {
    let pool: Vec<_> = arrivals(TANGLE).into_iter().chain(arrivals(ORACLE_M)).collect();
    let step = prop_oneof![4 => 0..2000_i64, 1 => 0..400_000_i64];
    (prop::collection::vec((0..pool.len(), step), 0..120), any::<u64>()).prop_map(move |(picks, ticks)| {
        let mut clock = Time(0);
        let picked = picks.into_iter().map(|(at, step)| {
            clock = clock.plus(step * 1_000_000);
            let mut arrival = pool[at].clone();
            (arrival.envelope.first, arrival.envelope.last, arrival.envelope.clock) = (clock, clock, clock);
            arrival
        });
        (picked.collect(), ticks)
    })
}

fn show(played: &Played) -> String {
    format!("{:?}{:?}", played.happenings, played.places)
}

/// Nothing ends that did not begin.
fn is_balanced(played: &Played) -> bool {
    let (mut attempted, mut answered) = (0, 0);
    played.load().iter().all(|(_, kind)| {
        match kind {
            LoadKind::Attempt | LoadKind::Resumed => attempted += 1,
            LoadKind::AttemptEnded | LoadKind::AttemptLost => attempted -= 1,
            LoadKind::Answered => answered += 1,
            LoadKind::Ended => answered -= 1,
            LoadKind::Transaction | LoadKind::Message => {}
        }
        (0..=attempted).contains(&answered)
    })
}

proptest! {
    #[test]
    fn any_messages_in_any_order_are_followed((arrivals, ticks) in shuffled(), after in 0..400_i64) {
        let end = arrivals.last().map_or(Time(0), |a| a.envelope.clock).plus(after * 1_000_000_000);
        let never = play_arrivals(&arrivals, end, |_| false);
        prop_assert_eq!(show(&never), show(&play_arrivals(&arrivals, end, |_| true)));
        prop_assert_eq!(show(&never), show(&play_arrivals(&arrivals, end, |n| ticks >> (n % 64) & 1 == 1)));
        prop_assert!(is_balanced(&never));
        let begun = arrivals.iter().zip(&never.places).filter(|(arrival, place)| {
            arrival.message.method().is_some_and(|m| m != Method::Ack) && place.repeat != Repeat::Mirror
        });
        let counted = never.happenings.iter().filter_map(|h| if let Happening::Transaction(t) = h { Some(t.transmissions as usize) } else { None });
        prop_assert_eq!(begun.count(), counted.sum::<usize>(), "every request is counted once");
    }

    /// A call is reported alike whatever else is going on.
    #[test]
    fn calls_do_not_touch_each_other((arrivals, _) in shuffled()) {
        let end = arrivals.last().map_or(Time(0), |a| a.envelope.clock).plus(1_000_000_000);
        let alone: Vec<_> = arrivals.iter().filter(|a| a.message.call_id() == b"c").cloned().collect();
        let of_c = |played: &Played| {
            let ours = |h: &&Happening| match h {
                Happening::Transaction(t) => &*t.call_id == "c",
                Happening::Session(s) => &*s.call_id == "c",
                Happening::Dialog(d) => &*d.call_id == "c",
                Happening::OfferAnswer(e) => &*e.call_id == "c",
                Happening::Load(l) => &*l.call_id == "c",
                Happening::Over(o) => &*o.call_id == "c",
            };
            format!("{:?}", played.happenings.iter().filter(ours).collect::<Vec<_>>())
        };
        prop_assert_eq!(of_c(&play_arrivals(&arrivals, end, |_| false)), of_c(&play_arrivals(&alone, end, |_| false)));
    }
}

/// A flood of Call-IDs, of branches, of tags and of forks stays linear, and nothing outlives its time.
#[test]
fn floods_pass() {
    let line = |n: usize, kind: usize| match kind {
        0 => format!("0 a>b INVITE 1 id={n}"),
        1 => format!("0 a>b INVITE 1 br=z9hG4bK{n}"),
        2 => format!("0 a>b INVITE 1 from={n} br=z9hG4bK{n}"),
        3 => format!("0 b>a 180 INVITE 1 to={n}"),
        4 => format!("0 a>b INVITE {n} to={n} br=z9hG4bK{n}"),
        _ => format!("0 a>b INVITE {n} br=z9hG4bK{n}"),
    };
    for kind in 0..6 {
        let script: Vec<_> = (0..4000).map(|n| line(n, kind)).collect();
        let arrivals = arrivals(&format!("0 a>b INVITE 1\n{}", script.join("\n")));
        let mut calls = Calls::new(SETTINGS);
        let mut out = Vec::new();
        for arrival in &arrivals {
            calls.on(arrival, None, &mut out);
        }
        calls.advance(Time(1_000_000_000_000), &mut out);
        assert_eq!(calls.live(), 0, "flood {kind}");
    }
}
