//! How often a tool asks the server, and how long it takes.

use std::error::Error;
use std::time::{Duration, Instant};

use migrate_testkit::postgres::{Client, NoTls};
use tempfile::TempDir;

use crate::Done;
use crate::chain;
use crate::line::Line;
use crate::server::{address, at_head, database};
use crate::table::{head, median, row, time};
use crate::tools::{Tool, Upgrade};

/// A tool that has read a chain, and the folder of the chain.
fn prepared(tool: Tool, count: usize) -> Result<Option<(Upgrade, TempDir)>, Box<dyn Error>> {
    let folder = TempDir::new()?;
    let upgrade = tool.prepare(chain::generated(count), folder.path())?;
    Ok(upgrade.map(|upgrade| (upgrade, folder)))
}

/// The round trips of an upgrade of this database.
fn trips_of(upgrade: &Upgrade, url: &str, server: &str) -> Result<usize, Box<dyn Error>> {
    let line = Line::new(server.to_owned(), Duration::ZERO, 0)?;
    upgrade(&line.url(url, server))?;
    Ok(line.trips())
}

/// Round trips after the login: nothing to do, and for a revision of an upgrade of so many.
pub(crate) fn trips(sizes: &[usize]) -> Done {
    let (first, last) = (sizes[0], sizes[sizes.len() - 1]);
    let upgrade = format!("an upgrade of {last}");
    head("round trips", ["nothing to do".to_owned(), upgrade, "for each revision".to_owned()]);
    for tool in Tool::all_with_history() {
        let mut upgrades = Vec::new();
        let mut nothing = 0;
        for count in [first, last] {
            let Some((upgrade, _folder)) = prepared(tool, count)? else { continue };
            let database = database()?;
            let server = address(&database);
            upgrades.push(trips_of(&upgrade, database.url(), &server)?);
            nothing = trips_of(&upgrade, database.url(), &server)?;
        }
        let [few, many] = upgrades[..] else { continue };
        let each = (many - few) as f64 / (last - first) as f64;
        row(tool.name(), [nothing.to_string(), many.to_string(), format!("{each:.2}")]);
    }
    Ok(())
}

/// How often a short thing is measured.
const OFTEN: usize = 61;

/// A start with nothing to do, the connection included; beside a connection to the same database and
/// `SELECT 1`. The two take turns, so that a bad moment meets both.
pub(crate) fn start(sizes: &[usize]) -> Done {
    let columns = sizes.iter().map(|count| format!("{count} revisions"));
    let columns = columns.flat_map(|column| [column, "of `SELECT 1`".to_owned()]);
    head("nothing to do, login included", columns);
    let mut least = vec![Vec::new(); sizes.len()];
    for tool in Tool::all_with_history() {
        let mut cells = Vec::new();
        for (&count, least) in sizes.iter().zip(&mut least) {
            let Some((upgrade, _folder)) = prepared(tool, count)? else { continue };
            let database = at_head(&upgrade)?;
            let (mut times, mut floor) = (Vec::new(), Vec::new());
            for _ in 0..OFTEN {
                times.push(took(|| Ok(upgrade(database.url())?))?);
                floor.push(took(|| {
                    Client::connect(database.url(), NoTls)?.simple_query("SELECT 1")?;
                    Ok(())
                })?);
            }
            let (times, floor) = (median(times), median(floor));
            let ratio = times.as_secs_f64() / floor.as_secs_f64();
            cells.extend([time(times), format!("{ratio:.2}")]);
            least.push(floor);
        }
        row(tool.name(), cells);
    }
    let cells = least.into_iter().flat_map(|times| [time(median(times)), "1.00".to_owned()]);
    row("login and `SELECT 1`", cells.collect::<Vec<_>>());
    Ok(())
}

/// How long it takes.
fn took(work: impl Fn() -> Done) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}

/// How often an upgrade is measured, and how often a short one. The tools take turns, so that a bad moment
/// meets all of them.
const ROUNDS: usize = 7;
const ROUNDS_OF_SHORT: usize = 21;
const SHORT: usize = 500;
/// What takes longer is measured once.
const LONG: Duration = Duration::from_secs(10);

/// An upgrade from empty, on a server beside it.
pub(crate) fn upgrade(sizes: &[usize]) -> Done {
    let columns = sizes.iter().map(|count| format!("{count} revisions"));
    let columns: Vec<String> =
        columns.flat_map(|column| [column, "of the fastest".to_owned()]).collect();
    let mut rows: Vec<(Tool, Vec<Duration>)> = Vec::new();
    for &count in sizes {
        let mut tools = Vec::new();
        for tool in Tool::ALL {
            if let Some((upgrade, folder)) = prepared(tool, count)? {
                tools.push((tool, upgrade, folder, Vec::new()));
            }
        }
        let rounds = if count < SHORT { ROUNDS_OF_SHORT } else { ROUNDS };
        for round in 0..rounds {
            let turn = round % tools.len();
            tools.rotate_left(turn);
            for (_, upgrade, _, times) in &mut tools {
                let database = database()?;
                times.push(took(|| Ok(upgrade(database.url())?))?);
            }
        }
        for (tool, _, _, times) in tools {
            match rows.iter_mut().find(|(it, _)| *it == tool) {
                Some((_, medians)) => medians.push(median(times)),
                None => rows.push((tool, vec![median(times)])),
            }
        }
    }
    rows.sort_by_key(|(tool, _)| Tool::ALL.iter().position(|it| it == tool));
    head("an upgrade from empty, login included", columns);
    let fastest = |at: usize| rows.iter().filter_map(|(_, times)| times.get(at)).min();
    for (tool, times) in &rows {
        let cells = times.iter().enumerate().flat_map(|(at, &took)| {
            let ratio = fastest(at).map_or(1.0, |best| took.as_secs_f64() / best.as_secs_f64());
            [time(took), format!("{ratio:.2}")]
        });
        row(tool.name(), cells.collect::<Vec<_>>());
    }
    Ok(())
}

/// The latency of a server that is far away, there and back.
const FAR: Duration = Duration::from_millis(5);

/// The same over a line that is slow.
pub(crate) fn far(sizes: &[usize]) -> Done {
    let columns = sizes.iter().map(|count| format!("{count} revisions at {}", time(FAR)));
    head("an upgrade from empty, far away", columns);
    for tool in Tool::ALL {
        let mut cells = Vec::new();
        for &count in sizes {
            let Some((upgrade, _folder)) = prepared(tool, count)? else { continue };
            let mut times = Vec::new();
            while times.len() < ROUNDS && times.iter().all(|time| *time < LONG) {
                let database = database()?;
                let server = address(&database);
                let line = Line::new(server.clone(), FAR, 0)?;
                let url = line.url(database.url(), &server);
                times.push(took(|| Ok(upgrade(&url)?))?);
            }
            cells.push(time(median(times)));
        }
        row(tool.name(), cells);
    }
    Ok(())
}
