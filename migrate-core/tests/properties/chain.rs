//! Chains, their lock files, and whatever else a folder may hold.

use migrate_core::__private::{ENCODING_FORMAT as FORMAT, EncodedChain, encode};
use migrate_core::chain::{Content, Entry, Pin, RunSettings, lock_text, write_lock};
use migrate_core::{Chain, Folder, check};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A revision as a file: its name and its text.
pub(crate) type File = (String, String);

/// One step in the life of a chain: where the next revision stands, and what it is like.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    at: Index,
    kind: u8,
    plain: bool,
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (any::<Index>(), 0..10_u8, any::<bool>());
    vec(step.prop_map(|(at, kind, plain)| Step { at, kind, plain }), 0..14)
}

/// The files of a chain: branches grow, fork and join, and in the end all are joined.
pub(crate) fn chain_of(steps: &[Step], ids: &[String]) -> Vec<File> {
    let mut files = Vec::new();
    let mut heads: Vec<usize> = vec![0];
    files.push(file(&ids[0], &[], true, 0));
    for step in steps {
        let next = files.len();
        let parents: Vec<usize> = match step.kind {
            0..=4 => vec![heads.swap_remove(step.at.index(heads.len()))],
            5..=7 => vec![step.at.index(next)],
            _ if heads.len() > 1 => {
                let first = heads.swap_remove(step.at.index(heads.len()));
                vec![first, heads.swap_remove(step.at.index(heads.len()))]
            }
            _ => vec![heads.swap_remove(0)],
        };
        heads.retain(|head| !parents.contains(head));
        heads.push(next);
        files.push(file(&ids[next], &named(ids, &parents), step.plain, step.kind));
    }
    if heads.len() > 1 {
        files.push(file(&ids[files.len()], &named(ids, &heads), false, 0));
    }
    files
}

fn named<'i>(ids: &'i [String], which: &[usize]) -> Vec<&'i str> {
    which.iter().map(|at| ids[*at].as_str()).collect()
}

fn file(id: &str, parents: &[&str], plain: bool, kind: u8) -> File {
    let parents = match parents {
        [] => String::new(),
        parents => format!("-- parent: {}\n", parents.join(", ")),
    };
    let joins = parents.contains(',');
    let options = if kind % 3 == 1 { " transaction:false" } else { "" };
    let down = match kind % 4 {
        2 => String::new(),
        _ => format!("-- migrate:down\nDROP TABLE \"{id}\";\n"),
    };
    let irreversible = if down.is_empty() { "-- irreversible: it is only a test\n" } else { "" };
    let sections = match joins && !plain {
        true if kind < 5 => String::new(),
        true => "-- migrate:up\n-- migrate:down\n".to_owned(),
        false => format!("-- migrate:up{options}\nCREATE TABLE \"{id}\" ();\n{down}"),
    };
    let irreversible = if sections.contains("CREATE") { irreversible } else { "" };
    let text = format!("-- revision: {id}\n{parents}{irreversible}-- message: m {id}\n{sections}");
    (format!("{id}.sql"), text)
}

/// Names for the revisions, in an order of their own.
pub(crate) fn ids() -> impl Strategy<Value = Vec<String>> {
    let ids: Vec<String> = (0..20).map(|n| format!("{:02x}_r{n}", n * 7 % 20)).collect();
    Just(ids).prop_shuffle()
}

/// Something that one careless moment does to a folder.
#[derive(Debug, Clone)]
enum Mistake {
    FileDeleted,
    FileCopied { first: bool },
    LineDeleted(Index),
    LineDoubled(Index),
    CharacterDeleted(Index),
}

fn mistake() -> impl Strategy<Value = Mistake> {
    prop_oneof![
        Just(Mistake::FileDeleted),
        any::<bool>().prop_map(|first| Mistake::FileCopied { first }),
        any::<Index>().prop_map(Mistake::LineDeleted),
        any::<Index>().prop_map(Mistake::LineDoubled),
        any::<Index>().prop_map(Mistake::CharacterDeleted),
    ]
}

impl Mistake {
    fn make(&self, files: &mut Vec<File>, at: usize) {
        let (name, text) = files[at].clone();
        let mut lines: Vec<&str> = text.lines().collect();
        match self {
            Mistake::FileDeleted => drop(files.remove(at)),
            // A lock with another name is not a lock.
            Mistake::FileCopied { .. } if name == "chain.lock" => {}
            Mistake::FileCopied { first } => {
                files.push((format!("{}copy.sql", if *first { "00" } else { "zz" }), text));
            }
            Mistake::LineDeleted(line) => {
                lines.remove(line.index(lines.len()));
                files[at].1 = lines.join("\n");
            }
            Mistake::LineDoubled(line) => {
                let line = line.index(lines.len());
                lines.insert(line, lines[line]);
                files[at].1 = lines.join("\n");
            }
            Mistake::CharacterDeleted(character) => {
                let at_byte = character.index(text.len());
                // Without its newline a line harms the next one: not one mistake.
                if !text[at_byte..].starts_with('\n') {
                    files[at].1.remove(at_byte);
                }
            }
        }
    }
}

