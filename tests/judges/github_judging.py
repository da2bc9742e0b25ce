"""The GitHub stand-in in this process, for judges that may not see the module `github` of tests/e2e."""

import shutil
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path.append(str(TESTS / "github"))
sys.path.append(str(TESTS / "gitserver"))

from hub.main import Standin, parse  # noqa: E402  (the path has to be set first)
from material import make_certificates  # noqa: E402


class Running:
    """A context: the stand-in with a directory of its own; `tls` makes a certificate that `authority` has signed."""

    def __init__(self, *options, tls=False):
        self.directory = Path(tempfile.mkdtemp(prefix="github-judge-"))
        self.authority = None
        if tls:
            made = make_certificates(str(self.directory / "tls"))
            self.authority = made["ca.pem"]
            options = (*options, "--tls", made["server.pem"], made["server.key"])
        self.standin = Standin(parse(list(options)))
        self.world = self.standin.world
        self.host = f"127.0.0.1:{self.standin.port}"
        self.url = f"{'https' if tls else 'http'}://{self.host}"

    def __enter__(self):
        self.standin.start()
        return self

    def __exit__(self, *_):
        self.standin.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def token(self, label):
        return self.world.tokens.labelled(label).value

    def repository(self, name):
        return self.world.store.pick(name)

    def sides(self):
        out = {}
        for entry in self.world.app.log.entries:
            out[entry["side"]] = out.get(entry["side"], 0) + 1
        return out
