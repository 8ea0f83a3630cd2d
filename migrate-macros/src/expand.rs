//! From a folder to the module that the macro makes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use migrate_core::__private::{ENCODING_FORMAT as FORMAT, Threads, analyse_on, encode};
use migrate_core::chain::{LOCK_FILE, QUERIES_FILE, RunSettings, variant};
use migrate_core::{Chain, Folder, Migration, files};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use crate::chain_directory::ChainDirectory;
use crate::fallback;
use crate::input::Input;

/// Reads, checks and embeds; or tells what is wrong and makes a stand-in.
pub(crate) fn embed(input: &Input) -> TokenStream {
    let place = ChainDirectory::of(&input.directory);
    let folder = files::read(&place.directory, place.shown.as_str());
    let names = names(&folder);
    let config = files::config(&place.directory, &place.shown).map(|config| input.over(config));
    let settings = config.as_ref().ok().and_then(|config| config.environment(None));
    let settings = settings.map(|found| found.run).unwrap_or_default();
    match analyse_on(&Threads, folder, config) {
        Ok(chain) => module(input, &place, &chain, &settings),
        Err(rejection) => fallback::module(input, &names, &rejection),
    }
}

/// The names of the migrations in a folder, whatever is in them.
fn names(folder: &Folder) -> Vec<String> {
    let entries = folder.entries.iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.name.clone()).filter(|name| name.ends_with(".sql")).collect();
    names.sort();
    names
}

