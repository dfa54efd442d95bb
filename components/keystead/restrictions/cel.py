"""Expressions of CEL as IAM conditions and access levels take them: comparisons joined by `&&` and `||`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Every:
    """True when all parts are true."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True)
class Either:
    """True when one of the parts is true."""

    parts: tuple["Expression", ...]


Expression = str | Every | Either
"""A comparison, or several joined by operators."""


def every(*parts: Expression | None) -> Expression | None:
    """Join expressions that must all be true; None is always true."""
    return _joined(Every, parts)


def either(*parts: Expression | None) -> Expression | None:
    """Join expressions of which one must be true; None is always true, and so is the result then."""
    return None if None in parts else _joined(Either, parts)


def _joined(kind: type[Every] | type[Either], parts: tuple[Expression | None, ...]) -> Expression | None:
    flat: list[Expression] = []
    for part in parts:
        if part is not None:
            flat.extend(part.parts if isinstance(part, kind) else [part])
    if len(flat) < 2:
        return flat[0] if flat else None
    return kind(tuple(flat))


def written(expression: Expression) -> str:
    """Write an expression as CEL."""
    if isinstance(expression, str):
        return expression
    sign = " && " if isinstance(expression, Every) else " || "
    return sign.join(part if isinstance(part, str) else f"({written(part)})" for part in expression.parts)


def operators(expression: Expression | None) -> int:
    """Count the logical operators, whose number IAM limits."""
    if expression is None or isinstance(expression, str):
        return 0
    return len(expression.parts) - 1 + sum(operators(part) for part in expression.parts)
