"""The build: plan + generator + executor -> shards; resume; verify."""

from __future__ import annotations

from synthkit.run.build import BuildResult, build
from synthkit.run.prepare import prepare
from synthkit.run.preview import Preview, preview
from synthkit.run.verify import VerifyReport, verify

__all__ = ["BuildResult", "Preview", "VerifyReport", "build", "prepare", "preview", "verify"]
