//! Reads certificates, and makes what `tokio_postgres` needs for TLS.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::VerifierBuilderError;
use rustls::sign::SingleCertAndKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::deferred::Connector;
use super::revocation::RevocationLists;
use super::verifier::{Authorities, Verifier};
use super::{Protocols, Revocation, Roots, Tls, Trust, files, identity, revocation};
use crate::connect::ConnectError;

/// What makes a TLS session out of a connection.
pub(crate) fn connector(tls: &Tls) -> Result<Connector, ConnectError> {
    // Named here, so that what else the program links has no say in it.
    let provider = Arc::new(ring::default_provider());
    let trusted = |roots| authorities(roots, &tls.revocation, &provider);
    let (authorities, name) = match &tls.trust {
        Trust::Anyone => (None, false),
        Trust::Chain(roots) => (trusted(roots)?, false),
        Trust::ChainAndName(roots) => (trusted(roots)?, true),
    };
    let identity = identity::read(&tls.identity, &provider)?;
    let versions: &[&'static SupportedProtocolVersion] = match tls.protocols {
        Protocols::Any => &[&TLS13, &TLS12],
        Protocols::Only12 => &[&TLS12],
        Protocols::Only13 => &[&TLS13],
    };
    let algorithms = provider.signature_verification_algorithms;
    let verifier = Arc::new(Verifier { authorities, name, algorithms });
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .map_err(|error| ConnectError::Setup { reason: error.to_string() })?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match identity {
        Some(key) => config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(key))),
        None => config.with_no_client_auth(),
    };
    config.enable_sni = tls.names_host;
    // Servers from PostgreSQL 17 on want it for sslnegotiation=direct; older ones look away.
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(Connector(MakeRustlsConnect::new(config)))
}

fn authorities(
    roots: &Roots,
    revocation: &Revocation,
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Authorities>, ConnectError> {
    let at_home = || files::at_home("root.crt");
    let (store, themselves) = match roots {
        Roots::System => (system()?, Vec::new()),
        Roots::File(path) => file(path)?,
        Roots::HomeIfThere => match at_home().filter(|path| files::is_there(path)) {
            Some(path) => file(&path)?,
            None => return Ok(None),
        },
        Roots::Home => {
            let path = at_home().ok_or_else(|| ConnectError::BadRoots {
                from: "~/.postgresql/root.crt".into(),
                reason: "this user has no home".into(),
            })?;
            file(&path)?
        }
    };
    let mut lists = RevocationLists::read(revocation)?;
    let encoded = std::mem::take(&mut lists.encoded);
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone())
        .with_crls(encoded)
        .enforce_revocation_expiration()
        .build()
        .map_err(|error| match error {
            VerifierBuilderError::InvalidCrl(error) => {
                let reason = format!("a list can't be used ({error:?})");
                revocation::bad(revocation.place(), reason)
            }
            other => ConnectError::Setup { reason: other.to_string() },
        })?;
    Ok(Some(Authorities { verifier, themselves, lists }))
}

fn system() -> Result<RootCertStore, ConnectError> {
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    // A system may hold a certificate that webpki can't read; the others count.
    store.add_parsable_certificates(found.certs);
    if store.is_empty() {
        let reason = found.errors.first().map(ToString::to_string);
        let reason = reason.unwrap_or_else(|| "there is no certificate".into());
        return Err(ConnectError::BadRoots { from: "system".into(), reason });
    }
    Ok(store)
}

/// The certificates of a file, as authorities and as they are.
fn file(path: &Path) -> Result<(RootCertStore, Vec<CertificateDer<'static>>), ConnectError> {
    let bad = |reason: String| ConnectError::BadRoots { from: path.display().to_string(), reason };
    let pem = files::read(path).map_err(|error| bad(error.to_string()))?;
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
    Ok((store, certificates))
}
