"""The program as a daemon: a service manager that listens, and its control socket."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time

from harness import Case, Done, git, waiting


class Manager:
    """The datagram socket that systemd would give a Type=notify service."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.setblocking(False)
        self.heard = []

    def listen(self):
        """All lines that came until now."""
        while True:
            try:
                self.heard += self.socket.recv(65536).decode().split("\n")
            except BlockingIOError:
                return self.heard

    def wait_for(self, line, seconds=20, process=None):
        with waiting(seconds, line) as again:
            while again():
                if any(one.startswith(line) for one in self.listen()):
                    return
                if process is not None and process.poll() is not None:
                    raise AssertionError(f"ended with {process.returncode} before {line}\n{process.stderr.read().decode()}")

    def close(self):
        self.socket.close()


class Refused(Exception):
    def __init__(self, error):
        super().__init__(error["message"])
        self.error = error


def ask(path, verb, events=None, timeout=60, **args):
    """One request over the control socket at `path`; the data of its answer. Refused, or EOFError when there was no answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(timeout)
        link.connect(path)
        link.sendall(json.dumps({"v": 1, "verb": verb, "args": args}).encode() + b"\n")
        with link.makefile("r") as lines:
            for text in lines:
                line = json.loads(text)
                if "ok" not in line:
                    if events is not None:
                        events.append(line)
                    continue
                if line["ok"]:
                    return line["data"]
                raise Refused(line["error"])
    raise EOFError(f"{verb}: no answer")


class ServeCase(Case):
    def setUp(self):
        super().setUp()
        self.runtime = self.place("run")
        self.managers = 0
        self.listening = []

    def serve(self, ready=True, log=None, **more):
        """Starts the daemon; with `ready` waits for READY=1. Its words go to the file `log`. → process, manager."""
        self.managers += 1
        manager = Manager(os.path.join(self.directory, f"notify-{self.managers}"))
        self.listening.append(manager)
        self.addCleanup(manager.close)
        self.addCleanup(self.listening.remove, manager)
        environment = self.environment(RUNTIME_DIRECTORY=self.runtime, NOTIFY_SOCKET=manager.path, **more)
        self.daemon_log = log or os.path.join(self.directory, f"daemon-{self.managers}.log")
        with open(self.daemon_log, "wb") as log:
            process = subprocess.Popen(self.command("serve"), env=environment, stdout=subprocess.DEVNULL, stderr=log)
        process.stderr = open(self.daemon_log, "rb")
        for clean in (process.stderr.close, process.wait, process.kill):
            self.addCleanup(clean)
        if ready:
            manager.wait_for("READY=1", process=process)
        return process, manager

    def log_text(self):
        with open(self.daemon_log, errors="replace") as log:
            return log.read()

    def listen(self):
        """What the daemon says to its manager waits in a short queue; when that is full, so does the daemon."""
        for manager in self.listening:
            manager.listen()

    def end(self, process, code=0, timeout=15):
        """SIGTERM and an orderly stop; the seconds that it took."""
        self.listen()
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout)
        self.assertEqual(process.returncode, code, self.log_text())
        return time.monotonic() - begin

    def ask(self, verb, events=None, timeout=60, **args):
        """One request over the control socket; the data of its answer."""
        self.listen()
        try:
            return ask(os.path.join(self.runtime, "control.sock"), verb, events, timeout, **args)
        except EOFError as error:
            raise AssertionError(f"{error}\n{self.log_text()}") from error

    def job(self, name="traffic-signs"):
        return next(job for job in self.ask("status")["jobs"] if job["job"] == name)

    def wait_for_runs(self, count, name="traffic-signs", seconds=40):
        """Until so many runs are in the history; → their reports' heads, newest first."""
        with waiting(seconds, f"{count} runs of {name}") as again:
            while again():
                runs = self.ask("history", job=name)["runs"]
                if len(runs) >= count:
                    return runs

    def client(self, *arguments, timeout=60, program="autobackupctl"):
        """Calls autobackupctl beside the daemon under test."""
        from harness import binary
        path = os.path.join(os.path.dirname(binary()), program)
        done = subprocess.run([path, *arguments], env=self.environment(RUNTIME_DIRECTORY=self.runtime), capture_output=True, timeout=timeout)
        return Done(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


class Serves(ServeCase):
    """One job, project 1 of a stand-in, with a target on this disk."""

    def setUp(self):
        super().setUp()
        self.cvat = self.standin()
        self.target = os.path.join(self.directory, "target.git")
        git("init", "-q", "--bare", "-b", "main", self.target)
        self.write()

    def write(self, schedule="manual", extra="", top="", job="projects: [1]"):
        self.configure(self.cvat.url, job=job, git=f"url: {self.target}", top=top)
        with open(self.config) as file:
            text = file.read().replace("    schedule: manual\n", f"    schedule: {schedule}\n{extra}")
        with open(self.config, "w") as file:
            file.write(text)

    def wait_for_request(self, part):
        with waiting(20, part) as again:
            while again() and not any(part in one["path"] for one in self.cvat.requests()):
                pass

    def wait_for_phase(self, word, seconds=30):
        """Until the run that goes on says so of itself."""
        with waiting(seconds, f"a run that is {word}") as again:
            while again():
                running = self.job().get("running")
                if running and running["phase"].startswith(word):
                    return

    def inject(self, process, calls, what):
        """From now on strace does `what` to these system calls of the daemon, until the tracer that is returned ends (SIGINT)."""
        if not shutil.which("strace"):
            self.skipTest("there is no strace here")
        words = ["strace", "-f", "-p", str(process.pid), "-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={calls}:{what}"]
        tracer = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for clean in (tracer.stderr.close, tracer.wait, tracer.kill):
            self.addCleanup(clean)
        line = tracer.stderr.readline().decode()
        if "attached" not in line:
            self.skipTest(f"strace may not look at another process here: {line.strip()}")
        return tracer

    def assert_pushed(self):
        tip = git("rev-parse", "main", cwd=self.target)
        self.assertEqual(tip, git("rev-parse", "main", cwd=self.vault))
        self.assert_sound(self.target, self.vault)
