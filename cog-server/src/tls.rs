//! TLS for the connections that this server opens.

use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;

/// Makes a configuration that trusts whom the system trusts.
///
/// It carries its own cryptography, rather than installing one for the whole process, which may have plans of its own.
pub(crate) fn client() -> anyhow::Result<ClientConfig> {
    let provider = rustls::crypto::ring::default_provider();
    Ok(ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth())
}
