//! The little of YAML that sqldef's test data consists of: a mapping of mappings, whose values are plain or literal blocks.

/// The mappings by name, each as its keys with their values; a value that is a list or a mapping is left out.
pub(crate) fn mappings(text: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut found: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let indent = line.len() - line.trim_start().len();
        let body = line.trim();
        let Some((key, value)) = body.split_once(':') else { continue };
        if body.starts_with(['#', '-']) {
            continue;
        }
        let value = value.trim();
        match (indent, found.last_mut()) {
            (0, _) => found.push((key.trim_matches(['"', '\'']).to_owned(), Vec::new())),
            (2, Some((_, values))) if value.starts_with('|') => {
                let mut block: Vec<&str> = Vec::new();
                let inside = |line: &str| line.starts_with("   ") || line.trim().is_empty();
                while let Some(line) = lines.next_if(|line| inside(line)) {
                    block.push(line);
                }
                values.push((key.to_owned(), dedented(&block)));
            }
            (2, Some((_, values))) => {
                let value = value.split(" #").next().unwrap_or_default();
                values.push((key.to_owned(), value.trim_matches(['"', '\'']).to_owned()));
            }
            _ => {}
        }
    }
    found
}

/// The lines of a block without the indentation of its first one.
fn dedented(lines: &[&str]) -> String {
    let first = lines.iter().find(|line| !line.trim().is_empty()).copied().unwrap_or_default();
    let indent = first.len() - first.trim_start().len();
    let line = |line: &&str| format!("{}\n", line.get(indent..).unwrap_or_default());
    lines.iter().map(line).collect()
}
