//! Reads the root certificates, and makes what `tokio_postgres` needs for TLS.

#![expect(clippy::disallowed_methods, reason = "root certificates are files, one of them at home")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::verifier::{Authorities, Verifier};
use super::{Roots, Trust};
use crate::connect::ConnectError;

/// What makes a TLS session out of a connection.
pub(crate) fn connector(trust: &Trust) -> Result<MakeRustlsConnect, ConnectError> {
    let (authorities, name) = match trust {
        Trust::Anyone => (None, false),
        Trust::Chain(roots) => (Some(authorities(roots)?), false),
        Trust::ChainAndName(roots) => (Some(authorities(roots)?), true),
    };
    // Named here, so that what else the program links has no say in it.
    let provider = Arc::new(ring::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let verifier = Arc::new(Verifier { authorities, name, algorithms });
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ConnectError::Setup { reason: error.to_string() })?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    // Servers from PostgreSQL 17 on want it for sslnegotiation=direct; older ones look away.
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(MakeRustlsConnect::new(config))
}

fn authorities(roots: &Roots) -> Result<Authorities, ConnectError> {
    match roots {
        Roots::System => system(),
        Roots::File(path) => file(path),
        Roots::Home => {
            let bad = |reason: &str| ConnectError::BadRoots {
                from: "~/.postgresql/root.crt".into(),
                reason: reason.into(),
            };
            let home = std::env::home_dir().ok_or_else(|| bad("this user has no home"))?;
            file(&home.join(".postgresql").join("root.crt"))
        }
    }
}

fn system() -> Result<Authorities, ConnectError> {
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    // A system may hold a certificate that webpki can't read; the others count.
    store.add_parsable_certificates(found.certs);
    if store.is_empty() {
        let reason = found.errors.first().map(ToString::to_string);
        let reason = reason.unwrap_or_else(|| "there is no certificate".into());
        return Err(ConnectError::BadRoots { from: "system".into(), reason });
    }
    Ok(Authorities { store, themselves: Vec::new() })
}

fn file(path: &Path) -> Result<Authorities, ConnectError> {
    let bad = |reason: String| ConnectError::BadRoots { from: path.display().to_string(), reason };
    let pem = fs::read(path).map_err(|error| bad(error.to_string()))?;
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| bad(error.to_string()))?;
    if certificates.is_empty() {
        return Err(bad("it holds no certificate in PEM form".into()));
    }
    let mut store = RootCertStore::empty();
    for certificate in &certificates {
        store.add(certificate.clone()).map_err(|error| bad(error.to_string()))?;
    }
    Ok(Authorities { store, themselves: certificates })
}
