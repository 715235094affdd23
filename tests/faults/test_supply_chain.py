"""What is installed is what was locked, known faults of it are found, and no data is run."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import tomllib
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from promises import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
ENTRY = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:==(\S+))?((?:.*\\\n)*.*)$", re.MULTILINE)


def test_every_package_is_pinned_by_its_hashes(shows: Callable[..., None]) -> None:
    entries = ENTRY.findall(LOCK)
    spoilt = {
        "a package has no hash": re.sub(r"(?m)^( +--hash=\S+( \\)?\n)+", "", LOCK, count=1),
        "a package is not pinned": re.sub(r"(?m)^(timm)==\S+", r"\1", LOCK),
        "a package is missing": re.sub(r"(?ms)^timm==.*?(?=^\w)", "", LOCK),
        "a package is too old": re.sub(r"(?m)^(timm)==\S+", r"\1==0.1", LOCK),
        "an address is given": LOCK + "--extra-index-url https://packages.example/simple\n",
    }
    shows(
        "supply",
        "requirements.lock holds all that pyproject.toml asks for",
        trials=len(entries),
        broken=[*_faults_of_lock(LOCK)],
        without="; ".join(spoilt),
        control=(len(spoilt), sum(any(_faults_of_lock(lock)) for lock in spoilt.values())),
    )


def _faults_of_lock(lock: str) -> Iterator[str]:
    pinned = defaultdict(list)
    for name, version, rest in ENTRY.findall(lock):
        if not version:
            yield f"{name} is not pinned"
        if "--hash=sha256:" not in rest:
            yield f"{name} has no hash"
        pinned[canonicalize_name(name)].append(version)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = chain.from_iterable(project["optional-dependencies"].values())
    for text in (*project["dependencies"], *extras):
        wanted = Requirement(text)
        found = pinned[canonicalize_name(wanted.name)]
        if not any(version and wanted.specifier.contains(version) for version in found):
            yield f"{text} is not in it"
    if "://" in lock or re.search(r"^--", lock, re.MULTILINE):
        yield "it names an address"


def test_a_package_that_was_changed_is_not_installed(
    shows: Callable[..., None], tmp_path: Path
) -> None:
    """With the words of the Makefile, in front of a folder that stands for the index."""
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    (words,) = re.findall(r"pip (install .*--require-hashes) -r requirements.lock", make)
    honest = _wheel(tmp_path / "honest", "print('as it was')")
    _wheel(tmp_path / "changed", "print('something else')")
    lock = tmp_path / "lock"
    lock.write_text(f"small==1.0 --hash=sha256:{sha256(honest.read_bytes()).hexdigest()}\n")

    def installed(index: str, words: str) -> bool:
        into = tmp_path / f"{index}-{len(words)}"
        more = ["--no-index", "--find-links", str(tmp_path / index), "--target", str(into)]
        command = [sys.executable, "-m", "pip", *shlex.split(words), *more, "-r", str(lock)]
        quiet = {"PIP_CONFIG_FILE": os.devnull, "PATH": os.environ["PATH"]}
        subprocess.run(command, env=quiet, check=False, capture_output=True)
        return (into / "small.py").exists()

    assert installed("honest", words)
    broken = ["it was installed"] if installed("changed", words) else []
    lock.write_text("small==1.0\n")
    unhashed = words.replace("--require-hashes", "")
    shows(
        "supply",
        "a package that is not the one that was locked",
        trials=1,
        broken=broken,
        without="no hashes are asked for",
        control=(1, int(installed("changed", unhashed))),
    )


def _wheel(folder: Path, source: str) -> Path:
    folder.mkdir()
    path = folder / "small-1.0-py3-none-any.whl"
    facts = "small-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("small.py", source)
        wheel.writestr(f"{facts}/METADATA", "Metadata-Version: 2.1\nName: small\nVersion: 1.0\n")
        wheel.writestr(f"{facts}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{facts}/RECORD", "")
    return path


AUDIT = """
import json, sys
from unittest.mock import patch
import requests
from pip_audit._cli import audit

known, reachable = sys.argv.pop(1), sys.argv.pop(1) == "reachable"

def answer(_self, request, **_more):
    if not reachable:
        raise requests.ConnectionError("no network")
    name, version = request.url.split("/pypi/")[1].split("/")[:2]
    fault = {"id": "PYSEC-1", "details": "", "fixed_in": ["99"], "aliases": [], "link": "",
             "withdrawn": None, "summary": None, "source": "", "published": None}
    found = requests.Response()
    found.status_code = 200
    body = {"vulnerabilities": [fault] if name == known else [], "urls": []}
    found._content = json.dumps(body).encode()
    found.request, found.url = request, request.url
    return found

