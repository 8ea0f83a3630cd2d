//! This project beside its peers, in the same run on the same server: each table of docs/PERFORMANCE.md by its name.
//!
//! usage: peers [round_trips|start|upgrade|latency|concurrent_starts|connection_drops|build|size]… [sizes…]

mod build;
mod chain;
mod faults;
mod line;
mod server;
mod speed;
mod table;
mod tools;

use std::error::Error;

type Done = Result<(), Box<dyn Error>>;

fn main() -> Done {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let sizes: Vec<usize> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let of = |usual: &[usize]| if sizes.is_empty() { usual.to_vec() } else { sizes.clone() };
    let tables = words.iter().filter(|word| word.parse::<usize>().is_err());
    for table in tables {
        match table.as_str() {
            "round_trips" => speed::trips(&of(&[10, 100]))?,
            "start" => speed::start(&of(&[10, 100, 1_000]))?,
            "upgrade" => speed::upgrade(&of(&[100, 1_000]))?,
            "latency" => speed::far(&of(&[1_000]))?,
            "concurrent_starts" => faults::crowd(&of(&[10]))?,
            "connection_drops" => faults::cut()?,
            "build" => build::build(&of(&[10, 100, 1_000, 5_000]))?,
            "size" => build::size(&of(&[1_000]))?,
            other => return Err(format!("no table is called {other}").into()),
        }
    }
    Ok(())
}
