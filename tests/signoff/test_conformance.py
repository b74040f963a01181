"""medseg and the independent verifier agree on each vector, and each check of it is needed."""

from __future__ import annotations

import ast
import contextlib
import gzip
import importlib.util
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

import medseg
from tests.conformance import make_page
from tests.conformance.attacks import ATTACKS
from tests.conformance.make_vectors import HERE as STORE

ROOT = Path(__file__).parents[2]
VECTORS = {one["name"]: one for one in json.loads((STORE / "vectors.json").read_text("utf-8"))}
TOOLS = ROOT / "tools"
# In the order in which they import each other.
MODULES = ("signoff_forms", "mask_digest", "signoff_evidence", "signoff_workflow", "verify_signoff")
NAMES = sorted(VECTORS)
_MEDSEG = "import sys; from medseg.cli import main; sys.exit(main())"
SEVERITIES = ("error", "undecided", "warning")

Told = tuple[int, list[tuple[str, str]]]


@dataclass(frozen=True)
class Vector:
    """One vector laid out on disk."""

    folder: Path
    said: dict[str, Any]

    def path(self, name: str) -> Path | None:
        place = self.said["call"][name]
        return self.folder / place if place else None

    @property
    def arguments(self) -> list[str]:
        """How a verifier of the command line is called."""
        named = [(name, self.path(name)) for name in ("image", "people", "log", "remembered")]
        options = [part for name, path in named if path for part in (f"--{name}", str(path))]
        trust = [part for one in self.said["call"]["trust"] for part in ("--trust", one)]
        return [str(self.path("mask")), *options, *trust]


def laid_out(name: str, folder: Path) -> Vector:
    for place, stored in VECTORS[name]["files"].items():
        data = (STORE / "files" / stored).read_bytes()
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if place.endswith(".gz") else gzip.decompress(data))
    return Vector(folder, VECTORS[name])


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Vector]:
    root = tmp_path_factory.mktemp("conformance")
    return {name: laid_out(name, root / name) for name in NAMES}


def loaded(**changed: ast.Module) -> ModuleType:
    """`tools/verify_signoff.py` from its files, or with some of its modules changed."""
    before = {name: sys.modules.get(name) for name in MODULES}
    try:
        for name in MODULES:
            path = TOOLS / f"{name}.py"
            spec = importlib.util.spec_from_file_location(name, path)
            assert spec
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            tree = changed.get(name) or ast.parse(path.read_text("utf-8"))
            exec(compile(tree, str(path), "exec"), module.__dict__)  # noqa: S102 - our own file
        return module
    finally:
        for name, module_before in before.items():
            sys.modules.pop(name, None)
            if module_before is not None:
                sys.modules[name] = module_before


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    return loaded()


def by_tool(tool: ModuleType, vector: Vector) -> Told:
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        code = tool.main(vector.arguments)
    return code, told(json.loads(printed.getvalue())["verdicts"])


def by_medseg(vector: Vector, monkeypatch: pytest.MonkeyPatch, home: Path) -> Told:
    home.mkdir()
    monkeypatch.setenv("MEDSEG_HOME", str(home))
    remembered = vector.path("remembered")
    if remembered:
        (home / "remembered.json").write_bytes(remembered.read_bytes())
    mask = vector.path("mask")
    assert mask
    verification = medseg.verify(
        mask,
        image=vector.path("image"),
        people=vector.path("people"),
        log=vector.path("log"),
        trust=vector.said["call"]["trust"],
    )
    found = [{"code": one.code, "severity": one.severity} for one in verification.verdicts]
    return verification.exit_code, told(found)


def told(verdicts: list[dict[str, str]]) -> list[tuple[str, str]]:
    """Each severity and code once."""
    return sorted({(one["severity"], one["code"]) for one in verdicts})


def worst(found: list[tuple[str, str]]) -> list[str]:
    """The codes of the worst severity; empty where there are but notes."""
    each = ([code for level, code in found if level == one] for one in SEVERITIES)
    return next((codes for codes in each if codes), [])


@pytest.mark.parametrize("name", NAMES)
def test_both_verifiers_agree(
    name: str,
    vectors: dict[str, Vector],
    tool: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
):
    vector = vectors[name]
    expected = (vector.said["exitCode"], vector.said["worst"])
    other = by_tool(tool, vector)
    assert (other[0], worst(other[1])) == expected
    ours = by_medseg(vector, monkeypatch, tmp_path / "home")
    assert (ours[0], worst(ours[1])) == expected
    assert ours == other  # what is less than the worst, and each note


def test_there_are_attacks_enough(vectors: dict[str, Vector]):
    said = [one.said for one in vectors.values()]
    assert sum(one["exitCode"] != 0 for one in said) >= 60
    assert sum(one["exitCode"] == 0 for one in said) >= 30
    assert all(one["name"] == name for name, one in zip(vectors, said, strict=True))
    assert {one["exitCode"] for one in said} == {0, 10, 11, 12}


def test_they_are_small():
    files = [STORE / "vectors.json", *(STORE / "files").iterdir()]
    assert sum(one.stat().st_size for one in files) < 3_000_000
    named = {stored for one in VECTORS.values() for stored in one["files"].values()}
    assert {one.name for one in (STORE / "files").iterdir()} == named


