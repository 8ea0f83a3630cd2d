//! The certificate and the private key by which a server knows who we are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};

use super::{Identity, Secret, files};
use crate::connect::ConnectError;

/// The beginning of a key that a password protects: as PKCS #8 has it, and as OpenSSL once did.
const ENCRYPTED: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
const ENCRYPTED_OF_OLD: &str = "Proc-Type: 4,ENCRYPTED";

/// What we show to a server that asks; `None` if we have nothing.
pub(super) fn read(
    identity: &Identity,
    provider: &CryptoProvider,
) -> Result<Option<Arc<CertifiedKey>>, ConnectError> {
    let Identity::Files { certificate, key, password } = identity else { return Ok(None) };
    let Some((path, text)) = certificate_file(certificate.as_deref())? else {
        return match key {
            Some(key) => Err(bad(
                key,
                "is a key without a certificate: sslcert names none, and there is \
                                       no ~/.postgresql/postgresql.crt",
            )),
            None => Ok(None),
        };
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| bad(&path, format!("can't be read ({error})")))?;
    let Some(first) = chain.first() else {
        return Err(bad(&path, "holds no certificate in PEM form"));
    };
    let named = key.clone().or_else(|| files::at_home("postgresql.key"));
    let Some(key_path) = named else {
        return Err(bad(&path, "has no key: sslkey names none, and this user has no home"));
    };
    let der = key_file(&key_path, password.as_ref())?;
    let signing = provider.key_provider.load_private_key(der).map_err(|error| {
        bad(&key_path, format!("holds no key that can be used here ({error}): RSA, ECDSA on P-256 or P-384, or Ed25519"))
    })?;
    // Not by rustls, which reads certificates of version 3 alone.
    let of_certificate = Certificate::from_der(first)
        .and_then(|first| first.tbs_certificate.subject_public_key_info.to_der())
        .map_err(|error| bad(&path, format!("can't be read ({error})")))?;
    if signing.public_key().is_some_and(|of_key| of_key.as_ref() != of_certificate) {
        return Err(bad(
            &key_path,
            format!("is not the key of the certificate {}", path.display()),
        ));
    }
    Ok(Some(Arc::new(CertifiedKey::new(chain, signing))))
}

/// The file that is named, which has to be there, or the default one if it is.
fn certificate_file(named: Option<&Path>) -> Result<Option<(PathBuf, Vec<u8>)>, ConnectError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |error: std::io::Error| bad(&path, format!("can't be read: {error}"))
    };
    if let Some(path) = named {
        return Ok(Some((path.to_owned(), files::read(path).map_err(unreadable(path))?)));
    }
    let Some(path) = files::at_home("postgresql.crt") else { return Ok(None) };
    let text = files::read_if_there(&path).map_err(unreadable(&path))?;
    Ok(text.map(|text| (path, text)))
}

fn key_file(
    path: &Path,
    password: Option<&Secret>,
) -> Result<PrivateKeyDer<'static>, ConnectError> {
    let unreadable = |error: std::io::Error| bad(path, format!("can't be read: {error}"));
    if let Some(why) = files::why_not_private(path).map_err(unreadable)? {
        return Err(bad(path, why));
    }
    let bytes = files::read(path).map_err(unreadable)?;
    let text = String::from_utf8_lossy(&bytes);
    if text.contains(ENCRYPTED_OF_OLD) {
        return Err(bad(
            path,
            "is encrypted as OpenSSL did it long ago; convert it: `openssl pkcs8 -topk8 \
                              -v2 aes-256-cbc -in OLD -out NEW`",
        ));
    }
    if text.contains(ENCRYPTED) {
        let Some(password) = password else {
            return Err(bad(path, "is encrypted, and sslpassword does not say its password"));
        };
        // The same but for the name, which the reader of PEM does not know.
        let renamed = text.replace("ENCRYPTED PRIVATE KEY", "PRIVATE KEY");
        let der = PrivatePkcs8KeyDer::from_pem_slice(renamed.as_bytes())
            .map_err(|error| bad(path, format!("can't be read ({error})")))?;
        return decrypted(path, der.secret_pkcs8_der(), password);
    }
    PrivateKeyDer::from_pem_slice(&bytes)
        .or_else(|_| PrivateKeyDer::try_from(bytes.clone()))
        .map_err(|_| bad(path, "holds no private key in PEM or DER form"))
}

#[cfg(feature = "encrypted-keys")]
fn decrypted(
    path: &Path,
    der: &[u8],
    password: &Secret,
) -> Result<PrivateKeyDer<'static>, ConnectError> {
    use pkcs8::EncryptedPrivateKeyInfoRef;
    let sealed = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|error| {
        bad(path, format!("is encrypted in a way that can't be read ({error}); {CONVERT}"))
    })?;
    let key = sealed.decrypt(&password.0).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::DecryptFailed) => {
            bad(path, "is encrypted, and not with the password that sslpassword says")
        }
        other => {
            bad(path, format!("is encrypted in a way that can't be read ({other}); {CONVERT}"))
        }
    })?;
    Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into())
}

#[cfg(feature = "encrypted-keys")]
const CONVERT: &str = "convert it: `openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW`";

#[cfg(not(feature = "encrypted-keys"))]
fn decrypted(path: &Path, _: &[u8], _: &Secret) -> Result<PrivateKeyDer<'static>, ConnectError> {
    Err(bad(
        path,
        "is encrypted, and this program was built without migrate-core's feature \
                   `encrypted-keys`; decrypt it: `openssl pkey -in OLD -out NEW`",
    ))
}

fn bad(path: &Path, reason: impl Into<String>) -> ConnectError {
    ConnectError::BadClientCertificate { file: path.display().to_string(), reason: reason.into() }
}
