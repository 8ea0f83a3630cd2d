//! Version 1 of the digests, frozen: databases and lock files hold these values. A change of one is
//! a change of the definition, and needs a new version beside the old one.
//!
//! No value comes from the code under test. All were computed with Python's hashlib, from the
//! tokens written down by hand and the definition in digest.rs:
//!
//! ```python
//! def section(tokens, transactional):           # a continued string is b"\x01" + its token
//!     mode = b"transaction\0" if transactional else b"no transaction\0"
//!     return sha256(b"migrate section v1\0" + mode + b"".join(t + b"\0" for t in tokens))
//!
//! def chain(id, parents, up):                   # digests as 32 bytes each
//!     return sha256(b"migrate chain v1\0" + id + b"\0" + b"".join(sorted(parents)) + up)
//! ```

use migrate_core::chain::{DIGEST_VERSION, chain_digest, section_digest};
use migrate_core::syntax::Source;
use migrate_core::{Chain, Folder, check};

/// A section, its digest in a transaction, and its digest outside of one.
const SECTIONS: [(&str, &str, &str); 14] = [
    (
        "",
        "a5ae22d87ae8ad99fa9693758679424e3a9663837fec190ed8b9148a730a28db",
        "f91017d42c8ac18f6748f5a6003327436f01cffa11ee1db55eb9c9bb2f0b66bb",
    ),
    (
        "SELECT 1;",
        "3d285684797a83c8167813a6cd8b982810bef3f1f47e05167110ab8aa1ca4429",
        "346add00fb91048a7a7f7a163351820be838372a162588770421a66a43a66ce1",
    ),
    (
        " \n-- nothing\n/* a /* b */ c */\t",
        "a5ae22d87ae8ad99fa9693758679424e3a9663837fec190ed8b9148a730a28db",
        "f91017d42c8ac18f6748f5a6003327436f01cffa11ee1db55eb9c9bb2f0b66bb",
    ),
    (
        "CREATE TABLE users (\n    id uuid PRIMARY KEY, -- the key\n    email varchar(255) NOT NULL\n);\n",
        "a0f3a7b466f60447df18152cb686d8aa324539a28f36e39feb53eac7f07c401a",
        "8b3ffc3b527771be6f2f5fb64ce14609811681b23c9462ff2fc14da34b31366b",
    ),
    (
        "SELECT 'it''s', E'a\\'b', B'01', X'ff', N'n', U&'\\0061';",
        "9b5c4c1eb74e67255b90f58a8fce3a218592c8624c5557cef1d0454ee4cb7c04",
        "c8d77e420bcff41fc3cbafd1e8463f8d3307a64d2f10123f8ce2ae4e881671c9",
    ),
    (
        "SELECT 'one'\n  -- and\n  'two';",
        "9605dbb9ab11c181f5bb2360d190fda59f082d672f982c7d2c84d3ca335a6896",
        "b87c1e5a46c43f4624af872b801b00768f486b17cc870d47fea638cdcff9ba57",
    ),
    (
        "SELECT 'one' 'two';",
        "9312fe094856772b396993659a90816d344099799cad32f5194650a520d650e6",
        "5a6e7172bbc0bf1da95ca47d05b214272d46cdc862336f24290833ab92128dd5",
    ),
    (
        "SELECT \"Größe\", U&\"d\\0061t\" FROM größe;",
        "a1b7f26652a0e0a239fd04d6da80a7ec12c56fa1193c9a6079f505a57cd56bee",
        "2d6ccc0e88d4f9591e88fae639aeebab58f00d0dc485c77b74f426c003b9eff1",
    ),
    (
        "DO $body$ BEGIN -- kept\n  PERFORM $$x$$; END $body$;",
        "587ac07b591ddf743b1e05a962882ba3f168d35ad3956ccc4d592f8b9317e0db",
        "776d34712d12b96859931ab5f9a37bd84abeded50606ec2386d443e06406630b",
    ),
    (
        "SELECT a<-1, b->>'k', c @- 2, d != -3, e::int[], f => 1.5e-3, .5, 1_000, 0xFF;",
        "58e1e6dc8713ea6b70b3ecb200647e97fc31abd7939245dbfe2103d3189fd2a3",
        "296c29f4ee0d464dd383c4de3725df4ac5a14f2054b377f88ec5a18e11bca9e4",
    ),
    (
        "PREPARE q AS SELECT $1 + $22",
        "762c34bdfd17407d12ee633c57a877df73ad79e35c6ceffda32a1f421488b252",
        "1c7468e24d3d6bf467a4e2d3a0e9a93c84ae1ded342be9daf5a5bac15e78928a",
    ),
    (
        "SELECT x[1:2], y.z, 1..2 \\ { }",
        "d85031f733d5bbefab82c1000b39808c1acf5aafce7cc9a9d3492318246e2b0f",
        "5a59602fec48982b08957694cfc74ca7e4820fa15cfa63a602b7fa60ff1e5dfa",
    ),
    (
        "SELECT 'never closed",
        "de68b6beda0c5f526675063ca9f221766c1f28364bebbdd3d0a538868ed19800",
        "89992a63b5607bc89e94259f05409c3b59b2eb2e7423066a3a6bb2fa6c14478f",
    ),
    (
        "SELECT 1 /* never closed",
        "3f87d6ced3d5f5006c1ff7f33b2732869e84ef68cd779b05f97a868cd3a7fc53",
        "1ad3ddfa93a25531622803ba8387299644990b06e8d3084ebdb488ed4bd9a85d",
    ),
];

