"""Documents from templates: a name that a template misspells is an error, and no text is left out silently."""

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

_TEMPLATES = Environment(
    loader=PackageLoader("keystead.cli.render"),
    undefined=StrictUndefined,
    autoescape=select_autoescape(["html.j2"], default=False),
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def filled(template: str, **values: object) -> str:
    """Return the text of a template of `templates`, by its file's name without `.j2`; HTML is escaped."""
    return _TEMPLATES.get_template(f"{template}.j2").render(values)
