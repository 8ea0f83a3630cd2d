//! From a folder to the module that the macro makes.

use std::collections::HashMap;

use migrate_core::{
    Chain, Digests, Down, Folder, LOCK_FILE, Migration, RevisionId, Section, analyse_with, files,
    variant,
};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use crate::fallback;
use crate::input::Input;
use crate::place::Place;

/// Reads, checks and embeds; or tells what is wrong and makes a stand-in.
pub(crate) fn embed(input: &Input) -> TokenStream {
    let place = Place::of(&input.directory);
    let folder = files::read(&place.directory, place.shown.as_str());
    let names = names(&folder);
    let config = files::config(&place.directory, &place.shown).map(|config| input.over(config));
    match analyse_with(folder, config) {
        Ok(chain) => module(input, &place, &chain),
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

fn module(input: &Input, place: &Place, chain: &Chain<'static>) -> TokenStream {
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
    let constants: Vec<Ident> =
        (0..count).map(|at| Ident::new(&format!("MIGRATION_{at}"), Span::call_site())).collect();
    let data = migrations.iter().map(|migration| data(migration, core));
    let digest = Literal::byte_string(chain.head().digests.chain.as_bytes());
    let tracked = migrations.iter().map(|migration| place.file(migration.file_name()));
    let lock = place.file(LOCK_FILE);
    let lock = std::path::Path::new(&lock).exists().then_some(lock);
    let settings = files::config_path(&place.directory);
    let settings = settings.map(|path| path.to_string_lossy().into_owned());
    let tracked: Vec<String> = tracked.chain(lock).chain(settings).collect();
    let directory = place.directory.to_string_lossy();
    let module_doc =
        format!(" The chain of migrations in `{}`, checked when this was built.", place.shown);

    // Tables and one constant for each revision, where `match` and one large array would do too:
    // the compiler takes more than twice as long for twice as large a function or constant.
    quote! {
        #[doc = #module_doc]
        pub mod #module {
            // The compiler notes these files, so that an edit builds this again. What is embedded
            // is the text that was checked, below.
            #(const _: &[u8] = ::core::include_bytes!(#tracked);)*

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

            impl ::core::str::FromStr for Revision {
                type Err = #core::UnknownRevision;

                fn from_str(id: &str) -> ::core::result::Result<Self, Self::Err> {
                    match IDS.iter().position(|known| *known == id) {
                        ::core::option::Option::Some(at) => ::core::result::Result::Ok(Revision::ALL[at]),
                        ::core::option::Option::None => ::core::result::Result::Err(
                            #core::UnknownRevision(::std::string::ToString::to_string(id)),
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

            /// The whole chain: texts, parents and digests, as constant data.
            pub static CHAIN: #core::Chain<'static> = #core::Chain::embedded(&MIGRATIONS);

            static MIGRATIONS: [#core::Migration<'static>; #count] = [#(#constants),*];

            #(const #constants: #core::Migration<'static> = #data;)*

            /// The digest of the head, which pins every revision of the chain.
            pub const HEAD_DIGEST: #core::Digest = #core::Digest::from_bytes(*#digest);

            /// The proof that a database has this whole chain; only [`runner`] gives it.
            pub type AtHead = #core::AtHead<Revision>;

            /// What brings a database to a revision of this chain.
            pub fn runner() -> #core::Runner<'static, Revision> {
                #core::Runner::embedded()
            }

            #core::__directory_test!(#directory);
        }
    }
}

fn variant_of(migration: &Migration<'_>) -> String {
    variant(migration.file_name(), Some(migration.id.as_str()))
}

/// A migration as a constant: one call with literals, which the compiler reads fastest.
fn data(migration: &Migration<'_>, core: &TokenStream) -> TokenStream {
    let id = migration.id.as_str();
    let parents = migration.parents.iter().map(RevisionId::as_str);
    // A constant of its own, since a list that could own its elements can't be borrowed in a call.
    let parents = match migration.parents.len() {
        0 => quote!(&[]),
        _ => quote!({
            const PARENTS: &[#core::RevisionId<'static>] = &[#(#core::RevisionId::embedded(#parents)),*];
            PARENTS
        }),
    };
    let message = &*migration.message;
    let created = migration.created.as_deref().unwrap_or_default();
    let (path, text) = (migration.source.path(), migration.source.text());
    let up = section(migration.up);
    let down = match &migration.down {
        Down::Section(down) => {
            let down = section(*down);
            quote!(#core::Down::embedded(#down))
        }
        Down::Irreversible(reason) => quote!(#core::Down::embedded_irreversible(#reason)),
    };
    let Digests { up: up_digest, down: down_digest, chain } = &migration.digests;
    let [up_digest, chain] =
        [up_digest, chain].map(|digest| Literal::byte_string(digest.as_bytes()));
    let down_digest = match down_digest {
        Some(digest) => {
            let digest = Literal::byte_string(digest.as_bytes());
            quote!(::core::option::Option::Some(*#digest))
        }
        None => quote!(::core::option::Option::None),
    };
    let deployed = migration.deployed;
    quote! {
        #core::Migration::embedded(
            #id, #parents, #message, #created, #path, #text,
            #up, #down, *#up_digest, *#chain, #down_digest, #deployed,
        )
    }
}

/// Start, end, and the options as numbers; see `Section::embedded` in migrate-core.
fn section(section: Section) -> TokenStream {
    let Section { span, options } = section;
    let [lock, statement] = [options.lock_timeout, options.statement_timeout].map(|timeout| {
        timeout.map_or(u64::MAX, |timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX))
    });
    let numbers =
        [span.start as u64, span.end as u64, u64::from(options.transactional), lock, statement];
    let numbers = numbers.map(Literal::u64_unsuffixed);
    quote!([#(#numbers),*])
}
