//! Takes forged captures, gives what the reader makes of them to assertions, never a file outside the repository.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::forge::{Pcap, Pcapng};
use super::{ByteOrder, CaptureInfo, Compression, Format, Options, Reader};
use crate::base::{Error, Time};

/// What a test looks at in a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    capture: u32,
    frame: u32,
    time: i64,
    link: u16,
    data: Vec<u8>,
    wire_len: u32,
}

fn read_paths(paths: &[PathBuf]) -> (Vec<Seen>, Vec<CaptureInfo>) {
    let mut reader = Reader::open(paths, Options { hash: true, ..Options::default() }).unwrap();
    let (mut seen, mut clock) = (Vec::new(), Time::MIN);
    while let Some(batch) = reader.next_batch().unwrap() {
        assert_eq!(batch.clock, clock);
        assert_eq!(batch.frames().count() as u64, batch.frame_count());
        for frame in batch.frames() {
            clock = clock.max(frame.time);
            assert_eq!(frame.clock, clock);
            assert_eq!(frame.origin.serial, seen.len() as u64);
            seen.push(Seen {
                capture: frame.origin.capture,
                frame: frame.origin.frame,
                time: frame.time.0,
                link: frame.link.0,
                data: frame.data.to_vec(),
                wire_len: frame.wire_len,
            });
        }
        reader.recycle(batch);
    }
    assert_eq!(reader.first_time().map(|time| time.0), seen.first().map(|frame| frame.time));
    let infos = reader.into_infos();
    assert_eq!(infos.iter().map(|info| info.frames).sum::<u64>(), seen.len() as u64);
    (seen, infos)
}

