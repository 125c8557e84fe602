#!/usr/bin/env python3
"""A stand-in for Logstash's http input: mutual TLS, gzip, every body kept as it came.

receiver.py DIR CERTIFICATE KEY CLIENT_CA: listens on a free port of loopback, writes it to DIR/port, and each request's body to
DIR/NUMBER.body. Refuses a content type that Logstash would decode.
"""
import gzip
import http.server
import itertools
import pathlib
import ssl
import sys

directory = pathlib.Path(sys.argv[1])
numbers = itertools.count(1)


class Input(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        taken = self.headers["Content-Type"] == "application/vnd.ratchet.records"
        if taken:
            (directory / f"{next(numbers):04}.body").write_bytes(body)
        answer = b"ok" if taken else b"unsupported media type"
        self.send_response(200 if taken else 415)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Input)
tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=sys.argv[4])
tls.load_cert_chain(sys.argv[2], sys.argv[3])
tls.verify_mode = ssl.CERT_REQUIRED
server.socket = tls.wrap_socket(server.socket, server_side=True)
(directory / "port").write_text(str(server.server_port))
server.serve_forever()
