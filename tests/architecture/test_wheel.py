"""The wheel holds what it needs: built, installed into an empty environment, every package of it can be imported.

Building needs no network (`--no-isolation`), installing takes no dependencies: those are lent by this environment.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("appliance", "hardware", "sync", "web")
REST = ("pyproject.toml", "README.md", "LICENSE")
IMPORTS = """
import importlib, sys
from importlib import resources
sys.path.append(sys.argv[1])
for name in sys.argv[2:]:
    module = importlib.import_module(name)
    assert module.__file__ is None or module.__file__.startswith(sys.prefix), module.__file__
from appliance.store.database import migrations
assert migrations(), "the schema is not in the wheel"
"""


def run(*command: str | Path) -> str:
    """The output of a program that must succeed."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that nothing is left in the tree."""
    tree = tmp_path_factory.mktemp("tree")
    for name in SOURCES:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in REST:
        shutil.copy(ROOT / name, tree / name)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tree / "dist", tree)
    (built,) = (tree / "dist").glob("*.whl")
    return built


def packages() -> list[str]:
    """The packages that the project lists."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    listed: list[str] = project["tool"]["setuptools"]["packages"]
    return listed


def test_every_package_of_the_tree_is_listed() -> None:
    found = {
        ".".join(folder.parent.relative_to(ROOT).parts)
        for name in SOURCES
        for folder in (ROOT / name).rglob("__init__.py")
    }
    assert found <= set(packages())


def test_the_wheel_holds_every_module_and_every_file_that_is_no_module(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    for name in packages():
        folder = ROOT.joinpath(*name.split("."))
        modules = {str(path.relative_to(ROOT)) for path in folder.glob("*.py")}
        assert modules <= inside
    for pattern in ("appliance/store/schema/*.sql", "appliance/locale/*.po", "web/templates/**/*.html"):
        assert {str(path.relative_to(ROOT)) for path in ROOT.glob(pattern)} <= inside
    assert not {name for name in inside if name.startswith(("tests/", "docs/"))}


def test_the_wheel_can_be_imported_where_nothing_else_is(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "clean"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "--quiet", wheel)
    run(python, "-I", "-c", IMPORTS, sysconfig.get_path("purelib"), *SOURCES, *packages())
