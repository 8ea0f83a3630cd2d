//! Maps file names to the variants of the typed `Revision`.

/// The variant for a file: the words of its name, without the leading id.
///
/// ```
/// let variant = migrate_core::chain::variant("001_initial_schema.sql", Some("001"));
/// assert_eq!(variant, "InitialSchema");
/// ```
pub fn variant(file_name: &str, id: Option<&str>) -> String {
    let stem = file_name.strip_suffix(".sql").unwrap_or(file_name);
    let without_id = id
        .and_then(|id| stem.strip_prefix(id))
        .filter(|rest| rest.starts_with(['_', '-', '.', ' ']));
    let words: Vec<&str> = without_id
        .unwrap_or(stem)
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let words = match words.as_slice() {
        // The leading part is only a prefix of the id in the header, or a date.
        [first, rest @ ..]
            if without_id.is_none()
                && !rest.is_empty()
                && first.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            rest
        }
        words => words,
    };
    let camel: String = words.iter().map(|word| capitalised(word)).collect();
    let needs_letter = camel.is_empty() || camel.starts_with(|c: char| c.is_ascii_digit());
    let taken = ["ALL", "BASE", "HEAD", "Self"].contains(&camel.as_str());
    if needs_letter || taken { format!("R{camel}") } else { camel }
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants() {
        let check = |file: &str, id: Option<&str>, expected: &str| {
            assert_eq!(variant(file, id), expected, "{file}");
        };
        check("001_initial_schema.sql", Some("001"), "InitialSchema");
        check("20251217_add_missing_indexes.sql", Some("20251217_indexes"), "AddMissingIndexes");
        check("91fd970f8f07_add_2fa_and_gdpr.sql", Some("91fd970f8f07"), "Add2faAndGdpr");
        check("ae1027a6acf_add_column.sql", Some("ae1027a6acf"), "AddColumn");
        check("ae1027a6acf_add_column.sql", None, "Ae1027a6acfAddColumn");
        check("001.sql", Some("001"), "R001");
        check("001_2fa.sql", Some("001"), "R2fa");
        check("self.sql", Some("x"), "RSelf");
        check("ALL.sql", Some("x"), "RALL");
        check("größe.sql", Some("x"), "GrE");
        check("über.sql", Some("x"), "Ber");
        check("日本.sql", Some("x"), "R");
        check("add-more stuff.v2.sql", Some("x"), "AddMoreStuffV2");
    }
}
