//! Tests: problems of a folder. Each case lists every diagnostic and its position.
//!
//! A mistake results in one diagnostic, at the place to fix. Problems that only follow from it are
//! not reported.

use std::fmt::Write as _;

use super::check;
use crate::chain::chain::Chain;
use crate::chain::digest::section_digest;
use crate::chain::folder::{Content, Entry, Folder, FolderError};
use crate::chain::lockfile::{LOCK_FILE, lock_text};
use crate::chain::problem::Problem;
use crate::syntax::statements::split_statements;

mod files;
mod graph;
mod header;
mod lock;
mod pins;
mod sections;
mod sql;

/// A folder and the expected diagnostics: `code file:line:column` for each.
struct Case {
    title: &'static str,
    folder: Folder,
    expected: Vec<&'static str>,
}

fn case(title: &'static str, files: Files, expected: &[&'static str]) -> Case {
    Case { title, folder: files.folder(), expected: expected.to_vec() }
}

/// A folder under construction.
struct Files(Vec<Entry>);

/// One file.
fn file(name: &str, text: &str) -> Files {
    Files(Vec::new()).and(name, text)
}

/// Builds one file for each revision of a graph written as `id:parent,parent`. All files have the
/// same lines: 1 id, 2 parents, 3 message, 5 marker, 6 upgrade, 8 marker, 9 downgrade.
fn chain(graph: &str) -> Files {
    graph.split(' ').fold(Files(Vec::new()), |files, node| {
        let (id, parents) = node.split_once(':').unwrap_or((node, ""));
        let parents = match parents {
            "" => "--".to_owned(),
            ids => format!("-- parent: {}", ids.replace(',', ", ")),
        };
        let text = format!(
            "-- revision: {id}\n{parents}\n-- message: Table {id}\n\n\
             -- migrate:up\nCREATE TABLE t{id} ();\n\n-- migrate:down\nDROP TABLE t{id};\n"
        );
        files.and(&format!("{id}.sql"), &text)
    })
}

impl Files {
    fn folder(self) -> Folder {
        Folder { path: "migrations".to_owned(), entries: Ok(self.0) }
    }

    fn and(self, name: &str, text: &str) -> Self {
        self.and_content(name, Content::File(text.as_bytes().to_vec()))
    }

    /// Adds an entry, or replaces the one of this name.
    fn and_content(self, name: &str, content: Content) -> Self {
        let mut files = self.without(name);
        files.0.push(Entry { name: name.to_owned(), content });
        files
    }

    fn without(mut self, name: &str) -> Self {
        self.0.retain(|entry| entry.name != name);
        self
    }

    fn text(&self, name: &str) -> String {
        match &self.0.iter().find(|entry| entry.name == name).unwrap().content {
            Content::File(bytes) => String::from_utf8(bytes.clone()).unwrap(),
            other => panic!("{name} is {other:?}"),
        }
    }

    fn edit(self, name: &str, from: &str, to: &str) -> Self {
        let text = self.text(name);
        assert!(text.contains(from), "{name} has no {from:?}");
        self.and(name, &text.replacen(from, to, 1))
    }

    fn rename(self, old: &str, new: &str) -> Self {
        let text = self.text(old);
        self.without(old).and(new, &text)
    }

    /// Pins the chain that the files form now.
    fn lock(self, through: &str) -> Self {
        let chain = check(Files(self.0.clone()).folder()).unwrap();
        self.and(LOCK_FILE, &lock_text(&chain, through).unwrap())
    }
}

/// All cases, grouped by topic.
fn groups() -> Vec<(&'static str, Vec<Case>)> {
    vec![
        ("files", files::cases()),
        ("header", header::cases()),
        ("sections", sections::cases()),
        ("sql", sql::cases()),
        ("graph", graph::cases()),
        ("lock", lock::cases()),
        ("pins", pins::cases()),
    ]
}

/// Each diagnostic in the format of the cases.
fn found(folder: Folder) -> Result<Chain<'static>, Vec<String>> {
    check(folder).map_err(|rejection| {
        let place = |found: &crate::chain::Diagnostic| {
            let Some(label) = &found.primary else { return found.problem.code().to_owned() };
            let source = &rejection.sources[label.source];
            let position = source.position(label.span.start);
            let name = source.path().trim_start_matches("migrations/");
            format!("{} {name}:{}:{}", found.problem.code(), position.line, position.column)
        };
        rejection.diagnostics.iter().map(place).collect()
    })
}

