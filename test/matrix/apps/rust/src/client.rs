use crate::{echo, tls};
use hyper_util::rt::TokioIo;
use reqwest::tls::Version;
use reqwest::{Certificate, Client};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tonic::transport::{Channel, Endpoint};

const IN_FLIGHT: usize = 4;
const KINDS: [&str; 5] = ["ok", "missing", "fail", "echo", "big"];

#[derive(Clone)]
enum Connection {
    Http(Client),
    Calls(Channel),
}

impl Connection {
    async fn open(column: &str, url: &str, options: &HashMap<String, String>) -> Result<Self, String> {
        let ca = &options["ca"];
        if column.starts_with("grpc") {
            return open_channel(column == "grpcs", url.to_string(), ca.clone()).await.map(Self::Calls);
        }
        let root = Certificate::from_pem(&std::fs::read(ca).unwrap()).unwrap();
        let builder = Client::builder().tls_certs_only([root]).pool_max_idle_per_host(1).no_proxy();
        let builder = if column.ends_with('1') { builder.http1_only() } else { builder };
        let builder = if column == "h2c" { builder.http2_prior_knowledge() } else { builder };
        let builder = if options.contains_key("tls12") { builder.tls_version_max(Version::TLS_1_2) } else { builder };
        builder.build().map(Self::Http).map_err(|error| error.to_string())
    }

    async fn send(&self, url: &str, n: usize) -> Result<(), String> {
        match self {
            Self::Calls(channel) => echo::call(channel.clone(), n).await,
            Self::Http(client) => {
                let kind = KINDS[n % KINDS.len()];
                let target = format!("{url}/{kind}/{n}");
                let request = match kind {
                    "echo" => client.post(target).body(vec![b'b'; 10 + n % 3000]),
                    _ => client.get(target),
                };
                let response = request.send().await.map_err(|error| format!("{error:?}"))?;
                response.bytes().await.map(|_| ()).map_err(|error| format!("{error:?}"))
            }
        }
    }
}

async fn open_channel(secure: bool, target: String, ca: String) -> Result<Channel, String> {
    let endpoint = Endpoint::from_shared(format!("http://{target}")).unwrap();
    let connector = tower::service_fn(move |_| {
        let (target, ca) = (target.clone(), ca.clone());
        async move {
            let tcp = TcpStream::connect(target).await?;
            tcp.set_nodelay(true)?;
            let stream: Box<dyn Stream> = if secure { Box::new(tls::connect(&ca, tcp).await?) } else { Box::new(tcp) };
            Ok::<_, std::io::Error>(TokioIo::new(stream))
        }
    });
    endpoint.connect_with_connector(connector).await.map_err(|error| format!("{error:?}"))
}

trait Stream: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin {}
impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin> Stream for T {}

async fn send_all(open: &[Connection], column: &str, url: &str, first: usize, count: usize) -> Result<(), String> {
    let next = Arc::new(AtomicUsize::new(first));
    let streams = if column.ends_with('1') { 1 } else { IN_FLIGHT };
    let mut work: Vec<tokio::task::JoinHandle<Result<(), String>>> = Vec::new();
    for connection in open.iter().flat_map(|one| std::iter::repeat_n(one, streams)) {
        let (connection, next, url) = (connection.clone(), next.clone(), url.to_string());
        work.push(tokio::spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= first + count {
                    return Ok(());
                }
                connection.send(&url, n).await?;
            }
        }));
    }
    for one in work {
        one.await.unwrap()?;
    }
    Ok(())
}

pub async fn run(options: &HashMap<String, String>) {
    let mut kept: HashMap<String, Vec<Connection>> = HashMap::new();
    println!("READY");
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        let [column, url, first, count, connections] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (first, count, connections): (usize, usize, usize) =
            (first.parse().unwrap(), count.parse().unwrap(), connections.parse().unwrap());
        let open = kept.entry(column.to_string()).or_default();
        let mut outcome = Ok(());
        while open.len() < connections && outcome.is_ok() {
            match Connection::open(column, url, options).await {
                Ok(connection) => open.push(connection),
                Err(error) => outcome = Err(error),
            }
        }
        if outcome.is_ok() {
            outcome = send_all(&open[..connections], column, url, first, count).await;
        }
        match outcome {
            Ok(()) => println!("DONE {column}"),
            Err(error) => println!("FAILED {column} {}", error.replace('\n', " ")),
        }
    }
}
