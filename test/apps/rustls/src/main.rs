//! HTTP/1 over rustls, a thread for each connection, with the cryptography of ring or aws-lc-rs.
//!
//!     rustls-app serve PROVIDER CERT KEY      prints `READY PORT`
//!     rustls-app get PROVIDER CA              reads lines `PORT SUITE CONNECTIONS REQUESTS`, prints `READY 0` and `DONE SUITE`
//!
//! A client speaks through OpenSSL where the suite is `openssl`.
//! Request N of connection C asks for /SUITE/C/N. Before every tenth request a client changes its keys, and asks for those of the server;
//! the server changes its keys by itself before it answers a request whose number ends in 5.

use openssl::ssl::{SslConnector, SslMethod};
use rustls::crypto::{aws_lc_rs, ring, CryptoProvider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::spawn;

fn provider(name: &str) -> CryptoProvider {
    match name {
        "ring" => ring::default_provider(),
        _ => aws_lc_rs::default_provider(),
    }
}

fn answer(tcp: TcpStream, config: Arc<ServerConfig>) -> Result<()> {
    tcp.set_nodelay(true)?;
    let mut stream = BufReader::new(StreamOwned::new(ServerConnection::new(config).unwrap(), tcp));
    loop {
        let mut path = String::new();
        let mut line = String::new();
        while stream.read_line(&mut line)? > 2 {
            if path.is_empty() {
                path = line.split(' ').nth(1).unwrap().to_string();
            }
            line.clear();
        }
        if path.is_empty() {
            return Ok(());
        }
        let connection = &mut stream.get_mut().conn;
        if path.ends_with('5') && connection.protocol_version() == Some(ProtocolVersion::TLSv1_3) {
            connection.refresh_traffic_keys().unwrap();
        }
        stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")?;
    }
}

/// Where a client speaks to.
#[derive(Clone)]
struct Place {
    port: String,
    suite: String,
    connection: usize,
}

impl Place {
    fn open(&self) -> Result<TcpStream> {
        let tcp = TcpStream::connect(format!("127.0.0.1:{}", self.port))?;
        tcp.set_nodelay(true)?;
        Ok(tcp)
    }

    fn ask(&self, stream: &mut (impl Read + Write), number: usize) -> Result<()> {
        let path = format!("/{}/{}/{number}", self.suite, self.connection);
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: rustls\r\n\r\n").as_bytes())?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\nok") {
            let mut piece = [0; 4096];
            let size = stream.read(&mut piece)?;
            assert!(size > 0, "the server hung up");
            answer.extend_from_slice(&piece[..size]);
        }
        Ok(())
    }
}

fn speak_rustls(place: Place, config: Arc<ClientConfig>, requests: usize) -> Result<()> {
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut stream = StreamOwned::new(ClientConnection::new(config, name).unwrap(), place.open()?);
    for number in 0..requests {
        if number % 10 == 9 && stream.conn.protocol_version() == Some(ProtocolVersion::TLSv1_3) {
            stream.conn.refresh_traffic_keys().unwrap();
        }
        place.ask(&mut stream, number)?;
    }
    stream.conn.send_close_notify();
    stream.flush()
}

fn speak_openssl(place: Place, ca: &str, requests: usize) -> Result<()> {
    let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
    builder.set_ca_file(ca).unwrap();
    let mut stream = builder.build().connect("127.0.0.1", place.open()?).unwrap();
    for number in 0..requests {
        place.ask(&mut stream, number)?;
    }
    stream.shutdown().map(|_| ()).map_err(std::io::Error::other)
}

fn serve(name: &str, cert: &str, key: &str) {
    let chain = CertificateDer::pem_file_iter(cert).unwrap().map(|one| one.unwrap()).collect();
    let config = ServerConfig::builder_with_provider(Arc::new(provider(name)))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(key).unwrap())
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("READY {}", listener.local_addr().unwrap().port());
    for tcp in listener.incoming() {
        let config = config.clone();
        // A client may leave at any time.
        spawn(move || answer(tcp.unwrap(), config).ok());
    }
}

fn get(name: &str, ca: &str) {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    println!("READY 0");
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let [port, suite, connections, requests] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (connections, requests): (usize, usize) = (connections.parse().unwrap(), requests.parse().unwrap());
        let mut provider = provider(name);
        provider.cipher_suites.retain(|one| format!("{:?}", one.suite()) == suite);
        let config = (suite != "openssl").then(|| {
            ClientConfig::builder_with_provider(Arc::new(provider))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_root_certificates(roots.clone())
                .with_no_client_auth()
        });
        let config = config.map(Arc::new);
        let threads: Vec<_> = (0..connections)
            .map(|connection| {
                let place = Place { port: port.to_string(), suite: suite.to_string(), connection };
                let (config, ca) = (config.clone(), ca.to_string());
                spawn(move || match config {
                    Some(config) => speak_rustls(place, config, requests).unwrap(),
                    None => speak_openssl(place, &ca, requests).unwrap(),
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        println!("DONE {suite}");
    }
}

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[1..] {
        ["serve", name, cert, key] => serve(name, cert, key),
        ["get", name, ca] => get(name, ca),
        _ => panic!("serve PROVIDER CERT KEY, or get PROVIDER CA"),
    }
}