fn write(directory: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = directory.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn read(bytes: &[u8]) -> (Vec<Seen>, CaptureInfo) {
    let directory = tempfile::tempdir().unwrap();
    let (seen, mut infos) = read_paths(&[write(directory.path(), "a", bytes)]);
    (seen, infos.pop().unwrap())
}

fn times(seen: &[Seen]) -> Vec<i64> {
    seen.iter().map(|frame| frame.time).collect()
}

fn numbered(count: u32) -> Pcap {
    let mut pcap = Pcap::plain();
    for n in 0..count {
        pcap.add(1_000 + n, n, format!("packet number {n} of some length").as_bytes());
    }
    pcap
}

#[test]
fn classic_in_every_resolution_and_byte_order() {
    for order in [ByteOrder::Little, ByteOrder::Big] {
        for (magic, nanos) in [(0xa1b2_c3d4, 7_000), (0xa1b2_3c4d, 7), (0xa1b2_cd34, 7_000)] {
            // FCS bits in the upper half of the link type; no snapshot length.
            let (seen, info) = read(&Pcap::new(magic, order, 0, 0x1400_0001).record(5, 7, b"abc").record(6, 0, b"").bytes);
            assert_eq!(times(&seen), [5_000_000_000 + nanos, 6_000_000_000], "{order:?} {magic:x}");
            assert_eq!((&seen[0].data[..], seen[0].link, seen[1].frame), (&b"abc"[..], 1, 2));
            assert_eq!((info.format, info.link_types), (Format::Pcap, vec!["ETHERNET".to_owned()]));
            assert!(!info.truncated && info.damage.is_empty());
        }
    }
}

#[test]
fn header_only_is_an_empty_capture() {
    let (seen, info) = read(&Pcap::plain().bytes);
    assert!(seen.is_empty() && info.first_time.is_none() && !info.truncated);
    assert_eq!(info.bytes, 24);
}

#[test]
fn captured_length_above_wire_length_is_tolerated() {
    let mut pcap = Pcap::plain().record(1, 0, b"abcd");
    pcap.bytes[24 + 12] = 2;
    let (seen, info) = read(&pcap.bytes);
    assert_eq!((seen[0].data.len(), seen[0].wire_len, info.damage.len()), (4, 2, 0));
}

#[test]
fn sections_of_both_byte_orders_with_several_interfaces() {
    let bytes = |order| {
        let ng = Pcapng::new(order);
        let binary = ng.option(9, &[0x80 | 10]);
        let offset = i64::to_le_bytes(-3);
        let shifted = [ng.option(9, &[9]), ng.option(14, &if order == ByteOrder::Big { i64::to_be_bytes(-3) } else { offset })].concat();
        let obsolete = [&[0, 1][..], &[0, 0]].concat();
        let obsolete = if order == ByteOrder::Big { obsolete } else { vec![1, 0, 0, 0] };
        let body = [&obsolete[..], &ng.words(&[0, 1_024 * 9, 3, 3]), b"old"].concat();
        let simple = [&ng.words(&[100])[..], &[7; 100]].concat();
        ng.interface(1, 64, &[])
            .interface(113, 0, &binary)
            .block(0x4000_0bad, b"custom")
            .interface(276, 0, &shifted)
            .packet(0, 4_000_000, b"one")
            .packet(1, 5 * 1_024 + 512, b"three")
            .block(4, b"\0\0\0\0")
            .packet(2, 10_000_000_001, b"five!")
            .block(2, &body)
            .block(3, &simple[..4 + 64])
            .block(0x77, b"unknown to all")
            .bytes
    };
    for (first, second) in [(ByteOrder::Little, ByteOrder::Big), (ByteOrder::Big, ByteOrder::Little)] {
        let (seen, info) = read(&[bytes(first), bytes(second)].concat());
        assert_eq!(info.damage, []);
        assert_eq!(info.link_types, ["ETHERNET", "LINUX_SLL", "LINUX_SLL2"]);
        let (one, two) = seen.split_at(5);
        assert_eq!(times(one), [4_000_000_000, 5_500_000_000, 7_000_000_001, 9_000_000_000, 9_000_000_000]);
        assert_eq!(one.iter().map(|f| f.link).collect::<Vec<_>>(), [1, 113, 276, 113, 1]);
        assert_eq!((one[4].data.len(), one[4].wire_len), (64, 100));
        assert_eq!(one[3].data, b"old");
        assert_eq!(times(two)[..4], times(one)[..4]);
        assert_eq!(two[4].frame, 10);
    }
}

#[test]
fn statistics_and_secrets_are_kept() {
    for order in [ByteOrder::Little, ByteOrder::Big] {
        let ng = Pcapng::new(order).interface(1, 0, &[]);
        let count = |n: u64| if order == ByteOrder::Big { n.to_be_bytes() } else { n.to_le_bytes() };
        let statistics = |n| [ng.words(&[0, 0, 0]), ng.option(5, &count(n)), ng.option(7, &count(1))].concat();
        let (early, late) = (statistics(3), statistics(10));
        let secrets = [ng.words(&[0x544c_534b, 5]), b"ABCDE".to_vec()].concat();
        let (_, info) = read(&ng.block(5, &early).block(10, &secrets).block(5, &late).bytes);
        assert_eq!(info.dropped, 11);
        assert_eq!((info.secrets[0].kind, &info.secrets[0].data[..]), (0x544c_534b, &b"ABCDE"[..]));
        assert_eq!(info.damage, []);
    }
}

#[test]
fn a_record_larger_than_a_batch() {
    let big = vec![9; 3 << 20];
    let pcap = Pcap::new(0xa1b2_c3d4, ByteOrder::Little, 8 << 20, 1).record(1, 0, b"a").record(2, 0, &big).record(3, 0, b"b");
    let (seen, info) = read(&pcap.bytes);
    assert_eq!(seen.iter().map(|f| f.data.len()).collect::<Vec<_>>(), [1, 3 << 20, 1]);
    assert_eq!(info.damage, []);
}

#[test]
fn classic_goes_on_after_damage() {
    let mut bytes = numbered(40).bytes;
    let whole = read(&bytes).0;
    // The captured length of the eleventh record becomes absurd.
    let at = bytes.windows(18).position(|w| w == b"packet number 10 o").unwrap() - 16;
    bytes[at + 11] = 0xff;
    let (seen, info) = read(&bytes);
    assert_eq!(seen.len(), 39);
    assert_eq!(
        seen.iter().map(|f| &f.data).collect::<Vec<_>>(),
        whole.iter().filter(|f| f.frame != 11).map(|f| &f.data).collect::<Vec<_>>()
    );
    let [damage] = &info.damage[..] else { panic!("{:?}", info.damage) };
    assert_eq!((damage.offset, damage.after_frame), (at as u64, 10));
    assert_eq!(damage.resumed_at, Some((at + 16 + "packet number 10 of some length".len()) as u64));
    assert!(!info.truncated);
}

#[test]
fn a_hole_of_zeros_is_no_packets() {
    let mut bytes = numbered(10).bytes;
    bytes.extend([0; 4_096]);
    bytes.extend(&numbered(10).bytes[24..]);
    let (seen, info) = read(&bytes);
    assert_eq!((seen.len(), info.damage.len()), (20, 1));
}

#[test]
fn a_lying_length_near_the_end_is_no_cut() {
    let mut bytes = numbered(20).bytes;
    let at = bytes.windows(18).position(|w| w == b"packet number 10 o").unwrap() - 16;
    bytes[at + 9] = 0x40;
    let (seen, info) = read(&bytes);
    assert_eq!((seen.len(), info.truncated, info.damage.len()), (19, false, 1));
}

#[test]
fn pcapng_goes_on_after_damage_even_if_bytes_are_missing() {
    let mut ng = Pcapng::new(ByteOrder::Big).interface(1, 0, &[]);
    for n in 0..20_u64 {
        ng = ng.packet(0, n, format!("packet number {n}").as_bytes());
    }
    let at = ng.bytes.windows(16).position(|w| w == b"packet number 10").unwrap();
    let mut bytes = ng.bytes;
    bytes.splice(at..at + 3, []);
    let (seen, info) = read(&bytes);
    assert_eq!(seen.len(), 19);
    assert_eq!((info.damage.len(), info.damage[0].after_frame), (1, 10));
    assert_eq!(info.damage[0].offset, at as u64 - 28);
}

#[test]
fn packets_that_name_no_interface_are_damage() {
    let ng = Pcapng::new(ByteOrder::Little).packet(0, 1, b"early").interface(1, 0, &[]).packet(0, 2, b"good").packet(9, 3, b"bad");
    let (seen, info) = read(&ng.packet(0, 4, b"good").bytes);
    assert_eq!(seen.iter().map(|f| &f.data[..]).collect::<Vec<_>>(), [b"good", b"good"]);
    assert_eq!(info.damage.iter().map(|d| (d.after_frame, d.resumed_at.is_some())).collect::<Vec<_>>(), [(0, true), (1, true)]);
}

#[test]
fn every_prefix_keeps_what_precedes_the_cut() {
    let classic = numbered(8).bytes;
    let mut ng = Pcapng::new(ByteOrder::Little).interface(1, 0, &[]);
    for n in 0..8_u64 {
        ng = ng.packet(0, n, format!("packet number {n}").as_bytes());
    }
    for bytes in [classic, ng.bytes] {
        let whole = read(&bytes).0;
        let smallest = if bytes[0] == 0x0a { 12 } else { 24 };
        let mut before = 0;
        for length in smallest..=bytes.len() {
            let (seen, info) = read(&bytes[..length]);
            assert_eq!(seen, whole[..seen.len()]);
            assert!(seen.len() == before || seen.len() == before + 1);
            before = seen.len();
            assert_eq!(info.truncated, !info.damage.is_empty());
        }
        assert_eq!(before, 8);
    }
}

fn packed(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    match compression {
        Compression::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap();
        }
        Compression::Zstd => packed = zstd::encode_all(bytes, 1).unwrap(),
        Compression::Lz4 => {
            let info = lz4_flex::frame::FrameInfo::new().block_size(lz4_flex::frame::BlockSize::Max64KB);
            let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, &mut packed);
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap();
        }
        Compression::Xz => packed = liblzma::encode_all(bytes, 1).unwrap(),
        Compression::Bzip2 => {
            let mut encoder = bzip2::write::BzEncoder::new(&mut packed, bzip2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap();
        }
    }
    packed
}

