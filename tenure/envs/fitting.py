"""Hold what a file or a caller says against a model, and say in plain words what does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from tenure.errors import UsageError, nearest

_Model = TypeVar("_Model", bound=BaseModel)


def fitted(model: type[_Model], said: object, what: str = "") -> _Model:
    """Return a model of what was said.

    Args:
        model: What it must fit.
        said: Keys with values, or such a model itself.
        what: Comes before the problems, such as `x.yaml is not a scenario: `.

    Raises:
        UsageError: If it does not fit; the message names each place and what would be right.
    """
    try:
        return model.model_validate(said)
    except ValidationError as error:
        told = (_problem(detail, model) for detail in error.errors(include_url=False))
        raise UsageError(f"{what}{'; '.join(told)}") from None


def _problem(detail: Any, model: type[BaseModel]) -> str:
    *above, key = detail["loc"] or ("",)
    where = ".".join(map(str, detail["loc"]))
    kind, holder = detail["type"], _model_at(model, above)
    if kind == "extra_forbidden" and holder:
        return f"{where}: there is no such key. {nearest(str(key), holder.model_fields)}"
    if kind == "missing":
        return f"{where} is missing"
    if kind in ("model_type", "model_attributes_type"):
        return _no_keys(detail, _model_at(model, detail["loc"]) or model, where)
    field = holder.model_fields.get(str(key)) if holder else None
    if kind == "string_pattern_mismatch" and field and field.description:
        return f"{where}: {detail['input']!r} does not fit; {field.description}"
    message = str(detail["msg"]).removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


def _no_keys(detail: Any, model: type[BaseModel], where: str) -> str:
    """Say what must stand where no keys stand at all, such as in an empty file."""
    found = "nothing is there" if detail["input"] is None else "keys with values must stand there"
    needed = [name for name, field in model.model_fields.items() if field.is_required()]
    needs = f"; needed: {', '.join(needed)}" if needed else ""
    return f"{where + ': ' if where else ''}{found}{needs}"


def _model_at(model: type[BaseModel], place: Sequence[int | str]) -> type[BaseModel] | None:
    """Return the model that holds a place, `None` if there is none."""
    for part in place:
        if isinstance(part, int):
            continue  # one of several of the same model
        field = model.model_fields.get(part)
        found = next(_models_in(field.annotation), None) if field else None
        if found is None:
            return None
        model = found
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
