//! The test that `embed_migrations!()` puts beside a chain: is the folder still what was embedded?

/// Fails when the folder holds another chain than the one that was embedded: a file was added, and
/// the crate has no `build.rs` that would have told the compiler.
#[doc(hidden)]
#[cfg(feature = "files")]
#[macro_export]
macro_rules! __directory_test {
    ($directory:expr) => {
        #[cfg(test)]
        #[test]
        fn the_folder_is_what_is_embedded() {
            let folder = $crate::files::read(::std::path::Path::new($directory), $directory);
            if let ::core::result::Result::Err(message) =
                $crate::__private::same_chain(folder, &CHAIN)
            {
                ::core::panic!("{message}");
            }
        }
    };
}

/// Without the feature `files` there is no way to read the folder, so there is no test.
#[doc(hidden)]
#[cfg(not(feature = "files"))]
#[macro_export]
macro_rules! __directory_test {
    ($directory:expr) => {};
}

/// What a test says when a folder holds another chain than the embedded one.
#[doc(hidden)]
#[cfg(feature = "files")]
pub fn same_chain(
    folder: crate::chain::folder::Folder,
    embedded: &crate::chain::chain::Chain<'_>,
) -> Result<(), String> {
    let chain = crate::chain::check::check(folder).map_err(|rejection| rejection.to_string())?;
    let files = |chain: &crate::chain::chain::Chain<'_>| -> Vec<(String, String)> {
        let file = |migration: &crate::chain::chain::Migration<'_>| {
            // Tests are not embedded.
            let text = crate::chain::sections::without_tests(&migration.source);
            (migration.file_name().to_owned(), text.to_owned())
        };
        chain.migrations().iter().map(file).collect()
    };
    let (on_disk, embedded) = (files(&chain), files(embedded));
    match on_disk.iter().find(|file| !embedded.contains(file)) {
        None if on_disk.len() == embedded.len() => Ok(()),
        None => Err("the folder has fewer migrations than were embedded: build again".to_owned()),
        Some((name, _)) => Err(format!(
            "`{name}` is not embedded as it is on disk: the crate needs a build.rs with \
             `println!(\"cargo::rerun-if-changed=migrations\");`"
        )),
    }
}
