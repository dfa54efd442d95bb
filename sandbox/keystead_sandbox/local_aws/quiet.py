"""What ministack does by itself and the sandbox must not: Docker, scripts found on the machine, its own schedulers."""

from typing import Any

from keystead_sandbox.local_aws import seams


def install() -> None:
    """Switch all of it off, and let queue addresses name the listener with TLS."""
    seams.replace(seams.module("services.sqs"), "use_ssl_enabled", lambda: True)
    application = seams.module("app")
    seams.replace(application, "_docker_socket_present", lambda: False)
    seams.replace(application, "_stop_docker_containers", _nothing)
    seams.replace(application, "_run_init_scripts", _nothing)
    seams.replace(application, "_run_ready_scripts", _nothing_later)
    seams.replace(seams.original(application, "container_reaper"), "start", _nothing)
    seams.replace(seams.module("services.scheduler"), "start_scheduler", _nothing)


def _nothing(*_arguments: Any, **_options: Any) -> None:
    pass


async def _nothing_later() -> None:
    pass
