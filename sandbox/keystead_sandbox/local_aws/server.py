"""The process of an account: its clock, its trail, ministack behind the front, two listeners."""

from keystead_sandbox.common import gate
from keystead_sandbox.common.clock import Clock
from keystead_sandbox.common.control_server import ControlServer
from keystead_sandbox.common.listening import Sockets
from keystead_sandbox.local_aws import installation, status
from keystead_sandbox.local_aws.account import Account
from keystead_sandbox.local_aws.front import Front
from keystead_sandbox.local_aws.functions import workers
from keystead_sandbox.local_aws.identity.callers import Callers
from keystead_sandbox.local_aws.monitoring.trail import Trail


def serve(account: Account, sockets: Sockets) -> None:
    """Patch ministack, then serve it on two held ports."""
    clock = Clock(account.clock, account.account)
    trail = Trail(clock)
    timeline = installation.install(account, clock, trail)
    questions = {"status": lambda: status.of(account, clock)}
    control = ControlServer(account.token, clock, timeline, {"account": account.account}, questions)
    ready = {"account": account.account, "region": account.region}
    gate.serve(account, sockets, Front(Callers.load(account.callers), trail), control, ready, workers.kill_all)
