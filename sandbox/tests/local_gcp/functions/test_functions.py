import base64
import io
import json
import urllib.request
import zipfile
from typing import Any

from google.auth.transport.requests import Request
from google.oauth2 import service_account
from keystead_sandbox.common.lifetime import alive
from tests.local_gcp.conftest import DEV, LocalCloud
from tests.local_process import until

LOCATION = f"/v2/projects/{DEV}/locations/us-east1"

READER = """
import base64, json, os
import functions_framework, google.auth
from google.auth.transport.requests import AuthorizedSession
credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
session = AuthorizedSession(credentials)
def read(event):
    name = base64.b64decode(event.data["message"]["data"]).decode()
    answer = session.get(f"{os.environ['KEYSTEAD_GCP_ENDPOINT']}/v1/{name}/versions/latest:access")
    seen = answer.json().get("payload", {}).get("data", "")
    secret = "KEYSTEAD_MACHINE_SECRET" in os.environ
    print(json.dumps({"event": "read", "code": answer.status_code, "length": len(seen), "secret": secret}))
    answer.raise_for_status()
"""


def put(cloud: LocalCloud, source: str, files: dict[str, str] | None = None) -> dict[str, str]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as bundle:
        for name, text in {"main.py": source, **(files or {})}.items():
            bundle.writestr(name, text)
    place = cloud.ok("POST", f"{LOCATION}/functions:generateUploadUrl", {})
    request = urllib.request.Request(place["uploadUrl"], archive.getvalue(), method="PUT")  # noqa: S310 - this cloud
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - as above
        return dict(place["storageSource"])


def deployed(
    cloud: LocalCloud, name: str, source: str, account: str, files: dict[str, str] | None = None, **body: Any
) -> dict[str, Any]:
    place = {"storageSource": put(cloud, source, files)}
    content = {
        "buildConfig": {"runtime": "python312", "entryPoint": "read", "source": place},
        "serviceConfig": {"serviceAccountEmail": account},
        **body,
    }
    operation = cloud.ok("POST", f"{LOCATION}/functions?functionId={name}", content)
    done: dict[str, Any] = until(
        lambda: (found := cloud.ok("GET", f"/v2/{operation['name']}")).get("done") and found, 60
    )
    return done


def logged(cloud: LocalCloud) -> list[dict[str, Any]]:
    asked = {"resourceNames": [f"projects/{DEV}"], "filter": 'jsonPayload.event="read"'}
    entries = cloud.ok("POST", "/v2/entries:list", asked).get("entries", [])
    return [entry["jsonPayload"] for entry in entries]


def test_a_function_reads_a_secret_with_its_own_account_and_tries_again_until_it_may(own_cloud: LocalCloud) -> None:
    cloud = own_cloud
    path, topic, account = cloud.secret("for-function", "value"), cloud.topic("work"), cloud.account("runner")
    trigger = {
        "eventType": "google.cloud.pubsub.topic.v1.messagePublished",
        "pubsubTopic": topic,
        "retryPolicy": "RETRY_POLICY_RETRY",
    }
    done = deployed(cloud, "reads", READER, account, eventTrigger=trigger)
    assert done["response"]["state"] == "ACTIVE"
    service = f"/v2/projects/{DEV}/locations/us-east1/services/reads"
    cloud.grant(service, "roles/run.invoker", f"serviceAccount:{account}")
    cloud.ok("POST", f"/v1/{topic}:publish", {"messages": [{"data": _text(path)}]})
    first = until(lambda: logged(cloud))[0]
    assert (first["code"], first["secret"]) == (403, False)
    cloud.grant(path, "roles/secretmanager.secretAccessor", f"serviceAccount:{account}")
    cloud.advance(600)
    assert [one["code"] for one in logged(cloud)][-1] == 200
    assert logged(cloud)[-1]["length"] > 0
    count = len(logged(cloud))
    cloud.advance(3600)
    assert len(logged(cloud)) == count


def _text(path: str) -> str:
    return base64.b64encode(path.removeprefix("/v1/").encode()).decode()


