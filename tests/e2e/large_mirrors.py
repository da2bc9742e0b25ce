"""What the tests of mirrors with large files share."""

import hashlib
import os
import shutil

from harness import git
from mirrors import MirrorCase, pointer
from servers import LfsServer

PASSWORD = "git-password-value"


class LargeMirrorCase(MirrorCase):
    """Mirrors of repositories on a forge with a server for large files; the real git-lfs judges."""

    def setUp(self):
        super().setUp()
        if shutil.which("git-lfs") is None:
            self.skipTest("the program git-lfs is not installed")
        self.secret("git-password", PASSWORD)
        self.lfs = LfsServer(self.place("lfs"))
        self.addCleanup(self.lfs.stop)
        self.forge = self.git_server("--create", "a.git", "--create", "b.git", "--password", PASSWORD, "--lfs", str(self.lfs.port))
        for name in ("a", "b"):
            git("symbolic-ref", "HEAD", "refs/heads/main", cwd=self.path(name))
        self.configure_forge()

    def path(self, name):
        return os.path.join(self.forge.repos, f"{name}.git")

    def configure_forge(self, extra=""):
        url = f"http://127.0.0.1:{self.forge.port}/git"
        self.configure_mirrors({"a": f"{url}/a.git", "b": f"{url}/b.git"}, extra="auth: {username: bot, password: git-password}\n" + extra)

    def put(self, name, content):
        """An object on the server."""
        folder = os.path.join(self.lfs.objects, f"git_{name}.git")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, hashlib.sha256(content).hexdigest()), "wb") as file:
            file.write(content)

    def commit_large(self, name, files, branch="main", hold=True):
        attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
        for content in files.values():
            if hold:
                self.put(name, content)
        return self.commit(self.path(name), branch, {".gitattributes": attributes, **{path: pointer(content) for path, content in files.items()}})

    def object(self, name, content):
        oid = hashlib.sha256(content).hexdigest()
        return os.path.join(self.mirror(name), "lfs", "objects", oid[:2], oid[2:4], oid)
