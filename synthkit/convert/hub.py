"""Publishes a dataset directory to the Hugging Face hub, or a server that speaks as it does."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthkit.convert.hub_errors import asked
from synthkit.convert.hub_files import Upload, checked_files, groups, held
from synthkit.convert.source import Source, open_source
from synthkit.errors import InputError, WorkError
from synthkit.shards.manifest import GIT_ATTRIBUTES, MANIFEST, SUMS

__all__ = ["Published", "publish"]

_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_THEIRS = {GIT_ATTRIBUTES}  # which a hub writes itself
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Published:
    """What is on the hub.

    Attributes:
        url: Page of the dataset.
        fingerprint: Of the dataset, ``sha256:<64 hex>``.
        num_examples: Examples in it.
        files: How many files it has there.
        bytes: Of them.
        left_out: Files of the directory that were not sent.
        made: Whether this call sent anything.
    """

    url: str
    fingerprint: str
    num_examples: int
    files: int
    bytes: int
    left_out: tuple[str, ...]
    made: bool


def publish(
    source: str | Path,
    repo: str,
    *,
    private: bool = False,
    revision: str | None = None,
    message: str | None = None,
) -> Published:
    """Send a finished dataset as it is: every file that ``SHA256SUMS`` names, but for the log of a language model.

    The token is taken from ``HF_TOKEN`` or the login of huggingface_hub, the hub's address from ``HF_ENDPOINT``. A
    dataset of many files is sent in several commits, what describes it in the last one.

    Args:
        source: Directory or URL of a finished dataset.
        repo: ``USER/NAME``; made where it is not there.
        private: Whether a new repository is private.
        revision: Branch, made where it is not there; None for ``main``.
        message: What the commit says.

    Raises:
        InputError: The dataset, the repository, the token or its rights; nothing was sent.
        WorkError: A file is damaged, or the hub failed; the same call goes on.
    """
    if not _REPO.fullmatch(repo):
        raise InputError(f"--repo {repo}: must be USER/NAME, of letters, digits, '-', '_' and '.'")
    hub = _Hub(repo, revision)
    found = open_source(source)
    upload = checked_files(found)
    hub.make(private=private)
    there = hub.files()
    made = not hub.holds(found, upload, there)
    if made:
        hub.send(
            found, upload, message or f"{found.manifest.name} {found.recipe.version}, {found.manifest.fingerprint}"
        )
        missing = upload.paths - hub.files()
        if missing:
            raise WorkError(f"{repo}: {', '.join(sorted(missing)[:_SHOWN])} did not arrive; run the same command again")
    manifest = found.manifest
    return Published(
        hub.url, manifest.fingerprint, manifest.num_examples, len(upload.paths), upload.bytes, upload.left_out, made
    )


class _Hub:
    """One repository of datasets."""

    def __init__(self, repo: str, revision: str | None) -> None:
        try:
            import huggingface_hub
        except ImportError:
            raise InputError("--to hub: needs huggingface_hub: pip install 'synthkit[hub]'") from None
        token = huggingface_hub.get_token()
        if not token:
            raise InputError("--to hub: no token is set; put one in HF_TOKEN, or log in with `hf auth login`")
        self._token = token
        self._repo = repo
        self._revision = revision
        self._api: Any = huggingface_hub.HfApi(token=token, library_name="synthkit")
        self._add: Any = huggingface_hub.CommitOperationAdd

    @property
    def url(self) -> str:
        page = f"{self._api.endpoint}/datasets/{self._repo}"
        return page if self._revision is None else f"{page}/tree/{self._revision}"

    def make(self, *, private: bool) -> None:
        """Make the repository and the branch, where they are not there."""
        self._ask("create_repo", private=private or None, exist_ok=True)
        if self._revision is not None:
            self._ask("create_branch", branch=self._revision, exist_ok=True)

    def files(self) -> set[str]:
        """Paths of all files there."""
        return set(self._ask("list_repo_files", revision=self._revision))

    def holds(self, source: Source, upload: Upload, there: set[str]) -> bool:
        """Whether the very dataset is there already.

        Raises:
            InputError: Something else is there.
        """
        others = sorted(there - upload.paths - _THEIRS)
        if others:
            raise self._occupied(f"holds {', '.join(others[:_SHOWN])}{', ...' if len(others) > _SHOWN else ''}")
        if MANIFEST in there:
            known = _fingerprint(self._read(MANIFEST))
            if known != source.manifest.fingerprint:
                raise self._occupied(f"holds the dataset {known}")
        elif any(not path.startswith("data/") for path in there - _THEIRS):
            raise self._occupied(f"holds {', '.join(sorted(there - _THEIRS)[:_SHOWN])}, and no {MANIFEST}")
        return upload.paths <= there and self._read(SUMS) == upload.sums

    def send(self, source: Source, upload: Upload, message: str) -> None:
        """Commit the files; ``SHA256SUMS`` is in the last commit."""
        parts = list(groups(upload))
        for number, part in enumerate(parts, start=1):
            with held(source.root, part) as paths:
                said = message if len(parts) == 1 else f"{message} ({number} of {len(parts)})"
                last = {SUMS: upload.sums} if number == len(parts) else {}
                self._commit({**paths, **last}, said)

    def _commit(self, files: dict[str, Any], message: str) -> None:
        def commit() -> None:
            # Anew each time: an operation that was sent cannot be sent again.
            operations = [self._add(path_in_repo=path, path_or_fileobj=content) for path, content in files.items()]
            self._api.create_commit(
                self._repo, operations, commit_message=message, repo_type="dataset", revision=self._revision
            )

        asked(self._repo, self._token, commit)

    def _read(self, path: str) -> bytes:
        with tempfile.TemporaryDirectory(prefix="synthkit-") as folder:
            found = self._ask("hf_hub_download", filename=path, revision=self._revision, local_dir=folder)
            return Path(found).read_bytes()

    def _ask(self, what: str, **options: Any) -> Any:
        call = getattr(self._api, what)
        return asked(self._repo, self._token, lambda: call(self._repo, repo_type="dataset", **options))

    def _occupied(self, what: str) -> InputError:
        return InputError(f"{self._repo}: {what}: nothing was sent; --repo names a new or an empty repository")


def _fingerprint(content: bytes) -> str:
    """What a manifest says; a hub may hold any file of that name."""
    try:
        data = json.loads(content)
    except ValueError:
        return "of a damaged manifest"
    return str(data.get("fingerprint")) if isinstance(data, dict) else "of a damaged manifest"
