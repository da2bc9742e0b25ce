"""The servers that the tests start: the CVAT stand-in, real git and ssh servers, and a proxy that spoils connections."""

import getpass
import http.client
import json
import os
import subprocess
import sys
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Server:
    """A helper program that writes its port to a file when it is ready."""

    def __init__(self, directory, command):
        self.directory = directory
        self.port_file = os.path.join(directory, "port")
        self.log = open(os.path.join(directory, "log"), "wb")
        self.process = subprocess.Popen(command + ["--port-file", self.port_file], stdout=self.log, stderr=self.log,
                                        env={**os.environ, "TZ": "UTC"})
        deadline = time.monotonic() + 60
        while not os.path.exists(self.port_file):
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(self.log.name, errors="replace") as text:
                    raise RuntimeError(f"{command[1]} did not start: {text.read()[-2000:]}")
            time.sleep(0.02)
        with open(self.port_file) as text:
            self.port = int(text.read())

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class StandinControl:
    """The control of a stand-in that runs somewhere: see "Control" in tests/standin/README.md."""

    def __init__(self, port):
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def link(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def order(self, verb, body=None):
        link = self.link()
        try:
            link.request("GET" if body is None else "POST", f"/__standin__/{verb}", None if body is None else json.dumps(body))
            answer = link.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise AssertionError(f"{verb}: {text!r}")
            return json.loads(text)
        finally:
            link.close()

    def mutate(self, op, **given):
        return self.order("mutate", {"op": op, **given})

    def fault(self, path, action, count=1, method=None, skip=0, headers=None):
        match = {"path": path, "headers": headers or {}}
        if method:
            match["method"] = method
        return self.order("fault", {"match": match, "count": count, "skip": skip, "action": action})

    def requests(self, **query):
        """What was asked since the log was cleared: a list of {"method", "path", …}."""
        text = "&".join(f"{key}={value}" for key, value in query.items())
        answer = self.order("log?" + text if text else "log")
        return answer["requests"] if isinstance(answer, dict) else answer


class Standin(StandinControl, Server):
    def __init__(self, directory, *options):
        script = os.path.join(TESTS, "standin", "cvat_standin.py")
        Server.__init__(self, directory, [sys.executable, script, *options])
        StandinControl.__init__(self, self.port)


class GitServer(Server):
    def __init__(self, directory, *options):
        script = os.path.join(TESTS, "gitserver", "gitserver.py")
        self.repos = os.path.join(directory, "repos")
        super().__init__(directory, [sys.executable, script, "--repos", self.repos, *options])
        self.url = f"http://127.0.0.1:{self.port}"


class SshServer(Server):
    """A real sshd; tests/sshserver/README.md tells its keys."""

    def __init__(self, directory, *options):
        script = os.path.join(TESTS, "sshserver", "sshserver.py")
        self.repos = os.path.join(directory, "repos")
        super().__init__(directory, [sys.executable, script, "--directory", directory, *options])

    def url(self, name, port=None):
        return f"ssh://{getpass.getuser()}@127.0.0.1:{port or self.port}{self.repos}/{name}"

    def key(self, name="client"):
        with open(os.path.join(self.directory, name)) as file:
            return file.read()

    def file(self, name):
        return os.path.join(self.directory, name)


class Proxy(Server):
    """tests/standin/chaos_proxy.py in front of a port."""

    def __init__(self, directory, port, *rules):
        script = os.path.join(TESTS, "standin", "chaos_proxy.py")
        super().__init__(directory, [sys.executable, script, "--target", f"127.0.0.1:{port}", *rules])


class LfsServer(Server):
    """tests/lfsserver: what git-lfs speaks with, and what it was asked."""

    def __init__(self, directory):
        self.objects = os.path.join(directory, "objects")
        super().__init__(directory, [sys.executable, os.path.join(TESTS, "lfsserver", "lfsserver.py"), "--directory", self.objects,
                                     "--password", "git-password-value"])

    def order(self, verb, **given):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            link.request("POST", f"/__lfs__/{verb}", json.dumps(given))
            return json.loads(link.getresponse().read())
        finally:
            link.close()

    def held(self, repository="git_annotations.git"):
        place = os.path.join(self.objects, repository)
        return sorted(os.listdir(place)) if os.path.isdir(place) else []

    def requests(self, method="", path=""):
        return [one for one in self.order("log")["requests"] if one["method"].startswith(method) and path in one["path"]]
