//! Which certificate of a server is accepted.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};

use super::revocation::RevocationLists;

/// The authorities to trust, and what they have revoked.
#[derive(Debug)]
pub(super) struct Authorities {
    pub(super) verifier: Arc<WebPkiServerVerifier>,
    /// The certificates of the root file as they are. A server that made its certificate itself is
    /// trusted by having that very certificate in the file; to OpenSSL it is an authority of its
    /// own, to webpki an authority can't be a server.
    pub(super) themselves: Vec<CertificateDer<'static>>,
    /// For those.
    pub(super) lists: RevocationLists,
}

/// Accepts what the mode accepts.
#[derive(Debug)]
pub(super) struct Verifier {
    /// `None` trusts anyone.
    pub(super) authorities: Option<Authorities>,
    /// Whether the certificate has to be for the host.
    pub(super) name: bool,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(authorities) = &self.authorities else {
            return Ok(ServerCertVerified::assertion());
        };
        if authorities.themselves.contains(end_entity) {
            let certificate = parsed(end_entity)?;
            is_valid_now(&certificate, now)?;
            authorities.lists.check(&certificate, now)?;
            if self.name {
                verify_server_name(&end_entity.try_into()?, server_name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        let verifier = &authorities.verifier;
        match verifier.verify_server_cert(end_entity, intermediates, server_name, &[], now) {
            // It looks at the name last: all else is right.
            Err(error) if !self.name && is_about_the_name(&error) => {
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    // Whoever is trusted has to hold the key of the certificate, also where anyone is: a channel
    // binding is to the certificate, and proves nothing about somebody who only shows a copy.

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        // Not by webpki, which reads certificates of version 3 alone: where anyone is trusted, or this
        // very certificate, one of version 1 will do, as `openssl x509 -req` has long made them.
        let key = parsed(cert)?.tbs_certificate.subject_public_key_info.to_der();
        let key = SubjectPublicKeyInfoDer::from(key.map_err(|_| unreadable())?);
        verify_tls13_signature_with_raw_key(message, &key, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn is_about_the_name(error: &Error) -> bool {
    use CertificateError::*;
    matches!(error, Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }))
}

fn parsed(certificate: &CertificateDer<'_>) -> Result<Certificate, Error> {
    Certificate::from_der(certificate).map_err(|_| unreadable())
}

fn unreadable() -> Error {
    CertificateError::BadEncoding.into()
}

fn is_valid_now(certificate: &Certificate, now: UnixTime) -> Result<(), Error> {
    let validity = &certificate.tbs_certificate.validity;
    let not_before = UnixTime::since_unix_epoch(validity.not_before.to_unix_duration());
    let not_after = UnixTime::since_unix_epoch(validity.not_after.to_unix_duration());
    if now < not_before {
        return Err(CertificateError::NotValidYetContext { time: now, not_before }.into());
    }
    if now > not_after {
        return Err(CertificateError::ExpiredContext { time: now, not_after }.into());
    }
    Ok(())
}
