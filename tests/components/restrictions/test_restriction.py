from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keystead.restrictions.restriction import Call, Restriction
from pydantic import ValidationError

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CIDRS = st.builds(
    lambda bits, length: str(ip_network((bits, length), strict=False)),
    st.integers(0, 2**32 - 1),
    st.integers(8, 32),
)
RAW = st.fixed_dictionaries(
    {},
    optional={
        "cidrs": st.lists(CIDRS, max_size=4),
        "countries": st.lists(st.sampled_from(["DE", "FR", "US", "JP"]), max_size=4),
        "networks": st.fixed_dictionaries(
            {},
            optional={"aws": st.lists(st.sampled_from(["vpce-0a1b2c3d", "vpc-0a1b2c3d", "vpc-11111111"]), max_size=3)},
        ),
        "expires": st.sampled_from(["2027-06-30", "2027-06-30T12:00:00+02:00"]),
        "hours": st.just({"days": "Fri,Mon", "from": "22:00", "to": "06:00", "zone": "Europe/Berlin"}),
        "tls": st.sampled_from(["1.2", "1.3"]),
    },
)


def read(raw: dict[str, Any]) -> Restriction | None:
    try:
        return Restriction.model_validate(raw)
    except ValidationError:
        return None


@given(RAW)
def test_the_normal_form_reads_back_as_itself(raw: dict[str, Any]) -> None:
    restriction = read(raw)
    if restriction is not None:
        written = restriction.model_dump(mode="json", by_alias=True, exclude_none=True)
        assert read(written) == restriction
        assert read(written).model_dump_json() == restriction.model_dump_json()  # type: ignore[union-attr]


@given(RAW, st.randoms())
def test_the_order_and_repetition_of_lists_change_nothing(raw: dict[str, Any], random: Any) -> None:
    shuffled = {
        key: random.sample(value, len(value)) + value[:1] if isinstance(value, list) else value
        for key, value in raw.items()
    }
    assert read(shuffled) == read(raw)


@given(st.lists(CIDRS, min_size=1, max_size=6), st.integers(0, 2**32 - 1))
def test_joining_address_ranges_permits_the_same_addresses(cidrs: list[str], bits: int) -> None:
    restriction = Restriction.model_validate({"cidrs": cidrs})
    address = str(ip_address(bits))
    expected = any(ip_address(bits) in ip_network(cidr) for cidr in cidrs)
    assert restriction.permits(Call(time=NOON, source_ip=address, tls="1.2")) is expected


@pytest.mark.parametrize(
    ("raw", "clauses"),
    [
        ({"cidrs": ["203.0.113.0/24"]}, ("cidrs", "tls")),
        ({"networks": {"gcp": ["prod-vpc"]}, "expires": "2027-06-30"}, ("networks", "tls", "expires")),
        ({"identities": {"aws": ["arn:aws:iam::123456789012:role/a"]}}, ("identities", "tls")),
        ({"countries": ["DE"], "hours": {"from": "07:00", "to": "20:00"}}, ("countries", "hours", "tls")),
        ({"tls": "1.2"}, ("tls",)),
    ],
)
def test_a_restriction_names_the_clauses_it_has(raw: dict[str, Any], clauses: tuple[str, ...]) -> None:
    assert Restriction.model_validate(raw).clauses() == clauses


PERMITTED = Call(time=NOON, source_ip="203.0.113.10", country="DE", tls="1.3", identity="arn:aws:iam::1:role/app-a")
WHOLE = {
    "cidrs": ["203.0.113.0/24"],
    "countries": ["DE"],
    "hours": {"days": "Mon", "from": "07:00", "to": "20:00"},
    "networks": {"aws": ["vpce-0a1b2c3d"]},
    "identities": {"aws": ["arn:aws:iam::123456789012:role/app-*"]},
    "tls": "1.3",
    "expires": "2026-12-01",
}


@pytest.mark.parametrize(
    ("change", "permitted"),
    [
        ({}, True),
        ({"source_ip": "198.51.100.7"}, False),
        ({"source_ip": None, "networks": frozenset({"vpce-0a1b2c3d"})}, True),
        ({"source_ip": None, "networks": frozenset({"vpce-99999999"})}, False),
        ({"via_service": True}, False),
        ({"country": "FR"}, False),
        ({"country": None}, False),
        ({"time": datetime(2026, 11, 24, 12, tzinfo=UTC)}, False),
        ({"time": datetime(2026, 12, 7, 12, tzinfo=UTC)}, False),
        ({"tls": "1.2"}, False),
        ({"tls": None}, False),
        ({"identity": "arn:aws:iam::123456789012:role/other"}, False),
        ({"identity": None}, False),
    ],
)
def test_a_call_needs_one_of_the_places_and_every_other_clause(change: dict[str, Any], *, permitted: bool) -> None:
    restriction = Restriction.model_validate(WHOLE)
    call = Call(**{**vars(PERMITTED), "identity": "arn:aws:iam::123456789012:role/app-a", **change})
    assert restriction.permits(call) is permitted


def test_a_date_alone_ends_the_restriction_as_that_day_begins_in_utc() -> None:
    restriction = Restriction.model_validate({"expires": "2026-12-01"})
    assert restriction.permits(Call(time=datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), tls="1.2"))
    assert not restriction.permits(Call(time=datetime(2026, 12, 1, tzinfo=UTC), tls="1.2"))