@pytest.mark.parametrize("name", ["label-renamed", "registry-absent"])
def test_the_command_lines_agree(name: str, vectors: dict[str, Vector], tmp_path: Path):
    vector = vectors[name]
    arguments = [one for one in vector.arguments if one != "--remembered"]
    env = {"MEDSEG_HOME": str(tmp_path), "PATH": "", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    calls = {
        "tool": [sys.executable, str(TOOLS / "verify_signoff.py"), *arguments],
        "medseg": [sys.executable, "-c", _MEDSEG, "verify", *arguments],
    }
    for call in calls.values():
        done = subprocess.run(call, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == vector.said["exitCode"], done.stderr


def test_the_page_lists_each_vector():
    text = make_page.PAGE.read_text("utf-8")
    assert make_page.page(text) == text


def test_the_vectors_can_be_made_anew():
    for attack in (ATTACKS[0], ATTACKS[-1]):
        assert attack.make().files == attack.make().files


def test_the_tool_shares_no_code_with_medseg():
    allowed = {*sys.stdlib_module_names, "numpy", "cryptography", "nibabel", *MODULES}
    for name in MODULES:
        for node in ast.walk(ast.parse((TOOLS / f"{name}.py").read_text("utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert {one.partition(".")[0] for one in names} <= allowed


def test_a_missing_file_is_no_verdict(tool: ModuleType, tmp_path: Path):
    with contextlib.redirect_stdout(io.StringIO()):
        assert tool.main([str(tmp_path / "none.nii.gz")]) == 3


# -- Each check is needed: taken out, some vector notices -----------------------------------------


@dataclass(frozen=True)
class Check:
    """A statement of the tool that checks something."""

    module: str
    first: int
    last: int
    source: str

    def without(self) -> ModuleType:
        """The tool with this statement left out."""
        tree = ast.parse((TOOLS / f"{self.module}.py").read_text("utf-8"))
        return loaded(**{self.module: ast.fix_missing_locations(_Without(self.first).visit(tree))})


class _Without(ast.NodeTransformer):
    def __init__(self, line: int) -> None:
        self.line = line

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        is_it = node.lineno == self.line and _is_check(node)
        return ast.copy_location(ast.Pass(), node) if is_it else node


def _is_check(node: ast.stmt) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return False
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in ("require", "check", "check_signature", "say", "verify")


def _checks() -> Iterator[Check]:
    for name in MODULES:
        for node in ast.walk(ast.parse((TOOLS / f"{name}.py").read_text("utf-8"))):
            if isinstance(node, ast.stmt) and _is_check(node):
                yield Check(name, node.lineno, node.end_lineno or 0, ast.unparse(node))


CHECKS = list(_checks())


@dataclass(frozen=True)
class Baseline:
    """What the whole tool says of each vector, and on which lines it found fault."""

    told: dict[str, Told]
    lines: dict[str, set[tuple[str, int]]]

    def likely_first(self, check: Check) -> list[str]:
        """The vectors, those first that this very check caught."""
        own = {(check.module, line) for line in range(check.first, check.last + 1)}
        return sorted(self.told, key=lambda name: not own & self.lines[name])


@pytest.fixture(scope="module")
def baseline(vectors: dict[str, Vector]) -> Baseline:
    tool, found = loaded(), set[tuple[str, int]]()
    _listen(tool, found)
    told_of, lines = {}, {}
    for name, vector in vectors.items():
        found.clear()
        told_of[name] = by_tool(tool, vector)
        lines[name] = set(found)
    return Baseline(told_of, lines)


def _listen(tool: ModuleType, found: set[tuple[str, int]]) -> None:
    """Note in `found` the lines that lead to a `require` that refuses or a `say` that speaks."""
    forms = tool.read_record.__globals__
    require, say = forms["require"], tool.Verifier.say

    def note() -> None:
        above: FrameType | None = sys._getframe(2)
        while above:
            found.add((Path(above.f_code.co_filename).stem, above.f_lineno))
            above = above.f_back

    def listening_require(is_so: object, *code: str) -> None:
        if not is_so:
            note()
        require(is_so, *code)

    def listening_say(self: Any, severity: str, code: str, is_so: object = True, *on: str) -> None:
        if is_so:
            note()
        say(self, severity, code, is_so, *on)

    forms["require"], tool.Verifier.say = listening_require, listening_say


def _notices(tool: ModuleType, vector: Vector, before: Told) -> bool:
    try:
        return by_tool(tool, vector) != before
    except Exception:  # a crash is noticed as well
        return True


@pytest.mark.parametrize("check", CHECKS, ids=[f"{one.module}-{one.first}" for one in CHECKS])
def test_without_a_check_some_vector_fails(
    check: Check, vectors: dict[str, Vector], baseline: Baseline
):
    broken = check.without()
    noticed = (
        _notices(broken, vectors[name], baseline.told[name])
        for name in baseline.likely_first(check)
    )
    assert any(noticed), f"no vector misses: {check.source}"
