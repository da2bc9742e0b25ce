"""Repositories and certificates for the git server."""

import os
import subprocess


def git(*words, cwd=None):
    subprocess.run(["git", *words], cwd=cwd, check=True, stdout=subprocess.DEVNULL)


def create(repos, name, partial=False):
    """A bare repository that can be pushed to."""
    path = os.path.join(repos, name)
    if os.path.isdir(path):
        return path
    git("init", "-q", "--bare", "-b", "main", path)
    git("config", "http.receivepack", "true", cwd=path)
    if partial:
        git("config", "uploadpack.allowFilter", "true", cwd=path)
        git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=path)
    return path


def refuse(path, words):
    """A pre-receive hook that says the words and refuses."""
    hook = os.path.join(path, "hooks", "pre-receive")
    os.makedirs(os.path.dirname(hook), exist_ok=True)
    quoted = words.replace("'", "'\\''")
    with open(hook, "w", encoding="utf-8") as out:
        out.write(f"#!/bin/sh\ncat >/dev/null\necho '{quoted}' >&2\nexit 1\n")
    os.chmod(hook, 0o755)


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_certificates(where):
    """A certificate authority of our own and a server certificate for localhost and 127.0.0.1."""
    os.makedirs(where, exist_ok=True)
    path = {
        n: os.path.join(where, n)
        for n in ("ca.pem", "ca.key", "server.pem", "server.key", "server.csr", "ext")
    }
    if os.path.exists(path["server.pem"]):
        return path
    openssl(
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "3650",
        "-subj",
        "/CN=test CA",
        "-keyout",
        path["ca.key"],
        "-out",
        path["ca.pem"],
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
    )
    openssl(
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=localhost",
        "-keyout",
        path["server.key"],
        "-out",
        path["server.csr"],
    )
    with open(path["ext"], "w", encoding="ascii") as out:
        out.write("subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
    openssl(
        "x509",
        "-req",
        "-in",
        path["server.csr"],
        "-CA",
        path["ca.pem"],
        "-CAkey",
        path["ca.key"],
        "-CAcreateserial",
        "-days",
        "3650",
        "-extfile",
        path["ext"],
        "-out",
        path["server.pem"],
    )
    return path
