"""Tables as notebooks show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def table(heading: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """One HTML table under a heading; every text is escaped, numbers stand to the right."""

    def cell(value: object) -> str:
        side = "left" if isinstance(value, str) else "right"
        return f'<td style="text-align:{side}">{escape(str(value))}</td>'

    head = "".join(f'<th style="text-align:left">{escape(name)}</th>' for name in columns)
    body = "".join(f"<tr>{''.join(cell(value) for value in row)}</tr>" for row in rows)
    return (
        f"<div><p>{escape(heading)}</p><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )
