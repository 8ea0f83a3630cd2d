//! docs/RECIPES.md, run: each of its commands, on a real database, prints what stands there.
//!
//! `RECIPES=write` writes what they print into the file, for a person to read before it is committed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use regex::Regex;

use crate::support::Project;

/// What the document shows in place of what is another at each run.
const SHOWN: [(&str, &str); 3] = [
    (r"\[time\]", "2026-01-15T09:30:00.000Z"),
    (r"\[n\] ms", "4 ms"),
    (r"created: \d{4}-\d\d-\d\d", "created: 2026-01-15"),
];

#[test]
fn the_recipes_work_as_they_stand() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/RECIPES.md");
    let written = fs::read_to_string(&path).unwrap();
    let project = Project::empty("recipes");
    // Instead of PostgreSQL's, whose version would have to be the server's.
    let program = project.home().join("pg_dump");
    fs::write(&program, "#!/bin/sh\ntest -n \"$DATABASE_URL\" && touch before.dump\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();

    let found = play(&project, &written);
    if std::env::var_os("RECIPES").is_some_and(|wanted| wanted == "write") {
        fs::write(&path, found).unwrap();
    } else {
        assert!(
            found == written,
            "not what docs/RECIPES.md shows; RECIPES=write writes it:\n{found}"
        );
    }
}

/// The document with what its commands print now.
fn play(project: &Project, document: &str) -> String {
    let mut played = String::new();
    let mut lines = document.lines().peekable();
    while let Some(line) = lines.next() {
        played.push_str(line);
        played.push('\n');
        let block = match line {
            "```console" | "```sql" => {
                let inside = std::iter::from_fn(|| lines.next_if(|line| *line != "```"));
                inside.collect::<Vec<_>>()
            }
            _ => continue,
        };
        match line {
            "```sql" => {
                write(project, &block);
                block.iter().for_each(|line| played.push_str(&format!("{line}\n")));
            }
            _ => {
                let commands = block.iter().filter_map(|line| line.strip_prefix("$ "));
                commands.for_each(|command| played.push_str(&run(project, command)));
            }
        }
    }
    played
}

/// Runs a command, and gives it with what it prints.
fn run(project: &Project, command: &str) -> String {
    // Both streams, in the order in which they are written.
    let line = format!("PATH=\"$PWD:$PATH\"; exec 2>&1; {command}");
    let output = project.run(&line);
    let printed = output.split_once('\n').map_or("", |(_, printed)| printed);
    let mut text = format!("$ {command}\n{printed}");
    for (pattern, with) in SHOWN {
        text = Regex::new(pattern).unwrap().replace_all(&text, with).into_owned();
    }
    text
}

/// A block that is a migration becomes the file of its revision: what a person does in an editor.
fn write(project: &Project, block: &[&str]) {
    let first = block.first().copied().unwrap_or_default();
    assert!(first.starts_with("-- revision: "), "a file begins with its revision: {first}");
    let folder = fs::read_dir(project.home().join("migrations")).unwrap();
    let is_it = |path: &std::path::PathBuf| {
        fs::read_to_string(path).is_ok_and(|text| text.lines().next() == Some(first))
    };
    let file = folder.map(|entry| entry.unwrap().path()).find(is_it);
    assert!(file.is_some(), "there is no file for {first}");
    fs::write(file.unwrap(), block.join("\n") + "\n").unwrap();
}
