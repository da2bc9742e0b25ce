"""ZIP files that are put together while they are sent: heads in memory, contents in the files they lie in.

The bytes are those of Python's zipfile in mode "w" with ZIP_STORED, which the real server uses:
no extra fields below 2 GiB, flags 0 or 0x800, create_system 3, version 20.
"""

import bisect
import struct
import time
import zipfile
import zlib

from .model import StoredFile
from .wire import FileSlice

MEDIA_MODE = 0o100644 << 16
GENERATED_MODE = 0o600 << 16
LIMIT = zipfile.ZIP64_LIMIT


class Member:
    """One member: name, DOS time, mode, content as bytes or as a stored file."""

    __slots__ = ("name", "when", "mode", "content")

    def __init__(self, name, when, mode, content):
        self.name, self.when, self.mode, self.content = name, when, mode, content

    @property
    def size(self):
        return self.content.size if isinstance(self.content, StoredFile) else len(self.content)

    @property
    def crc(self):
        return self.content.crc if isinstance(self.content, StoredFile) else zlib.crc32(self.content)

    def renamed(self, name):
        return Member(name, self.when, self.mode, self.content)

    def data(self):
        if isinstance(self.content, StoredFile):
            with open(self.content.path, "rb") as source:
                return source.read()
        return self.content


def generated(name, data, when=None):
    """A member the server writes itself; its time is the time of the build."""
    return Member(name, time.localtime(time.time() if when is None else when)[:6], GENERATED_MODE, data)


def media(name, stored):
    """A file of the upload tree; its time is the file's."""
    when = time.localtime(stored.mtime)[:6]
    if when[0] < 1980:
        raise ValueError("ZIP does not support timestamps before 1980")
    return Member(name, when, MEDIA_MODE, stored)


class VirtualZip:
    """A finished ZIP as a list of pieces, of which any range can be asked for."""

    def __init__(self, members):
        self.pieces = []
        self.starts = []
        self.size = 0
        central = []
        for member in members:
            offset = self.size
            info = zipfile.ZipInfo(member.name, member.when)
            info.external_attr = member.mode
            info.create_system = 3
            info.file_size = info.compress_size = member.size
            info.CRC = member.crc
            info.header_offset = offset
            # zipfile decides before it knows the packed size, and leaves room for 5 %.
            self._add(info.FileHeader(zip64=info.file_size * 1.05 > LIMIT))
            if member.size:
                self._add(member.content)
            central.append(info)
        self._add(end_record(central, self.size))

    def _add(self, piece):
        self.starts.append(self.size)
        self.pieces.append(piece)
        self.size += piece.size if isinstance(piece, StoredFile) else len(piece)

    def range(self, first, last):
        """The pieces of bytes first..last, inclusive."""
        out = []
        index = bisect.bisect_right(self.starts, first) - 1
        while first <= last:
            piece = self.pieces[index]
            start = self.starts[index]
            size = piece.size if isinstance(piece, StoredFile) else len(piece)
            end = min(last, start + size - 1)
            if isinstance(piece, StoredFile):
                out.append(FileSlice(piece.path, first - start, end - first + 1))
            else:
                out.append(piece[first - start : end - start + 1])
            first = end + 1
            index += 1
        return merge(out)

    def all(self):
        return self.range(0, self.size - 1)


def merge(pieces):
    """Neighbouring bytes as one piece."""
    out = []
    for piece in pieces:
        if out and isinstance(piece, bytes) and isinstance(out[-1], bytes):
            out[-1] += piece
        else:
            out.append(piece)
    return out


def end_record(central, start):
    """Central directory and end records, as zipfile's _write_end_record does them."""
    out = []
    for info in central:
        extra = []
        if info.file_size > LIMIT or info.compress_size > LIMIT:
            extra += [info.file_size, info.compress_size]
            file_size = compress_size = 0xFFFFFFFF
        else:
            file_size, compress_size = info.file_size, info.compress_size
        offset = info.header_offset
        if offset > LIMIT:
            extra.append(offset)
            offset = 0xFFFFFFFF
        more = b""
        version = info.extract_version
        if extra:
            more = struct.pack("<HH" + "Q" * len(extra), 1, 8 * len(extra), *extra)
            version = 45
        year, month, day, hour, minute, second = info.date_time
        name, flags = info._encodeFilenameFlags()  # the same rule as in the local header
        out.append(
            struct.pack(
                "<4s4B4HL2L5H2L",
                b"PK\x01\x02",
                version,
                3,
                version,
                0,
                flags,
                0,
                hour << 11 | minute << 5 | second // 2,
                (year - 1980) << 9 | month << 5 | day,
                info.CRC,
                compress_size,
                file_size,
                len(name),
                len(more),
                0,
                0,
                0,
                info.external_attr,
                offset,
            )
            + name
            + more
        )
    directory = b"".join(out)
    count, size = len(central), len(directory)
    tail = b""
    if count > 0xFFFF or start > LIMIT or size > LIMIT:
        tail = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
        tail += struct.pack("<4sLQL", b"PK\x06\x07", 0, start + size, 1)
        count, size, start = min(count, 0xFFFF), min(size, 0xFFFFFFFF), min(start, 0xFFFFFFFF)
    tail += struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, size, start, 0)
    return directory + tail