const ALL: [Compression; 5] = [Compression::Gzip, Compression::Zstd, Compression::Lz4, Compression::Xz, Compression::Bzip2];

#[test]
fn compressed_in_several_members() {
    let bytes = numbered(3_000).bytes;
    let whole = read(&bytes).0;
    for compression in ALL {
        let (one, two) = bytes.split_at(70_001);
        let file = [packed(compression, one), packed(compression, two)].concat();
        let (seen, info) = read(&file);
        assert_eq!(seen, whole, "{compression:?}");
        assert_eq!((info.compression, info.bytes, info.truncated), (Some(compression), file.len() as u64, false));
    }
}

#[test]
fn compressed_and_cut_keeps_what_was_unpacked() {
    let mut state = 7_u32;
    let mut pcap = Pcap::plain();
    for n in 0..20_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        pcap.add(n, 0, format!("packet number {n} {state} {}", state.rotate_left(9)).as_bytes());
    }
    let whole = read(&pcap.bytes).0;
    for compression in ALL {
        let file = packed(compression, &pcap.bytes);
        let (seen, info) = read(&file[..file.len() * 3 / 4]);
        assert!(seen.len() > 500 && seen.len() < 20_000, "{compression:?} {}", seen.len());
        assert_eq!(seen, whole[..seen.len()]);
        assert!(info.truncated && info.damage.len() == 1, "{compression:?} {:?}", info.damage);
        assert!(info.damage[0].what.contains("compressed"));
    }
}

