//! Digests: a hash of what a section of SQL means to the server, and of a revision with all its
//! ancestors.
//!
//! The definition is version 1 and frozen, because databases and lock files contain these values.
//! It is documented in ARCHITECTURE.md, and `tests/digest_golden.rs` fails if it changes.

use std::fmt;

use hmac_sha256::Hash;

use crate::syntax::lexer::{Lexer, Token, TokenKind};

/// The version of the definition below.
pub const DIGEST_VERSION: u32 = 1;

/// A SHA-256, displayed as `sha256:` and 64 hexadecimal digits.
///
/// ```
/// use migrate_core::chain::Digest;
///
/// let digest: Digest = format!("sha256:{}", "0f".repeat(32)).parse()?;
/// assert_eq!(digest.short().to_string(), "sha256:0f0f0f0f0f0f…");
/// # Ok::<(), migrate_core::chain::BadDigest>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Creates a digest from its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Digest(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first six bytes, for messages.
    pub const fn short(&self) -> ShortDigest {
        ShortDigest(*self)
    }

    /// The 64 hexadecimal digits without the prefix.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Digest {
    type Err = BadDigest;

    fn from_str(text: &str) -> Result<Self, BadDigest> {
        let hex = text.strip_prefix("sha256:").unwrap_or(text).as_bytes();
        let mut bytes = [0; 32];
        if hex.len() != 64 {
            return Err(BadDigest);
        }
        let nibble = |c: u8| (c as char).to_digit(16).and_then(|n| u8::try_from(n).ok());
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks(2)) {
            match (nibble(pair[0]), nibble(pair[1])) {
                (Some(high), Some(low)) => *byte = high << 4 | low,
                _ => return Err(BadDigest),
            }
        }
        Ok(Digest(bytes))
    }
}

/// A shortened digest; see [`Digest::short`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ShortDigest(Digest);

impl fmt::Display for ShortDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}…", &self.0.hex()[..12])
    }
}

impl fmt::Debug for ShortDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The error for a text that is not a SHA-256 in hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadDigest;

impl fmt::Display for BadDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a SHA-256: 64 hexadecimal digits are needed")
    }
}

impl std::error::Error for BadDigest {}

/// The digest of a section. It depends on the tokens and on the transaction mode, but not on layout
/// and comments.
///
/// ```
/// use migrate_core::chain::section_digest;
///
/// let digest = section_digest("SELECT 1;", true);
/// assert_eq!(digest, section_digest("SELECT\n  1 ; -- one", true));
/// assert_ne!(digest, section_digest("SELECT 2;", true));
/// assert_ne!(digest, section_digest("SELECT 1;", false));
/// ```
pub fn section_digest(sql: &str, transactional: bool) -> Digest {
    digest_of(sql, Lexer::new(sql), transactional)
}

/// The same for a section that has already been tokenized. White space and comments may be missing
/// from the tokens.
pub(crate) fn digest_of(
    sql: &str,
    tokens: impl IntoIterator<Item = Token>,
    transactional: bool,
) -> Digest {
    // One buffer that is hashed at once, because builds run this without optimisation.
    let mut content = Vec::with_capacity(64 + 2 * sql.len());
    content.extend_from_slice(b"migrate section v1\0");
    content.extend_from_slice(if transactional { b"transaction\0" } else { b"no transaction\0" });
    for token in tokens {
        if token.kind.is_trivia() {
            continue;
        }
        if token.kind == TokenKind::StringContinuation {
            // With 'b' on the next line, 'a' 'b' is one string to the server. On the same line, it
            // is an error.
            content.push(1);
        }
        content.extend_from_slice(token.text(sql).as_bytes());
        content.push(0);
    }
    Digest(Hash::hash(&content))
}

/// The digest of a revision and all its ancestors.
///
/// The order in which a merge lists its parents does not matter, so it does not change the digest.
pub fn chain_digest(id: &str, parents: &[Digest], up: Digest) -> Digest {
    let mut parents = parents.to_vec();
    parents.sort_unstable();
    let mut hash = Hash::new();
    hash.update(b"migrate chain v1\0");
    hash.update(id);
    hash.update([0]);
    for digest in parents.iter().chain([&up]) {
        hash.update(digest.0);
    }
    Digest(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_is_read_back() {
        let digest = section_digest("SELECT 1", true);
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!(digest.hex().parse(), Ok(digest));
        assert_eq!(
            format!("{digest:?} {:?}", digest.short()),
            format!("{digest} {}", digest.short())
        );
        assert!(digest.short().to_string().starts_with(&digest.to_string()[..19]));
        assert!(BadDigest.to_string().contains("64 hexadecimal digits"));
        let check = |text: &str| assert_eq!(text.parse::<Digest>(), Err(BadDigest), "{text}");
        check("");
        check("sha256:");
        check(&"g".repeat(64));
        check(&"a".repeat(63));
        check(&"é".repeat(32));
    }

    #[test]
    fn layout_and_comments_change_nothing() {
        let check =
            |a, b| assert_eq!(section_digest(a, true), section_digest(b, true), "{a} | {b}");
        check("", " \n-- c\n/* d /* e */ */");
        check("SELECT 1", "\tSELECT\n\n1");
        check("a<-1", "a < - 1");
        check("'a'\n'b'", "'a' -- c\n\n  'b'");
        check("f(a,b)", "f ( a , b )");
    }

    #[test]
    fn what_the_server_reads_differently_differs() {
        let check =
            |a, b| assert_ne!(section_digest(a, true), section_digest(b, true), "{a} | {b}");
        check("ab", "a b");
        check("'a' 'b'", "'a'\n'b'");
        check("'a b'", "'a  b'");
        check("\"a\"", "a");
        check("E'a'", "'a'");
        check("E'a'", "E 'a'");
        check("$$ a $$", "$$a$$");
        check("1 2", "12");
        check("123abc", "123 abc");
        check("a <= b", "a < = b");
        check("SELECT 1", "SELECT 1;");
        check("'a' /* c */ 'b'", "'a'\n'b'");
    }

    #[test]
    fn the_order_of_parents_means_nothing_and_everything_else_does() {
        let [a, b, up] = ["a", "b", "up"].map(|sql| section_digest(sql, true));
        let digest = chain_digest("m", &[a, b], up);
        assert_eq!(digest, chain_digest("m", &[b, a], up));
        assert_ne!(digest, chain_digest("n", &[a, b], up));
        assert_ne!(digest, chain_digest("m", &[a], up));
        assert_ne!(digest, chain_digest("m", &[a, up], b));
        assert_ne!(digest, chain_digest("m", &[], up));
    }
}
