"""One sweep over an environment's secrets on the cloud that the variables of this process lead to, and what it cost."""

import datetime as dt
import json
import sys
import time
from pathlib import Path

import boto3
from keystead.functions.rotator import strategies
from keystead.functions.rotator.settings import SecretSettings
from keystead.functions.rotator.sweep import Sweep
from keystead.functions.rotator.workflow import RotationWorkflow
from keystead.functions.shared import logs
from keystead.functions.stores.aws import CLIENT_CONFIG, AwsSecretStore
from keystead.spec.loading import load


def main(environment: str) -> None:
    """Sweep as the rotator on AWS does, and print the calls and the seconds."""
    logs.configure()
    spec = load(environment, Path("stacks"))
    scope = spec.scope("aws")
    settings = SecretSettings("manual", 90 * 86400, 30 * 86400)
    entries = {scope.secret_name(name): settings for name in spec.secrets_on("aws")}
    rotators = {name: strategies.build(settings, Path()) for name in entries}
    session = boto3.Session(profile_name=environment, region_name=scope.region)
    client = session.client("secretsmanager", config=CLIENT_CONFIG)
    calls: list[str] = []
    client.meta.events.register("before-call.secrets-manager", lambda model, **_: calls.append(model.name))
    store = AwsSecretStore(client)
    began = time.monotonic()
    report = Sweep(store, rotators, entries, RotationWorkflow(store, rotators)).run(dt.datetime.now(dt.UTC))
    print(json.dumps({"calls": len(calls), "seconds": time.monotonic() - began, "looked": report.looked}))


if __name__ == "__main__":
    main(sys.argv[1])
