"""Change one room of hcert in every small way there is, and see whether its tests notice.

usage: python tests/mutation.py ROOM [--workers N] [--keep FOLDER]

Needs `mutmut` 3, which is no dependency of hcert, beside the packages of the group `tests`. Works on a copy of the
files that git knows. Prints what was killed, and each change that survived; `mutation.md` beside this file
says what the figures were, and which survivors change nothing that anybody could see.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
_WORDS: Final = (
    "tests/test_error_messages.py",
    "tests/verify/test_boundaries.py",
)  # of errors and findings
ROOMS: Final = {
    "codec": ("tests/codec", "tests/verify/test_verifier.py", "tests/verify/test_hostile_input.py"),
    "keys": ("tests/keys", "tests/records/citizen/test_sealed.py"),
    "checks": ("tests/verify", "tests/issue", "tests/records/test_value_sets.py"),
    "issue": ("tests/issue",),
    "verify": ("tests/verify",),
    "policy": ("tests/policy", "tests/verify/test_citizen_verdict.py", "tests/verify/test_boundaries.py"),
    "certlogic": ("tests/certlogic",),
    "exchange": ("tests/fhir",),
    "importers": ("tests/importers", "tests/fuzz/test_regressions.py"),
    "store": ("tests/store", "tests/trust/test_specification.py"),
    "trust": ("tests/trust", "tests/fuzz/test_regressions.py"),
    "records": (
        "tests/records",
        "tests/issue",
        "tests/verify/test_citizen_verdict.py",
        "tests/policy/test_policies.py",
    ),
}
_SETTINGS: Final = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = ["src/hcert/{room}/*"]
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = ["-m", "not slow"]  # a change is noticed by the fast tests, or it takes days
also_copy = ["tests", "docs", "examples", "README.md", "LICENSE"]
timeout_multiplier = 2.0  # a change can make a loop endless
timeout_constant = 20.0  # seconds, before they are multiplied
"""
_MAX_SECONDS: Final = 600  # for the tests of a room, which take a tenth of that
_MAX_BYTES: Final = 6 * 2**30  # which an endless loop may fill
_NOTICED: Final = ("killed", "timeout")
_PROFILE: Final = """
from hypothesis import Phase

settings.register_profile(
    "mutation", deadline=None, max_examples=20, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate]
)
"""  # without shrinking, which can take longer than a mutation may
_HOOKS: Final = """

def pytest_make_parametrize_id(config, val, argname):
    # mutmut names tests to pytest by their ids, and takes one that pytest cannot find for a change that was noticed.
    return argname


def pytest_collection_modifyitems(items):
    import json
    from pathlib import Path

    # A changed function is called through another, so tests that count calls would fail whatever was changed.
    items[:] = [item for item in items if item.get_closest_marker("counts") is None]
    measured = Path("mutmut-stats.json")
    seconds = json.loads(measured.read_text())["duration_by_test"] if measured.exists() else {}
    items.sort(key=lambda item: seconds.get(item.nodeid, 0))
"""


def copy_to(folder: Path, room: str) -> None:
    """Copy the project, set up to change `room`."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    for name in filter(None, listed.stdout.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    shared = ROOT.parent / "shared"
    if shared.is_dir():
        (folder.parent / "shared").symlink_to(shared)
    tests = json.dumps([*ROOMS[room], *_WORDS])
    project, conftest = folder / "pyproject.toml", folder / "tests" / "conftest.py"
    settings = project.read_text().replace("pythonpath = [", 'pythonpath = ["src", ')
    project.write_text(settings + _SETTINGS.format(room=room, tests=tests))
    profiles = conftest.read_text().replace("settings.register_profile(", _PROFILE + "settings.register_profile(", 1)
    conftest.write_text(profiles + _HOOKS)


def run(
    folder: Path, *arguments: str, mutant: str = "", seconds: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a module of Python, with a change in place from the start if one is named."""
    more = {"HYPOTHESIS_PROFILE": "mutation"} | ({"MUTANT_UNDER_TEST": mutant} if mutant else {})
    return subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=os.environ | more,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )


def survivors(folder: Path, room: str, workers: int) -> list[str]:
    """Return the names of changes that no test notices.

    mutmut puts a change in place after hcert is imported, so those to what runs while importing survive there; each
    survivor is tried again in an interpreter of its own.
    """
    results = run(folder, "mutmut", "results").stdout.splitlines()
    names = [
        name.strip()
        for name, status in (line.split(":") for line in results if ":" in line)
        if status.strip() not in _NOTICED
    ]

    def noticed(name: str) -> bool:
        tests = ("pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", "not slow", *ROOMS[room], *_WORDS)
        try:
            return run(folder / "mutants", *tests, mutant=name, seconds=_MAX_SECONDS).returncode != 0
        except subprocess.TimeoutExpired:  # it never ends, which nobody could overlook
            return True

    with ThreadPoolExecutor(workers) as pool:
        return [name for name, seen in zip(names, pool.map(noticed, names), strict=True) if not seen]


def main() -> None:
    """Run, and print what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("room", choices=ROOMS)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, help="an empty folder to work in, kept for `mutmut show`")
    options = parser.parse_args()
    folder = (options.keep or Path(tempfile.mkdtemp(prefix="hcert-mutation-"))) / "project"
    folder.mkdir(parents=True)
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_BYTES, _MAX_BYTES))
    copy_to(folder, options.room)
    made = run(folder, "mutmut", "run", "--max-children", str(options.workers))
    run(folder, "mutmut", "export-cicd-stats")
    figures = folder / "mutants" / "mutmut-cicd-stats.json"
    if made.returncode or not figures.exists():
        sys.exit(f"mutmut could not run the tests:\n{made.stdout[-2000:]}{made.stderr[-2000:]}")
    total = json.loads(figures.read_text())["total"]
    left = survivors(folder, options.room, options.workers)
    for name in left:
        changed = [line for line in run(folder, "mutmut", "show", name).stdout.splitlines() if line[:1] in "+-"]
        print("\n".join([name, *changed[2:]]))
    print(f"{options.room}: {total - len(left)} of {total} noticed, {(total - len(left)) / total:.1%}")


if __name__ == "__main__":
    main()
