"""The ZIP writer against Python's zipfile, byte for byte; with a lowered limit also the zip64 forms."""

import io
import os
import tempfile
import unittest
import zipfile
from unittest import mock

import support  # noqa: F401  (sets the path)
from cvat import vzip
from cvat.model import StoredFile
from cvat.wire import Response


def entries(directory):
    """Members of every kind: empty, small, over the limit, from a file, with a name that is not ASCII."""
    path = os.path.join(directory, "file")
    with open(path, "wb") as out:
        out.write(os.urandom(3000))
    stored = StoredFile("file", path, 3000, 1.6e9)
    return [
        vzip.generated("a/empty", b""),
        vzip.generated("ünï.json", b"{}"),
        vzip.media("data/big", stored),
        vzip.generated("middle", b"m" * 970),
        vzip.generated("large", b"x" * 2500),
        vzip.generated("last", b"y"),
    ]


def by_zipfile(given):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for member in given:
            info = zipfile.ZipInfo(member.name, member.when)
            info.external_attr = member.mode
            archive.writestr(info, member.data())
    return out.getvalue()


class Zip(unittest.TestCase):
    def compare(self, limit=None):
        with tempfile.TemporaryDirectory() as directory:
            given = entries(directory)
            with mock.patch.object(zipfile, "ZIP64_LIMIT", limit or zipfile.ZIP64_LIMIT), mock.patch.object(
                vzip, "LIMIT", limit or vzip.LIMIT
            ):
                archive = vzip.VirtualZip(given)
                whole = Response(200, archive.all()).bytes()
                self.assertEqual(whole, by_zipfile(given))
            self.assertEqual(archive.size, len(whole))
            for first, last in ((0, 0), (1, 500), (700, 4200), (len(whole) - 30, len(whole) - 1)):
                self.assertEqual(Response(200, archive.range(first, last)).bytes(), whole[first : last + 1])

    def test_plain(self):
        self.compare()

    def test_zip64(self):
        self.compare(1000)


if __name__ == "__main__":
    unittest.main()
