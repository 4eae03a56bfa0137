"""Tar archives byte by byte, against a header worked by hand and against two other programs."""

import io
import subprocess
import tarfile

import pytest

from synthkit.errors import WorkError
from synthkit.shards import tar


class Whole:
    def __init__(self, data):
        self.data = data

    def at(self, offset, size):
        return self.data[offset : offset + size]


def archive(**files):
    data = b"".join(piece for name, content in files.items() for piece in tar.member(name.replace("_", "."), content))
    return data + tar.end(len(data))


def test_a_header_by_hand():
    """POSIX 1003.1-1988: name 100, mode 8, uid 8, gid 8, size 12, mtime 12, checksum 8, type 1, link 100, ustar.

    The numbers of a device are empty, as a file has none.
    """
    head = bytearray(512)
    head[0:3] = b"a.b"
    head[100:108] = b"0000644\0"
    head[108:116] = head[116:124] = b"0000000\0"
    head[124:136] = b"00000000005\0"
    head[136:148] = b"00000000000\0"
    head[156] = ord("0")
    head[257:265] = b"ustar\x0000"
    # The sum of all bytes, those of the sum itself taken as spaces: six octal digits, a zero, a space.
    total = sum(head) + 8 * ord(" ")
    head[148:156] = b"%06o\0 " % total
    assert head[148:156] == b"006323\0 "  # 241 + 350 + 336 + 336 + 533 + 528 + 48 + 559 + 96 + 256 = 3283
    assert b"".join(tar.member("a.b", b"hello")) == bytes(head) + b"hello" + bytes(507)
    assert len(tar.end(1024)) == 9216
    assert archive(a_b=b"hello") == bytes(head) + b"hello" + bytes(507) + bytes(9216)


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 9216, 10240])
def test_the_standard_library_writes_the_same(size):
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.USTAR_FORMAT) as file:
        info = tarfile.TarInfo("train-00000000.wav")
        info.size = size
        file.addfile(info, io.BytesIO(bytes(size)))
    data = b"".join(tar.member("train-00000000.wav", bytes(size)))
    assert data + tar.end(len(data)) == sink.getvalue()


def test_tar_reads_it(tmp_path):
    (tmp_path / "x.tar").write_bytes(archive(a_json=b"{}", a_wav=b"RIFF" * 200))
    done = subprocess.run(["tar", "--numeric-owner", "-tvf", "x.tar"], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [(line[0], line[1], line[2], line[-1]) for line in lines] == [
        ("-rw-r--r--", "0/0", "2", "a.json"),
        ("-rw-r--r--", "0/0", "800", "a.wav"),
    ]
    subprocess.run(["tar", "-xf", "x.tar"], cwd=tmp_path, check=True)
    assert (tmp_path / "a.wav").read_bytes() == b"RIFF" * 200


def test_where_members_lie():
    data = archive(a_json=b"{}", a_wav=bytes(513), b_json=b"")
    found = list(tar.members(Whole(data), "x.tar"))
    assert [(m.name, m.offset, m.size) for m in found] == [
        ("a.json", 512, 2),
        ("a.wav", 1536, 513),
        ("b.json", 3072, 0),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d[:1000], "x.tar: damaged at byte 1024: .*cut off"),
        (lambda d: d[:1024], "x.tar: damaged at byte 1024: .*cut off"),
        (lambda d: d[:1536], "x.tar: its end is damaged"),
        (lambda d: d[:100], "x.tar: damaged at byte 0: .*cut off"),
        (lambda d: b"", "x.tar: damaged at byte 0: .*cut off"),
        (lambda d: b"z" + d[1:], "x.tar: damaged at byte 0: bad checksum"),
        (lambda d: d[:1024] + b"x" * 512 + d[1536:], "x.tar: damaged at byte 1024"),
    ],
)
def test_damage_is_told(change, said):
    with pytest.raises(WorkError, match=said):
        list(tar.members(Whole(change(archive(a_b=b"hello"))), "x.tar"))


def test_what_is_no_file():
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.USTAR_FORMAT) as file:
        info = tarfile.TarInfo("folder")
        info.type = tarfile.DIRTYPE
        file.addfile(info)
    with pytest.raises(WorkError, match="'folder' is no file"):
        list(tar.members(Whole(sink.getvalue()), "x.tar"))
