"""Spark for tests: a home of its own, whose folders of executors and event logs can be searched."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

from conftest import ROOT

CLUSTER: Final = "local-cluster[2,1,1024]"  # two executors as processes of their own, each with one core and 1 GiB
_HIDDEN: Final = {"work", "conf"}


def require() -> None:
    """Skip if pyspark or Java is missing; fail if the variable CI_REQUIRES_SPARK is set, as in .ci/run."""
    missing = [] if find_spec("pyspark") else ["pyspark (hcert[spark])"]
    missing += [] if shutil.which("java") else ["Java 17 (Debian: apt-get install openjdk-17-jre-headless)"]
    if not missing:
        return
    words = f"the Spark runner is NOT tested: {' and '.join(missing)} is missing"
    if os.environ.get("CI_REQUIRES_SPARK"):
        raise RuntimeError(words)
    pytest.skip(words, allow_module_level=True)


def home(folder: Path) -> dict[str, str]:
    """Make a home of Spark in a folder, with event logs on; return the environment of a process that uses it."""
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise AssertionError("require() was not called")
    made, events = folder / "spark", folder / "events"
    (made / "conf").mkdir(parents=True)
    events.mkdir()
    for path in Path(spec.origin).parent.iterdir():
        if path.name not in _HIDDEN:
            (made / path.name).symlink_to(path)
    settings = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": f"file://{events}",
    }
    lines = "".join(f"{name} {value}\n" for name, value in settings.items())
    (made / "conf" / "spark-defaults.conf").write_text(lines)
    return os.environ | {"SPARK_HOME": str(made), "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONPATH": str(ROOT / "tests")}