#[test]
fn the_hash_is_that_of_the_file_also_behind_damage() {
    // SHA-256 as sha256sum gives it for the bytes below.
    let (_, info) = read(&Pcap::plain().bytes);
    assert_eq!(info.sha256.as_deref(), Some("acc530668c8bc60b2d229281130b1899bfc81d70fdada5c34b3236c628f739c8"));
    let file = packed(Compression::Gzip, &numbered(9).bytes);
    let longer = [&file[..], b"rubbish after the end"].concat();
    assert_eq!(read(&longer).1.bytes, longer.len() as u64);
}

fn cut(bytes: &[u8], records: &[usize], pieces: usize) -> (tempfile::TempDir, Vec<PathBuf>) {
    let directory = tempfile::tempdir().unwrap();
    let paths = (0..pieces)
        .map(|piece| {
            let (from, to) = (records[piece * (records.len() - 1) / pieces], records[(piece + 1) * (records.len() - 1) / pieces]);
            write(directory.path(), &format!("{piece}.pcap"), &[&bytes[..24], &bytes[from..to]].concat())
        })
        .collect();
    (directory, paths)
}

#[test]
fn a_capture_cut_in_pieces_is_the_same_capture() {
    // Time stamps up to four milliseconds out of order; more than one batch.
    let (mut pcap, mut records) = (Pcap::plain(), vec![24]);
    for n in 0..40_000_u32 {
        let micros = n * 400 - (n.wrapping_mul(2_654_435_761) >> 20).min(n * 400);
        pcap.add(micros / 1_000_000, micros % 1_000_000, &[n as u8; 50]);
        records.push(pcap.bytes.len());
    }
    let plain = |seen: Vec<Seen>| seen.into_iter().map(|f| (f.time, f.data)).collect::<Vec<_>>();
    let whole = plain(read(&pcap.bytes).0);
    for pieces in [2, 7, 100] {
        let (_directory, paths) = cut(&pcap.bytes, &records, pieces);
        let (seen, infos) = read_paths(&paths);
        assert_eq!(infos.len(), pieces);
        assert!(plain(seen) == whole, "{pieces}");
    }
}

