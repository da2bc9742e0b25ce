"""Writes git objects without git: a pack with its index (gitformat-pack(5)), so that a seed starts no programs."""

import hashlib
import os
import struct
import zlib

KINDS = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}


class Writer:
    """Collects objects; `store` writes them into a repository as one pack."""

    def __init__(self):
        self.objects = {}  # object id -> (kind, content)
        self.files = {}  # commit id -> {path: blob id}

    def add(self, kind, content):
        oid = hashlib.sha1(f"{kind} {len(content)}\0".encode() + content).hexdigest()
        self.objects[oid] = (kind, content)
        return oid

    def tree(self, files):
        """The tree of {path: blob id}, with those below it."""
        entries, below = {}, {}
        for path, oid in files.items():
            name, slash, rest = path.partition("/")
            if slash:
                below.setdefault(name, {})[rest] = oid
            else:
                entries[name] = (b"100644", oid, name)
        for name, inner in below.items():
            entries[name] = (b"40000", self.tree(inner), name + "/")  # git sorts directories as if they ended so
        rows = sorted(entries.items(), key=lambda row: row[1][2].encode())
        return self.add("tree", b"".join(mode + b" " + name.encode() + b"\0" + bytes.fromhex(oid) for name, (mode, oid, _) in rows))

    def commit(self, message, files, parents, author, when):
        lines = [f"tree {self.tree(files)}", *(f"parent {one}" for one in parents)]
        lines += [f"author {author} {int(when)} +0000", f"committer {author} {int(when)} +0000", ""]
        oid = self.add("commit", ("\n".join(lines) + "\n").encode() + message)
        self.files[oid] = files
        return oid

    def tag(self, name, target, author, when, message):
        head = f"object {target}\ntype commit\ntag {name}\ntagger {author} {int(when)} +0000\n\n"
        return self.add("tag", head.encode() + message)

    def store(self, path):
        """objects/pack/pack-….pack and .idx."""
        out, rows = [b"PACK" + struct.pack(">II", 2, len(self.objects))], []
        at = 12
        for oid, (kind, content) in self.objects.items():
            data = head(KINDS[kind], len(content)) + zlib.compress(content)
            rows.append((bytes.fromhex(oid), zlib.crc32(data), at))
            at += len(data)
            out.append(data)
        pack = b"".join(out)
        digest = hashlib.sha1(pack).digest()
        name = os.path.join(path, "objects", "pack", f"pack-{digest.hex()}")
        with open(name + ".pack", "wb") as file:
            file.write(pack + digest)
        with open(name + ".idx", "wb") as file:
            file.write(index(sorted(rows), digest))


def head(kind, size):
    """Type and size of a packed object: 4 bits of the size, then 7 in each byte."""
    out, first = bytearray(), kind << 4 | size & 15
    size >>= 4
    while size:
        out.append(first | 0x80)
        first, size = size & 0x7F, size >> 7
    out.append(first)
    return bytes(out)


def index(rows, digest):
    """An index of version 2 over sorted (id, crc, offset)."""
    counts = [0] * 256
    for oid, _, _ in rows:
        counts[oid[0]] += 1
    total, fan = 0, []
    for one in counts:
        total += one
        fan.append(total)
    data = b"\xfftOc" + struct.pack(">I", 2) + struct.pack(">256I", *fan)
    data += b"".join(oid for oid, _, _ in rows)
    data += b"".join(struct.pack(">I", crc) for _, crc, _ in rows)
    data += b"".join(struct.pack(">I", at) for _, _, at in rows) + digest
    return data + hashlib.sha1(data).digest()
