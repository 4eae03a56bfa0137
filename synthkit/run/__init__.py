"""The build: plan + generator + executor -> shards; resume; verify."""

from __future__ import annotations

from synthkit.run.build import BuildResult, build
from synthkit.run.prepare import prepare
from synthkit.run.preview import Preview, preview
from synthkit.run.progress import Progress
from synthkit.run.task import Task, open_task
from synthkit.run.verify import VerifyReport, verify

__all__ = [
    "BuildResult",
    "Preview",
    "Progress",
    "Task",
    "VerifyReport",
    "build",
    "open_task",
    "prepare",
    "preview",
    "verify",
]