#[test]
fn files_that_overlap_are_merged_by_time() {
    let directory = tempfile::tempdir().unwrap();
    let (mut even, mut odd) = (Pcap::plain(), Pcap::plain());
    for n in 0..30_000_u32 {
        if n % 2 == 0 { &mut even } else { &mut odd }.add(n / 1_000, n % 1_000 * 1_000, &[n as u8; 60]);
    }
    // Three more that begin later: within the first two, at the same time as one of their frames, and behind them all.
    let inside = Pcap::plain().record(3, 500, b"inside").record(4, 0, b"same time");
    let behind = Pcap::plain().record(90, 0, b"behind");
    let paths = [
        write(directory.path(), "z-behind", &behind.bytes),
        write(directory.path(), "b-odd", &odd.bytes),
        write(directory.path(), "c-inside", &inside.bytes),
        write(directory.path(), "a-even", &even.bytes),
        write(directory.path(), "empty", &Pcap::plain().bytes),
    ];
    let (seen, infos) = read_paths(&paths);
    assert_eq!(seen.len(), 30_003);
    assert!(times(&seen).is_sorted());
    let names = infos.iter().map(|info| info.path.file_name().unwrap().to_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(names, ["empty", "a-even", "b-odd", "c-inside", "z-behind"]);
    let same = seen.iter().position(|f| f.data == b"same time").unwrap();
    assert_eq!((seen[same - 1].time, seen[same - 1].capture), (4_000_000_000, 1));
    for capture in 0..5 {
        let frames = seen.iter().filter(|f| f.capture == capture).map(|f| f.frame);
        assert!(frames.eq(1..=infos[capture as usize].frames as u32));
    }
}

#[test]
fn directories_and_patterns_are_searched_and_named_twice_is_once() {
    let directory = tempfile::tempdir().unwrap();
    let below = directory.path().join("below");
    std::fs::create_dir(&below).unwrap();
    write(&below, "late.cap", &Pcap::plain().record(9, 0, b"late").bytes);
    write(directory.path(), "early", &packed(Compression::Zstd, &Pcap::plain().record(1, 0, b"early").bytes));
    write(directory.path(), "README", b"no capture");
    write(directory.path(), "nothing", b"");
    let inputs = [directory.path().to_owned(), directory.path().join("ear*")];
    let (seen, infos) = read_paths(&inputs);
    assert_eq!(seen.iter().map(|f| &f.data[..]).collect::<Vec<_>>(), [&b"early"[..], b"late"]);
    assert_eq!(infos.len(), 2);
}

#[test]
fn what_is_no_capture_is_an_error_that_names_it() {
    let directory = tempfile::tempdir().unwrap();
    let empty = tempfile::tempdir().unwrap();
    for (path, expected) in [
        (directory.path().join("missing"), "no such file"),
        (directory.path().join("miss*"), "matches no file"),
        (empty.path().to_owned(), "holds no capture"),
        (write(directory.path(), "empty", b""), "the file is empty"),
        (write(directory.path(), "text", b"INVITE sip:"), "not a capture"),
        (write(directory.path(), "short", &Pcap::plain().bytes[..20]), "offset 20"),
        (write(directory.path(), "packed", &[0x1f, 0x8b, 8]), "compressed data"),
    ] {
        match Reader::open(std::slice::from_ref(&path), Options::default()) {
            Err(Error::Input { path: named, why }) => {
                assert_eq!(named, path);
                assert!(why.contains(expected), "{why}");
            }
            other => panic!("{path:?}: {other:?}"),
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]
    #[test]
    fn any_mutation_is_read_to_an_end(kind in 0..2, changes in proptest::collection::vec((0_usize..2_000, 0_u8..=255), 0..12), length in 12_usize..2_000) {
        let mut bytes = if kind == 0 { numbered(30).bytes } else {
            let mut ng = Pcapng::new(ByteOrder::Big).interface(1, 0, &[]);
            for n in 0..30_u64 {
                ng = ng.packet(0, n, b"some packet or other").block(5, &[0; 12]);
            }
            ng.bytes
        };
        for (at, byte) in changes {
            if let Some(place) = bytes.get_mut(at) { *place = byte }
        }
        bytes.truncate(length);
        let directory = tempfile::tempdir().unwrap();
        let path = write(directory.path(), "a", &bytes);
        if Reader::open(std::slice::from_ref(&path), Options::default()).is_ok() {
            let (seen, _) = read_paths(&[path]);
            proptest::prop_assert!(seen.len() <= bytes.len() / 16);
        }
    }
}

/// Every capture below `SPEERLINT_CAPTURES` has as many frames as tshark counted in the `.truth.json` beside it.
#[test]
#[ignore = "needs SPEERLINT_CAPTURES, a directory of captures with tshark's truth"]
fn frames_are_those_that_tshark_counts() {
    let Some(directory) = std::env::var_os("SPEERLINT_CAPTURES") else { panic!("SPEERLINT_CAPTURES is not set") };
    let reader = Reader::open(&[PathBuf::from(&directory)], Options::default()).unwrap();
    let (mut checked, mut wrong) = (0, Vec::new());
    for path in reader.infos().iter().map(|info| info.path.clone()) {
        let mut truth = path.clone().into_os_string();
        truth.push(".truth.json");
        let Ok(truth) = std::fs::read(truth) else { continue };
        let truth: serde_json::Value = serde_json::from_slice(&truth).unwrap();
        let (seen, infos) = read_paths(std::slice::from_ref(&path));
        if truth["frames"] != seen.len() || infos[0].sha256.as_deref() != truth["sha256"].as_str() {
            wrong.push((path, seen.len(), truth["frames"].clone(), infos[0].damage.clone()));
        }
        checked += 1;
    }
    assert!(wrong.is_empty(), "of {checked}: {wrong:#?}");
    assert!(checked > 0);
}
