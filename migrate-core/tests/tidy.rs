//! What holds for the tree, beyond what a compiler sees: wings, IO, the size of files.

#![expect(clippy::disallowed_methods, reason = "the tree is read from a disk")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The wings of migrate-core, from the ground up, and what each may import; see ARCHITECTURE.md.
const WINGS: [(&str, &[&str]); 9] = [
    ("syntax", &[]),
    ("chain", &["syntax"]),
    ("analysis", &["syntax", "chain"]),
    ("schema", &["syntax"]),
    ("plan", &["syntax", "chain"]),
    ("runner", &["syntax", "chain", "schema", "plan"]),
    ("connect", &["syntax", "runner"]),
    ("fs", &["syntax", "chain"]),
    ("interop", &["chain"]),
];

/// What does IO: whole wings, and single modules of the runner's.
const ADAPTERS: [&str; 4] = ["connect", "fs", "runner::catalog_reader", "runner::drivers"];

/// The modules of one wing that import each other, and why.
const CIRCLES: [(&str, &str, &str); 1] =
    [("chain::chain", "chain::encoding", "a chain is unpacked when it is first asked for")];

/// What only an adapter may name.
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

/// One file does one job; a longer one most likely does two. A table is one job, however long it is.
const MOST_LINES: usize = 600;

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

/// A file of migrate-core: its path as a module (`["plan", "status", "half_done"]`), and its code.
struct Module {
    path: Vec<String>,
    code: String,
}

impl Module {
    /// The module below its wing that the file belongs to; the head of a wing belongs to none.
    fn room(&self) -> Option<String> {
        self.path.get(1).map(|name| format!("{}::{name}", self.path[0]))
    }

    /// The modules, as paths from the crate's root, that the file imports from.
    fn imports(&self) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        for path in paths(&self.code, "crate") {
            found.push(path.split("::").skip(1).map(str::to_owned).collect());
        }
        for path in paths(&self.code, "super") {
            let names: Vec<&str> = path.split("::").collect();
            let up = names.iter().take_while(|name| **name == "super").count();
            let kept = self.path.len().saturating_sub(up);
            let mut full = self.path[..kept].to_vec();
            full.extend(names[up..].iter().map(|&name| name.to_owned()));
            found.push(full);
        }
        found
    }
}

