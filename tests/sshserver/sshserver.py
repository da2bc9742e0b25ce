#!/usr/bin/env python3
"""Starts a real sshd on loopback whose keys may do nothing but speak git.

Everything lies below --directory. The keys that it makes there are in README.md beside this file. sshd runs as
the calling user (root: as root) and takes that user's name; authorized_keys forces this program as the command,
which hands the git services on to git-shell(1). Facts: sshd_config(5), sshd(8) AUTHORIZED_KEYS FILE FORMAT.
"""

import argparse
import getpass
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time

GIT = ("git-receive-pack ", "git-upload-pack ")

# What git-lfs-authenticate of --lfs does: it writes its words down, and answers with the file lfs_answer.json.
AUTHENTICATE = """#!{python}
import json, sys
with open({folder!r} + "/lfs_asked", "a") as log:
    log.write(" ".join(sys.argv[1:]) + "\\n")
with open({folder!r} + "/lfs_answer.json") as file:
    answer = json.load(file)
path, operation = sys.argv[1:]
if "exit" in answer:
    sys.stderr.write(answer["words"] + "\\n")
    sys.exit(answer["exit"])
answer.setdefault("href", "http://127.0.0.1:{port}" + path + "/info/lfs")
if "header" in answer:
    answer["header"] = {{name: value.replace("OPERATION", operation) for name, value in answer["header"].items()}}
print(json.dumps(answer))
"""

CONFIG = """
ListenAddress 127.0.0.1
Port {port}
HostKey {directory}/host_key
PidFile none
AuthorizedKeysFile {directory}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication yes
PermitRootLogin prohibit-password
AcceptEnv {accept}
MaxStartups 100
LogLevel VERBOSE
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def make_key(path, passphrase=""):
    if not os.path.exists(path):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", os.path.basename(path), "-f", path],
                       check=True, stdin=subprocess.DEVNULL)
    with open(path + ".pub", encoding="ascii") as file:
        return file.read().strip()


def configure(options, port):
    """Host key, client keys, who may do what, and known_hosts files: the right one and wrong ones."""
    folder = options.directory
    host = " ".join(make_key(os.path.join(folder, "host_key")).split()[:2])
    other = " ".join(make_key(os.path.join(folder, "other_host_key")).split()[:2])
    me = shlex.quote(os.path.abspath(__file__))
    lines = []
    for name in ("client", "reader", "chatty", "locked"):
        public = make_key(os.path.join(folder, name), "a passphrase" if name == "locked" else "")
        command = f"{shlex.quote(sys.executable)} {me} --serve {name} --directory {shlex.quote(folder)}".replace('"', '\\"')
        lines.append(f'restrict,command="{command}" {public}\n')
    make_key(os.path.join(folder, "stranger"))
    # The pattern fits any port, so that a proxy in front of the server shows the same key.
    files = {"authorized_keys": "".join(lines), "known_hosts": f"[127.0.0.1]:* {host}\n",
             "changed_hosts": f"[127.0.0.1]:* {other}\n", "no_hosts": "",
             "sshd_config": CONFIG.format(port=port, directory=folder, accept="NOTHING" if options.no_protocol else "GIT_PROTOCOL")}
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write(text)


def serve(name, folder):
    """The forced command: what the key's owner may do. Programs of DIR/bin are run; git-shell knows the rest, or says that it does not."""
    asked = os.environ.get("SSH_ORIGINAL_COMMAND", "")
    if name == "reader" and asked.startswith("git-receive-pack "):
        sys.exit("ERROR: The key you are authenticating with has been marked as read only.")
    if name == "chatty":
        print("Welcome to the server!", flush=True)
    words = shlex.split(asked)
    program = os.path.join(folder, "bin", os.path.basename(words[0])) if words else ""
    if os.access(program, os.X_OK) and not asked.startswith(GIT):
        os.execv(program, words)
    if not asked.startswith(("git-", "git ")):
        sys.exit(f"only git is served here, not {asked!r}")
    environment = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
                   "GIT_CONFIG_VALUE_0": "*"}
    os.execvpe("git-shell", ["git-shell", "-c", asked], environment)


def add_authenticate(folder, port):
    os.makedirs(os.path.join(folder, "bin"), exist_ok=True)
    with open(os.path.join(folder, "lfs_answer.json"), "w", encoding="ascii") as file:
        file.write('{"header": {"Authorization": "RemoteAuth ssh-OPERATION"}, "expires_in": 3600}')
    path = os.path.join(folder, "bin", "git-lfs-authenticate")
    with open(path, "w", encoding="utf-8") as file:
        file.write(AUTHENTICATE.format(python=sys.executable, folder=folder, port=port))
    os.chmod(path, 0o755)


def start(options, port):
    """sshd in the foreground; it re-executes itself and so wants its full path."""
    sshd = shutil.which("sshd") or "/usr/sbin/sshd"
    if os.geteuid() == 0:
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # where sshd locks its unprivileged half in
    log = os.path.join(options.directory, "sshd.log")
    child = subprocess.Popen([sshd, "-D", "-f", os.path.join(options.directory, "sshd_config"), "-E", log],
                             stdin=subprocess.DEVNULL, start_new_session=True)
    for _ in range(500):
        if child.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), 0.2):
                return child
        except OSError:
            time.sleep(0.02)
    with open(log, encoding="utf-8", errors="replace") as text:
        raise SystemExit("sshd did not start: " + text.read()[-2000:])


def parse():
    parser = argparse.ArgumentParser(description="A real sshd on loopback.")
    parser.add_argument("--directory", help="keys, configuration and log; made when missing")
    parser.add_argument("--create", action="append", default=[], metavar="NAME.git", help="make this bare repository in repos/")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--port-file", help="file that gets the port when the server is ready")
    parser.add_argument("--no-protocol", action="store_true", help="GIT_PROTOCOL is not accepted: git speaks version 0")
    parser.add_argument("--lfs", type=int, metavar="PORT", help="git-lfs-authenticate gives a way in to the LFS server at this port")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = parse()
    if options.serve:
        serve(options.serve, options.directory)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    options.directory = os.path.abspath(options.directory)
    os.makedirs(options.directory, exist_ok=True)
    for name in options.create:
        path = os.path.join(options.directory, "repos", name)
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", path], check=True)
        subprocess.run(["git", "-C", path, "config", "uploadpack.allowFilter", "true"], check=True)
    port = options.port or free_port()
    configure(options, port)
    if options.lfs:
        add_authenticate(options.directory, options.lfs)
    child = start(options, port)
    try:
        if options.port_file:
            with open(options.port_file + ".tmp", "w", encoding="ascii") as out:
                out.write(f"{port}\n")
            os.replace(options.port_file + ".tmp", options.port_file)
        print(f"ssh://{getpass.getuser()}@127.0.0.1:{port}{options.directory}/repos/", flush=True)
        child.wait()
    finally:
        # Its sessions are process groups of their own; they end when their connections do.
        try:
            os.killpg(child.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        child.wait()


if __name__ == "__main__":
    main()
