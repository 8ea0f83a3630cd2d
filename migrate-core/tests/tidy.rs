//! What holds for the tree, beyond what a compiler sees: floors, IO, the size of files.

#![expect(clippy::disallowed_methods, reason = "the tree is read from a disk")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Which floor each module of migrate-core is on; see ARCHITECTURE.md. A module imports only from
/// its own floor or a lower one.
const FLOORS: [&[&str]; 5] = [
    &["diagnostic", "digest", "id", "levels", "problem", "text", "workers"],
    &[
        "allowances",
        "header",
        "ident",
        "lexer",
        "lock",
        "locks",
        "marks",
        "names",
        "rules",
        "sections",
        "statements",
    ],
    &[
        "analysis", "catalog", "chain", "check", "config", "diff", "edit", "folder", "graph",
        "outline", "packed", "pins",
    ],
    &[
        "deferred",
        "embedded",
        "engine",
        "error",
        "failure",
        "goal",
        "history",
        "history_tables",
        "leaks",
        "log",
        "message",
        "notices",
        "outside",
        "plan",
        "refinery",
        "report",
        "runner",
        "samples",
        "script",
        "servers",
        "settings",
        "sql",
        "stamp",
        "status",
        "stored",
        "target",
        "watch",
    ],
    &[
        "catalog_reader",
        "client",
        "connect",
        "directory_test",
        "drivers",
        "files",
        "threads",
        "tls",
    ],
];

/// The upward glances that there are, and why.
const UPWARD: [(&str, &str, &str); 2] = [
    ("digest", "lexer", "a digest is over tokens"),
    ("lock", "chain", "a pin is made of a checked revision"),
];

/// What only floor 4 may name.
const IO: [&str; 9] = [
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
];

const MOST_LINES: usize = 400;

/// A file of the tree: its path from the root, and its text.
struct File {
    path: String,
    text: String,
}

