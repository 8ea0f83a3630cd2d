//! What a chain costs a build: scratch crates that embed it as each tool does, built anew after their
//! source was touched, beside the same crate with a chain of one file.

mod crates;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use self::crates::Embedding;
use crate::Done;
use crate::table::{head, median, row, time};

/// How often a build is measured, unless it takes long.
const ROUNDS: usize = 5;
const LONG: Duration = Duration::from_secs(20);
/// Rust in place of SQL is compiled; more than this takes minutes.
const MOST_RUST: usize = 1_000;

/// A debug build.
pub(crate) fn build(sizes: &[usize]) -> Done {
    let columns = sizes.iter().flat_map(|count| [format!("{count} files"), "over one".to_owned()]);
    head("`cargo build`, debug", columns);
    for embedding in Embedding::ALL {
        let scratch = tempfile::TempDir::new()?;
        embedding.write(scratch.path(), 1)?;
        let one = measure(scratch.path())?;
        let mut cells = Vec::new();
        for &count in sizes {
            if embedding == Embedding::SeaOrm && count > MOST_RUST {
                cells.extend(["–".to_owned(), "–".to_owned()]);
                continue;
            }
            embedding.write(scratch.path(), count)?;
            let took = measure(scratch.path())?;
            cells.extend([time(took), time(took.saturating_sub(one))]);
        }
        row(embedding.name(), cells);
    }
    Ok(())
}

/// How much a chain adds to a program, and what the program holds in memory when it has nothing to do.
pub(crate) fn size(sizes: &[usize]) -> Done {
    head(
        "a program, release",
        sizes.iter().flat_map(|count| {
            [
                format!("{count} files"),
                "bytes of the files".to_owned(),
                "the program grows by".to_owned(),
            ]
        }),
    );
    for embedding in Embedding::ALL.into_iter().filter(|it| *it != Embedding::SeaOrm) {
        let scratch = tempfile::TempDir::new()?;
        let mut cells = Vec::new();
        let grown = |count: usize| -> Result<(u64, u64), Box<dyn Error>> {
            let bytes = embedding.write(scratch.path(), count)?;
            cargo(scratch.path(), &["build", "--release", "--quiet"])?;
            let program = fs::metadata(scratch.path().join("target/release/scratch"))?;
            Ok((program.len(), bytes))
        };
        let one = grown(1)?;
        for &count in sizes {
            let (program, bytes) = grown(count)?;
            let (grows, bytes) = (program.saturating_sub(one.0), bytes.saturating_sub(one.1));
            let share = grows as f64 / bytes as f64;
            cells.extend([program.to_string(), bytes.to_string(), format!("{grows} ({share:.2})")]);
        }
        row(embedding.name(), cells);
    }
    Ok(())
}

/// The middle of some builds, the source touched before each.
fn measure(scratch: &Path) -> Result<Duration, Box<dyn Error>> {
    let source = scratch.join("src/lib.rs");
    let text = fs::read(&source)?;
    cargo(scratch, &["build", "--quiet", "--lib"])?;
    let mut times = Vec::new();
    while times.len() < ROUNDS {
        fs::write(&source, &text)?;
        let start = Instant::now();
        cargo(scratch, &["build", "--quiet", "--lib"])?;
        times.push(start.elapsed());
        if start.elapsed() > LONG {
            break;
        }
    }
    Ok(median(times))
}

fn cargo(scratch: &Path, arguments: &[&str]) -> Done {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(scratch).args(arguments).env("CARGO_TARGET_DIR", scratch.join("target"));
    let built = cargo.output()?;
    if built.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&built.stderr).into())
}
