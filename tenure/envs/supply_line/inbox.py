"""What the agent reads of its mails."""

from __future__ import annotations

from collections.abc import Sequence

from tenure.envs.supply_line.notices import Mail

Numbered = tuple[int, Mail]
"""A mail with its number, 1 for the first."""


def news_page(mails: Sequence[Numbered]) -> str:
    """Name the mails of a Monday."""
    return "\n".join(["New mail:", *(f"{number}. {_head(mail)}" for number, mail in mails)])


def inbox_page(mails: Sequence[Numbered], total: int, unread: Sequence[int]) -> str:
    """List mails, the newest last.

    Args:
        mails: Those to list.
        total: How many have come so far.
        unread: Numbers of all unread mails.
    """
    if not total:
        return "The inbox is empty."
    lines = [
        f"{number}. {'[unread] ' if number in unread else ''}week {mail.week + 1}, {_head(mail)}"
        for number, mail in mails
    ]
    older = mails[0][0] if mails else 1
    more = [f"For older ones: list_mail with before {older}."] if older > 1 else []
    return "\n".join([f"{total} mails, {len(unread)} unread.", *lines, *more])


def mail_page(number: int, mail: Mail) -> str:
    """Show one mail."""
    return (
        f"Mail {number}, week {mail.week + 1}\nFrom: {mail.sender}\nSubject: {mail.subject}\n\n"
        f"{mail.body}"
    )


def _head(mail: Mail) -> str:
    return f"{mail.sender}: {mail.subject}"
