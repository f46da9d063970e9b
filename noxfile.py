"""The tasks of the project: `nox -l` lists them, `nox -s fast` runs one. `.ci/run` decides a merge."""

from __future__ import annotations

import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.2"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "types", "fast"]

EXTRAS = "issue,scan,hsm,cli,bulk,gate,paper"
VERSIONS = ["3.11", "3.12", "3.13", "3.14"]
PYTEST = ("python", "-m", "pytest", "-q", "-n", "auto", "--dist", "worksteal")


def install(session: nox.Session, *groups: str, extras: str = EXTRAS, more: tuple[str, ...] = ()) -> None:
    """Install the project as it is in the clone, and groups of tools."""
    session.install("-q", "-e", f".[{extras}]", *(word for group in groups for word in ("--group", group)), *more)


@nox.session
def fast(session: nox.Session) -> None:
    """Run the fast tests."""
    install(session, "tests")
    session.run(*PYTEST, "-m", "not slow", *session.posargs)


@nox.session(python=VERSIONS)
def tests(session: nox.Session) -> None:
    """Run all tests on every supported Python."""
    install(session, "tests")
    session.run(*PYTEST, *session.posargs)


@nox.session
def oldest(session: nox.Session) -> None:
    """Run all tests with the oldest supported version of every dependency."""
    install(session, "tests", more=("-c", "tests/oldest.txt"))
    session.run(*PYTEST, *session.posargs)


@nox.session
def browser(session: nox.Session) -> None:
    """Test the page of the gate in Chromium, which has to be installed (Debian: apt-get install chromium)."""
    install(session, "tests", "browser")
    required = {"CI_REQUIRES_CHROMIUM": "1"}
    session.run("python", "-m", "pytest", "-q", "-m", "browser", "tests/browser", *session.posargs, env=required)


@nox.session
def spark(session: nox.Session) -> None:
    """Test the runner on Spark, which needs Java 17 (Debian: apt-get install openjdk-17-jre-headless)."""
    install(session, "tests", extras=f"{EXTRAS},spark")
    required = {"CI_REQUIRES_SPARK": "1"}
    session.run("python", "-m", "pytest", "-q", "tests/bulk/test_spark.py", *session.posargs, env=required)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    session.install("-q", "--group", "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    install(session, "dev")
    session.run("python", "-m", "mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into `site/`; every warning is an error."""
    install(session, "docs")
    session.run("mkdocs", "build", "--strict", *session.posargs, env={"NO_MKDOCS_2_WARNING": "1"})


@nox.session
def vectors(session: nox.Session) -> None:
    """Check that everything generated is current: vectors, tables, pictures."""
    install(session, "tests")
    session.run("python", "tests/conformance/generate.py", "--check")
    session.run("python", "-m", "pytest", "-q", "tests/test_docs.py", "-k", "current or drawn")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure speed; nothing asserts a time."""
    install(session, "tests")
    session.run("python", "tests/benchmarks/speed.py", *session.posargs)
    session.run("python", "tests/benchmarks/citizen_records.py", "--rounds", "3")
    session.run("python", "tests/benchmarks/lists.py", "--hashes", "1000000")
    session.run("python", "tests/benchmarks/worst_cases.py", "--rounds", "5")
    session.run("python", "tests/benchmarks/paper.py", "--rounds", "10")


@nox.session
def package(session: nox.Session) -> None:
    """Build sdist and wheel into `dist/` once, check them, and test what was built, not the source."""
    session.install("-q", "--group", "package")
    dist = Path("dist")
    for old in dist.glob("hcert-*"):
        old.unlink()
    session.run("python", "-m", "build", "-q", "--outdir", str(dist))
    packages = sorted(map(str, dist.glob("hcert-*")))
    session.run("twine", "check", "--strict", *packages)
    (wheel,) = dist.glob("*.whl")
    session.install("-q", "--force-reinstall", f"{wheel}[{EXTRAS}]", "--group", "tests")
    session.run("python", "-c", "import hcert; assert 'site-packages' in hcert.__file__, hcert.__file__")
    with tempfile.TemporaryDirectory() as folder:
        session.run("python", "examples/quickstart.py", folder)
    session.run(*PYTEST, *session.posargs)
