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
    seen = [what for what, lock in spoilt.items() if any(_faults_of_lock(lock))]
    assert seen == [*spoilt]
    shows(
        "supply",
        "requirements.lock holds all that pyproject.toml asks for",
        trials=len(entries),
        broken=[*_faults_of_lock(LOCK)],
        without="; ".join(spoilt),
        control=(len(spoilt), len(seen)),
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
UNPICKLES = (
    r"(_?pickle|cPickle|dill|cloudpickle|marshal|shelve|joblib|jsonpickle|yaml)\b"
    r"(?!\.UnpicklingError)"
)
RUNS = re.compile(  # full names of what runs, or unpickles, what it is given
    r"(builtins\.)?(eval|exec|compile|__import__)|os\.(system|popen|exec\w+|(posix_)?spawn\w*)"
    r"|(.+\.)?(exec_module|load_module|source_to_code|import_module|run_path|run_module|read_pickle)"
    r"|subprocess\.get\w*output|torch\.(hub|package|jit)\..+"
    rf"|{UNPICKLES}.*"
)
SAFELY = {"weights_only": "True", "allow_pickle": "False", "shell": "False",
          "trust_remote_code": "False"}  # fmt: skip
MUST_SAY = {"torch": "weights_only", "numpy": "allow_pickle"}  # of whose `load`
DANGEROUS = (
    "eval(text)", "exec(text)", "compile(text, '', 'exec')", "__import__(name)", "map(eval, texts)",
    "import builtins; builtins.eval(text)", "from builtins import exec as run; run(text)",
    "import importlib; importlib.import_module(name)", "import runpy; runpy.run_path(path)",
    "from importlib import import_module as find; find(name)", "loader.exec_module(module)",
    "import pickle", "import pickle as p; p.load(file)", "from pickle import Unpickler",
    "import marshal", "import yaml", "from joblib import load", "import pandas; pandas.read_pickle",
    "import pandas as pd; pd.read_pickle(path)", "from torch import *",
    "import torch; torch.load(path)", "import torch; torch.load(path, weights_only=False)",
    "import torch; torch.load(path, weights_only=flag)", "from torch import load; load(path)",
    "from torch import load as read; read(path)", "import torch; read = torch.load",
    "import torch as t; t.serialization.load(path)", "import torch; torch.jit.load(path)",
    "import torch; torch.hub.load(name, entry)", "from torch.hub import load; load(name, entry)",
    "import numpy as np; np.load(path)", "import numpy; numpy.load(path, allow_pickle=True)",
    "from numpy import load; load(path)", "read(path, allow_pickle=True)",
    "import os; os.system(line)", "import os; os.execvp(file, words)",
    "from os import popen as run; run(line)", "import subprocess as s; s.getoutput(line)",
    "subprocess.run(line, shell=True)", "subprocess.Popen(line, shell=flag)",
    "Pipeline.from_pretrained(name, trust_remote_code=True)",
)  # fmt: skip
HARMLESS = (
    "model.eval()", "import re; re.compile(text)", "from pickle import UnpicklingError",
    "import torch; torch.load(path, weights_only=True)", "import platform; platform.system()",
    "import numpy as np; np.load(path, allow_pickle=False)", "subprocess.run(words, shell=False)",
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
    seen = [text for text in DANGEROUS if any(_dangers(text))]
    assert seen == [*DANGEROUS]
    assert not [text for text in HARMLESS if any(_dangers(text))]
    shows(
        "supply",
        "names in artcli and its plugins of what could run what it reads",
        trials=len(modules),
        broken=broken,
        without="a module has such a name, as it is or by another",
        control=(len(DANGEROUS), len(seen)),
    )


def _dangers(source: str) -> Iterator[tuple[str, str]]:
    """What runs, or unpickles, what it is given: the last part of each name, and its text."""
    nodes = [*ast.walk(ast.parse(source))]
    full = {}  # of what is imported, by what it is called here
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for one in node.names:
                full[one.asname or one.name] = name = module + one.name
                if one.name == "*" or re.match(UNPICKLES, name):
                    yield one.name, ast.unparse(node)
    calls = {id(node.func): node for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        if isinstance(node, ast.Call):
            given = {word.arg: ast.unparse(word.value) for word in node.keywords}
            if any(given.get(word, safe) != safe for word, safe in SAFELY.items()):
                yield "", ast.unparse(node)
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            root, dot, rest = _dotted(node).partition(".")
            name = full.get(root, root) + dot + rest
            must = MUST_SAY.get(name.partition(".")[0]) if name.endswith(".load") else None
            said = {word.arg for word in calls[id(node)].keywords} if id(node) in calls else ()
            if RUNS.fullmatch(name) or (must and must not in said):
                yield name.rpartition(".")[2], ast.unparse(node)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "()"
