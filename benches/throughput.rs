//! Takes generated captures, gives what each stage makes of them in a second, never a file of its user.

mod traffic;

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use speerlint::base::Result;
use speerlint::capture::{Batch, Options, Reader};
use speerlint::packet::{Packet, decode};
use speerlint::sip;

use traffic::Kind;

/// Enough for a steady state, small enough for a cache of the file system.
const SIZE: u64 = 32 << 20;

fn batches(path: &PathBuf) -> Result<Vec<Batch>> {
    let mut reader = Reader::open(std::slice::from_ref(path), Options::default())?;
    let mut batches = Vec::new();
    while let Some(batch) = reader.next_batch()? {
        batches.push(batch);
    }
    Ok(batches)
}

fn datagrams(batches: &[Batch]) -> impl Iterator<Item = &[u8]> {
    batches.iter().flat_map(Batch::frames).filter_map(|frame| match decode(&frame).0 {
        Packet::Udp(datagram) => Some(datagram.payload),
        _ => None,
    })
}

/// Reading and walking over records, buffers used again as the pipeline does.
fn walk(path: &PathBuf) -> Result<u64> {
    let mut reader = Reader::open(std::slice::from_ref(path), Options::default())?;
    let mut bytes = 0;
    while let Some(batch) = reader.next_batch()? {
        bytes += batch.frames().map(|frame| u64::from(frame.wire_len)).sum::<u64>();
        reader.recycle(batch);
    }
    Ok(bytes)
}

fn bench(criterion: &mut Criterion) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    for kind in [Kind::Signalling, Kind::Media] {
        let path = directory.path().join(format!("{kind:?}.pcap").to_lowercase());
        let mut capture = Vec::new();
        let written = traffic::write(kind, SIZE, &mut capture)?;
        std::fs::write(&path, &capture)?;
        let batches = batches(&path)?;
        let mut group = criterion.benchmark_group(format!("{kind:?}").to_lowercase());
        group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(5)).sample_size(20);
        group.throughput(Throughput::Elements(written.packets));
        group.bench_function("read and walk", |bench| bench.iter(|| walk(&path).map(black_box)));
        group.bench_function("decode", |bench| bench.iter(|| datagrams(&batches).map(<[u8]>::len).sum::<usize>()));
        if kind == Kind::Signalling {
            let messages = datagrams(&batches).map(Box::from).collect::<Vec<Box<[u8]>>>();
            group.throughput(Throughput::Bytes(messages.iter().map(|message| message.len() as u64).sum()));
            group.bench_function("scan", |bench| {
                bench.iter(|| {
                    messages.iter().filter_map(|message| sip::parse(message, false)).map(|sip| sip.headers().len()).sum::<usize>()
                });
            });
        }
        group.finish();
    }
    Ok(())
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    bench(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}
