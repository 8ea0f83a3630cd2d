//! Results as JUnit's XML, as CI systems read it: a test case for each revision.

use super::{Results, RevisionView};

pub(super) fn junit(results: &Results) -> String {
    let total = results.revisions.len() + results.not_reached.len();
    let time: u128 = results.revisions.iter().map(|it| it.duration_ms).sum();
    let counts = format!(
        "tests=\"{total}\" failures=\"{}\" skipped=\"{}\" time=\"{}\"",
        results.failed,
        results.not_reached.len(),
        seconds(time)
    );
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  <testsuite name=\"migrate test\" {counts}>\n"
    );
    results.revisions.iter().for_each(|revision| case(&mut text, revision));
    for id in &results.not_reached {
        let id = attribute(id);
        text.push_str(&format!(
            "    <testcase name=\"{id}\" classname=\"migrations\" time=\"0\"><skipped message=\"a revision before can't be applied\"/></testcase>\n"
        ));
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

fn case(text: &mut String, revision: &RevisionView) {
    let name = attribute(&format!("{} {}", revision.revision, revision.message));
    let file = attribute(&revision.file);
    let time = seconds(revision.duration_ms);
    text.push_str(&format!(
        "    <testcase name=\"{name}\" classname=\"migrations\" file=\"{file}\" time=\"{time}\""
    ));
    if revision.failures.is_empty() {
        text.push_str("/>\n");
        return;
    }
    text.push_str(">\n");
    for failure in &revision.failures {
        let (step, message) = (failure.step.name(), attribute(&failure.message));
        text.push_str(&format!(
            "      <failure type=\"{step}\" message=\"{message}\">{}</failure>\n",
            escaped(&failure.text)
        ));
    }
    text.push_str("    </testcase>\n");
}

fn seconds(milliseconds: u128) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

/// Text between tags. Of control characters XML has only these.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.chars()
        .map(|c| if c.is_control() && !matches!(c, '\n' | '\t' | '\r') { '\u{fffd}' } else { c })
        .collect()
}

/// Text between quotes.
fn attribute(text: &str) -> String {
    escaped(text).replace('"', "&quot;").replace('\n', "&#10;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staircase::{Step, TestFailure, TestFailureKind};

    #[test]
    fn failures_are_inside_of_their_case() {
        let failure = TestFailure {
            step: Step::UpAgain,
            kind: TestFailureKind::Statement,
            message: "a < \"b\"".to_owned(),
            file: "m/2.sql".to_owned(),
            line: 3,
            column: 1,
            sqlstate: None,
            tables: Vec::new(),
            notes: Vec::new(),
            help: String::new(),
            text: "a < \"b\" & \u{7}\n --> m/2.sql:3:1".to_owned(),
        };
        let revision = |id: &str, failures: Vec<TestFailure>| RevisionView {
            revision: id.to_owned(),
            message: "Add it".to_owned(),
            file: format!("m/{id}.sql"),
            result: "",
            steps: Vec::new(),
            rows: 0,
            tables: 0,
            duration_ms: 1050,
            failures,
        };
        let results = Results {
            revisions: vec![revision("1", Vec::new()), revision("2", vec![failure])],
            passed: 1,
            failed: 1,
            not_reached: vec!["3".to_owned()],
            rows: 0,
            seed: 0,
            unfilled: Vec::new(),
        };
        insta::assert_snapshot!(junit(&results), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites tests="3" failures="1" skipped="1" time="2.100">
          <testsuite name="migrate test" tests="3" failures="1" skipped="1" time="2.100">
            <testcase name="1 Add it" classname="migrations" file="m/1.sql" time="1.050"/>
            <testcase name="2 Add it" classname="migrations" file="m/2.sql" time="1.050">
              <failure type="up again" message="a &lt; &quot;b&quot;">a &lt; "b" &amp; �
         --&gt; m/2.sql:3:1</failure>
            </testcase>
            <testcase name="3" classname="migrations" time="0"><skipped message="a revision before can't be applied"/></testcase>
          </testsuite>
        </testsuites>
        "#);
    }
}
