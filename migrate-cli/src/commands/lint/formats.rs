//! Findings for those who show them beside the lines: GitHub's workflows, and what reads SARIF.

use std::collections::BTreeMap;

use migrate_core::__private::counted;
use migrate_core::chain::{Config, Level, Lint};
use serde_json::{Value, json};

use super::{FileLocation, FindingView, levels, pages};

/// One annotation of a workflow a line.
pub(super) fn github(findings: &[FindingView]) -> String {
    let line = |found: &FindingView| {
        let kind = if found.level == "deny" { "error" } else { "warning" };
        let FileLocation { file, line, column, end_line, end_column, .. } = &found.place;
        let place = match file.as_str() {
            "" => String::new(),
            file => format!(
                "file={},line={line},endLine={end_line},col={column},endColumn={end_column},",
                property(file)
            ),
        };
        format!("::{kind} {place}title={}::{}\n", property(found.code), data(&words(found)))
    };
    findings.iter().map(line).collect()
}

fn words(found: &FindingView) -> String {
    match found.help.as_str() {
        "" => found.message.clone(),
        help => format!("{}\nhelp: {help}", found.message),
    }
}

/// A report of tests: one for each finding, which fails if it is an error, and one for the chain as a whole.
pub(super) fn junit(findings: &[FindingView]) -> String {
    let is_error = |found: &&FindingView| found.level == Level::Deny.name();
    let failures = findings.iter().filter(is_error).count();
    // The chain's own test is one of those that fail.
    let failed = failures + usize::from(failures > 0);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  \
         <testsuite name=\"migrate\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\">\n",
        findings.len() + 1
    );
    if failures == 0 {
        xml.push_str("    <testcase classname=\"chain\" name=\"no errors\"/>\n");
    } else {
        xml.push_str(&format!(
            "    <testcase classname=\"chain\" name=\"no errors\"><failure message=\"{}\"/></testcase>\n",
            escaped(&counted(failures, "error"))
        ));
    }
    for found in findings {
        let FileLocation { file, line, .. } = &found.place;
        let class = if file.is_empty() { "chain" } else { file };
        let name = match file.as_str() {
            "" => found.code.to_owned(),
            _ => format!("{} at line {line}", found.code),
        };
        let (message, text) = (escaped(&found.message), escaped(&found.text));
        let inner = match is_error(&found) {
            true => {
                format!("<failure type=\"{}\" message=\"{message}\">{text}</failure>", found.code)
            }
            false => format!("<system-out>{text}</system-out>"),
        };
        let (class, name) = (escaped(class), escaped(&name));
        xml.push_str(&format!(
            "    <testcase classname=\"{class}\" name=\"{name}\">{inner}</testcase>\n"
        ));
    }
    xml + "  </testsuite>\n</testsuites>\n"
}

/// Text in XML, without the characters that it can't have.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
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
    let others: BTreeMap<&str, Value> = findings
        .iter()
        .filter(|found| Lint::of_code(found.code).is_none())
        .map(|found| {
            (found.code, json!({ "id": found.code, "shortDescription": { "text": found.message } }))
        })
        .collect();
    let others = others.into_values();
    let rules: Vec<Value> = levels(config)
        .map(|(lint, level)| {
            json!({
                "id": lint.code(),
                "shortDescription": { "text": lint.about() },
                "help": { "text": pages::page(lint), "markdown": pages::page(lint) },
                "defaultConfiguration": { "level": sarif_level(level.name()) },
            })
        })
        .chain(others)
        .collect();
    let results: Vec<Value> = findings
        .iter()
        .map(|found| {
            json!({
                "ruleId": found.code,
                "level": sarif_level(found.level),
                "message": { "text": words(found) },
                "locations": found.locations(),
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

impl FindingView {
    /// Where it is; nowhere, if it is in no file.
    fn locations(&self) -> Vec<Value> {
        if self.place.file.is_empty() { Vec::new() } else { vec![location(&self.place)] }
    }
}

fn sarif_level(level: &str) -> &'static str {
    match level {
        level if level == Level::Deny.name() => "error",
        level if level == Level::Allow.name() => "none",
        _ => "warning",
    }
}

fn location(place: &FileLocation) -> Value {
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
        let place = FileLocation {
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
    fn what_is_in_no_file_has_no_place() {
        let found = [FindingView::without_place("drift", "+ table a".to_owned(), "undo it")];
        assert_eq!(github(&found), "::error title=drift::+ table a%0Ahelp: undo it\n");
        let result = &sarif(&found, &Config::default())["runs"][0];
        assert_eq!(result["results"][0]["locations"], json!([]));
        let rules = result["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.last().unwrap()["id"], "drift");
    }

    #[test]
    fn a_report_of_tests() {
        let all_is_well = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"migrate\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\">\n    \
             <testcase classname=\"chain\" name=\"no errors\"/>\n  </testsuite>\n</testsuites>\n";
        assert_eq!(junit(&[]), all_is_well);
        let warning = FindingView { level: "warn", text: "a < b\u{1b}".to_owned(), ..finding() };
        let text = junit(&[finding(), warning]);
        for part in [
            "tests=\"3\" failures=\"2\"",
            "<failure message=\"1 error\"/>",
            "<testcase classname=\"a b/1.sql\" name=\"drop-table at line 3\"><failure type=\"drop-table\" message=\"100 % of it: gone, all\">",
            "<system-out>a &lt; b\u{fffd}</system-out>",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
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
