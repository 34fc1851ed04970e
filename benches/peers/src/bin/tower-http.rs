//! tower-http's `ServeDir` under axum and hyper, on one thread beside the pool that reads files.

use axum::Router;
use axum::serve::ListenerExt;
use tower_http::services::ServeDir;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let root = std::env::args_os().nth(1).expect("a directory");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, Router::new().fallback_service(ServeDir::new(root))).await
}
