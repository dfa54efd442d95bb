"""Each project may have a process of its own; a token of one is known to the other, and has no rights there."""

import time

from keystead_sandbox.local_gcp.state.tokens import Tokens

EMAIL = "reader@acme-dev.iam.gserviceaccount.com"


def test_a_token_of_another_cloud_of_the_sandbox_is_known_with_its_account() -> None:
    dev, prod = Tokens("shared"), Tokens("shared")
    token = dev.issue(EMAIL)
    assert dev.account(token) == EMAIL
    assert prod.account(token) is None
    assert prod.foreign(token) == EMAIL


def test_a_token_of_another_sandbox_belongs_to_no_account() -> None:
    assert Tokens("shared").foreign(Tokens("other").issue(EMAIL)) is None
    assert Tokens().foreign(Tokens().issue(EMAIL)) is None


def test_a_changed_or_expired_token_belongs_to_no_account() -> None:
    dev, prod = Tokens("shared"), Tokens("shared")
    about, _, seal = dev.issue(EMAIL).rpartition(".")
    assert prod.foreign(f"{about}x.{seal}") is None
    assert prod.foreign("ya29.nobody") is None
    brief = dev.issue(EMAIL, 0.01)
    time.sleep(0.02)
    assert (dev.account(brief), prod.foreign(brief)) == (None, None)


def test_a_revoked_token_ends_where_it_was_issued() -> None:
    dev = Tokens("shared")
    token = dev.issue(EMAIL)
    dev.revoke(EMAIL)
    assert dev.account(token) is None
