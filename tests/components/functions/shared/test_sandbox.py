"""The sandbox's clock and endpoint count in a deployed function only while its cloud is the machine itself."""

import pytest
from keystead.functions.shared import sandbox

LOCAL = ["http://127.0.0.1:4566", "https://localhost:8443", "http://[::1]:8443"]
FOREIGN = [
    "",
    "https://secretmanager.googleapis.com",
    "https://127.0.0.1.evil.example",
    "https://127.0.0.1@evil.example",
    "https://evil.example/127.0.0.1",
    "http://10.0.0.1:8443",
    "http://0.0.0.0:8443",
    "127.0.0.1:8443",
    "http://[::1",
]


@pytest.fixture(autouse=True)
def without_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*sandbox.DEPLOYED, sandbox.AWS_VARIABLE, sandbox.GOOGLE_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(sandbox.CLOCK_VARIABLE, "/sandbox/clock")


@pytest.mark.parametrize("url", LOCAL)
def test_an_endpoint_on_this_machine_counts(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sandbox.GOOGLE_VARIABLE, url)
    assert sandbox.google_endpoint() == url


@pytest.mark.parametrize("url", FOREIGN)
def test_an_endpoint_elsewhere_gets_no_token(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sandbox.GOOGLE_VARIABLE, url)
    assert sandbox.google_endpoint() is None


@pytest.mark.parametrize("deployed", sandbox.DEPLOYED)
@pytest.mark.parametrize("variable", [sandbox.AWS_VARIABLE, sandbox.GOOGLE_VARIABLE])
def test_a_deployed_function_has_real_time_unless_its_cloud_is_on_this_machine(
    deployed: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(deployed, "prod-rotator")
    assert sandbox.clock_file() is None
    for url in FOREIGN:
        monkeypatch.setenv(variable, url)
        assert sandbox.clock_file() is None
    for url in LOCAL:
        monkeypatch.setenv(variable, url)
        assert sandbox.clock_file() == "/sandbox/clock"


def test_a_command_on_the_developers_machine_follows_the_clock_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sandbox.clock_file() == "/sandbox/clock"
    monkeypatch.setenv(sandbox.CLOCK_VARIABLE, "")
    assert sandbox.clock_file() is None