def test_a_function_that_does_not_start_fails_its_operation(cloud: LocalCloud) -> None:
    done = deployed(cloud, "broken", "raise RuntimeError('no')", cloud.account("broken-runner"))
    assert "did not start" in done["error"]["message"]
    assert cloud.ok("GET", f"{LOCATION}/functions/broken")["state"] == "FAILED"


def test_no_other_process_can_take_the_port_of_a_starting_function(cloud: LocalCloud) -> None:
    taking = "import os, socket\nsocket.socket().bind(('127.0.0.1', int(os.environ['PORT'])))"
    done = deployed(cloud, "taking", taking, cloud.account("taking-runner"))
    assert "Address already in use" in done["error"]["message"]


def test_only_accounts_that_may_invoke_a_function_can_call_it(cloud: LocalCloud) -> None:
    source = "def read(request):\n    return 'answered'\n"
    deployed(cloud, "guarded", source, cloud.account("guarded-runner"))
    url = f"/_functions/projects/{DEV}/locations/us-east1/functions/guarded"
    assert cloud.call("POST", url, b"{}", token="").code == 403
    caller = cloud.account("guarded-caller")
    body = {"audience": cloud.plain + url}
    token = cloud.ok("POST", f"/v1/projects/-/serviceAccounts/{caller}:generateIdToken", body)["token"]
    assert cloud.call("POST", url, b"{}", token=token).code == 403
    service = f"/v2/projects/{DEV}/locations/us-east1/services/guarded"
    cloud.grant(service, "roles/run.invoker", f"serviceAccount:{caller}")
    answer = cloud.call("POST", url, b"{}", token=token)
    assert (answer.code, answer.body) == (200, "answered")
    other = {"audience": f"{cloud.plain}{url}-other"}
    foreign = cloud.ok("POST", f"/v1/projects/-/serviceAccounts/{caller}:generateIdToken", other)["token"]
    assert cloud.call("POST", url, b"{}", token=foreign).code == 401


def test_a_redeployed_function_keeps_its_policy_and_a_deleted_one_loses_it(cloud: LocalCloud) -> None:
    source, account = "def read(request):\n    return '{}'\n", cloud.account("anew-runner")
    deployed(cloud, "anew", source.format("one"), account)
    service = f"/v2/projects/{DEV}/locations/us-east1/services/anew"
    cloud.grant(service, "roles/run.invoker", "allUsers")
    url = f"/_functions/projects/{DEV}/locations/us-east1/functions/anew"
    place = {"source": {"storageSource": put(cloud, source.format("two"))}}
    body = {"buildConfig": {"runtime": "python312", "entryPoint": "read", **place}}
    operation = cloud.ok("PATCH", f"{LOCATION}/functions/anew?updateMask=buildConfig", body)
    until(lambda: cloud.ok("GET", f"/v2/{operation['name']}").get("done"), 60)
    assert cloud.call("POST", url, b"{}", token="").body == "two"
    cloud.ok("DELETE", f"{LOCATION}/functions/anew")
    deployed(cloud, "anew", source.format("three"), account)
    assert cloud.call("POST", url, b"{}", token="").code == 403


def test_a_function_runs_the_modules_it_was_deployed_with(cloud: LocalCloud) -> None:
    files = {"keystead/__init__.py": "", "keystead/own.py": "NAME = 'from the bundle'", "logging.py": "raise OSError"}
    source = "from keystead.own import NAME\ndef read(request):\n    return NAME\n"
    deployed(cloud, "bundled", source, cloud.account("bundled-runner"), files)
    cloud.grant(f"{LOCATION}/services/bundled", "roles/run.invoker", "allUsers")
    url = f"/_functions/projects/{DEV}/locations/us-east1/functions/bundled"
    assert cloud.call("POST", url, b"{}", token="").body == "from the bundle"


