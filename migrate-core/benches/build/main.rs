//! How long `cargo build` takes for a crate with `embed_migrations!()`, after one of its files was
//! touched: over a chain of one file, and over longer ones. Medians of five.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a program that measures"
)]

#[path = "../analysis/generated.rs"]
mod generated;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const RUNS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let scratch = std::env::temp_dir().join(format!("migrate-bench-{}", std::process::id()));
    let measured = measure(&scratch);
    fs::remove_dir_all(&scratch)?;
    measured
}

fn measure(scratch: &Path) -> Result<(), Box<dyn Error>> {
    let migrations = scratch.join("migrations");
    fs::create_dir_all(scratch.join("src"))?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let root = root.canonicalize()?.display().to_string();
    let manifest = format!(
        "[package]\nname = \"scratch\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         migrate-core = {{ path = \"{root}/migrate-core\", features = [\"tokio-postgres\"] }}\n\
         migrate-macros = {{ path = \"{root}/migrate-macros\" }}\n"
    );
    fs::write(scratch.join("Cargo.toml"), manifest)?;
    fs::copy(format!("{root}/Cargo.lock"), scratch.join("Cargo.lock"))?;
    fs::write(scratch.join("src/lib.rs"), "//! Scratch.\nmigrate_macros::embed_migrations!();\n")?;
    println!("{:>8} {:>10} {:>10} {:>10}", "files", "pending", "deployed", "bytes");
    for count in counts() {
        let files = generated::files(count);
        let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
        let _ = fs::remove_dir_all(&migrations);
        fs::create_dir_all(&migrations)?;
        for (name, text) in &files {
            fs::write(migrations.join(name), text)?;
        }
        let touched = migrations.join(&files[count - 1].0);
        let pending = median(scratch, &touched)?;
        let folder = migrate_core::files::read(&migrations, "migrations");
        let chain = migrate_core::check(folder)?;
        let lock =
            migrate_core::chain::lock_text(&chain, chain.head().id.as_str()).unwrap_or_default();
        fs::write(migrations.join("chain.lock"), lock)?;
        let deployed = median(scratch, &touched)?;
        println!("{count:>8} {pending:>10.2?} {deployed:>10.2?} {:>10}", bytes / count);
    }
    Ok(())
}

/// How many files: what the command line says, or from one to five thousand.
fn counts() -> Vec<usize> {
    let said: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    if said.is_empty() { vec![1, 10, 100, 1_000, 5_000] } else { said }
}

/// The middle of five builds, the file touched before each.
fn median(scratch: &Path, touched: &PathBuf) -> Result<Duration, Box<dyn Error>> {
    build(scratch)?;
    let mut took = Vec::new();
    for _ in 0..RUNS {
        fs::write(touched, fs::read(touched)?)?;
        let start = Instant::now();
        build(scratch)?;
        took.push(start.elapsed());
    }
    took.sort_unstable();
    Ok(took[RUNS / 2])
}

fn build(scratch: &Path) -> Result<(), Box<dyn Error>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(scratch).args(["build", "--offline", "--quiet"]);
    cargo.env("CARGO_TARGET_DIR", scratch.join("target"));
    let built = cargo.output()?;
    if built.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&built.stderr).into())
}
