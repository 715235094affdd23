"""Is artcli itself in order: the packages it needs, torch and its devices."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata

from artcli.commands.doctor.findings import NOTE, OK, WRONG, Finding

PACKAGES, DEVICES = "Packages", "Devices"
_REINSTALL = "install artcli again: pip install --force-reinstall artcli"
# Run by a process of its own: a torch that does not fit may end the process that imports it.
_PROBE = """
import json, torch
cuda = torch.cuda.is_available()
found = {
    "cuda": [
        f"{torch.cuda.get_device_name(n)}, "
        f"{torch.cuda.get_device_properties(n).total_memory / 2**30:.0f} GiB"
        for n in range(torch.cuda.device_count() if cuda else 0)
    ],
    "mps": torch.backends.mps.is_available(),
    "built_for_cuda": torch.version.cuda,
}
import torchvision
print(json.dumps(found))
"""
_PROBE_SECONDS = 180


def examine_packages() -> list[Finding]:
    """Python, and every package that artcli's own metadata requires."""
    found = [Finding(PACKAGES, OK, f"Python {platform.python_version()}, {platform.platform()}")]
    versions: list[str] = []
    for name, pinned in _required():
        installed = _version(name)
        if installed is None:
            found.append(Finding(PACKAGES, WRONG, f"{name} is not installed", _REINSTALL))
        elif pinned and installed != pinned:
            found.append(
                Finding(
                    PACKAGES,
                    WRONG,
                    f"{name} is {installed}; artcli needs {pinned}",
                    f"pip install {name}=={pinned}",
                )
            )
        else:
            versions.append(f"{name} {installed}")
    found.insert(1, Finding(PACKAGES, OK, ", ".join(versions)))
    return [*found, *_albumentations_x()]


def _required() -> Iterator[tuple[str, str | None]]:
    """artcli itself and what it requires without extras: the name and, if pinned, the version."""
    yield "artcli", None
    try:
        requirements = metadata.requires("artcli") or []
    except metadata.PackageNotFoundError:
        return
    for requirement in requirements:
        match = re.match(r"([\w.-]+)\s*(?:==\s*([\w.]+))?", requirement)
        if match and "extra ==" not in requirement:
            yield match[1], match[2]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _albumentations_x() -> list[Finding]:
    """AlbumentationsX is imported by the same name as albumentations, and is AGPL."""
    version = _version("albumentationsx")
    if version is None:
        return []
    pinned = dict(_required()).get("albumentations")
    return [
        Finding(
            PACKAGES,
            WRONG,
            f"AlbumentationsX {version} (AGPL) is installed; it takes the import name of"
            " albumentations (MIT), which artcli is written for",
            "pip uninstall -y albumentationsx && pip install --force-reinstall --no-deps"
            f" albumentations{f'=={pinned}' if pinned else ''}",
        )
    ]


def examine_devices() -> list[Finding]:
    """The cores, and what torch can compute on; a torch that does not start is explained."""
    from artcli.contest.workers import cores

    found = [Finding(DEVICES, OK, f"{cores()} CPU cores")]
    try:
        probe = subprocess.run(
            [sys.executable, "-c", _PROBE], capture_output=True, text=True, timeout=_PROBE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return [*found, Finding(DEVICES, WRONG, f"torch did not start: {error}", _REINSTALL)]
    if probe.returncode:
        return [*found, _torch_fault(probe.stderr, probe.returncode)]
    facts = json.loads(probe.stdout.splitlines()[-1])
    found += [Finding(DEVICES, OK, f"CUDA: {name}") for name in facts["cuda"]]
    if facts["mps"]:
        found.append(Finding(DEVICES, OK, "MPS (Apple's GPU)"))
    if not facts["cuda"] and not facts["mps"]:
        built = facts["built_for_cuda"]
        text = f"no GPU that torch can use{f' (it is built for CUDA {built})' if built else ''}"
        found.append(Finding(DEVICES, NOTE, f"{text}; training runs on the CPU"))
    return found


def _torch_fault(stderr: str, code: int) -> Finding:
    said = [line for line in stderr.splitlines() if line.strip()]
    reason = said[-1].strip() if said else f"exit code {code}"
    pair = f"torch {_version('torch')} and torchvision {_version('torchvision')}"
    if "torchvision" in stderr:
        return Finding(
            DEVICES,
            WRONG,
            f"{pair} do not fit each other: {reason}",
            "install the two together, from one index (a CPU-only torch does not fit a torchvision"
            " for CUDA): pip install --force-reinstall torch torchvision",
        )
    return Finding(DEVICES, WRONG, f"torch does not start: {reason}", _REINSTALL)
