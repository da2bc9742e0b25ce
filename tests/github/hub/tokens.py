"""Who asks: classic and fine-grained tokens, GitHub Apps with their installation tokens, and what each may see."""

import base64
import hashlib
import json
import os
import subprocess

from cvat.auth import Refused

from .answers import message

SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")  # DigestInfo of RFC 8017, 9.2
CLASSIC_SCOPES = ("admin:repo_hook", "gist", "read:org", "repo", "user")


def token_text(prefix, label, length=36):
    """A token that looks like GitHub's and is the same in every run."""
    text = base64.b32encode(hashlib.sha512(f"stand-in {label}".encode()).digest()).decode().lower()
    return prefix + text[:length]


class Token:
    """A credential; `user` is None for installations and for an App's own JWT."""

    def __init__(self, label, value, kind, user=None, scopes=(), owner=None, expires=None, write=True):
        self.label, self.value, self.kind, self.user = label, value, kind, user
        self.scopes, self.owner, self.expires = tuple(scopes), owner, expires
        self.write = write
        self.revoked = False
        self.forbidden = set()  # kinds of a repository that it may not read: issues, hooks, releases, …
        self.sso = set()  # organisations it was authorised for; "*" = all
        self.selected = None  # repository ids an installation token is narrowed to
        self.installation = None

    @property
    def username(self):
        """What the log shows."""
        return self.label

    @property
    def bucket(self):
        """Whose hourly limit it uses: all tokens of a user share one."""
        return f"installation {self.installation['id']}" if self.installation else f"user {self.user.login}" if self.user else "app"


