//! Reads what the manifest of a crate says about its chain.

/// The folder that `chain` in `[package.metadata.migrate]` names.
///
/// ```
/// let manifest = "[package.metadata.migrate]\nchain = \"../schema/migrations\"\n";
/// let chain = migrate_core::chain::chain_of_manifest(manifest);
/// assert_eq!(chain.as_deref(), Some("../schema/migrations"));
/// ```
pub fn chain_of_manifest(manifest: &str) -> Option<String> {
    let root = toml_span::parse(manifest).ok()?;
    let chain = root.pointer("/package/metadata/migrate/chain")?;
    chain.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_that_names_no_chain() {
        for manifest in [
            "",
            "[package]\nname = 'a'\n",
            "[package.metadata]\nmigrate = 1\n",
            "[package.metadata.migrate]\nchain = 1\n",
            "[package.metadata.migrate]\nother = 'x'\n",
            "not toml",
        ] {
            assert_eq!(chain_of_manifest(manifest), None, "{manifest}");
        }
    }
}
