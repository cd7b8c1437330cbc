// The seed's answer by Node's http in four processes.
const cluster = require("node:cluster");
const http = require("node:http");

if (cluster.isPrimary) {
    for (let worker = 0; worker < 4; worker++) cluster.fork();
} else {
    const server = http.createServer((_, response) => {
        response.setHeader("Content-Type", "text/plain");
        response.end("Hello from Koru!");
    });
    server.listen(3001);
}
