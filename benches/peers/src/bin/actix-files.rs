//! actix-files, with one worker beside the pool that reads files.

use actix_web::{App, HttpServer};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let root = std::env::args_os().nth(1).expect("a directory");
    let server = HttpServer::new(move || App::new().service(actix_files::Files::new("/", &root)));
    let server = server.workers(1).keep_alive(std::time::Duration::from_secs(75)).bind("127.0.0.1:0")?;
    println!("listening on {}", server.addrs()[0]);
    server.run().await
}
