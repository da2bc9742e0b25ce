#!/usr/bin/env python3
"""Starts a real git server on loopback: nginx in front of git http-backend through fcgiwrap.

Everything lies below --repos and a temporary directory; nginx and fcgiwrap run as the calling user and end
with this process. README.md beside this file lists the locations. Facts of the backend: git-http-
backend(1).
"""

import argparse
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from material import create, make_certificates, refuse

BACKEND_PLACES = ("/usr/lib/git-core/git-http-backend", "/usr/libexec/git-core/git-http-backend")

# Each location: path, extra nginx lines, with Basic auth or not.
LOCATIONS = (
    ("/git/", "", True),
    ("/noauth/", "", False),
    ("/slow/", "limit_rate {slow};", True),
    ("/limit/", "client_max_body_size {limit};", True),
    ("/nochunk/", "if ($http_transfer_encoding ~* chunked) {{ return 411; }}", True),
    ("/readonly/", "", True),
)

CONFIG = """
daemon off;
pid {run}/nginx.pid;
error_log {run}/error.log warn;
worker_processes 1;
{user}
events {{ worker_connections 256; }}
http {{
    log_format sent '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_user_agent" '
                    '"$http_transfer_encoding"';
    access_log {run}/access.log sent;
    client_body_temp_path {run}/body;
    fastcgi_temp_path {run}/fastcgi;
    proxy_temp_path {run}/proxy;
    uwsgi_temp_path {run}/uwsgi;
    scgi_temp_path {run}/scgi;
    client_max_body_size 0;
    tcp_nodelay on;
    keepalive_timeout 75s;
    server {{
        listen 127.0.0.1:{port}{ssl};
        server_name localhost;
        {certificate}
        location = /ping {{ return 200 "ok"; }}
        location /moved/ {{ rewrite ^/moved/(.*)$ {scheme}://$http_host/git/$1 permanent; }}
        location /elsewhere/ {{ rewrite ^/elsewhere/(.*)$ {scheme}://127.0.0.1:{other}/git/$1 redirect; }}
{lfs}
        location /down/ {{ return 503; }}
        location /login/ {{ default_type text/html; return 200 "<html><body>Sign in</body></html>"; }}
{locations}
    }}
}}
"""

# Regular expressions are tried in the order of the file: this one stands before those of the repositories.
LFS = """
        location ~ ^/git/.+/info/lfs/ {{
            proxy_pass http://127.0.0.1:{port};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_request_buffering off;
            proxy_buffering off;
        }}"""

LOCATION = """
        location ~ ^{path}(?<rest>.+)$ {{
            {auth}
            {extra}
            fastcgi_request_buffering {buffering};
            fastcgi_buffering off;
            fastcgi_read_timeout 600s;
            include {fastcgi};
            fastcgi_param SCRIPT_FILENAME {backend};
            fastcgi_param PATH_INFO /$rest;
            fastcgi_param GIT_PROJECT_ROOT {repos};
            fastcgi_param GIT_HTTP_EXPORT_ALL 1;
            fastcgi_param GIT_PROTOCOL $http_git_protocol;
            fastcgi_param REMOTE_USER $remote_user;
            fastcgi_param HOME {run};
            {more}
            fastcgi_pass unix:{run}/fcgi.sock;
        }}
"""


def parse():
    parser = argparse.ArgumentParser(description="A real git server on loopback.")
    parser.add_argument("--repos", required=True, help="directory of bare repositories; made when missing")
    parser.add_argument(
        "--create", action="append", default=[], metavar="NAME.git", help="make this repository"
    )
    parser.add_argument("--filter", action="store_true", help="created repositories allow partial clones")
    parser.add_argument(
        "--refuse",
        action="append",
        default=[],
        metavar="NAME.git=WORDS",
        help="a pre-receive hook that refuses every push with the words",
    )
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--port-file", help="file that gets the port when the server is ready")
    parser.add_argument("--user", default="bot")
    parser.add_argument("--password", default="bot-password")
    parser.add_argument("--tls-dir", help="serve HTTPS; ca.pem, server.pem, server.key are made there")
    parser.add_argument("--limit", default="1m", help="largest body at /limit/")
    parser.add_argument("--slow", default="64k", help="bytes a second at /slow/")
    parser.add_argument(
        "--buffer-requests", action="store_true", help="nginx spools bodies before the backend runs"
    )
    parser.add_argument("--lfs", type=int, metavar="PORT", help="/git/NAME.git/info/lfs is answered there")
    return parser.parse_args()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def location(options, run, backend, path, extra, guarded):
    """One nginx location in front of the backend."""
    auth = f'auth_basic "git"; auth_basic_user_file {run}/htpasswd;' if guarded else ""
    # Without a user name git http-backend refuses pushes unless http.receivepack is set, which create() does.
    more = "if ($request_uri ~ receive-pack) { return 403; }" if path == "/readonly/" else ""
    return LOCATION.format(
        path=path,
        auth=auth,
        extra=extra.format(slow=options.slow, limit=options.limit),
        run=run,
        buffering="on" if options.buffer_requests or path == "/limit/" else "off",
        fastcgi="/etc/nginx/fastcgi_params",
        backend=backend,
        repos=os.path.abspath(options.repos),
        more=more,
    )