pub(crate) fn checked(files: &[File], lock: &str) -> Result<Chain<'static>, TestCaseError> {
    let texts = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    check(Folder::of_texts("m", texts.chain([("chain.lock", lock)])))
        .map_err(|rejection| TestCaseError::fail(rejection.to_string()))
}

fn ids_of(chain: &Chain<'_>) -> Vec<String> {
    chain.migrations().iter().map(|migration| migration.id.to_string()).collect()
}

proptest! {
    #[test]
    fn a_lock_is_read_back_and_written_again(
        steps in steps(),
        ids in ids(),
        through in any::<Index>(),
        later in any::<Index>(),
    ) {
        let mut files = chain_of(&steps, &ids);
        let chain = checked(&files, "")?;
        prop_assert_eq!(chain.len(), files.len());
        prop_assert!(chain.migrations().iter().all(|migration| !migration.deployed));

        // A part of it is deployed: just that part is pinned, in whichever order the files come.
        let through = chain.migrations()[through.index(chain.len())].id.to_string();
        let lock = lock_text(&chain, &through).unwrap_or_default();
        files.reverse();
        let locked = checked(&files, &lock)?;
        prop_assert_eq!(ids_of(&locked), ids_of(&chain));
        let deployed: Vec<bool> = locked.migrations().iter().map(|m| m.deployed).collect();
        prop_assert_eq!(deployed, chain.lineage(&through));
        prop_assert_eq!(lock_text(&locked, &through).unwrap_or_default(), lock.as_str());

        // A second release keeps what the first has pinned; a lock of all pins all.
        let later = locked.migrations()[later.index(locked.len())].id.to_string();
        let second = checked(&files, &lock_text(&locked, &later).unwrap_or_default())?;
        let kept = |at: usize| !locked.migrations()[at].deployed || second.migrations()[at].deployed;
        prop_assert!((0..chain.len()).all(kept));
        let whole = lock_text(&second, second.head().id.as_str()).unwrap_or_default();
        let last = checked(&files, &whole)?;
        prop_assert!(last.migrations().iter().all(|migration| migration.deployed));
        let pins: Vec<Pin> = last.migrations().iter().map(Pin::of).collect();
        prop_assert_eq!(write_lock(&pins), whole);
    }

    /// What follows from a mistake is not said besides; and no mistake changes what is deployed
    /// without a word.
    #[test]
    fn one_mistake_gives_one_diagnostic(
        steps in steps(),
        ids in ids(),
        through in any::<Index>(),
        file in any::<Index>(),
        mistake in mistake(),
    ) {
        let mut files = chain_of(&steps, &ids);
        let chain = checked(&files, "")?;
        let through = &chain.migrations()[through.index(chain.len())].id;
        let lock = lock_text(&chain, through.as_str()).unwrap_or_default();
        files.push(("chain.lock".to_owned(), lock));
        let at = file.index(files.len());
        mistake.make(&mut files, at);
        let texts = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        match check(Folder::of_texts("m", texts)) {
            Err(rejection) => {
                let found = rejection.diagnostics.len();
                prop_assert_eq!(found, 1, "{}\n{:#?}\n{}", at, files, rejection);
            }
            Ok(now) => {
                let lock_is_whole = at != chain.len();
                let deployed = chain.lineage(through.as_str());
                let pinned = chain.migrations().iter().zip(deployed).filter(|(_, deployed)| *deployed);
                for (old, _) in pinned.filter(|_| lock_is_whole) {
                    let new = now.get(old.id.as_str());
                    prop_assert!(new.is_some_and(|new| new.deployed && new.digests == old.digests));
                }
            }
        }
    }

    /// What a program holds of a chain is all of it, its digests too.
    #[test]
    fn what_is_packed_is_unpacked_again(steps in steps(), ids in ids(), through in any::<Index>()) {
        let files = chain_of(&steps, &ids);
        let chain = checked(&files, "")?;
        let through = &chain.migrations()[through.index(chain.len())].id;
        let chain = checked(&files, &lock_text(&chain, through.as_str()).unwrap_or_default())?;
        let (texts, numbers) = encode(&chain);
        let packing = EncodedChain {
            format: FORMAT,
            count: chain.len(),
            head: chain.head().id.to_string().leak(),
            digest: chain.head().digests.chain,
            texts: texts.leak(),
            numbers: numbers.leak(),
        };
        let embedded = Chain::embedded(packing, RunSettings::NONE);
        prop_assert_eq!(embedded.migrations(), chain.migrations());
    }

    #[test]
    fn parents_stand_before_their_children(steps in steps(), ids in ids()) {
        let chain = checked(&chain_of(&steps, &ids), "")?;
        for (at, migration) in chain.migrations().iter().enumerate() {
            for parent in migration.parents.iter() {
                prop_assert!(chain.position(parent.as_str()).is_some_and(|parent| parent < at));
            }
            prop_assert_eq!(migration.parents.is_empty(), at == 0);
            let down = matches!(migration.down, migrate_core::chain::Down::Section(_));
            prop_assert_eq!(migration.digests.down.is_some(), down, "{}", &migration.id);
        }
        prop_assert!(chain.lineage(chain.head().id.as_str()).iter().all(|wanted| *wanted));
    }

    /// Nothing that lies in a folder makes `check` panic, and what it says can be shown.
    #[test]
    fn check_is_total(folder in folder()) {
        match check(folder) {
            Ok(chain) => {
                let lock = lock_text(&chain, chain.head().id.as_str());
                prop_assert!(lock.is_some_and(|lock| lock.lines().count() == chain.len() + 3));
            }
            Err(rejection) => {
                prop_assert!(!rejection.diagnostics.is_empty());
                prop_assert_eq!(rejection.messages().count(), rejection.diagnostics.len());
                for found in &rejection.diagnostics {
                    for label in found.primary.iter().chain(&found.related) {
                        let text = rejection.sources[label.source].text();
                        let place = text.get(label.span.range());
                        prop_assert!(place.is_some(), "{:?} is not in its file", found);
                    }
                }
            }
        }
    }
}

