//! The checksums that other tools keep, made again.

use std::hash::{Hash, Hasher};

use sha2::{Digest, Sha256, Sha384};
use siphasher::sip::SipHasher13;

use super::Row;
use crate::args::Tool;

/// The checksums that a tool may have made of a text; none for one that makes none.
pub(super) fn made(tool: Tool, row: &Row, text: &str) -> Vec<String> {
    match tool {
        Tool::Sqlx => vec![hex(&Sha384::digest(text))],
        Tool::Prisma | Tool::Drizzle => vec![hex(&Sha256::digest(text))],
        Tool::Flyway => vec![flyway(text).to_string()],
        Tool::Refinery => refinery(row, text),
        _ => Vec::new(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The CRC-32 of a text without its line ends, with the sign that Java gives it.
fn flyway(text: &str) -> i32 {
    let mut hasher = crc32fast::Hasher::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.split(['\n', '\r']).for_each(|line| hasher.update(line.as_bytes()));
    hasher.finalize().cast_signed()
}

/// refinery's checksum, by its builds with short and with long versions.
fn refinery(row: &Row, text: &str) -> Vec<String> {
    let name = row.name.as_deref().unwrap_or_default();
    let short = row.version.parse().ok().map(|version: i32| sip(name, version, text));
    let long = row.version.parse().ok().map(|version: i64| sip(name, version, text));
    [short, long].into_iter().flatten().map(|checksum| checksum.to_string()).collect()
}

fn sip(name: &str, version: impl Hash, text: &str) -> u64 {
    let mut hasher = SipHasher13::new();
    name.hash(&mut hasher);
    version.hash(&mut hasher);
    text.hash(&mut hasher);
    hasher.finish()
}

/// The texts that a section may have been in a file of its own: a chain is read without a byte order
/// mark and with short line ends, and an import may have added the last one.
pub(super) fn texts(section: &str) -> Vec<String> {
    let without = section.strip_suffix('\n').unwrap_or(section);
    let mut texts = Vec::new();
    for text in [section, without] {
        for text in [text.to_owned(), text.replace("\r\n", "\n").replace('\n', "\r\n")] {
            texts.push(format!("\u{feff}{text}"));
            texts.push(text);
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refinerys_own_is_among_ours() {
        let row = Row { version: "3".into(), name: Some("add_cars".into()), ..Row::default() };
        let text = "CREATE TABLE cars ();\n";
        let own = refinery_core::Migration::unapplied("V3__add_cars", text);
        let own = own.map(|migration| migration.checksum().to_string()).unwrap_or_default();
        let made = made(Tool::Refinery, &row, text);
        assert_eq!(made.len(), 2);
        assert_eq!(made[0], own);
        assert_ne!(made[0], made[1]);
    }

    #[test]
    fn sqlxs() {
        let expected = "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b";
        assert_eq!(made(Tool::Sqlx, &Row::default(), ""), [expected]);
        assert_eq!(made(Tool::Goose, &Row::default(), ""), Vec::<String>::new());
    }

    #[test]
    fn what_a_file_may_have_been() {
        let found = texts("a\nb\n");
        for expected in ["a\nb\n", "a\nb", "a\r\nb\r\n", "a\r\nb", "\u{feff}a\r\nb"] {
            assert!(found.contains(&expected.to_owned()), "{expected:?}");
        }
    }
}