def test_a_line_with_a_time_of_its_own_is_an_entry_of_that_time(cloud: LocalCloud) -> None:
    line = json.dumps({"event": "timed", "time": "2027-03-01T12:00:00.500+00:00"})
    source = f"def read(request):\n    print({line!r}, flush=True)\n    return 'told'\n"
    deployed(cloud, "timed", source, cloud.account("timed-runner"))
    cloud.grant(f"{LOCATION}/services/timed", "roles/run.invoker", "allUsers")
    url = f"/_functions/projects/{DEV}/locations/us-east1/functions/timed"
    assert cloud.call("POST", url, b"{}", token="").body == "told"
    asked = {"resourceNames": [f"projects/{DEV}"], "filter": 'jsonPayload.event="timed"'}
    (entry,) = until(lambda: cloud.ok("POST", "/v2/entries:list", asked).get("entries"))
    assert (entry["timestamp"], entry["jsonPayload"]) == ("2027-03-01T12:00:00.500000Z", {"event": "timed"})


def test_a_build_fails_without_what_its_account_needs(cloud: LocalCloud) -> None:
    builder = cloud.account("function-builder")
    name = f"projects/{DEV}/serviceAccounts/{builder}"
    source = "def read(request):\n    return 'built'\n"
    build = {"runtime": "python312", "entryPoint": "read", "serviceAccount": name}
    content = {
        "buildConfig": {**build, "source": {"storageSource": put(cloud, source)}},
        "serviceConfig": {"serviceAccountEmail": cloud.account("built-runner")},
    }
    operation = cloud.ok("POST", f"{LOCATION}/functions?functionId=built", content)
    done = until(lambda: (found := cloud.ok("GET", f"/v2/{operation['name']}")).get("done") and found, 60)
    assert "missing permission on the build service account" in done["error"]["message"]
    member = f"serviceAccount:{builder}"
    sources = 'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-")'
    cloud.grant(f"/v1/projects/{DEV}", "roles/storage.objectViewer", member, sources)
    cloud.grant(f"/v1/projects/{DEV}", "roles/logging.logWriter", member)
    cloud.grant(f"/v1/projects/{DEV}", "roles/artifactregistry.writer", member)
    cloud.ok("DELETE", f"{LOCATION}/functions/built")
    operation = cloud.ok("POST", f"{LOCATION}/functions?functionId=built", content)
    done = until(lambda: (found := cloud.ok("GET", f"/v2/{operation['name']}")).get("done") and found, 60)
    assert done["response"]["state"] == "ACTIVE"


def test_a_terminated_cloud_leaves_no_worker_and_no_code_behind(own_cloud: LocalCloud) -> None:
    source = "import os\ndef read(request):\n    return str(os.getpid())\n"
    deployed(own_cloud, "ends", source, own_cloud.account("ends-runner"))
    service = f"/v2/projects/{DEV}/locations/us-east1/services/ends"
    own_cloud.grant(service, "roles/run.invoker", "allUsers")
    url = f"/_functions/projects/{DEV}/locations/us-east1/functions/ends"
    pid = int(own_cloud.call("POST", url, b"{}", token="").body)
    assert alive(pid)
    own_cloud.process.terminate()
    own_cloud.process.wait(timeout=10)
    until(lambda: not alive(pid))
    assert not list(own_cloud.directory.glob("gcp-function-*"))


def test_a_service_account_key_gets_a_token_until_it_is_disabled(cloud: LocalCloud) -> None:
    email = cloud.account("keyed-account")
    made = cloud.ok("POST", f"/v1/projects/{DEV}/serviceAccounts/{email}/keys", {})
    info = json.loads(base64.b64decode(made["privateKeyData"]))
    credentials = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
        info, scopes=["https://www.googleapis.com/auth/cloud-platform"]
    )
    credentials.refresh(Request())
    assert cloud.call("GET", f"/v1/projects/{DEV}/secrets", token=credentials.token).code == 403
    cloud.ok("POST", f"/v1/{made['name']}:disable", {})
    answer = cloud.call("POST", "/token", b"assertion=a.b.c", token="")
    assert answer.body["error"] == "invalid_grant"
