"""The survey as a JSON document for programs; fields are only ever added, and `version` counts the exceptions."""

from datetime import datetime
from typing import Any

from keystead.cli.render.dates import stamp
from keystead.model.clouds import Cloud
from keystead.operations.assessment import Judgement
from keystead.operations.places import key_stored_as, stored_as
from keystead.operations.survey import CloudSurvey, Survey
from keystead.spec.environment import EnvironmentSpec
from keystead.spec.readers import ReaderSpec
from keystead.spec.secrets import SecretSpec

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
    return {
        "environment": spec.environment,
        "tier": spec.tier,
        "cloud": {"account": spec.aws.account, "region": spec.aws.region} if spec.aws else None,
        "clouds": {cloud: _cloud(spec, cloud, part) for cloud, part in survey.clouds.items()},
        "failure": "\n".join(survey.failures) or None,
        "problems": survey.problems,
        "alarms": survey.alarms,
        "to_do": survey.errands,
        "keys": [_key(survey, name, item) for name, item in survey.keys.items()],
        "secrets": [_secret(survey, name, item) for name, item in survey.secrets.items()],
    }


def _cloud(spec: EnvironmentSpec, cloud: Cloud, part: CloudSurvey) -> dict[str, Any]:
    found = {"failure": part.failure, "alarms": list(part.alarms)}
    if cloud == "aws":
        aws = spec.scope("aws")
        return {"account": aws.account, "region": aws.region, **found}
    gcp = spec.scope("gcp")
    return {"project": gcp.project, "number": gcp.number, "location": gcp.location, **found}


def _key(survey: Survey, name: str, item: Judgement) -> dict[str, Any]:
    spec = survey.spec.keys[name]
    aws = survey.spec.scope("aws").key_alias(name) if "aws" in spec.clouds else None
    return {
        "name": name,
        "alias": aws,
        "use": spec.use,
        "protected": spec.protected,
        "rotation_days": spec.rotation.days if spec.rotation else None,
        "next_rotation": stamp(item.following),
        "state": item.state.value,
        "text": item.text,
        "clouds": {
            cloud: {
                "stored_as": key_stored_as(survey.spec, cloud, name),
                "next_rotation": stamp(own.following),
                "state": own.state.value,
                "text": own.text,
            }
            for cloud in spec.clouds
            if (own := survey.clouds[cloud].keys.get(name))
        },
    }


def _secret(survey: Survey, name: str, item: Judgement) -> dict[str, Any]:
    spec = survey.spec.secrets[name]
    return {
        "name": name,
        "stored_as": stored_as(survey.spec, spec.clouds[0], name),
        "purpose": spec.purpose,
        "owner": spec.owner,
        "key": spec.key,
        "rotator": spec.rotation.rotator,
        "readers": [_reader(spec, reader, given) for reader, given in spec.readers.items()],
        **_dates(item),
        "clouds": {
            cloud: {"stored_as": stored_as(survey.spec, cloud, name), **_dates(own)}
            for cloud in spec.clouds
            if (own := survey.clouds[cloud].secrets.get(name))
        },
    }


def _dates(item: Judgement) -> dict[str, Any]:
    return {
        "last_rotation": stamp(item.last),
        "next_rotation": stamp(item.following),
        "overlap_until": stamp(item.overlap_until),
        "state": item.state.value,
        "text": item.text,
    }


def _reader(spec: SecretSpec, name: str, reader: ReaderSpec) -> dict[str, Any]:
    restrictions = {cloud: reader.restriction_on(cloud) for cloud in spec.clouds if reader.on(cloud)}
    return {"name": name, "restriction": next(iter(restrictions.values())), "restrictions": restrictions}