class App:
    """A GitHub App with its key pair."""

    def __init__(self, directory):
        self.id, self.slug, self.client_id = 4711, "backup-app", "Iv23liStandInApp0000"
        self.key_file = os.path.join(directory, "app.pem")
        subprocess.run(["openssl", "genrsa", "-traditional", "-out", self.key_file, "2048"], check=True, capture_output=True)
        text = subprocess.run(["openssl", "rsa", "-in", self.key_file, "-noout", "-modulus"], check=True, capture_output=True, text=True).stdout
        self.modulus = int(text.strip().partition("=")[2], 16)
        self.installations = []  # {"id", "account", "selected" (repository ids or None), "write", "suspended"}

    def check(self, jwt, now):
        """Raises Refused unless the JWT is signed with our key, fresh, and names this App."""
        try:
            head, claims, signature = jwt.split(".")
            header, body, sign = (json.loads(unbase(head)), json.loads(unbase(claims)), unbase(signature))
        except (ValueError, UnicodeDecodeError):
            raise Refused(message(401, "A JSON web token could not be decoded")) from None
        digest = hashlib.sha256(f"{head}.{claims}".encode()).digest()
        size = (self.modulus.bit_length() + 7) // 8
        wanted = b"\x00\x01" + b"\xff" * (size - 3 - len(SHA256_INFO) - 32) + b"\x00" + SHA256_INFO + digest
        found = pow(int.from_bytes(sign, "big"), 65537, self.modulus).to_bytes(size, "big")
        if header.get("alg") != "RS256" or found != wanted:
            raise Refused(message(401, "A JSON web token could not be decoded"))
        if not isinstance(body.get("iat"), (int, float)) or body["iat"] > now:
            raise Refused(message(401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"))
        if not isinstance(body.get("exp"), (int, float)) or body["exp"] <= now:
            raise Refused(
                message(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires")
            )
        if body["exp"] > now + 600:
            raise Refused(message(401, "'Expiration time' claim ('exp') is too far in the future"))
        if str(body.get("iss")) not in (str(self.id), self.client_id):
            raise Refused(message(404, "Integration not found"))


def unbase(text):
    if "=" in text:
        raise ValueError("padding")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Tokens:
    """All credentials of the world."""

    def __init__(self, world, app=None):
        self.world = world
        self.known = {}
        self.app = app or App(world.directory)
        self.app.installations = []
        self.lifetime = 3600.0  # of installation tokens
        self.long = False  # installation tokens of the form ghs_APPID_JWT, some hundred characters with dots
        self.minted = 0

    def add(self, *args, **more):
        token = Token(*args, **more)
        self.known[token.value] = token
        return token

    def labelled(self, label):
        for token in self.known.values():
            if label in (token.label, token.value):
                return token
        raise ValueError(f"no token {label}")

    def identify(self, request):
        """The token of a request, None without credentials; Refused (401) when it is not good."""
        scheme, _, value = (request.header("authorization") or "").partition(" ")
        scheme, value = scheme.lower(), value.strip()
        if not scheme:
            return None
        if scheme == "basic":
            return self.basic(value)
        if scheme == "bearer" and value.count(".") == 2 and not value.startswith("gh"):
            self.app.check(value, self.world.now())
            return Token("app", "", "jwt")
        return self.good(value)

    def basic(self, value):
        """Basic credentials: the token is the password, or the user name when the password is a filler."""
        try:
            user, _, password = base64.b64decode(value).decode().partition(":")
        except ValueError:
            user = password = ""
        return self.good(user if password in ("", "x-oauth-basic") else password)

    def good(self, value):
        token = self.known.get(value)
        if token is None or token.revoked or (token.expires is not None and token.expires <= self.world.now()):
            raise Refused(message(401, "Bad credentials", "https://docs.github.com/rest"))
        return token

    def mint(self, installation, given):
        """An installation token; `repositories`, `repository_ids` narrow it."""
        self.minted += 1
        label = f"installation {installation['id']} {self.minted}"
        text = token_text("ghs_", label)
        if self.long:
            text = f"ghs_{self.app.id}_" + ".".join(token_text("eyJ", label + part, 100) * 2 for part in ("head", "claims", "signature"))
        token = self.add(
            label.replace(" ", "-"),
            text,
            "installation",
            owner=installation["account"],
            expires=int(self.world.now() + self.lifetime),
            write=installation["write"],
        )
        token.installation = installation
        chosen = installation["selected"]
        names, numbers = given.get("repositories"), given.get("repository_ids")
        if names is not None or numbers is not None:
            own = [r for r in self.world.store.repositories.values() if r.owner is installation["account"]]
            chosen = {r.id for r in own if r.name in (names or ()) or r.id in (numbers or ())}
            if len(chosen) < len(set(names or ()) | set(numbers or ())):
                raise Refused(message(422, "There is at least one repository that does not exist or is not accessible to the parent installation."))
        token.selected = chosen
        return token


def role(repository, user):
    """What a person may do: None, "read", "write" or "admin"."""
    if user is None:
        return None
    if repository.owner is user or repository.owner.members.get(user.login) == "admin":
        return "admin"
    given = repository.collaborators.get(user.login)
    return given or ("read" if user.login in repository.owner.members else None)


def needs_sso(token, account):
    """Does the organisation demand an authorisation that the token has not?"""
    return bool(account.saml and token and token.kind == "classic" and not token.sso & {"*", account.login})


def may_read(token, repository):
    """Is the repository there for this token? (GitHub says 404 when not.)"""
    if token and token.kind == "jwt":
        return False
    if not repository.private:
        return True
    if token is None:
        return False
    if token.kind == "installation":
        return repository.owner is token.owner and (token.selected is None or repository.id in token.selected)
    if token.kind == "fine":
        chosen = token.selected is None or repository.id in token.selected
        return repository.owner is token.owner and chosen and role(repository, token.user) is not None
    return "repo" in token.scopes and role(repository, token.user) is not None


def may_write(token, repository):
    """May it push?"""
    if token is None or not token.write or not may_read(token, repository):
        return False
    if token.kind == "installation":
        return repository.owner is token.owner
    if token.kind == "fine" and repository.owner is not token.owner:
        return False
    if token.kind == "classic" and not {"repo", "public_repo"} & set(token.scopes):
        return False
    return role(repository, token.user) in ("write", "admin")


def may_administer(token, repository):
    """May it see hooks and the like?"""
    if token is None or not may_read(token, repository):
        return False
    if token.kind == "installation":
        return repository.owner is token.owner
    return role(repository, token.user) == "admin"
