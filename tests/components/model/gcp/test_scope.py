"""Names on GCP: each carries the environment and fits the place it is used in."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keystead.model.gcp.scope import ROLES, GcpScope
from keystead.model.names import ENVIRONMENT_LENGTH, NAME_LENGTH, OWNER_PATTERN

PROD = GcpScope(
    environment="prod",
    tier="critical",
    owners=("payments", "security"),
    project="acme-prod",
    number="300000000003",
    location="us-east1",
    region="us-east1",
    replicas=("us-west1",),
)
LONGEST = replace(PROD, environment="e" * ENVIRONMENT_LENGTH, project="p" * 30)

WORD = st.text("abyz019", min_size=1, max_size=8)


def names(longest: int) -> st.SearchStrategy[str]:
    """Names as the spec takes them, up to a length."""
    words = st.lists(WORD, min_size=1, max_size=5)
    return words.map(lambda parts: f"n{'-'.join(parts)}"[:longest].rstrip("-"))


SHORT = names(ENVIRONMENT_LENGTH)
LONG = names(NAME_LENGTH)


def test_every_name_carries_the_environment() -> None:
    about_place = {"regions", "identity_provider", "home", "home_title", "title"}
    names_of = {name for name in dir(GcpScope) if isinstance(getattr(GcpScope, name), property)} - about_place
    assert len(names_of) > 10
    assert all("prod" in getattr(PROD, name).removeprefix("acme-prod") for name in names_of)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        (LONGEST.secret_name("n" * NAME_LENGTH), r"[a-zA-Z0-9_-]{1,255}"),
        (LONGEST.key_ring_name, r"[a-zA-Z0-9_-]{1,63}"),
        (replace(LONGEST, key_ring="ring").key_name("n" * NAME_LENGTH), r"[a-zA-Z0-9_-]{1,63}"),
        (LONGEST.rotator_function, r"[a-z][a-z0-9-]{0,61}[a-z0-9]"),
        (LONGEST.rotation_topic, r"[A-Za-z][A-Za-z0-9._~+%-]{2,254}"),
        (LONGEST.dead_letters, r"[A-Za-z][A-Za-z0-9._~+%-]{2,254}"),
        (LONGEST.rotator_bucket, r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"),
        (LONGEST.rotator_log, r"[A-Za-z0-9_.-]{1,100}"),
        (LONGEST.custom_role("break-glass"), r"[a-zA-Z0-9_.]{3,64}"),
        (LONGEST.identity_pool, r"[a-z0-9-]{4,32}"),
        (LONGEST.identity_provider, r"[a-z0-9-]{4,32}"),
        (LONGEST.sweep_schedule, r"[A-Za-z0-9_-]{1,500}"),
    ],
)
def test_the_longest_names_fit(name: str, form: str) -> None:
    assert re.fullmatch(form, name)


@given(environment=SHORT, role=LONG)
def test_the_id_of_an_account_always_is_one(environment: str, role: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", replace(PROD, environment=environment).account_id(role))


@given(environment=SHORT, roles=st.sets(LONG, min_size=2, max_size=2))
def test_ids_that_fit_whole_are_kept_and_two_of_them_differ(environment: str, roles: set[str]) -> None:
    scope = replace(PROD, environment=environment)
    whole = {f"{environment}-{role}" for role in roles if 6 <= len(f"{environment}-{role}") <= 30}
    assert whole <= {scope.account_id(role) for role in roles}


def test_names_that_begin_alike_have_different_ids_after_the_cut() -> None:
    names = [f"{'r' * (NAME_LENGTH - 2)}{number:02}" for number in range(30)]
    ids = {PROD.account_id(name) for name in names}
    assert len(ids) == len(names)
    assert all(len(account) == 30 for account in ids)


def test_the_environments_own_accounts_are_never_cut() -> None:
    assert {PROD.account_id(role) for role in ROLES} == {f"prod-{role}" for role in ROLES}
    assert PROD.account_email("rotator") == "prod-rotator@acme-prod.iam.gserviceaccount.com"
    assert PROD.account_member("api") == "serviceAccount:prod-api@acme-prod.iam.gserviceaccount.com"


def test_conditions_see_secrets_under_the_projects_number() -> None:
    assert PROD.secret_path("db") == "projects/300000000003/secrets/prod-db"
    assert PROD.secret_path("db").startswith(PROD.secrets_path)


def test_a_key_is_in_a_ring_of_each_location_and_says_whose_it_is_in_one_that_was_there() -> None:
    assert PROD.regions == ("us-east1", "us-west1")
    assert PROD.key_path("data", "us-west1") == "projects/acme-prod/locations/us-west1/keyRings/prod/cryptoKeys/data"
    adopted = replace(PROD, key_ring="old")
    assert adopted.key_path("data", "us-east1") == (
        "projects/acme-prod/locations/us-east1/keyRings/old/cryptoKeys/prod-data"
    )


def test_resources_are_labelled_with_environment_tier_owner_and_maker() -> None:
    assert PROD.labels() == {
        "keystead-environment": "prod",
        "keystead-tier": "critical",
        "keystead-owner": "payments",
        "keystead-managed-by": "keystead",
    }
    assert PROD.labels("Finance & Tax")["keystead-owner"] == "finance---tax"


@given(owner=st.from_regex(OWNER_PATTERN, fullmatch=True))
def test_every_owner_has_a_label(owner: str) -> None:
    assert all(re.fullmatch(r"[a-z0-9_-]{1,63}", value) for value in PROD.labels(owner).values())


def test_what_gcp_keeps_the_names_of_is_called_anew_when_the_environment_is_made_again() -> None:
    again = replace(PROD, generation=2)
    assert (again.key_ring_name, again.identity_pool) == (f"{PROD.key_ring_name}-2", f"{PROD.identity_pool}-2")
    assert len(replace(LONGEST, generation=99).identity_pool) <= 32
    assert replace(again, key_ring="old").key_ring_name == "old"
