"""Cloud Functions (2nd generation): deployed from a zip, run by functions-framework as their own account.

Source: Cloud Functions API v2 reference; "Write event-driven functions" (a trigger is a push subscription that hands
CloudEvents on; its account needs roles/run.invoker on the service). Python only, as the product's functions are.
"""

import io
import secrets
import zipfile

from keystead_sandbox.local_gcp.api import timestamps
from keystead_sandbox.local_gcp.api.errors import ApiError, Json, invalid, not_found, precondition
from keystead_sandbox.local_gcp.api.fields import reach
from keystead_sandbox.local_gcp.functions import workers
from keystead_sandbox.local_gcp.functions.workers import Worker
from keystead_sandbox.local_gcp.methods import standard
from keystead_sandbox.local_gcp.methods.call import Call, checks, handles
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.kinds import KINDS
from keystead_sandbox.local_gcp.state.resources import Resource

FUNCTION, SERVICE = KINDS["cloudfunctions.functions"], KINDS["run.services"]
SUBSCRIPTION = KINDS["pubsub.subscriptions"]
PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished"


def address(cloud: Cloud, name: str) -> str:
    """Where a function is called."""
    return f"{cloud.settings.plain}/_functions/{name}"


def named(cloud: Cloud, url: str) -> str:
    """The function an address belongs to; empty where it is none."""
    path = url.partition("?")[0]
    prefix = f"{cloud.settings.plain}/_functions/"
    return path.removeprefix(prefix) if path.startswith(prefix) else ""


@handles("cloudfunctions.functions.generateUploadUrl")
def upload_url(call: Call) -> Json:
    """Where a function's source can be put."""
    location = call.name.split("/")[3]
    bucket = f"gcf-v2-uploads-{call.cloud.number(call.project)}.{location}.cloudfunctions.appspot.com"
    item = f"{secrets.token_hex(16)}.zip"
    return {
        "uploadUrl": f"{call.cloud.settings.plain}/_uploads/{bucket}/{item}",
        "storageSource": {"bucket": bucket, "object": item},
    }


@handles("cloudfunctions.functions.create", "cloudfunctions.functions.patch")
def deploy(call: Call) -> Json:
    """Deploy a function; the operation ends when it answers."""
    creates = call.method.action == "create"
    function = standard.create(call) if creates else standard.patch(call)
    function.hidden["archive"] = _archive(call.cloud, function.body)
    if creates:
        function.body["state"] = "DEPLOYING"
    return _deploy(call, function)


@handles("cloudfunctions.functions.delete")
def delete(call: Call) -> Json:
    """Remove a function, its service and its trigger."""
    function = standard.remove(call)
    _forget(call.cloud, function)
    call.cloud.policies.forget(_service_name(function.name))
    location = function.name.rsplit("/", 2)[0]
    return call.cloud.operations.done(location, {}, "google.protobuf.Empty", {"verb": "delete"})


def _forget(cloud: Cloud, function: Resource) -> None:
    worker: Worker | None = function.hidden.pop("worker", None)
    if worker:
        worker.stop()
    for name in (_service_name(function.name), function.hidden.pop("trigger", "")):
        found = cloud.store.find(name)
        if found:
            cloud.store.remove(found)


@checks(FUNCTION.key)
def check(call: Call, body: Json, _before: Json) -> None:
    """Refuse a runtime, account, source or trigger that Google refuses or the sandbox does not serve."""
    build, service = body.get("buildConfig") or {}, body.setdefault("serviceConfig", {})
    if not str(build.get("runtime", "")).startswith("python3"):
        raise invalid(f"The sandbox runs python3 runtimes, not '{build.get('runtime')}'.")
    if not build.get("entryPoint"):
        raise invalid("build_config.entry_point is required.")
    default = f"{call.cloud.number(call.project)}-compute@developer.gserviceaccount.com"
    account = service.setdefault("serviceAccountEmail", default)
    if account not in call.cloud.policies.accounts:
        raise invalid(f"Service account {account} does not exist.")
    for one in filter(None, (account, _builder(body))):
        name = f"projects/{call.project}/serviceAccounts/{one}"
        call.cloud.demand(call.caller, "iam.serviceAccounts.actAs", name)
    _archive(call.cloud, body)
    trigger = body.get("eventTrigger")
    if trigger and trigger.get("eventType") != PUBLISHED:
        raise ApiError("UNIMPLEMENTED", f"The sandbox serves triggers of type {PUBLISHED} only.")
    if trigger and call.cloud.store.find(call.cloud.canonical(str(trigger.get("pubsubTopic")))) is None:
        raise not_found(f"Topic {trigger.get('pubsubTopic')} was not found.")


def _builder(body: Json) -> str:
    """The account that a function is built with; empty where it names none of its own."""
    return str(reach(body, "buildConfig.serviceAccount") or "").rpartition("/")[2]


