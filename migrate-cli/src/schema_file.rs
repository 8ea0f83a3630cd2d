//! The schema as a file: which format it has, and whether a committed one is what the chain builds.

use std::path::{Path, PathBuf};

use migrate_core::Chain;
use migrate_core::schema::catalog::{Catalog, Difference};
use migrate_core::schema::diff;
use migrate_core::syntax::Explanation;
use serde::Serialize;
use serde_json::Value;

use crate::args::SchemaFormat;
use crate::compare::{build_models, differences, lines};
use crate::context::Context;
use crate::diagram::{Diagram, data_of, dot, html, mermaid};
use crate::failure::{Failure, FailureKind};
use crate::meaning::agreed;
use crate::models::Models;
use crate::scratch::Scratch;
use crate::ui::Page;

/// The endings of the formats.
const ENDINGS: [(&str, SchemaFormat); 8] = [
    ("sql", SchemaFormat::Sql),
    ("mmd", SchemaFormat::Mermaid),
    ("mermaid", SchemaFormat::Mermaid),
    ("dot", SchemaFormat::Dot),
    ("gv", SchemaFormat::Dot),
    ("html", SchemaFormat::Html),
    ("htm", SchemaFormat::Html),
    ("json", SchemaFormat::Json),
];

/// The format of a file, by its ending.
pub(crate) fn format_of(path: &Path) -> Result<SchemaFormat, Failure> {
    let ending = path.extension().map(|it| it.to_string_lossy().to_lowercase());
    let found = ENDINGS.iter().find(|(known, _)| Some(*known) == ending.as_deref());
    found.map(|(_, format)| *format).ok_or_else(|| {
        let what = format!("the ending of `{}` names no format", path.display());
        let help = "end it in .sql, .mmd, .dot, .html or .json, or say `--format`";
        Failure::refused(FailureKind::Usage, what, help)
    })
}

/// A schema as text.
pub(crate) fn written(catalog: &Catalog, format: SchemaFormat) -> String {
    match format {
        SchemaFormat::Sql => diff::dump(catalog).to_string(),
        SchemaFormat::Mermaid => mermaid(&Diagram::of(catalog)),
        SchemaFormat::Dot => dot(&Diagram::of(catalog)),
        SchemaFormat::Html => html(&Diagram::of(catalog)),
        SchemaFormat::Json => Diagram::of(catalog).json(),
    }
}

/// The committed file.
pub(crate) struct SchemaFile {
    path: PathBuf,
    format: SchemaFormat,
}

/// How it is, beside what the chain builds.
#[derive(Debug, Serialize)]
pub(crate) struct SchemaFileView {
    path: String,
    stale: bool,
    /// What the chain changes in it, of one with SQL.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<Difference>,
    /// Why it is stale, where there are no differences to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The file that migrate.toml names, if it does.
pub(crate) fn find(context: &Context) -> Result<Option<SchemaFile>, Failure> {
    let config = context.source.config()?;
    let Some(file) = config.schema_file() else { return Ok(None) };
    let path = context.source.settings_folder().unwrap_or_default().join(file);
    let format = format_of(&path)?;
    Ok(Some(SchemaFile { path, format }))
}

impl SchemaFile {
    /// Compares it with what the chain builds. Another text that means the same is not stale: servers of two
    /// versions print some definitions in two ways.
    pub(crate) fn compare(
        &self,
        context: &Context,
        scratch: &Scratch,
        chain: &Chain<'static>,
        built: &Catalog,
    ) -> Result<SchemaFileView, Failure> {
        let view = |differences: Vec<Difference>, reason: Option<String>| SchemaFileView {
            path: self.path.display().to_string(),
            stale: reason.is_some() || !differences.is_empty(),
            differences,
            reason,
        };
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text.replace("\r\n", "\n"),
            Err(error) => return Ok(view(Vec::new(), Some(format!("it can't be read: {error}")))),
        };
        let expected = written(built, self.format);
        if text == expected {
            return Ok(view(Vec::new(), None));
        }
        if self.format != SchemaFormat::Sql {
            return Ok(view(Vec::new(), other(&text, &expected, self.format)));
        }
        let models = Models::of_file(self.path.clone());
        match build_models(context, scratch, &models, Some(chain)) {
            Ok((database, committed)) => {
                let built = agreed(&mut database.connect()?, built, &committed);
                Ok(view(differences(&committed, &built), None))
            }
            Err(Failure::DevServer(why)) => Err(Failure::DevServer(why)),
            Err(why) => {
                let why = why.view(&context.ui.name).text;
                Ok(view(Vec::new(), Some(format!("it does not build a schema:\n{why}"))))
            }
        }
    }
}