/// Folders with files of all sorts, most of them nearly right.
fn folder() -> impl Strategy<Value = Folder> {
    let names =
        ["1.sql", "2.sql", "3_b.sql", "3-B.sql", "chain.lock", "x.SQL", "README", ".a", "é.sql"];
    let name =
        prop_oneof![9 => select(names.to_vec()).prop_map(str::to_owned), 1 => any::<String>()];
    let content = prop_oneof![
        20 => lines().prop_map(|text| Content::File(text.into_bytes())),
        1 => any::<Vec<u8>>().prop_map(Content::File),
        1 => any::<String>().prop_map(|text| Content::File(text.into_bytes())),
        1 => Just(Content::Other),
        1 => Just(Content::LargeFile(u64::MAX)),
    ];
    let entry = (name, content).prop_map(|(name, content)| Entry { name, content });
    vec(entry, 0..5).prop_map(|entries| Folder { path: "m".to_owned(), entries: Ok(entries) })
}

fn lines() -> impl Strategy<Value = String> {
    let digest = "0123456789abcdef".repeat(4);
    let lines = [
        "-- revision: 1",
        "-- revision: 2",
        "-- revision: 3",
        "-- revison: 2",
        "-- revision:",
        "-- parent: 1",
        "-- parent: 2",
        "-- parent: 1, 3",
        "-- parent: 1,1",
        "-- parent: ,",
        "-- parent: é",
        "-- message: m",
        "-- message: m",
        "-- irreversible: no",
        "-- irreversible:",
        "-- author: me",
        "-- migrate:up",
        "-- migrate:up",
        "-- migrate:down",
        "-- migrate:down transaction:false",
        "-- migrate:",
        "-- migrat:up",
        "-- +goose Down",
        "--migrate:up lock_timeout:1s lock_timeout:é",
        "SELECT 1;",
        "VACUUM;",
        "BEGIN; COMMIT;",
        "\\d",
        "COPY t FROM STDIN;",
        "SELECT 'a';",
        "ALTER TYPE m ADD VALUE 'a';",
        "SELECT 'a'::m;",
        "it's",
        "$$",
        "/*",
        "*/",
        "\"",
        "\r",
        "\0",
        "version 1",
        "<<<<<<< a",
        "=======",
        "# c",
    ];
    let mut lines: Vec<String> = lines.map(str::to_owned).to_vec();
    lines.push(format!("1 parents=- up={digest} down=- chain={digest} up-marks=1:AA"));
    lines.push(format!("2 parents=1,é up={digest} down={digest} chain={digest} up-marks=99:é"));
    lines.push(format!("3 parents=1 up={digest} chain="));
    let good =
        "-- revision: 1\n-- message: m\n-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 1;";
    prop_oneof![
        6 => vec(select(lines.clone()), 0..12).prop_map(|lines| lines.join("\n")),
        2 => vec(select(lines), 0..3).prop_map(move |lines| format!("{good}\n{}", lines.join("\n"))),
        1 => Just(good.to_owned()),
    ]
}
