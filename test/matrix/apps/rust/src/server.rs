use crate::{echo, tls};
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::collections::HashMap;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

const BIG_BYTES: usize = 100_000;

async fn not_found() -> impl IntoResponse {
    (StatusCode::NOT_FOUND, "no such thing")
}

fn pages() -> Router {
    Router::new()
        .route("/ok/{n}", get(|| async { "ok" }))
        .route("/fail/{n}", get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "failed") }))
        .route("/big/{n}", get(|| async { Body::from(vec![b'x'; BIG_BYTES]) }))
        .route("/echo/{n}", post(|body: Bytes| async { body }))
        .fallback(not_found)
}

async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin + 'static, router: Router) {
    // A client may leave at any time.
    let _ = Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .await;
}

pub async fn serve(options: &HashMap<String, String>) {
    for column in ["http1", "https1", "h2c", "h2", "grpc", "grpcs"] {
        let Some(port) = options.get(column) else { continue };
        let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.unwrap();
        let router = if column.starts_with("grpc") { echo::calls() } else { pages() };
        let protocol = if column == "https1" { "http/1.1" } else { "h2" };
        let secure = matches!(column, "https1" | "h2" | "grpcs");
        let acceptor = secure.then(|| std::sync::Arc::new(tls::Acceptor::new(&options["cert"], &options["key"], protocol)));
        tokio::spawn(async move {
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                tcp.set_nodelay(true).unwrap();
                let (router, acceptor) = (router.clone(), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => speak(tcp, router).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(tcp).await {
                                speak(stream, router).await
                            }
                        }
                    }
                });
            }
        });
    }
    println!("READY");
    std::future::pending().await
}
