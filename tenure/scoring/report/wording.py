"""Numbers and names as people read them."""

from __future__ import annotations

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"


def is_money(figure: str) -> bool:
    """Tell whether a figure counts cents, which its name says."""
    return figure.endswith("_cents")


def is_share(figure: str) -> bool:
    """Tell whether a figure is a share in thousandths, which its name says."""
    return figure.endswith("_permille")


def title(figure: str) -> str:
    """Return a figure's name as a heading: `net_worth_cents` is `Net worth`."""
    words = figure.removesuffix("_cents").removesuffix("_permille").replace("_", " ")
    return words[:1].upper() + words[1:]


def unit(figure: str) -> str:
    """Return what an axis or a table heading adds to the title: ` ($)` or nothing."""
    return " ($)" if is_money(figure) else ""


def amount(figure: str, value: float | None) -> str:
    """Return a value of a figure: dollars, per cent or a grouped number; a dash for none."""
    if value is None:
        return DASH
    if is_share(figure):
        return f"{value / 10:,.1f}%".replace("-", MINUS)
    return dollars(value / 100) if is_money(figure) else number(value)


def dollars(value: float) -> str:
    """Return dollars with cents: `1234.5` is `$1,234.50`; the sign goes first."""
    sign = MINUS if round(value, 2) < 0 else ""
    return f"{sign}${abs(value):,.2f}"


def number(value: float) -> str:
    """Return a grouped number, with one decimal where it is not whole."""
    text = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
    return text.replace("-", MINUS)


def counted(count: float, noun: str) -> str:
    """Return a number with its noun: `1 file`, `2 files`, `0.5 files`."""
    return f"{number(count)} {noun}" + ("" if count == 1 else "s")


def ratio(value: float | None) -> str:
    """Return a normalised score with three decimals; a dash for none."""
    return DASH if value is None else f"{round(value, 3) + 0.0:.3f}".replace("-", MINUS)


def percent(value: float) -> str:
    """Return a share as whole per cent."""
    return f"{round(value, 2) + 0.0:.0%}".replace("-", MINUS)


def short(value: float) -> str:
    """Return about three digits: `950`, `12.3k`, `4.56M`."""
    for size, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 0.9995 * size:
            return f"{value / size:.3g}{suffix}".replace("-", MINUS)
    return number(round(value, 1))


def usd(cost: float | None) -> str:
    """Return a cost in dollars; small ones keep four decimals, and `None` is `unknown`."""
    if cost is None:
        return "unknown"
    return f"${cost:,.4f}" if 0 < cost < 0.1 else f"${cost:,.2f}"


def ranges(numbers: list[int]) -> str:
    """Return whole numbers with runs joined: `[1, 2, 3, 7]` is two parts, 1 to 3 and 7."""
    parts: list[list[int]] = []
    for value in sorted(numbers):
        if parts and value == parts[-1][-1] + 1:
            parts[-1].append(value)
        else:
            parts.append([value])
    return ", ".join(
        str(part[0]) if len(part) == 1 else f"{part[0]}{DASH}{part[-1]}" for part in parts
    )
