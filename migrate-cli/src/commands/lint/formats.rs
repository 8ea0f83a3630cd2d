//! Findings for those who show them beside the lines: GitHub's workflows, and what reads SARIF.

use migrate_core::chain::{Config, Level};
use serde_json::{Value, json};

use super::{FindingView, Place, levels, pages};

/// One annotation of a workflow a line.
pub(super) fn github(findings: &[FindingView]) -> String {
    let line = |found: &FindingView| {
        let kind = if found.level == "deny" { "error" } else { "warning" };
        let Place { file, line, column, end_line, end_column, .. } = &found.place;
        let place = format!(
            "file={},line={line},endLine={end_line},col={column},endColumn={end_column}",
            property(file)
        );
        let text = format!("{}\nhelp: {}", found.message, found.help);
        format!("::{kind} {place},title={}::{}\n", property(found.code), data(&text))
    };
    findings.iter().map(line).collect()
}

/// Text behind the colons.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text before them.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A log in the format of code scanners.
pub(super) fn sarif(findings: &[FindingView], config: &Config) -> Value {
    let rules: Vec<Value> = levels(config)
        .map(|(lint, level)| {
            json!({
                "id": lint.code(),
                "shortDescription": { "text": lint.about() },
                "help": { "text": pages::page(lint), "markdown": pages::page(lint) },
                "defaultConfiguration": { "level": sarif_level(level.name()) },
            })
        })
        .collect();
    let results: Vec<Value> = findings
        .iter()
        .map(|found| {
            json!({
                "ruleId": found.code,
                "level": sarif_level(found.level),
                "message": { "text": format!("{}\n{}", found.message, found.help) },
                "locations": [location(&found.place)],
                "relatedLocations": found.related.iter().map(location).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "migrate",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn sarif_level(level: &str) -> &'static str {
    match level {
        level if level == Level::Deny.name() => "error",
        level if level == Level::Allow.name() => "none",
        _ => "warning",
    }
}

fn location(place: &Place) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&place.file) },
            "region": {
                "startLine": place.line,
                "startColumn": place.column,
                "endLine": place.end_line,
                "endColumn": place.end_column,
            },
        },
    });
    if !place.label.is_empty() {
        location["message"] = json!({ "text": place.label });
    }
    location
}

/// A path as a reference: from the root of the repository, if it is run there.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding() -> FindingView {
        let place = Place {
            file: "a b/1.sql".to_owned(),
            line: 3,
            column: 1,
            end_line: 4,
            end_column: 7,
            label: "here".to_owned(),
        };
        FindingView {
            code: "drop-table",
            level: "deny",
            revision: "1".to_owned(),
            message: "100 % of it: gone, all".to_owned(),
            help: "don't".to_owned(),
            place,
            related: Vec::new(),
            text: String::new(),
        }
    }

    #[test]
    fn an_annotation_is_one_line() {
        assert_eq!(
            github(&[finding()]),
            "::error file=a b/1.sql,line=3,endLine=4,col=1,endColumn=7,title=drop-table::\
             100 %25 of it: gone, all%0Ahelp: don't\n"
        );
    }

    #[test]
    fn a_log_names_rules_and_places() {
        let log = sarif(&[finding()], &Config::default());
        let result = &log["runs"][0]["results"][0];
        assert_eq!(result["ruleId"], "drop-table");
        assert_eq!(result["level"], "error");
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%20b/1.sql");
        assert_eq!(place["region"]["endLine"], 4);
        let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array();
        assert_eq!(rules.map(Vec::len), Some(migrate_core::chain::Lint::ALL.len()));
    }
}
