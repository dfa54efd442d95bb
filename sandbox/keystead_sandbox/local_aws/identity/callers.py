"""Who a loopback address plays: `callers.yaml` maps 127.x.x.x to the address AWS would see a call come from."""

from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request comes from, in the words of AWS's condition keys.

    Through a VPC endpoint AWS fills `aws:SourceVpce`, `aws:SourceVpc` and `aws:VpcSourceIp` and leaves out
    `aws:SourceIp` (IAM user guide, AWS global condition context keys).
    """

    source_ip: str | None
    vpce: str | None = None
    vpc: str | None = None
    vpc_source_ip: str | None = None

    @property
    def address(self) -> str:
        """The address for logs."""
        return self.source_ip or self.vpc_source_ip or "127.0.0.1"


_caller: ContextVar[Caller | None] = ContextVar("keystead_caller", default=None)


def current() -> Caller | None:
    """The caller of the request being served; None outside a request."""
    return _caller.get()


def pin(caller: Caller) -> None:
    """Remember the caller for the request being served."""
    _caller.set(caller)


class Callers:
    """The table of `callers.yaml`; an address that is not in it plays itself."""

    def __init__(self, table: dict[str, Caller]) -> None:
        self._table = table

    def of(self, address: str) -> Caller:
        """The caller that `address` plays."""
        return self._table.get(address) or Caller(source_ip=address)

    @classmethod
    def load(cls, file: Path) -> "Callers":
        """Read `callers.yaml`: address -> {source_ip} or {vpce, vpc, vpc_source_ip}, and `plays` for people."""
        entries = yaml.safe_load(file.read_text()) or {}
        table = {}
        for address, entry in entries.items():
            if not ip_address(address).is_loopback:
                message = f"{file}: {address} is not a loopback address (127.x.x.x)"
                raise ValueError(message)
            fields = {name: value for name, value in entry.items() if name != "plays"}
            table[address] = Caller(**{"source_ip": None, **fields})
        return cls(table)
