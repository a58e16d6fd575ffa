//! TLS for the connections that this server opens.

use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

/// Makes a configuration that trusts whom the system trusts.
///
/// It carries its own cryptography, rather than installing one for the whole process, which may have plans of its own.
pub(crate) fn client() -> anyhow::Result<ClientConfig> {
    let provider = rustls::crypto::ring::default_provider();
    let builder =
        ClientConfig::builder_with_provider(provider.into()).with_safe_default_protocol_versions()?;
    let trusting = match builder.clone().with_platform_verifier() {
        Ok(trusting) => trusting,
        Err(error) => {
            // Plain HTTP needs no certificates, so it must not fail for the want of them.
            tracing::warn!(%error, "no `https:` server is trusted: install the system's CA certificates");
            builder.with_root_certificates(RootCertStore::empty())
        }
    };
    Ok(trusting.with_no_client_auth())
}
