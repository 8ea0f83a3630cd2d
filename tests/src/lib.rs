//! A real PostgreSQL for tests, and assertions over a chain of migrations.
