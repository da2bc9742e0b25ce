"""Command line of the stand-in."""

import argparse
import os
import signal
import sys
import threading

from cvat.server import write_port_file

from .server import Server
from .world import World


def parse(arguments=None):
    """Options; every one has a default."""
    parser = argparse.ArgumentParser(prog="github_standin.py", description="A stand-in for GitHub.")
    parser.add_argument("--port", type=int, default=0, help="0 = any free port")
    parser.add_argument("--port-file", help="file that gets the port when the server is ready")
    parser.add_argument("--seed", default="demo", help="demo | empty | org:N[:ISSUES[:PULLS]], joined by commas")
    parser.add_argument("--ghes", action="store_true", help="GitHub Enterprise Server: /api/v3, /api/graphql, no limits")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"), help="serve HTTPS")
    parser.add_argument("--delay", type=float, default=0.0, metavar="MS", help="before every answer, git and LFS too")
    parser.add_argument("--git-root", metavar="DIR", help="where the bare repositories lie: OWNER/NAME.git; made when missing")
    parser.add_argument("--public-url", metavar="URL", help="scheme and host of all URLs instead of those asked with")
    parser.add_argument("--ssh-prefix", metavar="URL", help="ssh_url is this with OWNER/NAME.git after it")
    parser.add_argument("--directory", help="where the temporary data directory is made")
    return parser.parse_args(arguments)


class Standin:
    """A running server; also used in-process by tests."""

    def __init__(self, options):
        self.options = options
        self.world = World(options)
        self.server = Server(self.world.app, options.port, options.tls)
        self.port = self.world.port = self.server.port

    def start(self):
        """Serves in a thread of its own."""
        threading.Thread(target=self.server.serve, daemon=True).start()
        if self.options.port_file:
            write_port_file(self.options.port_file, self.port)
        return self

    def stop(self):
        self.server.close()
        self.world.end()


def main(arguments=None):
    """Runs until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    sys.setswitchinterval(0.0005)  # many small answers beside long downloads
    standin = Standin(parse(arguments)).start()
    print(f"{'https' if standin.options.tls else 'http'}://127.0.0.1:{standin.port}", flush=True)
    stop.wait()
    standin.stop()
    os._exit(0)  # connections may still be open