/// The files of the workspace with one of these endings; without what is built or hidden.
fn files(endings: &[&str]) -> Vec<File> {
    fn walk(directory: &Path, shown: &str, found: &mut Vec<File>, endings: &[&str]) {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if shown.is_empty() { name.clone() } else { format!("{shown}/{name}") };
            // What trybuild compiles is test data, broken on purpose.
            if name.starts_with('.') || name == "target" || path == "tests/ui" {
                continue;
            }
            if entry.path().is_dir() {
                walk(&entry.path(), &path, found, endings);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let bytes = fs::read(entry.path()).unwrap_or_default();
                found.push(File { path, text: String::from_utf8_lossy(&bytes).into_owned() });
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    walk(&root, "", &mut found, endings);
    assert!(!found.is_empty(), "nothing below {}", root.display());
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The modules of migrate-core, each with the code of its files.
fn modules() -> BTreeMap<String, String> {
    let mut modules: BTreeMap<String, String> = BTreeMap::new();
    for file in files(&[".rs"]) {
        let Some(path) = file.path.strip_prefix("migrate-core/src/") else { continue };
        let module = path.split(['/', '.']).next().unwrap_or_default();
        let is_test = path.ends_with("tests.rs") || path.contains("/tests/");
        if module != "lib" && !is_test {
            modules.entry(module.to_owned()).or_default().push_str(&code(&file.text));
        }
    }
    modules
}

/// What is compiled into the library: no comments, no unit tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let without_comment =
        |line: &str| line.split("//").next().unwrap_or_default().to_owned() + "\n";
    text.lines().map(without_comment).collect()
}

/// The paths that begin at `root::`, as in `use root::{a::b, c};`, up to three names deep.
fn paths(code: &str, root: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices(&format!("{root}::")) {
        // `::std::fs` begins there too, `a::std` does not.
        let before = code[..at].trim_end_matches("::").chars().next_back();
        if before.is_none_or(|c| !c.is_alphanumeric() && c != '_') {
            found.extend(tree(&code[at + root.len() + 2..], 3));
        }
    }
    found.into_iter().map(|path| format!("{root}::{path}")).collect()
}

fn tree(rest: &str, depth: usize) -> Vec<String> {
    let rest = rest.trim_start();
    if let Some(group) = rest.strip_prefix('{') {
        let (mut parts, mut open) = (vec![String::new()], 0);
        for c in group.chars() {
            match c {
                '}' if open == 0 => break,
                ',' if open == 0 => parts.push(String::new()),
                c => {
                    open += i32::from(c == '{') - i32::from(c == '}');
                    parts.iter_mut().next_back().into_iter().for_each(|part| part.push(c));
                }
            }
        }
        return parts.iter().flat_map(|part| tree(part, depth)).collect();
    }
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    let inner = rest.strip_prefix("::").filter(|_| depth > 1).map(|rest| tree(rest, depth - 1));
    match inner {
        _ if name.is_empty() => Vec::new(),
        Some(inner) if !inner.is_empty() => {
            inner.iter().map(|path| format!("{name}::{path}")).collect()
        }
        _ => vec![name.to_owned()],
    }
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|modules| modules.contains(&module))
}

/// Which module each name at the crate's root comes from.
fn exports(lib: &str) -> BTreeMap<String, String> {
    let uses = lib.split("pub use ").skip(1).filter_map(|rest| rest.split(';').next());
    let split = |path: String| {
        let (module, name) = path.split_once("::")?;
        Some((name.to_owned(), module.to_owned()))
    };
    uses.flat_map(|path| tree(path, 2)).filter_map(split).collect()
}

fn lib() -> String {
    let lib = files(&["lib.rs"]).into_iter().find(|file| file.path == "migrate-core/src/lib.rs");
    lib.map(|file| file.text).unwrap_or_default()
}

#[test]
fn modules_import_from_their_own_floor_or_a_lower_one() {
    let (modules, exports) = (modules(), exports(&code(&lib())));
    let mut upward: Vec<(String, String)> = Vec::new();
    for (module, code) in &modules {
        let Some(own) = floor(module) else {
            panic!(
                "`{module}` has no floor: add it to FLOORS in migrate-core/tests/tidy.rs, and to the \
                 table in ARCHITECTURE.md"
            );
        };
        for path in paths(code, "crate") {
            let name = path.split("::").nth(1).unwrap_or_default().to_owned();
            let imported = exports.get(&name).unwrap_or(&name);
            let Some(floor) = floor(imported) else {
                panic!("`{module}` imports an unknown `{path}`")
            };
            if floor > own {
                upward.push((module.clone(), imported.clone()));
            }
        }
    }
    upward.sort_unstable();
    upward.dedup();
    let known: Vec<(String, String)> =
        UPWARD.iter().map(|(from, to, _)| ((*from).to_owned(), (*to).to_owned())).collect();
    assert_eq!(upward, known, "imports from a higher floor");
    for module in FLOORS.concat() {
        assert!(
            modules.contains_key(module),
            "`{module}` has a floor, but there is no such module"
        );
    }
}

/// The table in ARCHITECTURE.md has the same modules; `samples` is for unit tests alone.
#[test]
fn the_floors_are_written_down() {
    let document =
        files(&["ARCHITECTURE.md"]).into_iter().map(|file| file.text).collect::<String>();
    for (number, modules) in FLOORS.iter().enumerate() {
        let row = document.lines().find(|line| line.starts_with(&format!("| {number} ")));
        let cell = row.and_then(|row| row.split('|').nth(2)).unwrap_or_default();
        let mut written: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        written.sort_unstable();
        let known = modules.iter().copied().filter(|module| *module != "samples");
        assert_eq!(written, known.collect::<Vec<_>>(), "floor {number} in ARCHITECTURE.md");
    }
}

/// `lib.rs` groups the modules below comments such as `// Floor 1: one file.`.
#[test]
fn the_library_lists_its_modules_by_floor() {
    let mut shown = None;
    for line in lib().lines() {
        if line.starts_with("//") {
            let number = line.strip_prefix("// Floor ").and_then(|rest| rest.split(':').next());
            shown = number.and_then(|number| number.parse().ok());
        }
        let module = line.trim_start_matches("pub ").strip_prefix("mod ");
        if let (Some(shown), Some(module)) = (shown, module) {
            assert_eq!(floor(module.trim_end_matches(';')), Some(shown), "{line} in lib.rs");
        }
    }
}

#[test]
fn only_adapters_do_io() {
    for (module, code) in modules() {
        let is_io = |path: &String| IO.iter().any(|io| path.starts_with(io));
        let found = paths(&code, "std").into_iter().find(is_io);
        let allowed = floor(&module) == Some(FLOORS.len() - 1);
        assert!(found.is_none() || allowed, "`{module}` names {found:?}: that is for floor 4");
    }
}

#[test]
fn files_say_what_they_are_and_stay_small() {
    for File { path, text } in files(&[".rs"]) {
        assert!(text.starts_with("//!"), "{path} does not begin with a line of `//!`");
        let lines = text.lines().count();
        assert!(lines <= MOST_LINES, "{path} has {lines} lines; {MOST_LINES} are the limit");
    }
}

#[test]
fn nothing_is_left_behind() {
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("db", "g!(")];
    for File { path, text } in files(&[".rs", ".toml", ".md", ".yml"]) {
        for word in words {
            assert!(!text.contains(word), "{path} has a {word}");
        }
        let hidden = |c: &char| {
            let controls = c.is_control() && !matches!(c, '\n' | '\t');
            controls
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        };
        let found = text.chars().find(hidden);
        assert_eq!(found, None, "{path} has a character that nobody sees");
    }
    let pending: Vec<String> = files(&[".snap.new", ".rs"])
        .into_iter()
        .map(|file| file.path)
        .filter(|path| path.ends_with(".snap.new"))
        .collect();
    assert!(pending.is_empty(), "snapshots that nobody has looked at: {pending:?}");
}

