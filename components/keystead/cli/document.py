"""The survey as a JSON document for programs; fields are only ever added, and `version` counts the exceptions."""

from datetime import datetime
from typing import Any

from keystead.cli.judgement import Judgement
from keystead.cli.moments import stamp
from keystead.cli.survey import Survey
from keystead.spec import Key, Secret

VERSION = 1


def document(surveys: list[Survey], now: datetime) -> dict[str, Any]:
    """Return the state of all environments, with the moment it was judged at."""
    return {
        "version": VERSION,
        "now": stamp(now),
        "problems": sum(item.problems for item in surveys),
        "environments": [_environment(item) for item in surveys],
    }


def _environment(survey: Survey) -> dict[str, Any]:
    spec = survey.spec
    scope = spec.scope()
    return {
        "environment": spec.environment,
        "tier": spec.tier,
        "cloud": {"account": spec.aws.account, "region": spec.aws.region},
        "failure": survey.failure,
        "problems": survey.problems,
        "alarms": list(survey.alarms),
        "to_do": survey.errands,
        "keys": [_key(name, scope.key_alias(name), spec.keys[name], item) for name, item in survey.keys.items()],
        "secrets": [
            _secret(name, scope.secret_name(name), spec.secrets[name], item) for name, item in survey.secrets.items()
        ],
    }


def _key(name: str, alias: str, spec: Key, item: Judgement) -> dict[str, Any]:
    return {
        "name": name,
        "alias": alias,
        "use": spec.use,
        "protected": spec.protected,
        "rotation_days": spec.rotation.days if spec.rotation else None,
        "next_rotation": stamp(item.following),
        "state": item.state.value,
        "text": item.text,
    }


def _secret(name: str, stored: str, spec: Secret, item: Judgement) -> dict[str, Any]:
    return {
        "name": name,
        "stored_as": stored,
        "purpose": spec.purpose,
        "owner": spec.owner,
        "key": spec.key,
        "rotator": spec.rotation.rotator,
        "readers": [{"name": reader, "restriction": given.restriction} for reader, given in spec.readers.items()],
        "last_rotation": stamp(item.last),
        "next_rotation": stamp(item.following),
        "overlap_until": stamp(item.overlap_until),
        "state": item.state.value,
        "text": item.text,
    }
