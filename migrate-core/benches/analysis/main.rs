//! How long the checks of a build take, for chains of different lengths.

#![expect(clippy::expect_used, reason = "a benchmark of a broken chain is none")]

mod generated;

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use migrate_core::__private::{Threads, analyse_on};
use migrate_core::analysis::analyse;
use migrate_core::chain::{Config, lock_text};
use migrate_core::{Chain, Folder, Rejection, check};

/// A chain as a folder, with all of it deployed or nothing.
fn folder(count: usize, deployed: bool) -> Folder {
    let files = generated::files(count);
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let folder = Folder::of_texts("migrations", files);
    if !deployed {
        return folder;
    }
    let chain = check(folder.clone()).expect("a chain");
    let lock = lock_text(&chain, chain.head().id.as_str()).expect("its head");
    folder.with("chain.lock", &lock)
}

/// As the macro does it: on all cores.
fn build(folder: Folder) -> Result<Chain<'static>, Rejection> {
    analyse_on(&Threads, folder, Ok(Config::default()))
}

fn builds(criterion: &mut Criterion) {
    for (state, deployed) in [("pending", false), ("deployed", true)] {
        let mut group = criterion.benchmark_group(state);
        group.sample_size(10);
        for count in [10, 100, 1_000, 5_000] {
            let folder = folder(count, deployed);
            group.throughput(Throughput::Elements(count as u64));
            for (name, run) in
                [("check", check as fn(_) -> _), ("analyse", analyse), ("build", build)]
            {
                group.bench_with_input(
                    BenchmarkId::new(name, count),
                    &folder,
                    |bencher, folder| {
                        bencher.iter_batched(
                            || folder.clone(),
                            |folder| black_box(run(folder).expect("nothing is wrong with it")),
                            BatchSize::PerIteration,
                        );
                    },
                );
            }
        }
        group.finish();
    }
}

criterion_group!(benches, builds);
criterion_main!(benches);