#[test]
fn each_mistake_gives_one_diagnostic_at_its_place() {
    let mut failures = String::new();
    for (group, cases) in groups() {
        for Case { title, folder, expected } in cases {
            let found = found(folder.clone()).err().unwrap_or_default();
            if found != expected {
                let shown = check(folder).map_err(|rejection| rejection.to_string()).err();
                let _ = write!(
                    failures,
                    "\n{group}: {title}\n expected {expected:?}\n    found {found:?}\n{}\n",
                    shown.unwrap_or_default()
                );
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// Generates the list of all variants and an exhaustive match from one list. So a new variant does
/// not compile until it is in the list, and then it needs a case.
macro_rules! variants {
    ($($variant:ident)*) => {
        const VARIANTS: &[&str] = &[$(stringify!($variant)),*];

        fn variant(problem: &Problem) -> &'static str {
            match problem {
                $(Problem::$variant { .. } => stringify!($variant),)*
            }
        }
    };
}

variants! {
    NoDirectory NotADirectory Unreadable EmptyChain StrayFile ForeignFolder NotUtf8 NulByte TooLarge
    MissingKey DuplicateKey UnknownKey EmptyValue BadId SqlBeforeSection
    NoUp MissingDown EmptyDown IrreversibleWithDown DuplicateSection UnknownSection
    UnknownOption DuplicateOption BadOption MarkerNotAlone SectionAfterTest
    UnterminatedString UnterminatedIdentifier UnterminatedComment UnterminatedDollarQuote
    PsqlCommand CopyFromStdin CopyToStdout TransactionControl NeedsNoTransaction EnumValueUsed
    Todo Syntax MissingSemicolon PsqlVariable Parameter ReleasesLocks NeedsTransaction TextSetting NeedsServer Lint UnknownCode AlreadyExists Missing WrongKind ColumnCount NoKey AmbiguousColumn RepeatedColumn ValueCount GeneratedColumn NotImmutable StillNeeded NotNullNeeded CannotReplace Ambiguous InvalidQuery TypeMismatch NoOperatorClass DownLeaves DownLoses
    DuplicateRevision UnknownParent RepeatedParent SeveralBases Fork Cycle TwinMerges VariantClash
    ConfigSyntax UnknownSetting BadSetting UnknownStatement IncompleteRule
    LockConflict LockVersion LockSyntax LockDuplicate LockTampered
    PinnedMissing PinnedEdited PinnedDownEdited PinnedReparented
    BreaksDeployed QueriesLock
}

/// The first case of each variant is its example. The texts in `snapshots` are what users read.
#[test]
fn every_variant_has_a_case_and_its_text_is_reviewed() {
    let mut seen: Vec<&str> = Vec::new();
    for (group, cases) in groups() {
        let mut page = String::new();
        for Case { title, folder, .. } in cases {
            let Err(rejection) = check(folder) else { continue };
            for found in &rejection.diagnostics {
                let variant = variant(&found.problem);
                if seen.contains(&variant) {
                    continue;
                }
                seen.push(variant);
                let text = found.render(&rejection.sources);
                let _ = write!(page, "{variant}: {title}\n\n{text}\n\n\n");
            }
        }
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(group, page);
        });
    }
    // Problems that only the parser finds are tested with the parser, and those of the settings
    // with the settings.
    seen.extend(["MissingSemicolon", "PsqlVariable", "Parameter", "ReleasesLocks"]);
    seen.extend(["NeedsTransaction", "TextSetting", "BreaksDeployed", "QueriesLock"]);
    seen.extend(["Syntax", "NeedsServer", "Lint", "ConfigSyntax", "UnknownSetting", "BadSetting"]);
    seen.extend(["UnknownStatement", "IncompleteRule"]);
    // Problems that only a replay finds are tested with the replay.
    seen.extend([
        "AlreadyExists",
        "Missing",
        "WrongKind",
        "ColumnCount",
        "NoKey",
        "AmbiguousColumn",
        "RepeatedColumn",
        "ValueCount",
        "GeneratedColumn",
        "NotImmutable",
        "StillNeeded",
        "NotNullNeeded",
        "CannotReplace",
        "Ambiguous",
        "InvalidQuery",
        "TypeMismatch",
        "NoOperatorClass",
        "DownLeaves",
        "DownLoses",
    ]);
    let unseen: Vec<_> = VARIANTS.iter().filter(|variant| !seen.contains(variant)).collect();
    assert!(unseen.is_empty(), "no case gives {unseen:?}");
}

/// Programs identify a problem by its code.
#[test]
fn codes_are_the_names_of_the_variants() {
    for (_, cases) in groups() {
        for Case { folder, .. } in cases {
            for found in check(folder).err().into_iter().flat_map(|found| found.diagnostics) {
                let code = found.problem.code().replace('-', "");
                assert_eq!(code, variant(&found.problem).to_lowercase());
                assert_ne!(found.problem.help(), "", "{code}");
            }
        }
    }
}

/// A section is tokenized as part of its file, but must mean the same as on its own: the digest in
/// databases is that of the section alone.
#[test]
fn a_section_is_read_as_if_it_were_alone() {
    let odd = [
        "-- migrate:up\nSELECT 'a'\n-- migrate:down\n'b';",
        "-- migrate:up\nSELECT E'a'\n-- migrate:down\n'b\\';\n-- migrate:up\n';",
        "'a'\n-- migrate:up\n  \n'b'\n'c' ; 'd';;\n  -- migrate:down\n/* e */",
        "-- migrate:up\rSELECT 1;\n\t-- migrate:down x",
        "SELECT 1; -- migrate:up\nSELECT 2; -- migrate:down",
        "-- migrate:up\nSELECT $a$\n-- migrate:down\n$a$; SELECT 'ü'; -- migrate:down",
        "-- migrate:up\nSELECT '\n-- migrate:down\nSELECT \"",
        "-- migrate:down\n-- migrate:up",
    ];
    let folders = groups().into_iter().flat_map(|(_, cases)| cases).map(|case| case.folder);
    let odd = odd.iter().map(|text| Folder::of_texts("m", [("1.sql", *text)]));
    let mut sections = 0;
    for folder in folders.chain(odd) {
        let files = crate::chain::folder::open(folder, &mut Vec::new());
        for (index, name) in &files.migrations {
            let source = &files.sources[*index];
            let file = crate::chain::file::parse(*index, name, source, &mut Vec::new());
            let [up, down] = file.statements;
            let read =
                [(file.sections.up, Some(file.up), up), (file.sections.down, file.down, down)];
            for (section, digest, statements) in read {
                let Some((section, _)) = section else { continue };
                sections += 1;
                let sql = source.slice(section.span);
                assert_eq!(digest, Some(section_digest(sql, section.options.transactional)));
                assert_eq!(statements, split_statements(sql), "{sql}");
            }
        }
    }
    assert!(sections > 500, "{sections}");
}