with patch.object(requests.Session, "send", answer):
    audit()
"""


def test_a_package_with_a_known_fault_is_told(shows: Callable[..., None], tmp_path: Path) -> None:
    """`make audit` on two locked packages, in front of a stand-in for the database of faults."""
    pytest.importorskip("pip_audit", reason="needs pip-audit, of the extra `check`")
    dry = ["make", "--dry-run", "--no-print-directory", "-o", ".venv/ready", "audit"]
    line = subprocess.run(dry, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    words = shlex.split(line.splitlines()[-1])[1:]
    two = [entry for entry in ENTRY.finditer(LOCK) if entry[1] in {"pillow", "rich"}]
    (tmp_path / "requirements.lock").write_text("\n".join(entry[0] for entry in two) + "\n")

    def passes(known: str, reachable: str, words: list[str]) -> bool:
        command = [sys.executable, "-c", AUDIT, known, reachable, *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode == 0

    assert passes("none", "reachable", words)
    broken = [
        f"{known}, {reachable}"
        for known, reachable in (("pillow", "reachable"), ("none", "unreachable"))
        if passes(known, reachable, words)
    ]
    lax = [*words, "--ignore-vuln", "PYSEC-1"]
    shows(
        "supply",
        "`make audit`: a package with a known fault; no answer from the database",
        trials=2,
        broken=broken,
        without="the fault is told to be ignored",
        control=(1, int(passes("pillow", "reachable", lax))),
    )


ALLOWED = {  # plugins and commands are code, and found by name; workspace plugins by their hash
    "host/targets.py": {"import_module"},
    "host/jobs.py": {"import_module"},
    "host/trust.py": {"exec_module", "source_to_code"},
    "generators/needing.py": {"import_module"},
}
RUNS = {"eval", "exec", "compile", "__import__", "import_module", "run_path", "run_module"}
RUNS_OF = {"exec_module", "source_to_code", "system", "popen", "execv", "import_module"}
UNPICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib", "yaml"}
SAFE = {("torch", "load"): "weights_only=True", ("np", "load"): "allow_pickle=False"}
DANGEROUS = (
    "eval(text)", "exec(text)", "compile(text, '', 'exec')", "__import__(name)",
    "importlib.import_module(name)", "pickle.loads(data)", "pickle.Unpickler(file).load()",
    "marshal.loads(data)", "yaml.load(text)", "joblib.load(path)", "torch.load(path)",
    "torch.load(path, weights_only=False)", "np.load(path, allow_pickle=True)", "np.load(path)",
    "torch.hub.load(name, entry)", "os.system(line)", "subprocess.run(line, shell=True)",
    "Pipeline.from_pretrained(name, trust_remote_code=True)", "runpy.run_path(path)",
    "loader.exec_module(module)",
)  # fmt: skip


def test_no_data_is_run(shows: Callable[..., None]) -> None:
    roots = (ROOT / "artcli", ROOT / "plugins")
    modules = sorted(path for root in roots for path in root.rglob("*.py"))
    broken = [
        f"{path.relative_to(ROOT)}: {call}"
        for path in modules
        for name, call in _dangers(path.read_text(encoding="utf-8"))
        if name not in ALLOWED.get("/".join(path.parts[-2:]), ())
    ]
    shows(
        "supply",
        "calls in artcli and its plugins that could run what they read",
        trials=len(modules),
        broken=broken,
        without="a module has such a call",
        control=(len(DANGEROUS), sum(any(_dangers(text)) for text in DANGEROUS)),
    )


def _dangers(source: str) -> Iterator[tuple[str, str]]:
    """Calls that run, or unpickle, what they are given: each call's name, and its text."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        text, given = ast.unparse(node), {f"{k.arg}={ast.unparse(k.value)}" for k in node.keywords}
        parts = ast.unparse(node.func).split(".")
        name = parts[-1]
        safe = SAFE.get((parts[0], name)) if len(parts) == 2 else None
        if (
            (len(parts) == 1 and name in RUNS)
            or (len(parts) > 1 and name in RUNS_OF | {"run_path", "run_module"})
            or (parts[0] in UNPICKLES and parts != ["pickle", "UnpicklingError"])
            or (safe is not None and safe not in given)
            or parts[:2] == ["torch", "hub"]
            or given & {"shell=True", "trust_remote_code=True"}
        ):
            yield name, text
