//! Models in files: each file by itself, or all of a folder.

use std::path::{Path, PathBuf};

use migrate_core::syntax::Source;

use crate::failure::{Failure, FailureKind};

/// The files at these paths; of a folder, those that end in `.sql`, also in the folders below it.
pub(super) fn read(paths: &[PathBuf]) -> Result<Vec<Source<'static>>, Failure> {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = files.len();
            walk(path, &mut files).map_err(|error| unreadable(path, &error.to_string()))?;
            if files.len() == before {
                return Err(unreadable(path, "no file in it ends in `.sql`"));
            }
        } else {
            files.push(path.clone());
        }
    }
    let mut seen = Vec::new();
    files.retain(|file| {
        // The same file by two ways is one file.
        let known = file.canonicalize().unwrap_or_else(|_| file.clone());
        let is_new = !seen.contains(&known);
        seen.push(known);
        is_new
    });
    files.iter().map(|file| source(file)).collect()
}

/// In the order of their names. What is hidden is left out, and so are links to folders.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let entries: Result<Vec<_>, _> = std::fs::read_dir(folder)?.collect();
    let mut entries = entries?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            walk(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "sql") && path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

fn source(path: &Path) -> Result<Source<'static>, Failure> {
    let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable(path, "it is not UTF-8"))?;
    Ok(Source::new(path.display().to_string(), without_psql(text)))
}

fn unreadable(path: &Path, reason: &str) -> Failure {
    let what = format!("the models `{}` can't be read: {reason}", path.display());
    let help = "name a file with the SQL of the wanted schema, or a folder of such files: `--models schema.sql`";
    Failure::refused(FailureKind::Models, what, help)
}

/// A schema that `pg_dump` has written begins and ends with commands for psql, which mean nothing
/// here. They become blank lines, so that all others stay where they are.
pub(super) fn without_psql(text: String) -> String {
    let is_for_psql =
        |line: &str| line.starts_with("\\restrict") || line.starts_with("\\unrestrict");
    if !text.lines().any(is_for_psql) {
        return text;
    }
    text.lines()
        .map(|line| if is_for_psql(line) { "\n" } else { line })
        .fold(String::with_capacity(text.len()), |whole, line| {
            whole + line + if line == "\n" { "" } else { "\n" }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_for_psql_are_blank() {
        let check =
            |text: &str, expected: &str| assert_eq!(without_psql(text.to_owned()), expected);
        check("a\nb", "a\nb");
        check("\\restrict x\na;\n\\unrestrict x\n", "\na;\n\n");
    }

    #[test]
    fn folders_are_read_by_name() {
        let home = tempfile::TempDir::new().unwrap();
        let at = |path: &str| home.path().join(path);
        std::fs::create_dir_all(at("schema/views")).unwrap();
        for path in
            ["schema/b.sql", "schema/a.sql", "schema/views/v.sql", "schema/x.txt", "schema/.h.sql"]
        {
            std::fs::write(at(path), "").unwrap();
        }
        let names = |paths: &[&str]| -> Vec<String> {
            let paths: Vec<PathBuf> = paths.iter().map(|path| at(path)).collect();
            let sources = read(&paths).map_err(|error| error.to_string()).unwrap();
            let root = format!("{}/", home.path().display());
            sources.iter().map(|it| it.path().replace(&root, "")).collect()
        };
        assert_eq!(names(&["schema"]), ["schema/a.sql", "schema/b.sql", "schema/views/v.sql"]);
        assert_eq!(
            names(&["schema/b.sql", "schema"]),
            ["schema/b.sql", "schema/a.sql", "schema/views/v.sql"]
        );
        std::fs::create_dir(at("empty")).unwrap();
        let error = read(&[at("empty")]).map(|it| it.len()).unwrap_err().to_string();
        assert!(error.contains("no file in it ends in `.sql`"), "{error}");
    }
}
