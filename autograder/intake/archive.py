"""Archives that students send: what may be unpacked, decided before anything is.

:func:`vet` looks at every member of an archive and refuses the whole of it for one that has no
business there. What passes is unpacked by nbgrader's own extractor; archives inside an archive are
never opened.
"""

from __future__ import annotations

import os
import stat
import tempfile
import unicodedata
import zipfile
from io import BytesIO
from pathlib import Path, PurePosixPath

from nbgrader.plugins.zipcollect import ExtractorPlugin
from nbgrader.utils import unzip

from autograder.errors import RefusedArchive
from autograder.files import NotRegular, TooLarge, read_regular
from autograder.handin import DEVICES, MAX_NOTEBOOK_BYTES

MAX_ARCHIVE_BYTES = MAX_NOTEBOOK_BYTES + 5 * 2**20  #: of an archive: one fits uncompressed
MAX_MEMBERS = 500
MAX_UNPACKED = 100 * 2**20  #: bytes of all members together
MAX_RATIO = 200  #: unpacked to packed; a bomb has 1,000
RATIO_FROM = 25 * 2**20  #: bytes below which that says nothing: a loop that printed all night
MAX_NAME = 200  #: characters of a member's path
MAX_DEPTH = 10  #: folders in folders

_ENTRY = b"PK\x01\x02"
_RESERVED = frozenset('\\:*?"<>|')
_INVISIBLE = frozenset(["Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"])  #: categories of Unicode


def read_file(path: Path, limit: int = MAX_ARCHIVE_BYTES) -> bytes:
    """The bytes of a file that somebody sent. Links are not followed; raises RefusedArchive."""
    try:
        return read_regular(path, limit)
    except NotRegular:
        raise RefusedArchive("It is not a regular file.") from None
    except TooLarge as large:
        raise RefusedArchive(
            f"It has {large.size / 1e6:.0f} MB; at most {limit / 1e6:.0f} MB are read."
        ) from None
    except OSError as error:
        raise RefusedArchive(f"It cannot be opened: {error.strerror}.") from None


def vet(data: bytes) -> list[str]:
    """The names of an archive's files, when all of it may be unpacked.

    Nothing is decompressed. Raises :class:`RefusedArchive` with the first reason found.
    """
    if data.count(_ENTRY) > 2 * MAX_MEMBERS:
        raise RefusedArchive(f"It holds more than {MAX_MEMBERS} files.")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError, NotImplementedError) as error:
        raise RefusedArchive(f"It is not a zip file, or it is damaged ({_brief(error)}).") from None
    if len(members) > MAX_MEMBERS:
        raise RefusedArchive(f"It lists {len(members)} files; at most {MAX_MEMBERS} are read.")
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED:
        raise RefusedArchive(
            f"It would unpack to {unpacked / 1e6:.0f} MB; at most {MAX_UNPACKED / 1e6:.0f} MB are."
        )
    if unpacked > RATIO_FROM and unpacked > MAX_RATIO * len(data):
        raise RefusedArchive(f"It would unpack to {unpacked // len(data)} times its size: a bomb.")
    for member in members:
        _vet_member(member)
    _refuse_collisions(members)
    return [member.filename for member in members if not member.is_dir()]


def is_visible(name: str) -> bool:
    """Whether a name has no control, direction or other characters that deceive its reader."""
    return not any(unicodedata.category(character) in _INVISIBLE for character in name)


def _vet_member(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    shown = repr(name[:60])
    if not is_visible(name) or _RESERVED & set(name):
        raise RefusedArchive(f"The name {shown} in it has characters that names must not have.")
    if name.startswith("/") or ".." in name.split("/"):
        raise RefusedArchive(f"The name {shown} in it leads out of the archive.")
    parts = PurePosixPath(name).parts
    if len(name) > MAX_NAME or len(parts) > MAX_DEPTH or not parts:
        raise RefusedArchive(f"The name {shown} in it is empty, too long, or too deep.")
    if any(p.split(".")[0].strip().lower() in DEVICES or p.endswith((".", " ")) for p in parts):
        raise RefusedArchive(f"The name {shown} in it is one that some systems do not allow.")
    if member.flag_bits & 0x1:
        raise RefusedArchive("It is encrypted.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise RefusedArchive(f"{shown} in it is compressed in an unusual way.")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise RefusedArchive(f"{shown} in it is a link or a device, not a file.")


def _refuse_collisions(members: list[zipfile.ZipInfo]) -> None:
    """No two members may become one file on any system, nor a file a folder."""
    files: set[str] = set()
    folders: set[str] = set()
    for member in members:
        path = PurePosixPath(unicodedata.normalize("NFC", member.filename).casefold())
        if not member.is_dir():
            if str(path) in files:
                raise RefusedArchive(f"It holds {member.filename[:60]!r} twice.")
            files.add(str(path))
        folders.update(str(parent) for parent in path.parents)
        if member.is_dir():
            folders.add(str(path))
    if both := files & folders:
        raise RefusedArchive(f"{min(both)[:60]!r} in it is a file and a folder.")


def _brief(error: BaseException) -> str:
    return str(error)[:80] or type(error).__name__


class VettedExtractor(ExtractorPlugin):
    """nbgrader's extractor, for archives that :func:`vet` accepts; others are left, and logged.

    For ``nbgrader zip_collect`` set ``c.ZipCollectApp.extractor_plugin`` to this class.
    """

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpack every archive in ``archive_path`` into a folder of its name; copy notebooks."""
        for root, _, files in os.walk(archive_path):
            target = Path(extracted_path) / os.path.relpath(root, archive_path)
            for name in sorted(files):
                try:
                    self.extract_one(Path(root) / name, target)
                except RefusedArchive as refused:
                    self.log.error("%s is left out. %s", ascii(name), refused)

    def extract_one(self, path: Path, target: Path) -> None:
        """Unpack one archive into ``target/<its name>/``, or copy one other file.

        Raises :class:`RefusedArchive`; then nothing of it is in ``target``.
        """
        data = read_file(path)
        target.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() != ".zip":
            (target / path.name).write_bytes(data)
            return
        vet(data)
        with tempfile.TemporaryDirectory(prefix=".unpack-", dir=target) as scratch:
            # What was vetted is what is unpacked, whatever becomes of the original.
            copy = Path(scratch) / "archive.zip"
            copy.write_bytes(data)
            whole = Path(scratch) / "files"
            whole.mkdir()
            try:
                unzip(str(copy), str(whole), zip_ext=[".zip"], tree=False)
            except Exception as error:  # a wrong checksum, a broken stream, a full disk, ...
                raise RefusedArchive(f"It is damaged ({_brief(error)}).") from None
            for file in whole.rglob("*"):
                if file.is_file():
                    file.chmod(0o644)  # the sender's modes may lock us out, or be setuid
            os.replace(whole, target / path.stem)
