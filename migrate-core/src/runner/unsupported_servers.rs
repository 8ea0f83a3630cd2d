//! Servers that speak PostgreSQL's protocol and lack what keeps two runs apart: advisory locks. Pure.

/// Servers by a piece of what their `version()` says, and what is wrong with each.
const UNSUPPORTED: [(&str, &str); 7] = [
    (
        "CockroachDB",
        "it is CockroachDB, whose advisory locks of a session do nothing: two runs at once would not \
         see each other",
    ),
    ("Redshift", "it is Amazon Redshift, which has no advisory locks"),
    ("materialized", "it is Materialize, which has no advisory locks"),
    ("Materialize", "it is Materialize, which has no advisory locks"),
    ("RisingWave", "it is RisingWave, which has no transactions that write, and no advisory locks"),
    ("QuestDB", "it is QuestDB, which has no advisory locks"),
    ("CrateDB", "it is CrateDB, which has no transactions"),
];

/// The releases of YugabyteDB from 2025.1 on have advisory locks. In those before they fail, or do
/// nothing where somebody has silenced that.
const YUGABYTE: (u32, u32) = (2025, 1);

/// Why a server of this version won't do, whose advisory locks do nothing or are not there; `None` for
/// PostgreSQL, and for everything that is not known to be without.
///
/// The version is what `version()` says, or one of the parameters `crdb_version` and `server_version`.
pub(crate) fn unsupported_server(version: &str) -> Option<&'static str> {
    if let Some((_, release)) = version.split_once("-YB-") {
        let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse);
        return match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) if (major, minor) < YUGABYTE => {
                Some("it is YugabyteDB before 2025.1, which has no advisory locks: upgrade it")
            }
            _ => None,
        };
    }
    let found = UNSUPPORTED.iter().find(|(statement_ref, _)| version.contains(statement_ref));
    found.map(|(_, why)| *why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_refused() {
        let check = |version: &str, expected: Option<&str>| {
            let found = unsupported_server(version);
            match expected {
                Some(name) => assert!(found.is_some_and(|why| why.contains(name)), "{version}"),
                None => assert_eq!(found, None, "{version}"),
            }
        };
        for version in [
            "PostgreSQL 14.9 (Debian 14.9-1.pgdg110+1) on x86_64-pc-linux-gnu, compiled by gcc \
             (Debian 10.2.1-6) 10.2.1 20210110, 64-bit",
            "PostgreSQL 19devel on aarch64-apple-darwin",
            "PostgreSQL 15.2-YB-2025.1.0.0-b0 on x86_64-pc-linux-gnu",
            "PostgreSQL 15.12-YB-2025.2.2.2-b0 on x86_64-pc-linux-gnu",
            "PostgreSQL 15.2-YB-unknown",
            "PostgreSQL 12.12 (Greenplum Database 7.1.0 build commit:0) on x86_64-pc-linux-gnu",
            "EnterpriseDB 16.2.0",
            "16.3",
            "",
        ] {
            check(version, None);
        }
        check(
            "CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu, built 2023/09/27)",
            Some("CockroachDB"),
        );
        check(
            "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat \
             3.4.2-6.fc3), Redshift 1.0.54052",
            Some("Redshift"),
        );
        check(
            "PostgreSQL 9.5.0 on x86_64-unknown-linux-gnu (Materialize v0.100.0)",
            Some("Materialize"),
        );
        check("PostgreSQL 13.14.0-RisingWave-2.0.0 (1a2b3c)", Some("RisingWave"));
        check(
            "PostgreSQL 12.3, compiled by Visual C++ build 1914, 64-bit, QuestDB",
            Some("QuestDB"),
        );
        check("CrateDB 5.7.0 (built 1a2b3c/NA, Linux 6.1 amd64)", Some("CrateDB"));
        check("11.2-YB-2.20.1.0-b0", Some("YugabyteDB"));
        for old in ["11.2-YB-2.20.1.0-b0", "15.2-YB-2.25.2.0-b0", "11.2-YB-2024.2.3.0-b0"] {
            check(&format!("PostgreSQL {old} on x86_64-pc-linux-gnu"), Some("YugabyteDB"));
        }
    }
}
