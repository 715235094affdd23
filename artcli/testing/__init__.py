"""What a plugin's tests import: the contract of each kind, and fixtures.

    from artcli.testing import check

    def test_contract():
        check(Component("loss", "huber", huber), "delta=0.5")

Needs pytest.
"""

from artcli.testing.contracts import CONTRACTS, check
from artcli.testing.fixtures import classes, generator, rng, workspace

__all__ = ["CONTRACTS", "check", "classes", "generator", "rng", "workspace"]
