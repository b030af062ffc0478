//! TLS by rustls.

use std::sync::{Arc, OnceLock};
use tokio::net::TcpStream;
#[cfg(feature = "aws-lc-rs")]
use tokio_rustls::rustls::crypto::aws_lc_rs as provider;
#[cfg(feature = "ring")]
use tokio_rustls::rustls::crypto::ring as provider;
use tokio_rustls::rustls::pki_types::{pem::PemObject, CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::version::TLS12;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion, DEFAULT_VERSIONS};
use tokio_rustls::{TlsAcceptor, TlsConnector};

type Versions = &'static [&'static SupportedProtocolVersion];
static VERSIONS: OnceLock<Versions> = OnceLock::new();
static ONLY_TLS12: [&SupportedProtocolVersion; 1] = [&TLS12];

pub fn set_up(only_tls12: bool) {
    VERSIONS.get_or_init(|| if only_tls12 { &ONLY_TLS12 } else { DEFAULT_VERSIONS });
    provider::default_provider().install_default().unwrap();
}

pub struct Acceptor(TlsAcceptor);

impl Acceptor {
    pub fn new(cert: &str, key: &str, protocol: &str) -> Self {
        let chain = CertificateDer::pem_file_iter(cert).unwrap().map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(key).unwrap();
        let mut config = ServerConfig::builder_with_protocol_versions(VERSIONS.get().unwrap())
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        config.alpn_protocols = vec![protocol.into()];
        Self(Arc::new(config).into())
    }

    pub async fn accept(&self, tcp: TcpStream) -> std::io::Result<tokio_rustls::server::TlsStream<TcpStream>> {
        self.0.accept(tcp).await
    }
}

/// A connection of a gRPC client.
pub async fn connect(ca: &str, tcp: TcpStream) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_protocol_versions(VERSIONS.get().unwrap())
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec!["h2".into()];
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("127.0.0.1").unwrap(), tcp).await
}
