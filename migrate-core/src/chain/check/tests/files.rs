//! Test cases: the folder and its entries.

use super::*;

pub(super) fn cases() -> Vec<Case> {
    let no_folder = |title, error, expected: &[&'static str]| Case {
        title,
        folder: Folder { path: "migrations".to_owned(), entries: Err(error) },
        expected: expected.to_vec(),
    };
    let reason = || "permission denied".to_owned();
    let bytes = |text: &str, from: &str, to: &[u8]| {
        let at = text.find(from).unwrap();
        let tail = &text.as_bytes()[at + from.len()..];
        Content::File([&text.as_bytes()[..at], to, tail].concat())
    };
    let broken = |from: &str, to: &[u8]| {
        let files = chain("1 2:1 3:2").lock("3");
        let content = bytes(&files.text("2.sql"), from, to);
        files.and_content("2.sql", content)
    };
    let utf16: Vec<u8> = "-- revision: 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        no_folder("no folder", FolderError::Missing { suggestion: None }, &["no-directory"]),
        no_folder("a file in its place", FolderError::NotADirectory, &["not-a-directory"]),
        no_folder("a closed folder", FolderError::Unreadable(reason()), &["unreadable"]),
        case("an empty folder", Files(Vec::new()), &["empty-chain"]),
        case(
            "every deployed file is gone",
            chain("1 2:1").lock("2").without("1.sql").without("2.sql"),
            &["empty-chain"],
        ),
        case("notes", chain("1").and("notes.txt", ""), &["stray-file"]),
        case(
            "refinery's folder",
            Files(Vec::new())
                .and("V1__a.sql", "CREATE TABLE a ();")
                .and("mod.rs", "")
                .and("V2__b.sql", "x"),
            &["foreign-folder"],
        ),
        case("a subfolder", chain("1").and_content("old", Content::Other), &["stray-file"]),
        case("a backup", chain("1").and("1.sql~", ""), &["stray-file"]),
        case("the only revision, misnamed", chain("1").rename("1.sql", "1.SQL"), &["stray-file"]),
        case(
            "a misnamed file that is a parent",
            chain("1 2:1 3:2").rename("2.sql", "2.SQL"),
            &["stray-file"],
        ),
        case(
            "a misnamed file that is deployed",
            chain("1 2:1").lock("2").rename("2.sql", "2.sql.bak"),
            &["stray-file"],
        ),
        case(
            "a closed file in the middle of the chain",
            chain("1 2:1 3:2").lock("3").and_content("2.sql", Content::Unreadable(reason())),
            &["unreadable"],
        ),
        case(
            "a folder that is called as a revision",
            chain("1").and_content("2.sql", Content::Other),
            &["unreadable"],
        ),
        case(
            "Latin-1 in the middle of a deployed chain",
            broken("Table 2", b"Gr\xf6\xdfe"),
            &["not-utf8 2.sql:3:15"],
        ),
        case(
            "UTF-16",
            chain("1").and_content("1.sql", Content::File([&b"\xff\xfe"[..], &utf16].concat())),
            &["not-utf8 1.sql:1:1"],
        ),
        case(
            "a lock that is not UTF-8",
            chain("1 2:1").and_content("chain.lock", Content::File(b"version 1\n\xff".to_vec())),
            &["not-utf8 chain.lock:2:1"],
        ),
        case(
            "a NUL byte in the middle of the chain",
            broken("t2 ()", b"t2\0 ()"),
            &["nul-byte 2.sql:6:16"],
        ),
        case(
            "a data dump in the middle of the chain",
            chain("1 2:1 3:2").and_content("2.sql", Content::LargeFile(123 << 20)),
            &["too-large 2.sql:1:1"],
        ),
        case(
            "what else may lie there",
            chain("1").and("README.md", "").and(".gitkeep", "").and("README", ""),
            &[],
        ),
    ]
}
