//! The cases of a folder: sqldef's YAML, pgschema's `old.sql` and `new.sql`, or a chain `m/001.sql` beside a `schema.sql`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Result, yaml};

/// A pair of schemas.
pub(crate) struct Case {
    pub(crate) name: String,
    /// What both schemas stand on.
    pub(crate) setup: String,
    pub(crate) current: String,
    pub(crate) wanted: String,
}

/// All cases below a folder, by name.
pub(crate) fn read(folder: &Path) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for path in files(folder)? {
        let beside = |name: &str| fs::read_to_string(path.with_file_name(name)).unwrap_or_default();
        let parent = path.parent().unwrap_or(folder);
        let name = parent.strip_prefix(folder)?.to_string_lossy().replace(['/', '\\'], "-");
        match path.file_name().unwrap_or_default().to_string_lossy().as_ref() {
            "new.sql" => {
                let (current, wanted) = (beside("old.sql"), beside("new.sql"));
                cases.push(Case { name, setup: beside("setup.sql"), current, wanted });
            }
            "schema.sql" => {
                let chain = fs::read_to_string(parent.join("m/001.sql")).unwrap_or_default();
                let current = upgrade(&chain);
                cases.push(Case {
                    name,
                    setup: String::new(),
                    current,
                    wanted: beside("schema.sql"),
                });
            }
            file if file.ends_with(".yml") => {
                let stem = file.trim_end_matches(".yml").trim_start_matches("tests_");
                let mappings = yaml::mappings(&fs::read_to_string(&path)?);
                cases.extend(mappings.into_iter().filter_map(|(name, values)| {
                    let value = |key: &str| {
                        let found = values.iter().find(|(name, _)| name == key);
                        found.map(|(_, value)| value.clone())
                    };
                    Some(Case {
                        name: format!("{stem}-{name}"),
                        // The tool under test is told of a schema by the user's name.
                        setup: value("user").map_or_else(String::new, |_| FOO.to_owned()),
                        // A script that is sent whole is one transaction.
                        current: value("current").unwrap_or_default().replace(" CONCURRENTLY", ""),
                        wanted: value("desired")?.replace(" CONCURRENTLY", ""),
                    })
                }));
            }
            _ => {}
        }
    }
    Ok(cases)
}

const FOO: &str = "CREATE SCHEMA foo;\n";

/// The statements of the upgrade of a revision.
fn upgrade(chain: &str) -> String {
    let mut is_up = false;
    let mut found = String::new();
    for line in chain.lines() {
        match line.strip_prefix("-- migrate:") {
            Some(rest) => is_up = rest.starts_with("up"),
            None if is_up => found.push_str(&format!("{line}\n")),
            None => {}
        }
    }
    found
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}
