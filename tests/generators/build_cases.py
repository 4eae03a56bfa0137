"""Builds datasets one after the other, with processes that all of them share, and writes down their fingerprints.

python build_cases.py CASES.json OUT WORKERS SHARD_SIZE: the cases are name -> [recipe, changes].
"""

import json
import sys
from pathlib import Path

from synthkit.recipe.load import load_recipe
from synthkit.run import build
from synthkit.run.executors import process_pool


def main(cases: str, out: str, workers: int, shard_size: int) -> None:
    found = {}
    with process_pool(workers) as pool:
        for name, (recipe, changes) in json.loads(Path(cases).read_text()).items():
            loaded = load_recipe(recipe, [*changes, f"output.shard_size={shard_size}"])
            found[name] = build(loaded, Path(out) / name, pool, workers=workers).fingerprint
    (Path(out) / "fingerprints.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
