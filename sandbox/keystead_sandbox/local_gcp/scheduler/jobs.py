"""Cloud Scheduler: jobs that call an address or publish a message, on the clock.

Source: Cloud Scheduler API v1 reference and guide. While the clock is advanced a job never runs more than once per day
of the cloud's time, and its last occurrence before the new time always runs, as the sandbox's other schedules do.
A run that is left out for that reason alone counts as done: see `covered_until`.
"""

from collections.abc import Iterator
from functools import partial

from keystead_sandbox.common.timeline import Due, Span
from keystead_sandbox.local_gcp.api import timestamps
from keystead_sandbox.local_gcp.api.encoding import decoded
from keystead_sandbox.local_gcp.api.errors import Json, invalid, precondition
from keystead_sandbox.local_gcp.api.fields import reach
from keystead_sandbox.local_gcp.functions import outbound
from keystead_sandbox.local_gcp.methods import standard
from keystead_sandbox.local_gcp.methods.call import Call, checks, handles, shows
from keystead_sandbox.local_gcp.pubsub import messages
from keystead_sandbox.local_gcp.scheduler import cron
from keystead_sandbox.local_gcp.state.cloud import Cloud
from keystead_sandbox.local_gcp.state.kinds import KINDS
from keystead_sandbox.local_gcp.state.resources import Resource

JOB = KINDS["cloudscheduler.jobs"]
LATE_SECONDS = 5
REQUEST_SECONDS = 60
MOST_GAPS = 100
"""The latest gaps that are kept of each job."""


@checks(JOB.key)
def check(call: Call, body: Json, before: Json) -> None:
    """Refuse an invalid schedule or target, and an account that the caller may not act as."""
    cron.parsed(str(body.get("schedule") or ""), str(body.setdefault("timeZone", "UTC") or "UTC"))
    targets = [key for key in ("httpTarget", "pubsubTarget", "appEngineHttpTarget") if body.get(key)]
    if len(targets) != 1 or targets == ["appEngineHttpTarget"]:
        raise invalid("Job.target must be either http_target or pubsub_target.")
    if "pubsubTarget" in targets:
        topic = call.cloud.canonical(str(body["pubsubTarget"].get("topicName")))
        if call.cloud.store.find(topic) is None:
            raise invalid(f"Pub/Sub topic {topic} was not found.")
    account = reach(body, "httpTarget.oidcToken.serviceAccountEmail")
    if account:
        name = f"projects/{call.project}/serviceAccounts/{account}"
        call.cloud.demand(call.caller, "iam.serviceAccounts.actAs", name)
    if not before:
        body.update(state="ENABLED", userUpdateTime=timestamps.text(call.now))


@shows(JOB.key)
def next_run(call: Call, job: Resource) -> Json:
    """When a job runs next."""
    following = _schedule(job).after(call.now)
    return {"scheduleTime": timestamps.text(following)} if following and job.body["state"] == "ENABLED" else {}


@handles("cloudscheduler.jobs.create")
def create(call: Call) -> Json:
    """A new job, enabled."""
    return standard.view(call, standard.create(call, {"since": call.now}))


@handles("cloudscheduler.jobs.patch")
def patch(call: Call) -> Json:
    """Change a job."""
    job = standard.patch(call)
    job.hidden["since"] = call.now
    return standard.view(call, job)


@handles("cloudscheduler.jobs.pause", "cloudscheduler.jobs.resume")
def switch(call: Call) -> Json:
    """Pause or resume a job; the official provider resumes every job it has made, so that is allowed."""
    job = standard.require(call)
    pauses = call.method.action == "pause"
    if pauses and job.body["state"] != "ENABLED":
        raise precondition("Job.state must be ENABLED for PauseJob.")
    if pauses or job.body["state"] == "PAUSED":
        job.body["state"] = "PAUSED" if pauses else "ENABLED"
        job.hidden["since"] = call.now
    return standard.view(call, job)


@handles("cloudscheduler.jobs.run")
def run(call: Call) -> Json:
    """Run a job now."""
    job = standard.require(call)
    job.hidden["asked"] = call.now
    call.cloud.wake()
    return standard.view(call, job)


def _schedule(job: Resource) -> cron.Schedule:
    return cron.parsed(job.body["schedule"], job.body["timeZone"])


def covered_until(cloud: Cloud, at: float) -> float:
    """Until when a run at a time counts for runs that an advance has left out; the time itself where none were.

    It counts until the next run that takes place: if that one logs nothing, its entries are missing since then.
    """
    now = cloud.clock.now()
    gaps = (gap for job in cloud.store.of_kind(JOB.key) for gap in (*job.hidden.get("gaps", ()), _gap(job, now)))
    return max((gap[1] for gap in gaps if gap and gap[0] <= at < gap[1]), default=at)


def _gap(job: Resource, now: float) -> tuple[float, float] | None:
    """The time from a job's last run until now, where occurrences were left out in it; a pause is no part of it."""
    ran, since = job.hidden.get("ran"), job.hidden["since"]
    if ran is None or job.body["state"] != "ENABLED":
        return None
    schedule = _schedule(job)
    following, missed = schedule.after(ran), schedule.after(max(ran, since))
    if missed is None or missed >= now - LATE_SECONDS:
        return None
    return (ran if following is None or following > since else since, now)


def due(cloud: Cloud, span: Span) -> Iterator[Due]:
    """Jobs whose time has come."""
    for job in cloud.store.of_kind(JOB.key):
        at = job.hidden.get("asked") or _next(job, span)
        if at is not None and at <= span.until:
            yield Due(at, "job", job.name, partial(_run, cloud, job))


def _next(job: Resource, span: Span) -> float | None:
    if job.body["state"] != "ENABLED":
        return None
    schedule, since = _schedule(job), job.hidden["since"]
    if span.start == span.until or "lastAttemptTime" not in job.body:
        return schedule.after(since)
    spaced = schedule.after(since + span.spacing - 60)
    return spaced if spaced is not None and spaced <= span.until else schedule.last(since, span.until)


def _run(cloud: Cloud, job: Resource) -> str:
    with cloud.lock:
        if not cloud.store.holds(job):
            return "deleted"
        job.hidden.pop("asked", None)
        now = cloud.clock.now()
        gaps = [*job.hidden.get("gaps", ()), *filter(None, [_gap(job, now)])]
        job.hidden.update(since=now, ran=now, gaps=gaps[-MOST_GAPS:])
        job.body["lastAttemptTime"] = timestamps.text(now)
        target = job.body.get("pubsubTarget")
        if target:
            data = decoded(str(target.get("data") or "")) or b""
            messages.publish(cloud, cloud.canonical(target["topicName"]), data, target.get("attributes") or {})
            return "published"
    code = _request(cloud, job.body["httpTarget"])
    with cloud.lock:
        job.body["status"] = {} if code < 300 else {"code": 13 if code >= 500 else 7}
    return f"HTTP {code}"


def _request(cloud: Cloud, target: Json) -> int:
    headers = {name.lower(): value for name, value in (target.get("headers") or {}).items()}
    if oauth := target.get("oauthToken"):
        headers["authorization"] = f"Bearer {cloud.tokens.issue(oauth['serviceAccountEmail'])}"
    body = decoded(str(target.get("body") or "")) or b""
    http, token = target.get("httpMethod") or "POST", target.get("oidcToken")
    return outbound.request(cloud, http, target["uri"], headers, body, oidc=token, seconds=REQUEST_SECONDS)
