//! What a tool makes of a crowd, and of a line that breaks.

use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::Done;
use crate::chain::{self, Step};
use crate::line::Line;
use crate::server::{Ran, address, database};
use crate::table::{head, row};
use crate::tools::Tool;

/// How many revisions a crowd applies.
const REVISIONS: usize = 20;

/// So many start at once on an empty database: who of them ends well?
pub(crate) fn crowd(sizes: &[usize]) -> Done {
    head("start at once", sizes.iter().map(|count| format!("of {count}, end well")));
    for tool in Tool::all_with_history() {
        let folder = TempDir::new()?;
        let Some(upgrade) = tool.prepare(chain::generated(REVISIONS), folder.path())? else {
            continue;
        };
        let mut cells = Vec::new();
        for &count in sizes {
            let database = database()?;
            let ran: Vec<Ran> = thread::scope(|scope| {
                let run = |_| scope.spawn(|| upgrade(database.url()));
                let runs: Vec<_> = (0..count).map(run).collect();
                let join = |run: thread::ScopedJoinHandle<'_, Ran>| {
                    run.join().unwrap_or_else(|_| Err("panicked".to_owned()))
                };
                runs.into_iter().map(join).collect()
            });
            cells.push(ran.iter().filter(|ran| ran.is_ok()).count().to_string());
        }
        row(tool.name(), cells);
    }
    Ok(())
}

/// The line breaks before each round trip in turn, and the tool is started again on a sound one: does it
/// get to head?
pub(crate) fn cut() -> Done {
    head(
        "the line breaks before each round trip",
        ["stuck, in transactions", "stuck, with an index outside of one"].map(str::to_owned),
    );
    for tool in Tool::all_with_history() {
        let plain = stuck(tool, || chain::generated(4))?;
        let outside = match tool.runs_outside_a_transaction() {
            true => stuck(tool, || chain::with_an_index(4))?,
            false => Some("–".to_owned()),
        };
        if let (Some(plain), Some(outside)) = (plain, outside) {
            row(tool.name(), [plain, outside]);
        }
    }
    Ok(())
}

fn stuck(
    tool: Tool,
    steps: impl Fn() -> Vec<Step>,
) -> Result<Option<String>, Box<dyn std::error::Error>> {
    let folder = TempDir::new()?;
    let Some(upgrade) = tool.prepare(steps(), folder.path())? else { return Ok(None) };
    let (mut cuts, mut stuck) = (0, 0);
    loop {
        let database = database()?;
        let server = address(&database);
        let line = Line::new(server.clone(), Duration::ZERO, cuts + 1)?;
        let broken = upgrade(&line.url(database.url(), &server));
        // It ended before it came to this round trip.
        if line.trips() <= cuts {
            return Ok(Some(format!("{stuck} of {cuts}")));
        }
        cuts += 1;
        // The server may still be busy with what the other has sent.
        thread::sleep(Duration::from_millis(50));
        if let Err(why) = upgrade(database.url()) {
            stuck += 1;
            eprintln!("{} before round trip {cuts} ({broken:?}): {why}", tool.name());
        }
    }
}
