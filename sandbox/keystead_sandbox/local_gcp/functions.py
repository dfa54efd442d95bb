"""Cloud Functions (2nd generation): deployed from a zip, run by functions-framework as their own account.

Source: Cloud Functions API v2 reference; "Write event-driven functions" (a trigger is a push subscription that hands
CloudEvents on; its account needs roles/run.invoker on the service). Python only, as the product's functions are.
"""

import io
import secrets
import zipfile

from keystead_sandbox.local_gcp import moments, resources, workers
from keystead_sandbox.local_gcp.call import Call, handles
from keystead_sandbox.local_gcp.cloud import Cloud
from keystead_sandbox.local_gcp.errors import ApiError, Json, invalid, not_found
from keystead_sandbox.local_gcp.kinds import KINDS
from keystead_sandbox.local_gcp.resources import Resource
from keystead_sandbox.local_gcp.workers import Worker

FUNCTION, SERVICE, SUBSCRIPTION = (
    KINDS["cloudfunctions.functions"],
    KINDS["run.services"],
    KINDS["pubsub.subscriptions"],
)
PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished"
TYPE = "google.cloud.functions.v2.Function"


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
    bucket = (
        f"gcf-v2-uploads-{call.cloud.number(call.cloud.project_of(call.name))}.{location}.cloudfunctions.appspot.com"
    )
    item = f"{secrets.token_hex(16)}.zip"
    return {
        "uploadUrl": f"{call.cloud.settings.plain}/_uploads/{bucket}/{item}",
        "storageSource": {"bucket": bucket, "object": item},
    }


@handles("cloudfunctions.functions.create")
def create(call: Call) -> Json:
    """Deploy a function; the operation ends when it answers."""
    archive = _check(call, call.body)
    function = resources.create(call, {"archive": archive})
    function.body["state"] = "DEPLOYING"
    return _deploy(call, function)


@handles("cloudfunctions.functions.patch")
def patch(call: Call) -> Json:
    """Deploy a function anew."""
    function = resources.require(call, FUNCTION, call.name)
    merged = {**function.body, **call.body}
    archive = _check(call, merged)
    resources.patch(call)
    function.hidden["archive"] = archive
    return _deploy(call, function)


@handles("cloudfunctions.functions.delete")
def delete(call: Call) -> Json:
    """Remove a function, its service and its trigger."""
    function = resources.remove(call)
    _forget(call.cloud, function)
    call.cloud.policies.forget(_service_name(function.name))
    return call.cloud.operations.done(function.name.rsplit("/", 2)[0], {}, "google.protobuf.Empty", {"verb": "delete"})


def _forget(cloud: Cloud, function: Resource) -> None:
    worker: Worker | None = function.hidden.pop("worker", None)
    if worker:
        worker.stop()
    for name in (_service_name(function.name), function.hidden.pop("trigger", "")):
        found = cloud.store.find(name)
        if found:
            cloud.store.remove(found)


def _check(call: Call, body: Json) -> bytes:
    build, service = body.get("buildConfig") or {}, body.setdefault("serviceConfig", {})
    project = call.cloud.project_of(call.name)
    if not str(build.get("runtime", "")).startswith("python3"):
        raise invalid(f"The sandbox runs python3 runtimes, not '{build.get('runtime')}'.")
    if not build.get("entryPoint"):
        raise invalid("build_config.entry_point is required.")
    account = service.setdefault(
        "serviceAccountEmail", f"{call.cloud.number(project)}-compute@developer.gserviceaccount.com"
    )
    if account not in call.cloud.policies.accounts:
        raise invalid(f"Service account {account} does not exist.")
    call.cloud.demand(call.caller, "iam.serviceAccounts.actAs", f"projects/{project}/serviceAccounts/{account}")
    builder = str(build.get("serviceAccount") or "").rpartition("/")[2]
    if builder:
        call.cloud.demand(call.caller, "iam.serviceAccounts.actAs", f"projects/{project}/serviceAccounts/{builder}")
    source = ((build.get("source") or {}).get("storageSource")) or {}
    found = call.cloud.objects.find(
        str(source.get("bucket")), str(source.get("object")), str(source.get("generation") or "")
    )
    archive = found.data if found else None
    if archive is None or not zipfile.is_zipfile(io.BytesIO(archive)):
        raise not_found(f"No zip archive at gs://{source.get('bucket')}/{source.get('object')}.")
    trigger = body.get("eventTrigger")
    if trigger and trigger.get("eventType") != PUBLISHED:
        raise ApiError("UNIMPLEMENTED", f"The sandbox serves triggers of type {PUBLISHED} only.")
    if trigger and call.cloud.store.find(call.cloud.canonical(str(trigger.get("pubsubTopic")))) is None:
        raise not_found(f"Topic {trigger.get('pubsubTopic')} was not found.")
    return archive


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
                raise ApiError(
                    "FAILED_PRECONDITION", f"Container Healthcheck failed. The function did not start: {problem}"
                )
            _forget(cloud, function)
            function.hidden["worker"] = worker
            _publish(cloud, function)
            return {"name": function.name, **function.body}

    metadata = {
        "@type": "type.googleapis.com/google.cloud.functions.v2.OperationMetadata",
        "createTime": moments.text(cloud.clock.now()),
        "target": function.name,
        "verb": call.method.action,
        "apiVersion": "v2",
    }
    return cloud.operations.start(cloud, function.name.rsplit("/", 2)[0], TYPE, work, metadata)


def _check_builder(cloud: Cloud, function: Resource) -> None:
    """A build with an account of its own fails where that account lacks what a build needs."""
    builder = str(function.body["buildConfig"].get("serviceAccount") or "").rpartition("/")[2]
    if not builder:
        return
    project, location = cloud.project_of(function.name), function.name.split("/")[3]
    sources = f"projects/{project}/buckets/gcf-v2-sources-{cloud.number(project)}-{location}/objects/source.zip"
    with cloud.lock:
        missing = [
            permission
            for permission, name in (
                ("storage.objects.get", sources),
                ("logging.logEntries.create", f"projects/{project}"),
                ("artifactregistry.repositories.uploadArtifacts", f"projects/{project}"),
            )
            if not cloud.may(builder, permission, name)
        ]
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
    """Call a function with an identity token; without the right to, 403 as Cloud Run answers it."""
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
