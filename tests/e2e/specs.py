"""The specs of the small environments in the landscapes of one cloud."""

from typing import Any

MONTHLY = {"rotation": {"rotator": "random", "every": "30d", "overlap": "5d"}}


def secret(purpose: str, readers: dict[str, Any], **rotation: str) -> dict[str, Any]:
    """A secret under the key of its environment, rotated as the tier says unless told otherwise."""
    declared = {"purpose": purpose, "key": "data", "readers": readers}
    return {**declared, "rotation": {"rotator": "random", **rotation}} if rotation else declared


def environment(cloud: dict[str, Any], secrets: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An environment of the lowest tier, whose deletions are final at once."""
    key = {"use": "encrypt", "purpose": "secrets of the shop"}
    return {"tier": "low", "owners": ["shop"], **cloud, "keys": {"data": key}, "secrets": secrets, **more}


def shared(colour: str) -> dict[str, Any]:
    """One of two environments that live in one account."""
    secrets = {name: secret(f"opens the {name}", {name.removesuffix("-token"): {}}) for name in SHARED_SECRETS}
    return environment(
        {"aws": {"account": SHARED_ACCOUNT, "region": "us-east-1", "shared": True}}, secrets, colour=colour
    )


SHARED_ACCOUNT, SHARED_SECRETS = "666666666666", ("shop-token", "stock-token")
ON_AWS = {
    "shop": environment(
        {"aws": {"account": "777777777777", "region": "us-east-1"}},
        {
            "hourly": secret("opens the door", {"shop": {}}, every="300h", overlap="30h"),
            "monthly": secret("opens the till", {"shop": {}}, every="30d", overlap="5d"),
            "by-hand": secret("opens the bank", {"shop": {}}, rotator="manual", every="30d", overlap="5d"),
        },
    ),
    "faults": environment(
        {"aws": {"account": "888888888888", "region": "us-east-1"}},
        {"till-key": secret("opens the till", {"shop": {}}, every="180d", overlap="30d")},
    ),
    "east": shared("blue"),
    "west": shared("cyan"),
}
"""`shop` for what time brings, `faults` for a rotator that tests break, `east` and `west` in one account."""

TILL_HOURS = {"days": "Mon-Sun", "from": "06:00", "to": "12:00", "zone": "Europe/Berlin"}
ON_GCP = {
    "shop": environment(
        {"gcp": {"project": "acme-shop", "number": "444444444444", "location": "europe-west3"}},
        {
            "till-key": secret(
                "opens the till",
                {"cashier": {"restriction": "mornings"}, "seasonal": {"restriction": "until-the-sale"}, "manager": {}},
                every="30d",
                overlap="5d",
            ),
            "door-key": secret("opens the door", {"manager": {}}, every="60d", overlap="5d"),
            "safe-key": secret("opens the safe", {"manager": {}}, every="40d", overlap="5d"),
        },
        restrictions={"until-the-sale": {"expires": "2099-12-31"}, "mornings": {"hours": TILL_HOURS}},
    ),
}
