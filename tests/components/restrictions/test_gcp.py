"""Compiled conditions permit what the restriction permits, as CEL evaluates them; what cannot be held is said."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from keystead.model.errors import RestrictionError
from keystead.restrictions.backends import BACKENDS, unenforced
from keystead.restrictions.gcp import MOST_OPERATORS, AccessLevel, access_levels, allow_within
from keystead.restrictions.hours import DAYS
from keystead.restrictions.restriction import Call, Restriction
from keystead_sandbox.local_gcp.state.conditions import Context, holds, problem

# The first expression raises Python's limit of recursion, and hypothesis wants that settled before a test runs.
assert problem("true") == ""

NAME = "projects/300000000003/secrets/prod-db"
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
CLOCK = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 0, 1, 15, 30, 59]))
MOMENT = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@st.composite
def hours(draw: st.DrawFn) -> dict[str, str]:
    start, end = draw(CLOCK), draw(st.one_of(CLOCK, st.just("24:00")))
    assume(start != end)
    days = draw(st.sets(st.sampled_from(DAYS), min_size=1))
    return {"days": ",".join(sorted(days)), "from": start, "to": end, "zone": draw(st.sampled_from(ZONES))}


def restriction(**clauses: Any) -> Restriction:
    return Restriction.model_validate(clauses)


def granted(expression: str | None, moment: datetime, name: str = NAME) -> bool:
    asked = Context(
        moment.timestamp(), name, "secretmanager.googleapis.com/SecretVersion", "secretmanager.googleapis.com"
    )
    return expression is None or holds(expression, asked)


def edges(window: dict[str, str], moment: datetime) -> list[datetime]:
    """The seconds around the start and the end of a window on one day, where a mistake would show."""
    local = moment.astimezone(ZoneInfo(window["zone"]))
    clocks = [tuple(map(int, window[key].replace("24:00", "00:00").split(":"))) for key in ("from", "to")]
    return [near for hour, minute in clocks for near in around(local.replace(hour=hour, minute=minute, second=0))]


def around(moment: datetime | None) -> list[datetime]:
    """A moment with the seconds before and after it."""
    return [] if moment is None else [moment.astimezone(UTC) + timedelta(seconds=step) for step in (-1, 0, 1)]


@given(window=hours(), moment=MOMENT, expires=st.one_of(st.none(), MOMENT))
@settings(deadline=None, max_examples=40)
def test_a_condition_holds_exactly_when_the_restriction_permits(
    window: dict[str, str], moment: datetime, expires: datetime | None
) -> None:
    expires = None if expires is None else expires.replace(microsecond=0)
    compiled = restriction(hours=window, **({} if expires is None else {"expires": expires}))
    expression = allow_within(compiled)
    for tried in (moment, *edges(window, moment), *around(expires)):
        assert granted(expression, tried) is compiled.permits(Call(time=tried, tls="1.2"))


@pytest.mark.parametrize(
    ("moment", "permitted"),
    [
        ("2026-03-29T00:59:00+00:00", True),
        ("2026-03-29T01:00:00+00:00", False),
        ("2026-10-25T00:30:00+00:00", True),
        ("2026-10-25T01:30:00+00:00", True),
        ("2026-10-25T02:00:00+00:00", False),
    ],
)
def test_a_window_follows_its_zone_through_the_days_on_which_the_clock_changes(moment: str, *, permitted: bool) -> None:
    night = restriction(hours={"days": "Sun", "from": "00:00", "to": "03:00", "zone": "Europe/Berlin"})
    assert night.permits(Call(time=datetime.fromisoformat(moment), tls="1.2")) is permitted
    assert granted(allow_within(night), datetime.fromisoformat(moment)) is permitted


def test_an_end_is_the_first_moment_at_which_nothing_is_granted() -> None:
    expression = allow_within(restriction(expires="2027-06-30"))
    assert expression == 'request.time < timestamp("2027-06-30T00:00:00Z")'
    end = datetime(2027, 6, 30, tzinfo=UTC)
    assert granted(expression, datetime.fromtimestamp(end.timestamp() - 1, UTC))
    assert not granted(expression, end)


def test_working_hours_are_written_as_people_write_them() -> None:
    assert allow_within(
        restriction(hours={"days": "Mon-Fri", "from": "09:00", "to": "17:00", "zone": "Europe/Berlin"})
    ) == (
        'request.time.getDayOfWeek("Europe/Berlin") >= 1 && request.time.getDayOfWeek("Europe/Berlin") <= 5 && '
        'request.time.getHours("Europe/Berlin") >= 9 && request.time.getHours("Europe/Berlin") < 17'
    )


@pytest.mark.parametrize("nothing", [None, restriction(tls="1.2")])
def test_what_asks_for_nothing_is_a_grant_without_condition(nothing: Restriction | None) -> None:
    assert allow_within(nothing) is None


def test_a_condition_on_the_resource_holds_beside_the_restriction() -> None:
    always = restriction(expires="2027-06-30")
    expression = allow_within(always, also=[f'resource.name.startsWith("{NAME}/versions/")'])
    moment = datetime(2027, 1, 1, tzinfo=UTC)
    assert granted(expression, moment, f"{NAME}/versions/1")
    assert not granted(expression, moment, "projects/300000000003/secrets/prod-other/versions/1")


@given(window=hours())
@settings(deadline=None)
def test_any_hours_with_an_end_fit_one_condition(window: dict[str, str]) -> None:
    expression = allow_within(restriction(hours=window, expires="2027-06-30"))
    assert expression is not None
    assert expression.count("&&") + expression.count("||") <= MOST_OPERATORS
    assert problem(expression) == ""


def test_more_operators_than_iam_takes_are_refused_with_their_number() -> None:
    window = {"days": "Mon,Tue,Thu", "from": "22:15", "to": "06:15"}
    full = restriction(hours=window, expires="2027-06-30")
    with pytest.raises(
        RestrictionError, match="has 12 logical operators at most, and this one needs 13; begin and end"
    ):
        allow_within(full, also=['resource.service == "secretmanager.googleapis.com"'])


@pytest.mark.parametrize(
    ("clause", "value"),
    [
        ("cidrs", ["203.0.113.0/24"]),
        ("countries", ["DE"]),
        ("networks", {"gcp": ["prod-vpc"]}),
        ("identities", {"gcp": ["checkout@acme-prod.iam.gserviceaccount.com"]}),
        ("tls", "1.3"),
    ],
)
def test_a_clause_that_no_condition_can_hold_is_refused_and_says_who_can(clause: str, value: object) -> None:
    with pytest.raises(RestrictionError, match=rf"^clause {clause}: a GCP IAM condition can.* can[;$]?") as caught:
        allow_within(restriction(**{clause: value}))
    if clause != "tls":
        assert "a GCP access level" in str(caught.value)


def test_private_ranges_and_the_other_clouds_names_are_refused_where_they_would_shut_everybody_out() -> None:
    private = restriction(cidrs=["10.0.0.0/8"])
    [text] = unenforced(private, "gcp-access-level")
    assert text == (
        "clause cidrs: a GCP access level never sees private addresses (10.0.0.0/8); "
        "name the VPC network under networks.gcp"
    )
    assert "cannot match a network of AWS; name one under networks.gcp" in str(
        unenforced(restriction(networks={"aws": ["vpce-0a1b2c3d"]}), "gcp-access-level")
    )
    assert "cannot match an identity of AWS; name one under identities.gcp" in str(
        unenforced(restriction(identities={"aws": ["arn:aws:iam::123456789012:role/x"]}), "gcp-access-level")
    )


def test_a_place_is_a_basic_level_whose_conditions_are_alternatives() -> None:
    office = restriction(cidrs=["203.0.113.0/24"], networks={"gcp": ["prod-vpc"]}, countries=["DE"])
    network = {"vpc_subnetwork": {"network": "//compute.googleapis.com/projects/acme-prod/global/networks/prod-vpc"}}
    assert access_levels("office", office, project="acme-prod") == [
        AccessLevel(
            "office",
            basic={
                "combining_function": "OR",
                "conditions": [
                    {"ip_subnetworks": ["203.0.113.0/24"], "regions": ["DE"]},
                    {"vpc_network_sources": [network], "regions": ["DE"]},
                ],
            },
        )
    ]


def test_a_time_is_a_custom_level_that_asks_for_the_place() -> None:
    identity = "checkout@acme-prod.iam.gserviceaccount.com"
    shift = restriction(
        identities={"gcp": [identity]},
        hours={"from": "22:00", "to": "06:00", "zone": "Europe/Berlin"},
        expires="2027-01-01",
    )
    place, whole = access_levels("shift", shift, project="acme-prod")
    assert place == AccessLevel(
        "shift_place", basic={"combining_function": "OR", "conditions": [{"members": [f"serviceAccount:{identity}"]}]}
    )
    assert whole == AccessLevel(
        "shift",
        custom={
            "expr": {
                "expression": (
                    'levels.shift_place && (request.time.getHours("Europe/Berlin") >= 22 || '
                    'request.time.getHours("Europe/Berlin") < 6) && request.time.getFullYear("UTC") < 2027'
                )
            }
        },
    )


@given(window=hours(), moment=MOMENT, expires=MOMENT)
@settings(deadline=None, max_examples=25)
def test_a_custom_level_holds_exactly_when_the_restriction_permits(
    window: dict[str, str], moment: datetime, expires: datetime
) -> None:
    compiled = restriction(hours=window, expires=expires.replace(second=0, microsecond=0))
    [level] = access_levels("shift", compiled, project="acme-prod")
    assert level.custom is not None
    expression = level.custom["expr"]["expression"]
    for tried in (moment, *edges(window, moment), *around(compiled.expires)):
        assert granted(expression, tried) is compiled.permits(Call(time=tried, tls="1.2"))


def test_what_an_access_level_cannot_say_is_refused() -> None:
    with pytest.raises(RestrictionError, match="cannot test seconds; end on a full minute"):
        access_levels("office", restriction(expires="2027-06-30T18:00:30Z"), project="acme-prod")
    with pytest.raises(RestrictionError, match="has 51 characters; names have 50 at most"):
        access_levels("o" * 51, restriction(cidrs=["203.0.113.0/24"]), project="acme-prod")


def test_what_backends_of_gcp_hold_is_what_is_compiled() -> None:
    assert BACKENDS["gcp-iam-condition"].clauses == {"hours", "expires"}
    assert BACKENDS["gcp-access-level"].clauses == {"cidrs", "countries", "hours", "networks", "identities", "expires"}
