"""What the tests of mirrors share: source repositories, a configuration with a `mirror:` job, and how a mirror must stand."""

import hashlib
import json
import os
import subprocess

from harness import FIXED_ENVIRONMENT, Case, Done, git
from restore_case import ctl


def lfs_clone(case, mirror):
    """A clone of the mirror by the real git-lfs, which finds every object of all history and checks it; its path."""
    filters = {"filter.lfs.clean": "git-lfs clean -- %f", "filter.lfs.smudge": "git-lfs smudge -- %f",
               "filter.lfs.process": "git-lfs filter-process", "filter.lfs.required": "true", "safe.directory": "*"}
    environment = {**FIXED_ENVIRONMENT, "HOME": case.directory, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_COUNT": str(len(filters))}
    for number, (key, value) in enumerate(filters.items()):
        environment[f"GIT_CONFIG_KEY_{number}"], environment[f"GIT_CONFIG_VALUE_{number}"] = key, value
    clone = os.path.join(case.directory, f"clone-{len(os.listdir(case.directory))}")
    for words, place in ((["git", "clone", "-q", f"file://{mirror}", clone], None), (["git", "lfs", "fetch", "--all"], clone),
                         (["git", "lfs", "fsck"], clone)):
        done = subprocess.run(words, cwd=place, env=environment, capture_output=True, timeout=120)
        case.assertEqual(done.returncode, 0, (done.stdout + done.stderr).decode())
    case.assertIn(b"Git LFS fsck OK", done.stdout + done.stderr)
    return clone


def pointer(content):
    """What git holds of a large file."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{hashlib.sha256(content).hexdigest()}\nsize {len(content)}\n"


class MirrorCase(Case):
    """One job `mirrors` of repositories that are made here."""

    job_name = "mirrors"

    def source(self, name="a", empty=False):
        """A bare repository with a branch of three commits, a second branch, tags; its path."""
        path = os.path.join(self.place("sources"), f"{name}.git")
        git("init", "-q", "--bare", "-b", "main", path)
        git("config", "uploadpack.allowAnySHA1InWant", "false", cwd=path)
        if not empty:
            for number in range(3):
                self.commit(path, "main", {"file.txt": f"{name} {number}\n", f"folder/{number}.txt": "x" * 200})
            self.commit(path, "dev", {"dev.txt": "dev\n"}, parent="main")
            git("tag", "v1", "main~1", cwd=path)
            git("tag", "-a", "-m", "signed off", "v1-annotated", "main~1", cwd=path)
        return path

    def commit(self, path, branch, files, parent=None, replace=False):
        """Puts files on top of a branch (or makes it on `parent`; without one it has no history); returns the commit."""
        index = os.path.join(self.directory, "index")
        if os.path.exists(index):
            os.remove(index)
        environment = {**FIXED_ENVIRONMENT, "GIT_INDEX_FILE": index, "GIT_DIR": path}
        for key in ("GIT_AUTHOR", "GIT_COMMITTER"):
            environment[f"{key}_NAME"], environment[f"{key}_EMAIL"] = "t", "t@t"

        def run(*arguments, text=None):
            done = subprocess.run(["git", *arguments], env=environment, input=text, capture_output=True, check=True)
            return done.stdout.decode().strip()

        ref = f"refs/heads/{branch}"
        tip = git("rev-parse", "-q", "--verify", parent or ref, cwd=path, check=False)
        if tip and not replace:
            run("read-tree", tip)
        for name, content in files.items():
            content = content if isinstance(content, bytes) else content.encode()
            blob = run("hash-object", "-w", "--stdin", text=content)
            run("update-index", "--add", "--cacheinfo", f"100644,{blob},{name}")
        parents = ["-p", tip] if tip and not replace else []
        made = run("commit-tree", *parents, "-m", f"change {branch}", run("write-tree"))
        run("update-ref", ref, made)
        return made

    def configure_mirrors(self, repositories, extra="", top="", retry="{attempts: 2, delay: 20ms, max_delay: 100ms}"):
        """`repositories`: name → URL or YAML flow lines of the mapping."""
        lines = "".join(f"        - {{name: {name}, {value if value.startswith('url:') else 'url: ' + chr(34) + value + chr(34)}}}\n"
                        for name, value in repositories.items())
        more = "".join(f"      {line}\n" for line in extra.strip("\n").splitlines() if line)
        text = (f"storage: {self.storage}\n{top}jobs:\n  {self.job_name}:\n    schedule: manual\n    retry: {retry}\n"
                f"    mirror:\n{more}      repositories:\n{lines}")
        self.config = os.path.join(self.directory, "autobackupd.yaml")
        with open(self.config, "w") as file:
            file.write(text)

    def mirror(self, name="a"):
        return os.path.join(self.storage, "mirrors", self.job_name, f"{name}.git")

    def run_mirrors(self, *options, code=0, **environment):
        return self.run_job(*options, name=self.job_name, code=code, **environment)

    def refs(self, path, ours=False):
        """ref → object of a repository; without those that are the mirror's own."""
        lines = git("for-each-ref", "--format=%(refname) %(objectname)", cwd=path).splitlines()
        refs = dict(line.split(" ") for line in lines)
        return {name: oid for name, oid in refs.items() if ours or not name.startswith("refs/autobackup/")}

    def kept(self, path):
        """short name → object of what was kept, without the time."""
        refs = {name: oid for name, oid in self.refs(path, ours=True).items() if name.startswith("refs/autobackup/keep/")}
        return {name.split("/", 4)[4]: oid for name, oid in refs.items()}

    def assert_mirrored(self, source, name="a"):
        mirror = self.mirror(name)
        self.assertEqual(self.refs(mirror), self.refs(source))
        self.assertEqual(git("symbolic-ref", "HEAD", cwd=mirror), git("symbolic-ref", "HEAD", cwd=source))
        self.assert_sound(mirror)
        self.assert_tidy(mirror)

    def assert_tidy(self, mirror):
        """Nothing half-made is left beside or in the mirror."""
        for place, folders, names in os.walk(os.path.dirname(mirror)):
            for one in folders + names:
                bad = one.startswith("tmp") or one.endswith((".lock", ".clone", ".part")) or "fetched.pack" in one
                self.assertFalse(bad and not (one == "tmp" and place.endswith("lfs")), os.path.join(place, one))

    def put_large(self, store, content):
        """An object in the store of a repository that is a directory."""
        oid = hashlib.sha256(content).hexdigest()
        folder = os.path.join(store, "lfs", "objects", oid[:2], oid[2:4])
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, oid), "wb") as file:
            file.write(content)


class CopiesCase(MirrorCase):
    def pushes(self, item):
        return [one for one in item["stages"] if one["stage"] == "push"]


class Asking:
    """autobackupctl beside what a mixin configures."""

    def ask(self, *arguments, **environment):
        done = subprocess.run([ctl(), *arguments, "--config", self.config], env=self.environment(**environment), capture_output=True, timeout=120)
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def told(self, *arguments, code=0):
        done = self.ask(*arguments, "--json")
        self.assertEqual(done.code, code, done.err + done.out)
        return json.loads(done.out), done.err

    def spot(self, code=0):
        found, said = self.told("verify", "--level", "spot", code=code)
        self.assertEqual([name for _, _, names in os.walk(os.path.join(self.storage, "spool/.spot")) for name in names], [])
        return found, said

    def packs(self, mirror, extension=".pack"):
        folder = os.path.join(mirror, "objects/pack")
        return sorted((os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(extension)), key=os.path.getsize)
