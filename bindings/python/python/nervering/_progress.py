"""How far a fit or a study has come, as a bar of tqdm in a terminal or a notebook."""

from __future__ import annotations

from types import TracebackType
from typing import Any


class Bar:
    """A bar, or nothing where none is wanted. Its :attr:`tell` is called from the work."""

    def __init__(self, wanted: bool, what: str, unit: str = "step") -> None:
        self._wanted, self._what, self._unit = wanted, what, unit
        self._bar: Any = None
        self._counts_fits = False

    def begin(self, n_steps: int, n_fits: int = 0) -> None:
        """Starts it: in steps, or in fits where there are no steps."""
        if not self._wanted or self._bar is not None:
            return
        from tqdm.auto import tqdm

        self._counts_fits = n_steps == 0
        total = n_fits if self._counts_fits else n_steps
        unit = "fit" if self._counts_fits else self._unit
        self._bar = tqdm(total=total or None, desc=self._what, unit=unit)

    def tell(self, steps: int, fits: int, lines: list[str]) -> None:
        """Hears of all steps and fits so far, and of lines to say."""
        if self._bar is None:
            return
        done = fits if self._counts_fits else steps
        self._bar.update(done - self._bar.n)
        for line in lines:
            self._bar.write(line)

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()
