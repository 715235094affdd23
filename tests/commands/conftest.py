"""Fixtures of the commands' tests."""

from artcli.testing import workspace as workspace
