//! `embed_migrations!()`: checks a chain of PostgreSQL migrations at build time and embeds it.
