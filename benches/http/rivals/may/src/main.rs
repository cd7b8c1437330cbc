//! The seed's answer by may_minihttp with four workers. It reads heads less strictly than the others.

use may_minihttp::{HttpServer, HttpService, Request, Response};

#[derive(Clone)]
struct Hello;

impl HttpService for Hello {
    fn call(&mut self, _: Request, response: &mut Response) -> std::io::Result<()> {
        response.header("Content-Type: text/plain").body("Hello from Koru!");
        Ok(())
    }
}

fn main() {
    may::config().set_workers(4);
    let server = HttpServer(Hello).start("0.0.0.0:3001").expect("port 3001 is free");
    server.join().expect("the server goes on");
}