/// The code of migrate-core, without unit tests.
fn modules() -> Vec<Module> {
    let mut modules = Vec::new();
    for file in files(&[".rs"]) {
        let Some(path) = file.path.strip_prefix("migrate-core/src/") else { continue };
        let is_test = path.ends_with("tests.rs") || path.contains("/tests/");
        if !is_test && path != "lib.rs" {
            let path = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
            modules.push(Module { path, code: code(&file.text) });
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

/// Which wing each name at the crate's root comes from.
fn exports(lib: &str) -> BTreeMap<String, String> {
    let uses = lib.split("pub use ").skip(1).filter_map(|rest| rest.split(';').next());
    let split = |path: String| {
        let (wing, rest) = path.split_once("::")?;
        Some((rest.rsplit("::").next()?.to_owned(), wing.to_owned()))
    };
    uses.flat_map(|path| tree(path.trim_start_matches("crate::"), 3)).filter_map(split).collect()
}

fn lib() -> String {
    let lib = files(&["lib.rs"]).into_iter().find(|file| file.path == "migrate-core/src/lib.rs");
    lib.map(|file| file.text).unwrap_or_default()
}

#[test]
fn wings_import_only_what_is_below_them() {
    let exports = exports(&code(&lib()));
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for module in modules() {
        let wing = &module.path[0];
        if wing == "client_macro" {
            continue;
        }
        let imports = found.entry(wing.clone()).or_default();
        for path in module.imports() {
            // What is exported at the root comes from a wing, too.
            let name = path.iter().find(|name| *name != "__private");
            let name = name.map(String::as_str).unwrap_or_default();
            let other = exports.get(name).map_or(name, String::as_str).to_owned();
            let is_known = WINGS.iter().any(|(known, _)| *known == other);
            assert!(
                is_known,
                "{} imports {}: no wing has it",
                module.path.join("::"),
                path.join("::")
            );
            if other != *wing {
                imports.insert(other);
            }
        }
    }
    for (at, (wing, allowed)) in WINGS.iter().enumerate() {
        let below: Vec<&str> = WINGS[..at].iter().map(|(wing, _)| *wing).collect();
        assert!(allowed.iter().all(|other| below.contains(other)), "`{wing}` imports upward");
        let expected: BTreeSet<String> = allowed.iter().map(|&other| other.to_owned()).collect();
        let imports = found.remove(*wing).unwrap_or_default();
        assert_eq!(imports, expected, "what `{wing}` imports, and what its row says");
    }
    assert!(found.is_empty(), "no wing of WINGS: {found:?}");
}

#[test]
fn no_two_modules_of_a_wing_import_each_other() {
    let modules = modules();
    let rooms: BTreeSet<String> = modules.iter().filter_map(Module::room).collect();
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for module in &modules {
        let Some(room) = module.room() else { continue };
        let others = module.imports().into_iter().filter_map(|path| {
            let other = format!("{}::{}", path.first()?, path.get(1)?);
            (path[0] == module.path[0] && other != room && rooms.contains(&other)).then_some(other)
        });
        let others: Vec<String> = others.collect();
        imports.entry(room).or_default().extend(others);
    }
    for (one, other, _) in CIRCLES {
        let is_there = imports.get_mut(one).is_some_and(|imports| imports.remove(other));
        assert!(is_there, "`{one}` no longer imports `{other}`: it is no circle any more");
    }
    // What imports nothing that is left is taken away, until only circles are left.
    while let Some(leaf) =
        imports.iter().find(|(_, others)| others.is_empty()).map(|it| it.0.clone())
    {
        imports.remove(&leaf);
        for others in imports.values_mut() {
            others.remove(&leaf);
        }
    }
    // Nor what nothing imports.
    while let Some(top) =
        imports.keys().find(|room| !imports.values().any(|it| it.contains(*room))).cloned()
    {
        imports.remove(&top);
    }
    assert!(imports.is_empty(), "these import each other: {imports:#?}");
}

/// The table in ARCHITECTURE.md has the same wings.
#[test]
fn the_wings_are_written_down() {
    let document =
        files(&["ARCHITECTURE.md"]).into_iter().map(|file| file.text).collect::<String>();
    for (wing, imports) in WINGS {
        let row = document.lines().find(|line| line.starts_with(&format!("| `{wing}` ")));
        let cell = row.and_then(|row| row.split('|').nth(3)).unwrap_or_default();
        let written: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        assert_eq!(written, imports, "the row of `{wing}` in ARCHITECTURE.md");
    }
}

#[test]
fn only_adapters_do_io() {
    for module in modules() {
        let is_io = |path: &String| IO.iter().any(|io| path.starts_with(io));
        let found = paths(&module.code, "std").into_iter().find(is_io);
        let path = module.path.join("::");
        let allowed = ADAPTERS.iter().any(|adapter| path.starts_with(adapter));
        assert!(found.is_none() || allowed, "`{path}` names {found:?}: that is for an adapter");
    }
}

#[test]
fn files_say_what_they_are_and_stay_small() {
    for File { path, text } in files(&[".rs"]) {
        assert!(text.starts_with("//!"), "{path} does not begin with a line of `//!`");
        let lines = text.lines().count();
        let is_table = path.ends_with("/table.rs");
        assert!(
            is_table || lines <= MOST_LINES,
            "{path} has {lines} lines; {MOST_LINES} are the limit"
        );
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

/// The crates of the workspace, and which of each other they may depend on; see ARCHITECTURE.md.
const CRATES: [(&str, &[&str]); 6] = [
    ("migrate-core", &[]),
    ("migrate-macros", &["migrate-core"]),
    ("migrate-scratch", &["migrate-core"]),
    ("migrate-cli", &["migrate-core", "migrate-scratch"]),
    ("actorhub-schema", &["migrate-cli", "migrate-core", "migrate-macros"]),
    ("tests", &["migrate-core", "migrate-scratch"]),
];

/// What a crate brings along when somebody uses it: no test kit, for one. Dev-dependencies are free.
#[test]
fn crates_depend_only_on_what_they_may() {
    let document =
        files(&["ARCHITECTURE.md"]).into_iter().map(|file| file.text).collect::<String>();
    for (name, expected) in CRATES {
        let path = format!("{name}/Cargo.toml");
        let manifest = files(&["Cargo.toml"]).into_iter().find(|file| file.path == path);
        let text = manifest.map(|file| file.text).unwrap_or_default();
        let table = text.split("\n[dependencies]\n").nth(1).unwrap_or_default();
        let table = table.split("\n[").next().unwrap_or_default();
        let ours = |line: &&str| line.starts_with("migrate-") || line.starts_with("actorhub-");
        let names = table.lines().filter(ours).filter_map(|line| line.split(['.', ' ']).next());
        assert_eq!(names.collect::<Vec<_>>(), expected, "what {path} depends on");
        assert!(document.contains(&format!("| `{name}` ")), "ARCHITECTURE.md has no `{name}`");
    }
}
