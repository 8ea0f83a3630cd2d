//! ActorHub's PostgreSQL schema: its chain of migrations, checked at build time and linked by the API server.