/// The chain of `files`, as its revisions' chain digests.
const CHAIN: [(&str, &str); 6] = [
    ("a", "89cf6ea281346b0107cacd12944798c87f8b690b983b2b63f064c1bb9ffe3870"),
    ("b", "1bb5efb92867bed4ddef78d8268ed760f00bd17269c1a94632b25462e7ab7f79"),
    ("c", "d89f7671c446f9f490361bce83d314cd9f11152c400f9749d8c7ba08b2343388"),
    ("d", "0483fadb287244d8d145bc53164b1e87b5d2fc867a5cb0bc2a651711122fa827"),
    ("m", "02949e28283c0e668bf69a62a6c2a99f7e190f14f0168d592006a1c33a0d5e94"),
    ("e", "2b25261850226b37042292f47bd5540eace50969880804d7f07c626f573055dc"),
];

#[test]
fn sections() {
    assert_eq!(DIGEST_VERSION, 1);
    for (sql, in_transaction, outside) in SECTIONS {
        assert_eq!(section_digest(sql, true).hex(), in_transaction, "{sql:?}");
        assert_eq!(section_digest(sql, false).hex(), outside, "{sql:?}");
    }
}

/// The same texts as a checkout with CRLF and a byte order mark has them.
#[test]
fn sections_on_another_platform() {
    for (sql, in_transaction, _) in SECTIONS {
        let source = Source::new("a.sql", format!("\u{feff}{}", sql.replace('\n', "\r\n")));
        assert_eq!(section_digest(source.text(), true).hex(), in_transaction, "{sql:?}");
    }
}

/// Six revisions: `d` outside a transaction, `m` a merge that only joins, `e` after it.
fn files() -> Vec<(String, String)> {
    let file = |id: &str, header: &str, options: &str| {
        let sections = format!(
            "-- migrate:up{options}\nCREATE TABLE t{id} ();\n-- migrate:down\nDROP TABLE t{id};\n"
        );
        (format!("{id}.sql"), format!("-- revision: {id}\n{header}-- message: m\n{sections}"))
    };
    vec![
        file("a", "", ""),
        file("b", "-- parent: a\n", ""),
        file("c", "-- parent: a\n", ""),
        file("d", "-- parent: b\n", " transaction:false"),
        file("e", "-- parent: m\n", ""),
        ("m.sql".to_owned(), "-- revision: m\n-- parent: d, c\n-- message: m\n".to_owned()),
    ]
}

#[test]
fn a_chain_with_a_merge() {
    let files = files();
    let texts = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let chain = check(Folder::of_texts("migrations", texts));
    let found: Vec<(String, String)> = chain
        .iter()
        .flat_map(Chain::migrations)
        .map(|migration| (migration.id.to_string(), migration.digests.chain.hex()))
        .collect();
    let expected = CHAIN.map(|(id, digest)| (id.to_owned(), digest.to_owned()));
    assert_eq!(found, expected, "{chain:?}");
}

#[test]
fn the_head_alone_by_hand() {
    let [parent, head] = [CHAIN[4].1, CHAIN[5].1].map(str::parse);
    let up = section_digest("CREATE TABLE te ();", true);
    assert_eq!(parent.map(|parent| chain_digest("e", &[parent], up)), head);
}
