"""Command line of the stand-in."""

import argparse
import os
import signal
import sys
import threading

from .server import Server, write_port_file
from .world import World

SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data", "cvat", "samples")


def parse(arguments=None):
    """Options; every one has a default."""
    parser = argparse.ArgumentParser(prog="cvat_standin.py", description="A stand-in for a CVAT server.")
    parser.add_argument("--port", type=int, default=0, help="0 = any free port")
    parser.add_argument("--port-file", help="file that gets the port when the server is ready")
    parser.add_argument("--family", choices="ABCD", default="D", help="version family of the API")
    parser.add_argument("--version", help="what /api/server/about says")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"), help="serve HTTPS")
    parser.add_argument("--seed", default="demo", help="demo | empty | big:TASKS:IMAGES:IMAGE_BYTES:JSON_MB")
    parser.add_argument(
        "--token",
        action="append",
        default=[],
        metavar="[USER=]TOKEN",
        help="one more login token, of admin unless a user is named",
    )
    parser.add_argument("--delay", type=float, default=0.0, metavar="MS", help="wait before each answer")
    parser.add_argument("--build-ms", type=float, default=0.0, help="how long a build takes")
    parser.add_argument("--workers", type=int, default=0, help="export workers (default 2, family A 1)")
    parser.add_argument("--ttl", type=float, default=86400.0, help="life of finished requests in seconds")
    parser.add_argument("--throttle", type=int, default=0, help="anonymous calls a minute (real server: 100)")
    parser.add_argument(
        "--one-job-per-user", action="store_true", help="ONE_RUNNING_JOB_IN_QUEUE_PER_USER=true"
    )
    parser.add_argument("--upload-limit", type=int, default=26843545600, help="Tus-Max-Size: bytes of one upload")
    parser.add_argument("--samples", default=SAMPLES, help="directory of recorded backups")
    parser.add_argument("--directory", help="where the temporary data directory is made")
    return parser.parse_args(arguments)


class Standin:
    """A running server; also used in-process by tests."""

    def __init__(self, options):
        self.options = options
        self.world = World(options)
        self.server = Server(self.world.app, options.port, options.tls, options.delay / 1000)
        self.port = self.server.port

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
    scheme = "https" if standin.options.tls else "http"
    print(
        f"{scheme}://127.0.0.1:{standin.port} family {standin.world.family} version {standin.world.version}",
        flush=True,
    )
    stop.wait()
    standin.stop()
    os._exit(0)  # connections may still be open
