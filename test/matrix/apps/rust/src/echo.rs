//! The service of ../../echo.proto, written by hand so that no compiler of protocol buffers is needed.

use axum::extract::Request;
use axum::routing::post;
use axum::Router;
use std::pin::Pin;
use std::time::Duration;
use tokio_stream::{iter, Stream, StreamExt};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Code, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::service_fn;

#[derive(Clone, PartialEq, prost::Message)]
pub struct Text {
    #[prost(string, tag = "1")]
    pub text: String,
}

type Answers = Pin<Box<dyn Stream<Item = Result<Text, Status>> + Send>>;
type In = tonic::Request<Text>;
type Ins = tonic::Request<Streaming<Text>>;

const LATE: Duration = Duration::from_secs(2);
const DEADLINE: Duration = Duration::from_millis(100);

fn codec() -> ProstCodec<Text, Text> {
    ProstCodec::default()
}

async fn unary(request: In) -> Result<Response<Text>, Status> {
    Ok(Response::new(request.into_inner()))
}

async fn fail(_: In) -> Result<Response<Text>, Status> {
    Err(Status::not_found("as asked"))
}

async fn late(request: In) -> Result<Response<Text>, Status> {
    tokio::time::sleep(LATE).await;
    Ok(Response::new(request.into_inner()))
}

async fn collect(request: Ins) -> Result<Response<Text>, Status> {
    let mut messages = request.into_inner();
    let mut count = 0;
    while messages.message().await?.is_some() {
        count += 1;
    }
    Ok(Response::new(Text { text: count.to_string() }))
}

async fn count(request: In) -> Result<Response<Answers>, Status> {
    let text = request.into_inner();
    Ok(Response::new(Box::pin(iter(vec![Ok(text.clone()), Ok(text.clone()), Ok(text)]))))
}

async fn chat(request: Ins) -> Result<Response<Answers>, Status> {
    Ok(Response::new(Box::pin(request.into_inner())))
}

async fn hang(request: In) -> Result<Response<Answers>, Status> {
    Ok(Response::new(Box::pin(iter(vec![Ok(request.into_inner())]).chain(tokio_stream::pending()))))
}

fn server() -> tonic::server::Grpc<ProstCodec<Text, Text>> {
    tonic::server::Grpc::new(codec())
}

pub fn calls() -> Router {
    Router::new()
        .route("/matrix.Echo/Unary", post(|r: Request| async { server().unary(service_fn(unary), r).await }))
        .route("/matrix.Echo/Fail", post(|r: Request| async { server().unary(service_fn(fail), r).await }))
        .route("/matrix.Echo/Late", post(|r: Request| async { server().unary(service_fn(late), r).await }))
        .route("/matrix.Echo/Collect", post(|r: Request| async { server().client_streaming(service_fn(collect), r).await }))
        .route("/matrix.Echo/Count", post(|r: Request| async { server().server_streaming(service_fn(count), r).await }))
        .route("/matrix.Echo/Chat", post(|r: Request| async { server().streaming(service_fn(chat), r).await }))
        .route("/matrix.Echo/Hang", post(|r: Request| async { server().server_streaming(service_fn(hang), r).await }))
}

const RPCS: [&str; 10] = ["Unary", "Unary", "Unary", "Unary", "Fail", "Collect", "Count", "Chat", "Late", "Hang"];

async fn drained(messages: Streaming<Text>) -> Result<(), Status> {
    messages.collect::<Result<Vec<Text>, Status>>().await.map(|_| ())
}

/// Makes call number `n`; an error where it did not end as it should.
pub async fn call(channel: Channel, n: usize) -> Result<(), String> {
    let rpc = RPCS[n % RPCS.len()];
    let path: PathAndQuery = format!("/matrix.Echo/{rpc}").parse().unwrap();
    let text = Text { text: format!("call {n}") };
    let three = iter(vec![text.clone(), text.clone(), text.clone()]);
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.map_err(|error| error.to_string())?;
    let mut request = tonic::Request::new(text);
    let answer = match rpc {
        "Collect" => client.client_streaming(tonic::Request::new(three), path, codec()).await.map(|_: Response<Text>| ()),
        "Chat" => match client.streaming(tonic::Request::new(three), path, codec()).await {
            Ok(answer) => drained(answer.into_inner()).await,
            Err(status) => Err(status),
        },
        "Count" => match client.server_streaming(request, path, codec()).await {
            Ok(answer) => drained(answer.into_inner()).await,
            Err(status) => Err(status),
        },
        "Hang" => match client.server_streaming(request, path, codec()).await {
            // The call is cancelled when its stream is dropped.
            Ok(answer) => answer.into_inner().message().await.map(|_: Option<Text>| ()),
            Err(status) => Err(status),
        },
        _ => {
            if rpc == "Late" {
                request.set_timeout(DEADLINE);
            }
            client.unary(request, path, codec()).await.map(|_: Response<Text>| ())
        }
    };
    let code = answer.map_or_else(|status: Status| status.code(), |_| Code::Ok);
    match (rpc, code) {
        ("Fail", Code::NotFound) | ("Late", Code::DeadlineExceeded | Code::Cancelled) | (_, Code::Ok) => Ok(()),
        _ => Err(format!("{rpc} ended with {code}")),
    }
}
