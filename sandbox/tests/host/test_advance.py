"""Clouds of one environment share one time: what happens in one of them finds the other at the same moment."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.timeline import Due, Span, Timeline
from keystead_sandbox.host.advance import Stretch, _in_order, groups
from keystead_sandbox.host.control import Conversation
from keystead_sandbox.host.environments import AwsAccount, GcpProject, Home
from keystead_sandbox.host.processes import Process
from keystead_sandbox.host.registry import Cloud

HOUR = 3600
AWS, GCP = AwsAccount("000000000001", "us-east-1"), GcpProject("acme-dev", "100000000001", "us-east1")


class LocalCloud:
    """A cloud without its services: a timeline, and a conversation that asks it directly."""

    def __init__(self, directory: Path, home: Home) -> None:
        self.clock = Clock(directory / "clock", home.cloud)
        self.began = time.time()
        self.waiting: list[Due] = []
        self.timeline = Timeline(self.clock, [self._due], lambda: ())
        self.cloud = SimpleNamespace(home=home)

    def _due(self, _span: Span) -> Iterator[Due]:
        yield from self.waiting

    def at(self, hours: float, name: str, deed: Callable[[], object] = lambda: None) -> None:
        """Let something happen so many hours from the beginning."""

        def run() -> str:
            self.waiting.remove(event)
            return str(deed())

        event = Due(self.began + hours * HOUR, "test", name, run)
        self.waiting.append(event)

    def hours(self) -> int:
        """What the cloud's clock shows."""
        return round(self.clock.offset / HOUR)

    def ask(self, question: str, offsets: dict[str, int]) -> Iterator[dict[str, Any]]:
        if question == "hold":
            self.timeline.hold(offsets["to"])
            yield {"done": True}
            return
        lines: list[dict[str, Any]] = []
        count, following = self.timeline.step(offsets["start"], offsets["to"], offsets["until"], lines.append)
        yield from lines
        yield {"done": True, "events": count, "next": following}


@pytest.fixture
def clouds(tmp_path: Path) -> tuple[LocalCloud, LocalCloud]:
    return LocalCloud(tmp_path, AWS), LocalCloud(tmp_path, GCP)


def advanced(clouds: tuple[LocalCloud, LocalCloud], hours: int) -> list[tuple[str, str, str]]:
    events = _in_order(cast("list[Conversation]", list(clouds)), Stretch(0, hours * HOUR))
    return [(event["cloud"], event["name"], event["result"]) for event in events]


def test_an_event_finds_the_other_cloud_at_its_own_time(clouds: tuple[LocalCloud, LocalCloud]) -> None:
    aws, gcp = clouds
    aws.at(10, "second", gcp.hours)
    gcp.at(5, "first", aws.hours)
    gcp.at(20, "third", aws.hours)
    assert advanced(clouds, 30) == [("gcp", "first", "5"), ("aws", "second", "10"), ("gcp", "third", "20")]
    assert (aws.hours(), gcp.hours()) == (30, 30)


def test_at_the_same_moment_both_clouds_have_arrived(clouds: tuple[LocalCloud, LocalCloud]) -> None:
    aws, gcp = clouds
    aws.at(10, "one", gcp.hours)
    gcp.at(10, "other", aws.hours)
    assert sorted(advanced(clouds, 30)) == [("aws", "one", "10"), ("gcp", "other", "10")]


@pytest.mark.parametrize("order", [1, -1])
def test_what_an_event_causes_in_the_other_cloud_happens_before_time_goes_on(
    clouds: tuple[LocalCloud, LocalCloud], order: int
) -> None:
    cause, effect = clouds[::order]
    cause.at(10, "cause", lambda: effect.at(10, "effect", lambda: cause.at(10, "echo", effect.hours)))
    effect.at(11, "later", cause.hours)
    assert [name for _, name, _ in advanced(clouds, 30)] == ["cause", "effect", "echo", "later"]


def test_nothing_beyond_the_advance_happens(clouds: tuple[LocalCloud, LocalCloud]) -> None:
    aws, _ = clouds
    aws.at(10, "within")
    aws.at(31, "beyond")
    assert [name for _, name, _ in advanced(clouds, 30)] == ["within"]


def test_a_cloud_that_stands_still_lets_nothing_happen_by_itself_until_it_is_released(tmp_path: Path) -> None:
    cloud = LocalCloud(tmp_path, AWS)
    cloud.timeline.hold(10 * HOUR)
    cloud.at(1, "overdue")
    cloud.timeline.tick()
    cloud.timeline._settle()
    assert len(cloud.waiting) == 1
    cloud.timeline.release()
    cloud.timeline.tick()
    cloud.timeline._settle()
    assert cloud.waiting == []


def test_environments_that_share_a_cloud_move_together() -> None:
    def cloud(home: Home) -> Cloud:
        return Cloud(home, "", "", Process(0, ""), "")

    other = AwsAccount("000000000002", "us-east-1")
    found = groups(
        {
            "dev": {"aws": cloud(AWS)},
            "prod": {"gcp": cloud(GCP)},
            "dev-eu": {"aws": cloud(AWS), "gcp": cloud(GCP)},
            "mail": {"aws": cloud(other)},
        }
    )
    assert [(sorted(group.environments), sorted(group.clouds)) for group in found] == [
        (["dev", "dev-eu", "prod"], ["aws-000000000001", "gcp-acme-dev"]),
        (["mail"], ["aws-000000000002"]),
    ]