fn module(
    input: &Input,
    place: &ChainDirectory,
    chain: &Chain<'static>,
    settings: &RunSettings,
) -> TokenStream {
    let Input { module, core, .. } = input;
    let migrations = chain.migrations();
    let count = migrations.len();
    let names: Vec<String> = migrations.iter().map(variant_of).collect();
    let variants: Vec<Ident> =
        names.iter().map(|name| Ident::new(name, Span::call_site())).collect();
    let places: HashMap<&str, usize> =
        migrations.iter().enumerate().map(|(at, migration)| (migration.id.as_str(), at)).collect();
    let (base, head) = (variants.first(), variants.last());
    let docs = migrations.iter().map(|migration| {
        let (message, id, file) = (&migration.message, &migration.id, migration.file_name());
        format!(" {message} (`{id}`, in `{file}`).")
    });
    let ids: Vec<&str> = migrations.iter().map(|migration| migration.id.as_str()).collect();
    let parents = migrations.iter().map(|migration| {
        let parents = migration.parents.iter().filter_map(|parent| places.get(parent.as_str()));
        let parents = parents.map(|at| &variants[*at]);
        quote!(&[#(Revision::#parents),*])
    });
    let (texts, numbers) = encode(chain);
    let numbers = Literal::byte_string(&numbers);
    let (format, head_id) = (Literal::u32_unsuffixed(FORMAT), chain.head().id.as_str());
    let digest = Literal::byte_string(chain.head().digests.chain.as_bytes());
    let tracked = migrations.iter().map(|migration| place.file(migration.file_name()));
    let locks = [LOCK_FILE, QUERIES_FILE].map(|name| place.file(name));
    let locks = locks.into_iter().filter(|path| std::path::Path::new(path).exists());
    let run_settings = run_settings(core, settings);
    let settings = files::config_path(&place.directory);
    let settings = settings.map(|path| path.to_string_lossy().into_owned());
    let tracked: Vec<String> = tracked.chain(locks).chain(settings).collect();
    let directory = place.directory.to_string_lossy();
    let module_doc =
        format!(" The chain of migrations in `{}`, checked when this was built.", place.shown);

    // Tables, where `match` would do too: the compiler takes more than twice as long for twice as
    // large a function.
    quote! {
        #[doc = #module_doc]
        pub mod #module {
            // The compiler notes these files, so that an edit builds this again. What is embedded
            // is the text that was checked, below.
            const _: &[&[u8]] = &[#(::core::include_bytes!(#tracked)),*];

            /// A revision of the chain.
            #[derive(Clone, Copy, PartialEq, Eq, Hash)]
            pub enum Revision {
                #(#[doc = #docs] #variants,)*
            }

            const NAMES: [&str; #count] = [#(#names),*];
            const IDS: [&str; #count] = [#(#ids),*];
            const PARENTS: [&[Revision]; #count] = [#(#parents),*];

            impl Revision {
                /// All revisions, parents before children.
                pub const ALL: [Revision; #count] = [#(Revision::#variants),*];

                /// The revision that begins the chain.
                pub const BASE: Revision = Revision::#base;

                /// The revision that no other follows.
                pub const HEAD: Revision = Revision::#head;

                /// Its id, as its file and the database have it.
                pub const fn id(self) -> &'static str {
                    IDS[self as usize]
                }

                /// The revisions it follows: none at the base, several in a merge.
                pub const fn parents(self) -> &'static [Revision] {
                    PARENTS[self as usize]
                }
            }

            impl ::core::fmt::Debug for Revision {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    f.pad(NAMES[*self as usize])
                }
            }

            impl ::core::fmt::Display for Revision {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    f.pad(self.id())
                }
            }

            /// The whole chain: texts, parents and digests.
            pub static CHAIN: #core::Chain<'static> = #core::Chain::embedded(#core::__private::EncodedChain {
                format: #format,
                count: #count,
                head: #head_id,
                digest: HEAD_DIGEST,
                texts: #texts,
                numbers: #numbers,
            }, #run_settings);

            /// The digest of the head, which pins every revision of the chain.
            pub const HEAD_DIGEST: #core::chain::Digest = #core::chain::Digest::from_bytes(*#digest);

            #core::__with_client! {
                impl ::core::str::FromStr for Revision {
                    type Err = #core::runner::UnknownRevision;

                    fn from_str(id: &str) -> ::core::result::Result<Self, Self::Err> {
                        match IDS.iter().position(|known| *known == id) {
                            ::core::option::Option::Some(at) => ::core::result::Result::Ok(Revision::ALL[at]),
                            ::core::option::Option::None => ::core::result::Result::Err(
                                #core::runner::UnknownRevision(::std::string::ToString::to_string(id)),
                            ),
                        }
                    }
                }

                impl #core::Embedded for Revision {
                    fn chain() -> &'static #core::Chain<'static> {
                        &CHAIN
                    }

                    fn id(self) -> &'static str {
                        Revision::id(self)
                    }
                }

                /// The proof that a database has this whole chain; only [`runner`] gives it.
                pub type AtHead = #core::AtHead<Revision>;

                /// What brings a database to a revision of this chain.
                pub fn runner() -> #core::Runner<'static, Revision> {
                    #core::Runner::embedded()
                }
            }

            #core::__directory_test!(#directory);
        }
    }
}

/// What `migrate.toml` says of runs, as a constant.
fn run_settings(core: &TokenStream, settings: &RunSettings) -> TokenStream {
    let name = |name: &Option<Cow<'static, str>>| match name.as_deref() {
        Some(name) => quote!(::core::option::Option::Some(::std::borrow::Cow::Borrowed(#name))),
        None => quote!(::core::option::Option::None),
    };
    let time = |time: Option<Duration>| match time {
        Some(time) => {
            let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            quote!(::core::option::Option::Some(::core::time::Duration::from_millis(#milliseconds)))
        }
        None => quote!(::core::option::Option::None),
    };
    let (schema, table_prefix) = (name(&settings.schema), name(&settings.table_prefix));
    let [lock, statement, wait] =
        [settings.lock_timeout, settings.statement_timeout, settings.lock_wait_timeout].map(time);
    quote! {
        #core::chain::RunSettings {
            schema: #schema,
            table_prefix: #table_prefix,
            lock_timeout: #lock,
            statement_timeout: #statement,
            lock_wait_timeout: #wait,
        }
    }
}

fn variant_of(migration: &Migration<'_>) -> String {
    variant(migration.file_name(), Some(migration.id.as_str()))
}