/// Why a text with a diagram is another one, if it is.
fn other(text: &str, expected: &str, format: SchemaFormat) -> Option<String> {
    let data = |text: &str| -> Option<Value> {
        let json = match format {
            // The page around it may be another version's.
            SchemaFormat::Html => data_of(text)?,
            _ => text.to_owned(),
        };
        serde_json::from_str(&json).ok()
    };
    if matches!(format, SchemaFormat::Html | SchemaFormat::Json)
        && let (Some(one), Some(other)) = (data(text), data(expected))
    {
        return (one != other).then(|| changed(&one, &other));
    }
    let line = text.lines().zip(expected.lines()).take_while(|(one, other)| one == other).count();
    Some(format!("the first difference is in line {}", line + 1))
}

/// The tables and enums that are not the same.
fn changed(one: &Value, other: &Value) -> String {
    let named = |value: &Value| -> Vec<(String, Value)> {
        let all = ["tables", "enums"].iter().filter_map(|kind| value.get(kind)?.as_array());
        let name = |it: &Value| {
            let part = |key| it.get(key).and_then(Value::as_str).unwrap_or_default();
            format!("{}.{}", part("schema"), part("name"))
        };
        all.flatten().map(|it| (name(it), it.clone())).collect()
    };
    let (one, other) = (named(one), named(other));
    let is_only = |list: &[(String, Value)], it: &(String, Value)| !list.contains(it);
    let mut names: Vec<&str> =
        one.iter().filter(|it| is_only(&other, it)).map(|it| &*it.0).collect();
    names.extend(other.iter().filter(|it| is_only(&one, it)).map(|it| &*it.0));
    names.sort_unstable();
    names.dedup();
    let shown = names.iter().take(10).copied().collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(10);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("not as the chain builds them: {shown}{more}")
}

impl SchemaFileView {
    pub(crate) fn text(&self, page: &mut Page) {
        let Self { path, stale, differences, reason } = self;
        match reason {
            _ if !stale => page.line(format!("{path} is what the chain builds")),
            Some(reason) => page.line(format!("{path} is stale: {reason}")),
            None => {
                page.line(format!("differences ({path} vs chain):"));
                lines(differences, page);
            }
        }
    }

    /// What to do, if it is stale.
    pub(crate) fn advice(&self) -> Option<Explanation<'static>> {
        let path = &self.path;
        let quote = if path.contains(char::is_whitespace) { "'" } else { "" };
        self.stale.then(|| {
            Explanation::new(format!("{path} is not the schema that the chain builds"))
                .with_help(format!("write it again: `migrate schema dump -o {quote}{path}{quote}`"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_have_endings() {
        let check = |path: &str, expected: Option<SchemaFormat>| {
            assert_eq!(format_of(Path::new(path)).ok(), expected, "{path}");
        };
        check("a/schema.sql", Some(SchemaFormat::Sql));
        check("SCHEMA.HTML", Some(SchemaFormat::Html));
        check("schema.mmd", Some(SchemaFormat::Mermaid));
        check("schema.txt", None);
        check("schema", None);
    }

    #[test]
    fn what_is_stale_is_named() {
        let json = |kind: &str| {
            format!(
                "{{\"tables\": [{{\"schema\": \"public\", \"name\": \"t\", \"kind\": \"{kind}\"}}], \"enums\": []}}"
            )
        };
        let check = |one: &str, two: &str, expected: Option<&str>| {
            assert_eq!(other(one, two, SchemaFormat::Json).as_deref(), expected);
        };
        check(&json("table"), &json("table").replace(": ", ":"), None);
        check(&json("table"), &json("view"), Some("not as the chain builds them: public.t"));
        check("<<<<<<<", &json("table"), Some("the first difference is in line 1"));
    }
}
