//! Serves, or makes the requests its standard input asks for, see ../../README.md.

mod client;
mod echo;
mod server;
#[cfg_attr(feature = "rustls", path = "rustls.rs")]
#[cfg_attr(feature = "native-tls", path = "native_tls.rs")]
mod tls;

use std::collections::HashMap;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let role = arguments.next().expect("server or client");
    let options: HashMap<String, String> =
        arguments.filter_map(|one| one.split_once('=').map(|(name, value)| (name.into(), value.into()))).collect();
    tls::set_up(options.contains_key("tls12"));
    match role.as_str() {
        "server" => server::serve(&options).await,
        _ => client::run(&options).await,
    }
}
