//! What the runner takes of the memory beside the text of the chain: as much for a long chain as for a short one. And
//! what a check takes of bad chains: twice as much for twice as many mistakes.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use actorhub_schema::migrations::CHAIN;
use allocation_counter::{AllocationInfo, measure};
use migrate_core::analysis::{analyse, lint};
use migrate_core::chain::Config;
use migrate_core::{Chain, Folder, Runner, check, files};
use migrate_testkit::{Server, postgres::Client};

#[path = "../../migrate-core/benches/analysis/generated.rs"]
mod generated;
#[path = "memory/inputs.rs"]
mod inputs;

fn chain(count: usize) -> Chain<'static> {
    let files = generated::files(count);
    let texts = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    check(Folder::of_texts("migrations", texts)).unwrap()
}

/// What a start allocates.
fn start(chain: &Chain<'static>, client: &mut Client) -> AllocationInfo {
    measure(|| {
        Runner::new(chain).upgrade(client).unwrap();
    })
}

#[test]
fn a_long_chain_takes_no_more_memory_than_a_short_one() {
    let measured = [50, 500].map(|count| {
        let (chain, database) =
            (chain(count), Server::shared().unwrap().database("memory").unwrap());
        let mut client = database.connect().unwrap();
        let (first, then) = (start(&chain, &mut client), start(&chain, &mut client));
        println!(
            "{count} revisions: {} B at most, {} B with nothing to do",
            first.bytes_max, then.bytes_max
        );
        (first, then)
    });
    let [(short, short_then), (long, long_then)] = measured;
    // With nothing to do it holds one question and one row.
    assert!(short_then.bytes_max < 4_096 && long_then.bytes_max < 4_096);
    assert!(
        long_then.count_total.abs_diff(short_then.count_total) < 8,
        "{long_then:?}, {short_then:?}"
    );
    // An upgrade holds a message, as long as many revisions are, and of each revision its place in the plan.
    let of_each = long.bytes_max.saturating_sub(short.bytes_max) / 450;
    assert!(of_each < 1_024, "{of_each} B for each revision");
}

/// What migrations return is thrown away as it comes.
#[test]
fn a_million_rows_take_no_memory() {
    let text = "-- revision: r1\n-- message: Rows\n-- irreversible: nothing\n-- migrate:up\n\
                SELECT n, repeat('x', 50) FROM generate_series(1, 1000000) n;\n";
    let chain = check(Folder::of_texts("m", [("r1.sql", text)])).unwrap();
    let database = Server::shared().unwrap().database("rows").unwrap();
    for runner in [Runner::new(&chain), Runner::new(&chain).single_transaction()] {
        let mut client = database.connect().unwrap();
        client.batch_execute("DROP TABLE IF EXISTS migrate_history, migrate_log, migrate_layout, migrate_progress; DROP SEQUENCE IF EXISTS migrate_statement").unwrap();
        let taken = measure(|| {
            let report = runner.upgrade(&mut client).unwrap();
            assert_eq!(report.report().done.len(), 1);
        });
        println!("a million rows: {} B at most", taken.bytes_max);
        assert!(taken.bytes_max < 1 << 20, "{taken:?}");
    }
    // The other client.
    let database = Server::shared().unwrap().database("rows").unwrap();
    let taken = measure(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(database.url(), tokio_postgres::NoTls).await.unwrap();
            let connection = tokio::spawn(connection);
            Runner::new(&chain).upgrade_async(&client).await.unwrap();
            drop(client);
            connection.await.unwrap().unwrap();
        });
    });
    println!("a million rows, tokio: {} B at most", taken.bytes_max);
    assert!(taken.bytes_max < 1 << 20, "{taken:?}");
}

#[test]
fn an_embedded_chain_stays_packed_while_there_is_nothing_to_do() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../actorhub-schema/migrations");
    let checked = check(files::read(folder.as_ref(), "actorhub-schema/migrations")).unwrap();
    let database = Server::shared().unwrap().database("packed").unwrap();
    let mut client = database.connect().unwrap();
    start(&checked, &mut client);
    let [one, other] = [&checked, &CHAIN].map(|chain| start(chain, &mut client));
    assert_eq!((one.count_total, one.bytes_total), (other.count_total, other.bytes_total));
    assert!(checked == CHAIN, "the folder is not what is embedded");
}

/// What is allocated while a bad chain is checked, told and linted.
fn checked(files: &inputs::Files) -> AllocationInfo {
    let folder = Folder::of_texts("m", files.iter().map(|(name, text)| (&**name, &**text)));
    measure(|| {
        if let Err(rejection) = analyse(folder.clone()) {
            assert!(rejection.to_string().len() < 200_000);
        }
        if let Ok(chain) = check(folder) {
            lint(&chain, &Config::default(), |_| true);
        }
    })
}

#[test]
fn twice_as_many_mistakes_are_twice_the_work() {
    let mut wrong = Vec::new();
    for (name, make) in inputs::KINDS {
        let [small, large] = [400, 800].map(|count| checked(&make(count)));
        println!("{name}: {} and {} B", small.bytes_total, large.bytes_total);
        let times = |small: u64, large: u64| large as f64 / small.max(10_000) as f64;
        let most = [
            times(small.bytes_total, large.bytes_total),
            times(small.count_total, large.count_total),
        ];
        if most.iter().any(|times| *times > 2.5) {
            wrong.push(format!("{name}: {most:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
