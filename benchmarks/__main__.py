"""``python -m benchmarks [--smoke] [name ...]``."""

from __future__ import annotations

import argparse
import platform

from benchmarks import (
    bench_boost,
    bench_cluster,
    bench_generate,
    bench_images,
    bench_knn,
    bench_language,
    bench_linear,
    bench_llm,
    bench_metrics,
    bench_report,
    bench_saliency,
    bench_speech,
    bench_text,
    bench_tone,
    bench_train,
)
from benchmarks.table import print_rows
from synthkit import _core

BENCHMARKS = {
    "tone": bench_tone.run,
    "generate": bench_generate.run,
    "text": bench_text.run,
    "metrics": bench_metrics.run,
    "boost": bench_boost.run,
    "knn": bench_knn.run,
    "linear": bench_linear.run,
    "images": bench_images.run,
    "speech": bench_speech.run,
    "train": bench_train.run,
    "language": bench_language.run,
    "llm": bench_llm.run,
    "saliency": bench_saliency.run,
    "report": bench_report.run,
    "cluster": bench_cluster.run,
}


def main() -> None:
    """Run benchmarks; a wrong answer ends the run, a missed target is printed."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"out of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--smoke", action="store_true", help="small and quick: shows that they run, measures nothing")
    given = parser.parse_args()
    unknown = sorted(set(given.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark is named {unknown[0]!r}; there are: {', '.join(BENCHMARKS)}")
    print(f"{platform.processor() or platform.machine()}, native path {_core.cpu.path()}")
    missed = 0
    for name in given.names or BENCHMARKS:
        title, rows = BENCHMARKS[name](smoke=given.smoke)
        print_rows(title + (" (smoke: the figures mean nothing)" if given.smoke else ""), rows)
        missed += sum(not row.met for row in rows)
    if missed and not given.smoke:
        print(f"{missed} target(s) missed")


if __name__ == "__main__":
    main()
