//! TLS by native-tls: the system's OpenSSL.

use native_tls::{Certificate, Identity};
use std::fs::read;
use std::io::Error;
use tokio::net::TcpStream;
use tokio_native_tls::TlsStream;

pub fn set_up(_only_tls12: bool) {}

pub struct Acceptor(tokio_native_tls::TlsAcceptor);

impl Acceptor {
    pub fn new(cert: &str, key: &str, protocol: &str) -> Self {
        let identity = Identity::from_pkcs8(&read(cert).unwrap(), &read(key).unwrap()).unwrap();
        let acceptor = native_tls::TlsAcceptor::builder(identity).accept_alpn(&[protocol]).build().unwrap();
        Self(acceptor.into())
    }

    pub async fn accept(&self, tcp: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.0.accept(tcp).await.map_err(Error::other)
    }
}

/// A connection of a gRPC client.
pub async fn connect(ca: &str, tcp: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
    let mut builder = native_tls::TlsConnector::builder();
    builder.add_root_certificate(Certificate::from_pem(&read(ca).unwrap()).unwrap()).request_alpns(&["h2"]);
    let connector = tokio_native_tls::TlsConnector::from(builder.build().unwrap());
    connector.connect("127.0.0.1", tcp).await.map_err(Error::other)
}