def _archive(cloud: Cloud, body: Json) -> bytes:
    """The zip archive that a function's source names."""
    source = reach(body, "buildConfig.source.storageSource") or {}
    bucket, item = str(source.get("bucket")), str(source.get("object"))
    found = cloud.storage.find(bucket, item, str(source.get("generation") or ""))
    if found is None or not zipfile.is_zipfile(io.BytesIO(found.data)):
        raise not_found(f"No zip archive at gs://{bucket}/{item}.")
    return found.data


def _service_name(name: str) -> str:
    return name.replace("/functions/", "/services/")


def _deploy(call: Call, function: Resource) -> Json:
    cloud = call.cloud

    def work() -> Json:
        _check_builder(cloud, function)
        worker = Worker(cloud, function)
        problem = worker.start()
        with cloud.lock:
            function.touch(cloud.clock.now())
            if problem:
                function.body["state"] = "FAILED"
                raise precondition(f"Container Healthcheck failed. The function did not start: {problem}")
            _forget(cloud, function)
            function.hidden["worker"] = worker
            _publish(cloud, function)
            return {"name": function.name, **function.body}

    metadata = {
        "@type": "type.googleapis.com/google.cloud.functions.v2.OperationMetadata",
        "createTime": timestamps.text(cloud.clock.now()),
        "target": function.name,
        "verb": call.method.action,
        "apiVersion": "v2",
    }
    return cloud.operations.start(function.name.rsplit("/", 2)[0], FUNCTION.message, work, metadata)


def _check_builder(cloud: Cloud, function: Resource) -> None:
    """Refuse a build whose own account lacks a permission that builds need."""
    builder = _builder(function.body)
    if not builder:
        return
    project, location = cloud.project_of(function.name), function.name.split("/")[3]
    sources = f"projects/{project}/buckets/gcf-v2-sources-{cloud.number(project)}-{location}/objects/source.zip"
    needed = {
        "storage.objects.get": sources,
        "logging.logEntries.create": f"projects/{project}",
        "artifactregistry.repositories.uploadArtifacts": f"projects/{project}",
    }
    with cloud.lock:
        missing = [permission for permission, name in needed.items() if not cloud.may(builder, permission, name)]
        if missing:
            function.body["state"] = "FAILED"
            text = "Could not build the function due to a missing permission on the build service account"
            raise invalid(f"Build failed with status: FAILURE. {text} {builder}: {', '.join(missing)}.")


def _publish(cloud: Cloud, function: Resource) -> None:
    url = address(cloud, function.name)
    service = _service_name(function.name)
    config = {**function.body["serviceConfig"], "uri": url, "service": service, "revision": f"{function.id}-00001"}
    function.body.update(state="ACTIVE", environment="GEN_2", url=url, serviceConfig=config)
    cloud.store.add(Resource(SERVICE, service, {"uri": url, "createTime": function.body["createTime"]}))
    trigger = function.body.get("eventTrigger")
    if not trigger:
        return
    topic = cloud.canonical(trigger["pubsubTopic"])
    account = trigger.setdefault("serviceAccountEmail", config["serviceAccountEmail"])
    trigger["trigger"] = function.name.replace("/functions/", "/triggers/")
    name = f"projects/{cloud.project_of(function.name)}/subscriptions/eventarc-{function.id}-sub"
    body: Json = {
        "topic": topic,
        "ackDeadlineSeconds": 600,
        "messageRetentionDuration": "86400s",
        "expirationPolicy": {},
        "retryPolicy": {"minimumBackoff": "10s", "maximumBackoff": "600s"},
        "pushConfig": {"pushEndpoint": url, "oidcToken": {"serviceAccountEmail": account, "audience": url}},
        "state": "ACTIVE",
    }
    once = trigger.get("retryPolicy") != "RETRY_POLICY_RETRY"
    cloud.store.add(Resource(SUBSCRIPTION, name, body, {"queue": {}, "event": True, "once": once}))
    function.hidden["trigger"] = name


def invoke(cloud: Cloud, name: str, http: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """Call a function with an identity token; without permission, 403 as Cloud Run answers."""
    function = cloud.store.find(name)
    worker: Worker | None = function.hidden.get("worker") if function else None
    if function is None or worker is None:
        return 404, b"The requested URL was not found on this server.\n"
    account = cloud.tokens.account(headers.get("authorization", "").removeprefix("Bearer ")) or ""
    _, email, audience = account.split(":", 2) if account.startswith("identity:") else ("", "", "")
    if email and audience.rstrip("/") != address(cloud, name):
        return 401, b"Your client does not have permission to the requested URL: the token's audience is another one.\n"
    with cloud.lock:
        allowed = cloud.may(email, "run.routes.invoke", _service_name(name))
    if not allowed:
        return 403, b"Your client does not have permission to get URL / from this server.\n"
    return worker.call(http, headers, body)


def end_idle(cloud: Cloud) -> None:
    """Stop the workers that have had nothing to do for a while; the next call starts them again."""
    for function in cloud.store.of_kind(FUNCTION.key):
        worker: Worker | None = function.hidden.get("worker")
        if worker and worker.idle() > workers.IDLE_SECONDS:
            worker.stop()