def configure(options, run, port):
    """Writes nginx.conf and the password file."""
    backend = next(p for p in BACKEND_PLACES if os.path.exists(p))
    digest = subprocess.run(
        ["openssl", "passwd", "-apr1", options.password], check=True, capture_output=True, text=True
    ).stdout.strip()
    with open(os.path.join(run, "htpasswd"), "w", encoding="ascii") as out:
        out.write(f"{options.user}:{digest}\n")
    certificate = ""
    if options.tls_dir:
        path = make_certificates(os.path.abspath(options.tls_dir))
        certificate = f"ssl_certificate {path['server.pem']}; ssl_certificate_key {path['server.key']};"
    text = CONFIG.format(
        run=run,
        port=port,
        ssl=" ssl" if options.tls_dir else "",
        certificate=certificate,
        scheme="https" if options.tls_dir else "http",
        other=free_port(),
        lfs=LFS.format(port=options.lfs) if options.lfs else "",
        user="user root;" if os.geteuid() == 0 else "",
        locations="".join(location(options, run, backend, *entry) for entry in LOCATIONS),
    )
    with open(os.path.join(run, "nginx.conf"), "w", encoding="utf-8") as out:
        out.write(text)


def start(run):
    """fcgiwrap and nginx as children."""
    environment = dict(os.environ, GIT_CONFIG_NOSYSTEM="1", HOME=run)
    with open(os.path.join(run, "gitconfig"), "w", encoding="ascii") as out:
        out.write("[safe]\n\tdirectory = *\n")
    environment["GIT_CONFIG_GLOBAL"] = os.path.join(run, "gitconfig")
    wrap = subprocess.Popen(
        ["fcgiwrap", "-f", "-c", "4", "-s", f"unix:{run}/fcgi.sock"],
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    nginx = subprocess.Popen(
        ["nginx", "-c", f"{run}/nginx.conf", "-p", run, "-e", f"{run}/error.log"],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    return [nginx, wrap]


def wait_ready(port, children):
    for _ in range(200):
        if any(c.poll() is not None for c in children):
            raise SystemExit("nginx or fcgiwrap has ended at once")
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit("the server does not answer")


def reap():
    """Collects every descendant, also those that outlived their own parent."""
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass


def main():
    options = parse()
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER, prctl(2)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.makedirs(options.repos, exist_ok=True)
    for name in options.create:
        create(options.repos, name, options.filter)
    for entry in options.refuse:
        name, _, words = entry.partition("=")
        refuse(create(options.repos, name, options.filter), words)
    run = tempfile.mkdtemp(prefix="gitserver-")
    port = options.port or free_port()
    children = []
    try:
        configure(options, run, port)
        children = start(run)
        wait_ready(port, children)
        if options.port_file:
            with open(options.port_file + ".tmp", "w", encoding="ascii") as out:
                out.write(f"{port}\n")
            os.replace(options.port_file + ".tmp", options.port_file)
        print(
            f"{'https' if options.tls_dir else 'http'}://localhost:{port}/git/ log {run}/access.log",
            flush=True,
        )
        children[0].wait()
    finally:
        for child in children:
            # fcgiwrap's workers outlive their parent: the whole group has to end.
            try:
                os.killpg(child.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        reap()
        shutil.rmtree(run, ignore_errors=True)


if __name__ == "__main__":
    main()
