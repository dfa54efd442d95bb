"""Assertions of the promises for every type say what differs, as those of test modules do."""

import pytest

pytest.register_assert_rewrite("tests.pulumi_provider.every_type")
