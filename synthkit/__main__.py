"""``python -m synthkit``."""

from __future__ import annotations

import sys

from synthkit.cli import main

if __name__ == "__main__":
    sys.exit(main())
