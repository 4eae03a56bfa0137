"""From a recipe to the factor values of any example, in O(1) time and memory an example."""

from __future__ import annotations

from synthkit.plan.plan import Plan, make_plan

__all__ = ["Plan", "make_plan"]
