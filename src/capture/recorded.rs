//! Takes a batch, gives its frames with what their records say beside them, never changes a word of it.

use super::record::{PacketBlock, Record, block_head};
use super::{Batch, ByteOrder, Frame, Interface, Layout, Run};

/// A frame, and how its capture wrote it.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    /// The frame.
    pub frame: Frame<'a>,
    /// The number of its interface in its section.
    pub number: u32,
    /// That interface.
    pub interface: &'a Interface,
    /// Its time stamp in units of the interface.
    pub ticks: u64,
    /// The options of its block, as they stand there; classic records have none.
    options: &'a [u8],
    order: ByteOrder,
}

impl Batch {
    /// Its frames with their records, in order.
    pub fn recordings(&self) -> impl Iterator<Item = Recorded<'_>> {
        let mut frames = self.frames();
        std::iter::from_fn(move || frames.step()).filter_map(|(frame, run, record)| recorded(&self.bytes, frame, run, &record))
    }
}

/// A frame with what its record says; every record that was walked says all of it.
fn recorded<'a>(bytes: &'a [u8], frame: Frame<'a>, run: &'a Run, record: &Record) -> Option<Recorded<'a>> {
    let block = match run.layout {
        Layout::Classic { .. } => None,
        Layout::Pcapng => {
            let whole = bytes.get(record.whole.clone())?;
            let (kind, _) = block_head(whole, run.order)?;
            Some((PacketBlock::read(kind, whole, run.order)?, whole))
        }
    };
    let number = block.as_ref().map_or(0, |(block, _)| block.interface);
    let interface = run.interfaces.get(number as usize)?;
    let options = block.as_ref().filter(|(block, _)| block.ticks.is_some()).and_then(|(block, whole)| {
        let begin = (block.data + block.caplen as usize).next_multiple_of(4);
        whole.get(begin..whole.len().checked_sub(4)?)
    });
    let ticks = block.as_ref().and_then(|(block, _)| block.ticks).unwrap_or_else(|| interface.ticks(frame.time));
    Some(Recorded { frame, number, interface, ticks, options: options.unwrap_or_default(), order: run.order })
}

impl<'a> Recorded<'a> {
    /// The comments that the capture holds about it.
    pub fn comments(&self) -> impl Iterator<Item = &'a [u8]> {
        self.options(1)
    }

    /// The flags of the block: direction, reception, errors of the link layer.
    #[must_use]
    pub fn flags(&self) -> Option<u32> {
        self.options(2).find_map(|value| value.try_into().ok().map(|value| self.order.u32(value)))
    }

    fn options(&self, wanted: u16) -> impl Iterator<Item = &'a [u8]> {
        let (mut rest, order) = (self.options, self.order);
        std::iter::from_fn(move || {
            let ([a, b, c, d], behind) = rest.split_first_chunk::<4>()?;
            let (code, length) = (order.u16([*a, *b]), usize::from(order.u16([*c, *d])));
            let value = behind.get(..length)?;
            rest = behind.get(length.next_multiple_of(4)..).unwrap_or_default();
            (code != 0).then_some((code, value))
        })
        .filter_map(move |(code, value)| (code == wanted).then_some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::super::forge::{Pcap, Pcapng};
    use super::super::{Options, Reader};
    use super::*;

    fn read(name: &str, bytes: &[u8], check: impl Fn(&[Recorded<'_>])) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let mut reader = Reader::open(&[path], Options::default()).unwrap();
        let batch = reader.next_batch().unwrap().unwrap();
        let recordings: Vec<_> = batch.recordings().collect();
        let frames: Vec<_> = batch.frames().map(|f| (f.origin, f.time, f.clock, f.data.to_vec())).collect();
        assert_eq!(
            recordings.iter().map(|r| (r.frame.origin, r.frame.time, r.frame.clock, r.frame.data.to_vec())).collect::<Vec<_>>(),
            frames
        );
        check(&recordings);
    }

    #[test]
    fn classic_records_keep_their_fraction() {
        let capture = Pcap::new(0xa1b2_3c4d, ByteOrder::Big, 96, 1).record(7, 123_456_789, b"packet");
        read("a.pcap", &capture.bytes, |recordings| {
            assert_eq!((recordings[0].ticks, recordings[0].interface.snaplen), (7_123_456_789, 96));
            assert_eq!(recordings[0].comments().count(), 0);
        });
    }

    #[test]
    fn blocks_keep_interface_comments_and_flags() {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let capture = Pcapng::new(order).interface(1, 0, &[]).interface(101, 60, &[]);
            let options = [capture.option(1, b"first"), capture.option(2, &capture.words(&[1])), capture.option(1, b"second")].concat();
            let body = [capture.words(&[1, 0, 5_000_000, 3, 9]), b"abc\0".to_vec(), options].concat();
            let capture = capture.block(6, &body).packet(0, 6_000_000, b"plain");
            read("a.pcapng", &capture.bytes, |recordings| {
                let [first, second] = recordings else { panic!("{recordings:?}") };
                assert_eq!((first.number, first.interface.link.0, first.ticks, first.frame.wire_len), (1, 101, 5_000_000, 9));
                assert_eq!(first.comments().collect::<Vec<_>>(), [&b"first"[..], b"second"]);
                assert_eq!((first.flags(), second.flags(), second.number), (Some(1), None, 0));
            });
        }
    }
}
