//! The pure half of a migration system for PostgreSQL (chain, digests, plan) and the runner that carries a plan out.
