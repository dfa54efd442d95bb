"""Cloud Scheduler: jobs that call an address or publish a message, on the clock.

Source: Cloud Scheduler API v1 reference and guide. While the clock is advanced a job never runs more than once per day
of the cloud's time, and its last occurrence before the new time always runs, as the sandbox's other schedules do.
What is left out for that reason alone counts as done: see `bridged`.
"""

import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial

from keystead_sandbox.common.timeline import Due, Span
from keystead_sandbox.local_gcp import cron, functions, messages, moments, resources
from keystead_sandbox.local_gcp.call import Call, handles
from keystead_sandbox.local_gcp.cloud import Cloud
from keystead_sandbox.local_gcp.errors import Json, invalid, precondition
from keystead_sandbox.local_gcp.kinds import KINDS
from keystead_sandbox.local_gcp.resources import Resource
from keystead_sandbox.local_gcp.schema import decoded

JOB = KINDS["cloudscheduler.jobs"]
LATE_SECONDS = 5
MOST_GAPS = 100
"""Kept of each job, the latest ones."""


def _check(call: Call, body: Json) -> None:
    cron.parsed(str(body.get("schedule") or ""), str(body.get("timeZone") or "UTC"))
    targets = [key for key in ("httpTarget", "pubsubTarget", "appEngineHttpTarget") if body.get(key)]
    if len(targets) != 1 or targets == ["appEngineHttpTarget"]:
        raise invalid("Job.target must be either http_target or pubsub_target.")
    if "pubsubTarget" in targets:
        topic = call.cloud.canonical(str(body["pubsubTarget"].get("topicName")))
        if call.cloud.store.find(topic) is None:
            raise invalid(f"Pub/Sub topic {topic} was not found.")
    account = ((body.get("httpTarget") or {}).get("oidcToken") or {}).get("serviceAccountEmail")
    if account:
        project = call.cloud.project_of(call.name)
        call.cloud.demand(call.caller, "iam.serviceAccounts.actAs", f"projects/{project}/serviceAccounts/{account}")


@handles("cloudscheduler.jobs.create")
def create(call: Call) -> Json:
    """A new job, enabled."""
    _check(call, call.body)
    call.body.setdefault("timeZone", "UTC")
    call.body.update(state="ENABLED", userUpdateTime=moments.text(call.cloud.clock.now()))
    return _view(call, resources.create(call, {"since": call.cloud.clock.now()}))


@handles("cloudscheduler.jobs.patch")
def patch(call: Call) -> Json:
    """Change a job."""
    job = resources.require(call, JOB, call.name)
    _check(call, {**job.body, **call.body})
    resources.patch(call)
    job.hidden["since"] = call.cloud.clock.now()
    return _view(call, job)


@handles("cloudscheduler.jobs.get")
def get(call: Call) -> Json:
    """A job and when it runs next."""
    return _view(call, resources.require(call, JOB, call.name))


def _view(call: Call, job: Resource) -> Json:
    shown = resources.view(call, job)
    following = _schedule(job).after(call.cloud.clock.now())
    if following and job.body["state"] == "ENABLED":
        shown["scheduleTime"] = moments.text(following)
    return shown


@handles("cloudscheduler.jobs.pause", "cloudscheduler.jobs.resume")
def switch(call: Call) -> Json:
    """Pause a job or let it go on; the official provider resumes every job it has made, so that is no mistake."""
    job = resources.require(call, JOB, call.name)
    pauses = call.method.action == "pause"
    if pauses and job.body["state"] != "ENABLED":
        raise precondition("Job.state must be ENABLED for PauseJob.")
    if pauses or job.body["state"] == "PAUSED":
        job.body["state"] = "PAUSED" if pauses else "ENABLED"
        job.hidden["since"] = call.cloud.clock.now()
    return _view(call, job)


@handles("cloudscheduler.jobs.run")
def run(call: Call) -> Json:
    """Run a job now."""
    job = resources.require(call, JOB, call.name)
    job.hidden["asked"] = call.cloud.clock.now()
    call.cloud.wake()
    return _view(call, job)


def _schedule(job: Resource) -> cron.Schedule:
    return cron.parsed(job.body["schedule"], job.body["timeZone"])


def bridged(cloud: Cloud, moment: float) -> float:
    """Until when runs that an advance has left out stand in for the one at a moment; the moment itself where none do.

    They reach up to the next run that takes place: if that brings nothing, then something is missing since.
    """
    now = cloud.clock.now()
    gaps = (gap for job in cloud.store.of_kind(JOB.key) for gap in (*job.hidden.get("gaps", ()), _gap(job, now)))
    return max((gap[1] for gap in gaps if gap and gap[0] <= moment < gap[1]), default=moment)


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


class Schedules:
    """The jobs on the clock."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def due(self, span: Span) -> Iterator[Due]:
        """Jobs whose time has come."""
        for job in self._cloud.store.of_kind(JOB.key):
            moment = job.hidden.get("asked") or self._next(job, span)
            if moment is not None and moment <= span.until:
                yield Due(moment, "job", job.name, partial(self._fire, job))

    def _next(self, job: Resource, span: Span) -> float | None:
        if job.body["state"] != "ENABLED":
            return None
        schedule, since = _schedule(job), job.hidden["since"]
        if span.start == span.until or "lastAttemptTime" not in job.body:
            return schedule.after(since)
        spaced = schedule.after(since + span.spacing - 60)
        return spaced if spaced is not None and spaced <= span.until else schedule.last(since, span.until)

    def _fire(self, job: Resource) -> str:
        cloud = self._cloud
        with cloud.lock:
            if cloud.store.find(job.name) is not job:
                return "deleted"
            job.hidden.pop("asked", None)
            now = cloud.clock.now()
            gaps = [*job.hidden.get("gaps", ()), *filter(None, [_gap(job, now)])]
            job.hidden.update(since=now, ran=now, gaps=gaps[-MOST_GAPS:])
            job.body["lastAttemptTime"] = moments.text(cloud.clock.now())
            target = job.body.get("pubsubTarget")
            if target:
                data = decoded(str(target.get("data") or "")) or b""
                messages.publish(cloud, cloud.canonical(target["topicName"]), data, target.get("attributes") or {})
                return "published"
        code = self._request(job.body["httpTarget"])
        with cloud.lock:
            job.body["status"] = {} if code < 300 else {"code": 13 if code >= 500 else 7}
        return f"HTTP {code}"

    def _request(self, target: Json) -> int:
        cloud = self._cloud
        headers = {name.lower(): value for name, value in (target.get("headers") or {}).items()}
        body = decoded(str(target.get("body") or "")) or b""
        url, http = target["uri"], target.get("httpMethod") or "POST"
        oidc, oauth = target.get("oidcToken"), target.get("oauthToken")
        if oidc:
            audience = oidc.get("audience") or url
            token = cloud.tokens.identity(oidc["serviceAccountEmail"], audience, cloud.clock.now())
            headers["authorization"] = f"Bearer {token}"
        elif oauth:
            headers["authorization"] = f"Bearer {cloud.tokens.issue(oauth['serviceAccountEmail'])}"
        name = functions.named(cloud, url)
        if name:
            return functions.invoke(cloud, name, http, headers, body)[0]
        request = urllib.request.Request(url, body, headers, method=http)  # noqa: S310 - a deployment's own target
        context = ssl.create_default_context(cafile=str(cloud.settings.ca))
        try:
            with urllib.request.urlopen(request, timeout=60, context=context) as answer:  # noqa: S310 - as above
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 503
