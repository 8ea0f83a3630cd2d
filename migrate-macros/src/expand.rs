//! From a folder to the module that the macro makes.

use migrate_core::{
    Chain, Digest, Down, Folder, LOCK_FILE, Migration, Section, check, files, variant,
};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::fallback;
use crate::input::Input;
use crate::place::Place;

/// Reads, checks and embeds; or tells what is wrong and makes a stand-in.
pub(crate) fn embed(input: &Input) -> TokenStream {
    let place = Place::of(&input.directory);
    let folder = files::read(&place.directory, place.shown.as_str());
    let names = names(&folder);
    match check(folder) {
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
    let variants: Vec<Ident> = migrations.iter().map(variant_of).collect();
    let of_id = |id: &str| chain.position(id).map(|at| &variants[at]);
    let (base, head) = (of_id(chain.base().id.as_str()), of_id(chain.head().id.as_str()));
    let docs = migrations.iter().map(|migration| {
        let (message, id, file) = (&migration.message, &migration.id, migration.file_name());
        format!(" {message} (`{id}`, in `{file}`).")
    });
    let ids: Vec<&str> = migrations.iter().map(|migration| migration.id.as_str()).collect();
    let parents = migrations.iter().map(|migration| {
        let parents = migration.parents.iter().filter_map(|parent| of_id(parent.as_str()));
        quote!(&[#(Revision::#parents),*])
    });
    let data = migrations.iter().map(|migration| data(migration, core));
    let digest = digest(chain.head().digests.chain, core);
    let tracked = migrations.iter().map(|migration| place.file(migration.file_name()));
    let lock = place.file(LOCK_FILE);
    let lock = std::path::Path::new(&lock).exists().then_some(lock);
    let tracked: Vec<String> = tracked.chain(lock).collect();
    let directory = place.directory.to_string_lossy();
    let module_doc =
        format!(" The chain of migrations in `{}`, checked when this was built.", place.shown);

    quote! {
        #[doc = #module_doc]
        pub mod #module {
            // The compiler notes these files, so that an edit builds this again. What is embedded
            // is the text that was checked, below.
            #(const _: &[u8] = ::core::include_bytes!(#tracked);)*

            /// A revision of the chain.
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
            pub enum Revision {
                #(#[doc = #docs] #variants,)*
            }

            impl Revision {
                /// All revisions, parents before children.
                pub const ALL: [Revision; #count] = [#(Revision::#variants),*];

                /// The revision that begins the chain.
                pub const BASE: Revision = Revision::#base;

                /// The revision that no other follows.
                pub const HEAD: Revision = Revision::#head;

                /// Its id, as its file and the database have it.
                pub const fn id(self) -> &'static str {
                    match self {
                        #(Revision::#variants => #ids,)*
                    }
                }

                /// The revisions it follows: none at the base, several in a merge.
                pub const fn parents(self) -> &'static [Revision] {
                    match self {
                        #(Revision::#variants => #parents,)*
                    }
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
                    match id {
                        #(#ids => ::core::result::Result::Ok(Revision::#variants),)*
                        _ => ::core::result::Result::Err(#core::UnknownRevision(
                            ::std::string::ToString::to_string(id),
                        )),
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

            static MIGRATIONS: [#core::Migration<'static>; #count] = [#(#data),*];

            /// The digest of the head, which pins every revision of the chain.
            pub const HEAD_DIGEST: #core::Digest = #digest;

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

fn variant_of(migration: &Migration<'_>) -> Ident {
    Ident::new(&variant(migration.file_name(), Some(migration.id.as_str())), Span::call_site())
}

/// A migration as a constant.
fn data(migration: &Migration<'_>, core: &TokenStream) -> TokenStream {
    let id = migration.id.as_str();
    let parents = migration.parents.iter().map(|parent| parent.as_str());
    let message = &*migration.message;
    let created = match &migration.created {
        Some(created) => {
            quote!(::core::option::Option::Some(::std::borrow::Cow::Borrowed(#created)))
        }
        None => quote!(::core::option::Option::None),
    };
    let (path, text) = (migration.source.path(), migration.source.text());
    let up = section(migration.up, core);
    let down = match &migration.down {
        Down::Section(down) => {
            let down = section(*down, core);
            quote!(#core::Down::Section(#down))
        }
        Down::Irreversible(reason) => {
            quote!(#core::Down::Irreversible(::std::borrow::Cow::Borrowed(#reason)))
        }
    };
    let up_digest = digest(migration.digests.up, core);
    let down_digest = match migration.digests.down {
        Some(down) => {
            let down = digest(down, core);
            quote!(::core::option::Option::Some(#down))
        }
        None => quote!(::core::option::Option::None),
    };
    let chain_digest = digest(migration.digests.chain, core);
    let deployed = migration.deployed;
    quote! {
        #core::Migration {
            id: #core::RevisionId::embedded(#id),
            parents: ::std::borrow::Cow::Borrowed(&[#(#core::RevisionId::embedded(#parents)),*]),
            message: ::std::borrow::Cow::Borrowed(#message),
            created: #created,
            source: #core::Source::embedded(#path, #text),
            up: #up,
            down: #down,
            digests: #core::Digests { up: #up_digest, down: #down_digest, chain: #chain_digest },
            deployed: #deployed,
        }
    }
}

fn section(section: Section, core: &TokenStream) -> TokenStream {
    let (start, end) = (section.span.start, section.span.end);
    let transactional = section.options.transactional;
    let [lock_timeout, statement_timeout] = [
        section.options.lock_timeout,
        section.options.statement_timeout,
    ]
    .map(|timeout| match timeout {
        Some(timeout) => {
            let milliseconds = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
            quote!(::core::option::Option::Some(::core::time::Duration::from_millis(#milliseconds)))
        }
        None => quote!(::core::option::Option::None),
    });
    quote! {
        #core::Section {
            span: #core::Span::new(#start, #end),
            options: #core::Options {
                transactional: #transactional,
                lock_timeout: #lock_timeout,
                statement_timeout: #statement_timeout,
            },
        }
    }
}

/// Written as a byte string: one token where an array would be 63.
fn digest(digest: Digest, core: &TokenStream) -> TokenStream {
    let bytes = proc_macro2::Literal::byte_string(digest.as_bytes());
    quote!(#core::Digest::from_bytes(*#bytes))
}
