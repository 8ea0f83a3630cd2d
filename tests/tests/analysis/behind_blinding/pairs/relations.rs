//! Of tables, columns, indexes, constraints and views.

use super::{Pair, pair};

const T: &str = "CREATE TABLE %t (id int PRIMARY KEY, c int, d text)";
const TWO: &str = "CREATE TABLE %u (id int PRIMARY KEY); CREATE TABLE %t (id int, c int)";
const INDEXED: &str = "CREATE TABLE %t (id int, c text, d text); CREATE INDEX #i ON %t (c)";
const CHECKED: &str = "CREATE TABLE %t (id int, c int, CONSTRAINT #k CHECK (c > 0))";
const VIEWED: &str =
    "CREATE TABLE %t (id int, c int, d text); CREATE VIEW %v AS SELECT id, c FROM %t";
const MATERIAL: &str = "CREATE TABLE %t (id int, c int, d text);
    CREATE MATERIALIZED VIEW %v AS SELECT id, c FROM %t; CREATE UNIQUE INDEX #i ON %v (id)";

pub(super) const PAIRS: &[Pair] = &[
    // Tables.
    pair(
        "table: made, dropped",
        "",
        "CREATE TABLE %t (id int PRIMARY KEY, c text NOT NULL UNIQUE, e int REFERENCES %t (id), CHECK (c <> ''))",
        "DROP TABLE {|IF EXISTS }%t{| CASCADE}",
    ),
    pair(
        "table: serial made, dropped",
        "",
        "CREATE TABLE %t (id {bigserial|serial} PRIMARY KEY, e int GENERATED ALWAYS AS IDENTITY)",
        "DROP TABLE %t",
    ),
    pair(
        "table: dropped, made again",
        "CREATE TABLE %t (id serial PRIMARY KEY, c text NOT NULL DEFAULT 'x' CHECK (c <> ''), d int UNIQUE)",
        "DROP TABLE {|IF EXISTS }%t",
        "CREATE TABLE %t (id serial PRIMARY KEY, c text NOT NULL DEFAULT 'x' CHECK (c <> ''), d int UNIQUE)",
    ),
    pair(
        "table: renamed, renamed back",
        "CREATE TABLE %t (id serial PRIMARY KEY, c text UNIQUE)",
        "ALTER TABLE %t RENAME TO #u",
        "ALTER TABLE {|IF EXISTS }%u RENAME TO #t",
    ),
    pair(
        "table: swapped, swapped back",
        "CREATE TABLE %t (id int, c text)",
        "CREATE TABLE %n (id int, c text, d int); INSERT INTO %n SELECT id, c FROM %t; DROP TABLE %t; ALTER TABLE %n RENAME TO #t",
        "CREATE TABLE %n (id int, c text); INSERT INTO %n SELECT id, c FROM %t; DROP TABLE %t; ALTER TABLE %n RENAME TO #t",
    ),
    pair(
        "table: moved, moved back",
        "CREATE SCHEMA #s; CREATE TABLE %t (id int PRIMARY KEY)",
        "ALTER TABLE %t SET SCHEMA #s",
        "ALTER TABLE #s.#t SET SCHEMA public",
    ),
    pair("table: copied, dropped", T, "CREATE TABLE %u (LIKE %t INCLUDING ALL)", "DROP TABLE %u"),
    pair(
        "table: made of a query, dropped",
        T,
        "CREATE TABLE %u AS SELECT id, c FROM %t",
        "DROP TABLE %u",
    ),
    pair(
        "partition: made, dropped",
        "CREATE TABLE %t (id int NOT NULL, d date NOT NULL) PARTITION BY RANGE (d)",
        "CREATE TABLE %u PARTITION OF %t FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        "DROP TABLE %u",
    ),
    pair(
        "partition: detached, attached",
        "CREATE TABLE %t (id int NOT NULL, d date NOT NULL) PARTITION BY RANGE (d); CREATE TABLE %u PARTITION OF %t FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        "ALTER TABLE %t DETACH PARTITION %u",
        "ALTER TABLE %t ATTACH PARTITION %u FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
    ),
    pair(
        "table: commented, and not",
        T,
        "COMMENT ON TABLE %t IS 'x'; COMMENT ON COLUMN %t.c IS 'y'",
        "COMMENT ON COLUMN %t.c IS NULL; COMMENT ON TABLE %t IS NULL",
    ),
    // Columns.
    pair(
        "column: added, dropped",
        "CREATE TABLE %t (id int PRIMARY KEY)",
        "ALTER TABLE %t ADD COLUMN c text NOT NULL DEFAULT 'x' UNIQUE, ADD d int REFERENCES %t (id)",
        "ALTER TABLE %t DROP COLUMN d, DROP {|COLUMN }{|IF EXISTS }c",
    ),
    pair(
        "column: dropped, added again",
        "CREATE TABLE %t (id int, c varchar(10) NOT NULL)",
        "ALTER TABLE %t DROP COLUMN c",
        "ALTER TABLE %t ADD COLUMN c {varchar(10)|character varying(10)} NOT NULL",
    ),
    pair(
        "column: dropped with its index, added again",
        "CREATE TABLE %t (id int, c text); CREATE INDEX #i ON %t (c)",
        "ALTER TABLE %t DROP COLUMN c",
        "ALTER TABLE %t ADD COLUMN c text; CREATE INDEX #i ON %t (c)",
    ),
    pair(
        "column: dropped with its constraint, added again",
        "CREATE TABLE %t (id int, c int UNIQUE)",
        "ALTER TABLE %t DROP COLUMN c",
        "ALTER TABLE %t ADD COLUMN c int; ALTER TABLE %t ADD {|CONSTRAINT #t_c_key }UNIQUE (c)",
    ),
    pair(
        "column: renamed, renamed back",
        T,
        "ALTER TABLE %t RENAME {|COLUMN }c TO e",
        "ALTER TABLE %t RENAME COLUMN e TO c",
    ),
    pair(
        "column: another type, the old type",
        T,
        "ALTER TABLE %t ALTER COLUMN c TYPE {bigint|int8}",
        "ALTER TABLE %t ALTER c {|SET DATA }TYPE {int|integer|int4|pg_catalog.int4}",
    ),
    pair(
        "column: NOT NULL set, dropped",
        T,
        "ALTER TABLE %t ALTER COLUMN c SET NOT NULL",
        "ALTER TABLE %t ALTER COLUMN c DROP NOT NULL",
    ),
    pair(
        "column: NOT NULL dropped, set",
        "CREATE TABLE %t (id int, c int NOT NULL)",
        "ALTER TABLE %t ALTER COLUMN c DROP NOT NULL",
        "ALTER TABLE %t ALTER COLUMN c SET NOT NULL",
    ),
    pair(
        "column: default set, dropped",
        T,
        "ALTER TABLE %t ALTER COLUMN c SET DEFAULT 7",
        "ALTER TABLE %t ALTER COLUMN c DROP DEFAULT",
    ),
    pair(
        "column: default dropped, set",
        "CREATE TABLE %t (id int, c int DEFAULT 7)",
        "ALTER TABLE %t ALTER COLUMN c DROP DEFAULT",
        "ALTER TABLE %t ALTER COLUMN c SET DEFAULT 7",
    ),
    pair(
        "column: identity added, dropped",
        "CREATE TABLE %t (id int NOT NULL)",
        "ALTER TABLE %t ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY",
        "ALTER TABLE %t ALTER COLUMN id DROP IDENTITY",
    ),
    pair(
        "column: computed added, dropped",
        T,
        "ALTER TABLE %t ADD COLUMN e text GENERATED ALWAYS AS (upper(d)) STORED",
        "ALTER TABLE %t DROP COLUMN e",
    ),
    pair(
        "column: several added, dropped one by one",
        T,
        "ALTER TABLE %t ADD COLUMN IF NOT EXISTS e int, ADD COLUMN IF NOT EXISTS f int; CREATE INDEX #i ON %t (e, f)",
        "DROP INDEX %i; ALTER TABLE %t DROP COLUMN e; ALTER TABLE %t DROP COLUMN f",
    ),
    // Indexes.
    pair(
        "index: made, dropped",
        T,
        "CREATE {|UNIQUE }INDEX {|IF NOT EXISTS }#i ON %t {|USING btree }(c, lower(d)) WHERE id > 0",
        "DROP INDEX {|IF EXISTS }%i",
    ),
    pair(
        "index: dropped, made again",
        INDEXED,
        "DROP INDEX {|IF EXISTS }%i",
        "CREATE INDEX #i ON %t (c)",
    ),
    pair(
        "index: renamed, renamed back",
        INDEXED,
        "ALTER INDEX %i RENAME TO #j",
        "ALTER INDEX %j RENAME TO #i",
    ),
    pair(
        "index: swapped, swapped back",
        INDEXED,
        "DROP INDEX %i; CREATE INDEX #i ON %t (d)",
        "DROP INDEX %i; CREATE INDEX #i ON %t (c)",
    ),
    pair(
        "index: replaced by way of a name",
        INDEXED,
        "ALTER INDEX %i RENAME TO #i_old; CREATE INDEX #i ON %t (d); DROP INDEX %i_old",
        "DROP INDEX %i; CREATE INDEX #i ON %t (c)",
    ),
    pair("index: named by the server, dropped", T, "CREATE INDEX ON %t (c)", "DROP INDEX %t_c_idx"),
    pair(
        "index of an expression: named by the server, dropped",
        T,
        "CREATE INDEX ON %t (lower(d))",
        "DROP INDEX %t_lower_idx",
    ),
    pair(
        "index of an expression: dropped, made again",
        "CREATE TABLE %t (id int, d text); CREATE INDEX ON %t (lower(d))",
        "DROP INDEX %t_lower_idx",
        "CREATE INDEX {|#t_lower_idx }ON %t (lower(d))",
    ),
    // Constraints.
    pair(
        "constraint: added, dropped",
        T,
        "ALTER TABLE %t ADD CONSTRAINT #k CHECK (c > 0){| NOT VALID}",
        "ALTER TABLE %t DROP CONSTRAINT {|IF EXISTS }#k",
    ),
    pair(
        "constraint: dropped, added again",
        CHECKED,
        "ALTER TABLE %t DROP CONSTRAINT {|IF EXISTS }#k",
        "ALTER TABLE %t ADD CONSTRAINT #k CHECK (c > 0)",
    ),
    pair(
        "constraint: renamed, renamed back",
        CHECKED,
        "ALTER TABLE %t RENAME CONSTRAINT #k TO #l",
        "ALTER TABLE %t RENAME CONSTRAINT #l TO #k",
    ),
    pair(
        "constraint: swapped, swapped back",
        CHECKED,
        "ALTER TABLE %t DROP CONSTRAINT #k; ALTER TABLE %t ADD CONSTRAINT #k CHECK (c > 1)",
        "ALTER TABLE %t DROP CONSTRAINT #k, ADD CONSTRAINT #k CHECK (c > 0)",
    ),
    pair(
        "constraint: named by the server, dropped",
        T,
        "ALTER TABLE %t ADD UNIQUE (c)",
        "ALTER TABLE %t DROP CONSTRAINT #t_c_key",
    ),
    pair(
        "constraint: unique dropped, added again",
        "CREATE TABLE %t (id int, c int UNIQUE)",
        "ALTER TABLE %t DROP CONSTRAINT #t_c_key",
        "ALTER TABLE %t ADD UNIQUE (c)",
    ),
    pair(
        "constraint: of an index, dropped",
        "CREATE TABLE %t (id int, c int); CREATE UNIQUE INDEX #i ON %t (c)",
        "ALTER TABLE %t ADD CONSTRAINT #k UNIQUE USING INDEX #i",
        "ALTER TABLE %t DROP CONSTRAINT #k; CREATE UNIQUE INDEX #i ON %t (c)",
    ),
    pair(
        "foreign key: added, dropped",
        TWO,
        "ALTER TABLE %t ADD CONSTRAINT #k FOREIGN KEY (c) REFERENCES %u (id) ON DELETE CASCADE",
        "ALTER TABLE %t DROP CONSTRAINT #k",
    ),
    pair(
        "foreign key: dropped, added again",
        "CREATE TABLE %u (id int PRIMARY KEY); CREATE TABLE %t (id int, c int REFERENCES %u)",
        "ALTER TABLE %t DROP CONSTRAINT #t_c_fkey",
        "ALTER TABLE %t ADD FOREIGN KEY (c) REFERENCES %u{| (id)}",
    ),
    pair(
        "primary key: dropped, added again",
        T,
        "ALTER TABLE %t DROP CONSTRAINT #t_pkey",
        "ALTER TABLE %t ADD PRIMARY KEY (id)",
    ),
    // Views.
    pair(
        "view: made, dropped",
        T,
        "CREATE {|OR REPLACE }VIEW %v AS SELECT id, c FROM %t",
        "DROP VIEW {|IF EXISTS }%v",
    ),
    pair(
        "view: dropped, made again",
        VIEWED,
        "DROP VIEW %v",
        "CREATE {|OR REPLACE }VIEW %v AS SELECT id, c FROM %t",
    ),
    pair(
        "view: renamed, renamed back",
        VIEWED,
        "ALTER VIEW %v RENAME TO #w",
        "ALTER {VIEW|TABLE} %w RENAME TO #v",
    ),
    pair(
        "view: swapped, swapped back",
        VIEWED,
        "CREATE OR REPLACE VIEW %v AS SELECT id, c, d FROM %t",
        "DROP VIEW %v; CREATE VIEW %v AS SELECT id, c FROM %t",
    ),
    pair(
        "view: around a change of the table",
        VIEWED,
        "DROP VIEW %v; ALTER TABLE %t ALTER COLUMN c TYPE bigint; CREATE VIEW %v AS SELECT id, c FROM %t",
        "DROP VIEW %v; ALTER TABLE %t ALTER COLUMN c TYPE int; CREATE VIEW %v AS SELECT id, c FROM %t",
    ),
    pair(
        "view: dropped with its table, made again",
        VIEWED,
        "DROP TABLE %t CASCADE",
        "CREATE TABLE %t (id int, c int, d text); CREATE VIEW %v AS SELECT id, c FROM %t",
    ),
    pair(
        "materialized view: made, dropped",
        T,
        "CREATE MATERIALIZED VIEW %v AS SELECT id, c FROM %t; CREATE UNIQUE INDEX #i ON %v (id)",
        "DROP MATERIALIZED VIEW {|IF EXISTS }%v",
    ),
    pair(
        "materialized view: dropped, made again",
        MATERIAL,
        "DROP MATERIALIZED VIEW %v",
        "CREATE MATERIALIZED VIEW %v AS SELECT id, c FROM %t; CREATE UNIQUE INDEX #i ON %v (id)",
    ),
    pair(
        "materialized view: renamed, renamed back",
        MATERIAL,
        "ALTER MATERIALIZED VIEW %v RENAME TO #w",
        "ALTER MATERIALIZED VIEW %w RENAME TO #v",
    ),
    pair(
        "materialized view: swapped, swapped back",
        MATERIAL,
        "DROP MATERIALIZED VIEW %v; CREATE MATERIALIZED VIEW %v AS SELECT id, d FROM %t; CREATE UNIQUE INDEX #i ON %v (id)",
        "DROP MATERIALIZED VIEW %v; CREATE MATERIALIZED VIEW %v AS SELECT id, c FROM %t; CREATE UNIQUE INDEX #i ON %v (id)",
    ),
];
