"""What stands between a client and its server in offices: a TLS front with a certificate of its own, and an HTTP proxy."""

import os
import select
import socket
import ssl
import subprocess
import threading


def make_authority(directory, name="localhost"):
    """An authority and a certificate for `name` (and 127.0.0.1) signed by it: → (ca file, certificate file, key file)."""
    def path(file):
        return os.path.join(directory, file)
    run = {"check": True, "capture_output": True, "cwd": directory}
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=test authority",
                    "-keyout", "ca.key", "-out", "ca.pem"], **run)
    subprocess.run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                    "-keyout", "server.key", "-out", "server.csr"], **run)
    with open(path("names"), "w") as file:
        file.write(f"subjectAltName=DNS:{name},IP:127.0.0.1\n")
    subprocess.run(["openssl", "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                    "-extfile", "names", "-out", "server.pem"], **run)
    return path("ca.pem"), path("server.pem"), path("server.key")


def pump(one, other):
    """Bytes both ways until both sides have ended."""
    pairs = {one: other, other: one}
    with one, other:
        while pairs:
            for ready in select.select(list(pairs), [], [], 60)[0] or list(pairs):
                try:
                    data = ready.recv(65536)
                except OSError:
                    data = b""
                while data and isinstance(ready, ssl.SSLSocket) and ready.pending():
                    data += ready.recv(ready.pending())
                if not data:
                    return
                try:
                    pairs[ready].sendall(data)
                except OSError:
                    return


class Front:
    """Accepts on a port of its own; a thread for each connection."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.guarded, args=(link,), daemon=True).start()

    def guarded(self, link):
        try:
            self.serve(link)
        except OSError:
            link.close()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class TlsFront(Front):
    """TLS outside, the plain server behind."""

    def __init__(self, backend, certificate, key):
        self.backend = backend
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        super().__init__()

    def serve(self, link):
        pump(self.context.wrap_socket(link, server_side=True), socket.create_connection(("127.0.0.1", self.backend)))


class Proxy(Front):
    """An HTTP proxy (RFC 9110 §9.3.6 CONNECT, RFC 9112 §3.2.2 absolute form); `seen` holds the request lines, `headers` their headers."""

    def __init__(self):
        self.seen = []
        self.headers = []
        super().__init__()

    def serve(self, link):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = link.recv(65536)
            if not piece:
                return link.close()
            head += piece
        head, rest = head.split(b"\r\n\r\n", 1)
        line, *headers = head.decode("latin-1").split("\r\n")
        self.seen.append(line)
        self.headers.append(headers)
        method, target, version = line.split(" ")
        if method == "CONNECT":
            host, port = target.rsplit(":", 1)
            far = socket.create_connection((host, int(port)))
            link.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            far.sendall(rest)
            return pump(link, far)
        # One request per connection: the next one may be for another server.
        address, _, path = target.removeprefix("http://").partition("/")
        host, _, port = address.partition(":")
        far = socket.create_connection((host, int(port or 80)))
        kept = [one for one in headers if not one.lower().startswith(("proxy-", "connection:"))] + ["Connection: close"]
        far.sendall("\r\n".join([f"{method} /{path} {version}", *kept, "", ""]).encode("latin-1") + rest)
        pump(link, far)