#[test]
fn versions_of_dependencies_stand_in_one_place() {
    for File { path, text } in files(&["Cargo.toml"]) {
        // The workspace's own; and the fuzz targets and the peers, which are no part of it.
        if text.lines().any(|line| line == "[workspace]") {
            continue;
        }
        let mut in_dependencies = false;
        for line in text.lines().map(str::trim) {
            if let Some(table) = line.strip_prefix('[') {
                let table = table.trim_end_matches(']');
                in_dependencies = table.ends_with("dependencies");
                assert!(!table.contains("dependencies."), "{path}: write [{table}] in one line");
            } else if in_dependencies && !line.is_empty() && !line.starts_with('#') {
                let shared = line.contains("workspace = true");
                assert!(shared, "{path}: `{line}` has a version of its own, not the workspace's");
            }
        }
    }
}

/// The two drivers do the same, and one of them awaits it.
#[test]
fn the_drivers_are_twins() {
    let modules = |name: &str| {
        let path = format!("migrate-core/src/drivers/{name}.rs");
        let file = files(&[".rs"]).into_iter().find(|file| file.path == path);
        code(&file.map(|file| file.text).unwrap_or_default())
    };
    let blank = |text: String| -> String { text.split_whitespace().collect() };
    let (mut blocking, mut tokio) = (modules("blocking"), modules("tokio"));
    for (from, to) in [
        ("async ", ""),
        ("_async", ""),
        (".await", ""),
        ("use tokio_postgres::", "use ::postgres::"),
        ("&Client", "&mut Client"),
        ("tokio::time::sleep", "std::thread::sleep"),
    ] {
        assert!(tokio.contains(from), "{from:?} is no difference any more");
        tokio = tokio.replace(from, to);
    }
    // A line is broken elsewhere when `.await` does not fit.
    for text in [&mut blocking, &mut tokio] {
        *text = blank(std::mem::take(text)).replace(",)", ")");
    }
    assert!(blocking.len() > 1000, "{blocking}");
    assert_eq!(blocking, tokio);
}
