"""Find product names in text: exact, plural, partial, misspelt, and names that fit several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from tenure.envs.vending.products import Product
from tenure.envs.vending.tokens import Kind, Token, stem, tokenize, words

_LONGEST_PHRASE = 60
_SHORTEST_TYPO = 4
_LONGEST_TYPO = 20
_MAX_GLUE = 3
_MOST_REPEATS = 3


class Mention(NamedTuple):
    """A place where a text speaks of a product.

    Attributes:
        text: The words of the text.
        candidates: The products it may mean, in catalogue order: one when the name is clear.
        is_clear: Whether it certainly means its only candidate.
        is_other: Whether words beside the name make it the name of something else: cherry cola.
    """

    text: str
    candidates: tuple[Product, ...]
    is_clear: bool
    is_other: bool


class _Name(NamedTuple):
    """The stems of a product's name, whole and without what people leave out."""

    full: tuple[str, ...]
    sizeless: tuple[str, ...]
    core: tuple[str, ...]
    slug: tuple[str, ...]


class _Window(NamedTuple):
    """A run of tokens that are all words of one or more products' names."""

    start: int
    end: int
    stems: tuple[str, ...]
    indices: frozenset[int]


class Names:
    """The names of a catalogue, indexed by word; build it once per catalogue.

    Attributes:
        products: The catalogue.
    """

    def __init__(self, catalogue: Sequence[Product]) -> None:
        self.products = tuple(catalogue)
        self._names = [_name_of(product) for product in catalogue]
        self._by_stem: dict[str, frozenset[int]] = {}
        for index, name in enumerate(self._names):
            for part in (*name.full, *name.slug):
                self._by_stem[part] = self._by_stem.get(part, frozenset()) | {index}
        self._typos = _typos_of(part for part in self._by_stem if part.isalpha())
        # A longer run only repeats words, and would be read anew from each of them.
        self._most_words = _MOST_REPEATS * max((len(name.full) for name in self._names), default=1)

    def mark(self, tokens: Sequence[Token]) -> list[Token | Mention]:
        """Replace every run of tokens that speaks of a product by a mention of it."""
        stems = [self._stem_of(token) for token in tokens]
        return list(self._mark(tokens, stems))

    def _mark(self, tokens: Sequence[Token], stems: Sequence[str]) -> Iterator[Token | Mention]:
        previous, position = 0, 0
        while position < len(tokens):
            window = self._window(tokens, stems, position)
            mention = self._read(tokens, stems, window, previous) if window else None
            if window is None or mention is None:
                yield tokens[position]
                position += 1
            else:
                yield mention
                position = previous = window.end

    def _stem_of(self, token: Token) -> str:
        """Return the name word a token stands for, empty if it stands for none."""
        if token.kind is Kind.SIZE:
            return token.text if token.text in self._by_stem else ""
        if token.kind is not Kind.WORD:
            return ""
        part = stem(token.text)
        if part in self._by_stem or token.text in words().plain:
            return part if part in self._by_stem else ""
        alias = words().aliases.get(part, "")
        return alias if alias in self._by_stem else self._correct(part)

    def _correct(self, part: str) -> str:
        is_word = part in _known_words() or part in words().no_typos
        if is_word or not _SHORTEST_TYPO <= len(part) <= _LONGEST_TYPO:
            return ""
        near = {
            word
            for shorter in (part, *_shortened(part))
            for word in self._typos.get(shorter, ())
            if _is_one_edit(part, word)
        }
        return near.pop() if len(near) == 1 else ""

    def _window(self, tokens: Sequence[Token], stems: Sequence[str], start: int) -> _Window | None:
        """Grow the longest run from `start` that one product's name or more could hold."""
        if stems[start] in ("", "and") or _is_verb_can(tokens, start):
            return None
        run, indices, end = [stems[start]], self._by_stem[stems[start]], start + 1
        while len(run) < self._most_words:
            at = _skip_glue(tokens, stems, end)
            if at >= len(tokens) or not stems[at] or not indices & self._by_stem[stems[at]]:
                break
            indices &= self._by_stem[stems[at]]
            run.append(stems[at])
            end = at + 1
        run = run[:-1] if run[-1] == "and" else run
        if all(_is_generic(part) for part in run):
            return None
        return _Window(start, end, tuple(dict.fromkeys(run)), indices)

    def _read(
        self, tokens: Sequence[Token], stems: Sequence[str], window: _Window, previous: int
    ) -> Mention | None:
        """Decide what a window means; `None` if it is only the description of the next word."""
        meant, is_exact, is_whole = self._meant(window)
        collides = window.end < len(tokens) and bool(stems[window.end])
        if collides and not is_whole and _is_telling(stems[window.end]):
            return None
        before = _word_before(tokens, window.start, previous)
        doubt_before = before >= 0 and (
            self._is_doubtful(tokens[before], stems[before], meant) or _is_telling(stems[before])
        )
        doubt_after = window.end < len(tokens) and self._is_doubtful(
            tokens[window.end], stems[window.end], meant
        )
        first = before if doubt_before else window.start
        spoken = tokens[first : window.end + doubt_after]
        text = " ".join(token.text for token in spoken)[:_LONGEST_PHRASE]
        candidates = tuple(self.products[index] for index in sorted(meant))
        is_other = doubt_before or doubt_after
        return Mention(text, candidates, is_exact and not is_other, is_other)

    def _meant(self, window: _Window) -> tuple[frozenset[int], bool, bool]:
        """Return the products a window may mean, if that is certain, and if it is a whole name."""
        for level in (_same_order, _same_full, _same_sizeless, _same_core):
            meant = frozenset(i for i in window.indices if level(window.stems, self._names[i]))
            if meant:
                return meant, len(meant) == 1, len(meant) == 1 and level is not _same_core
        is_one = len(window.indices) == 1
        name = self._names[next(iter(window.indices))]
        is_slug = set(window.stems) == set(name.slug)
        known = [part for part in name.core if part in window.stems]
        is_most = is_slug or 2 * len(known) > len(name.core)
        return window.indices, is_one and is_most, is_one and is_slug

    def _is_doubtful(self, token: Token, part: str, meant: frozenset[int]) -> bool:
        """Tell whether a neighbouring word makes a name mean something else."""
        if token.kind is Kind.SIZE:
            return True
        if token.kind is not Kind.WORD:
            return False
        container = stem(token.text)
        if container in words().containers and container not in words().bulk:
            own = {part for index in meant for part in self._names[index].full}
            return bool(own & words().containers) and container not in own
        return not part and not is_plain(token.text)


def is_plain(word: str) -> bool:
    """Tell whether a lower-case word describes no product."""
    return word in words().plain or stem(word) in _known_words()


@cache
def _known_words() -> frozenset[str]:
    known = words()
    plain = {stem(word) for word in known.plain}
    return frozenset(
        plain
        | known.glue
        | known.kinds
        | known.units
        | known.bulk
        | known.containers
        | known.context
        | known.separators
        | known.negations
        | known.restarts
        | set(known.numbers)
        | {"dozen", "hundred", "couple"}
    )


def _name_of(product: Product) -> _Name:
    tokens = tokenize(product.name)
    full = [token.text if token.kind is Kind.SIZE else stem(token.text) for token in tokens]
    sizeless = [part for part, token in zip(full, tokens, strict=True) if token.kind is Kind.WORD]
    core = [part for part in sizeless if not _is_generic(part)]
    slug = [stem(part) for part in product.id.split("-")]
    return _Name(tuple(full), tuple(sizeless), tuple(core), tuple(slug))


def _is_generic(part: str) -> bool:
    """Containers, kinds, sizes and `and` name no product by themselves."""
    known = words()
    return part in known.containers or part in known.kinds or part == "and" or not part.isalpha()


def _is_telling(part: str) -> bool:
    return bool(part) and not _is_generic(part)


def _same_order(run: tuple[str, ...], name: _Name) -> bool:
    return run in (name.full, name.sizeless)


def _same_full(run: tuple[str, ...], name: _Name) -> bool:
    return set(run) == set(name.full)


def _same_sizeless(run: tuple[str, ...], name: _Name) -> bool:
    return set(run) == set(name.sizeless)


def _same_core(run: tuple[str, ...], name: _Name) -> bool:
    return tuple(part for part in run if not _is_generic(part)) == name.core


def _skip_glue(tokens: Sequence[Token], stems: Sequence[str], start: int) -> int:
    at = start
    while at < min(len(tokens), start + _MAX_GLUE) and not stems[at] and _is_glue(tokens[at]):
        at += 1
    return at


def _is_glue(token: Token) -> bool:
    return token.is_mark('-("') or token.is_among(words().glue)


def _word_before(tokens: Sequence[Token], start: int, previous: int) -> int:
    """Return the index of the word before a name, seen through `of`; -1 if there is none."""
    at = start - 1
    while at >= previous and tokens[at].is_word("of"):
        at -= 1
    return at if at >= previous else -1


def _is_verb_can(tokens: Sequence[Token], at: int) -> bool:
    """`can` is a container in `cola can`, not in `can you`."""
    return (
        tokens[at].is_word("can")
        and at + 1 < len(tokens)
        and tokens[at + 1].is_word("you", "i", "we", "be", "it", "they", "not")
    )


# --- typing errors -------------------------------------------------------------------------------


def _typos_of(parts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Index words by themselves and by what is left of them without any one letter."""
    index: dict[str, tuple[str, ...]] = {}
    for part in parts:
        if len(part) >= _SHORTEST_TYPO:
            for shorter in {part, *_shortened(part)}:
                index[shorter] = (*index.get(shorter, ()), part)
    return index


def _shortened(part: str) -> list[str]:
    return [part[:at] + part[at + 1 :] for at in range(len(part))]


def _is_one_edit(left: str, right: str) -> bool:
    """Tell whether one letter added, lost, changed or swapped with its neighbour divides them."""
    shared = 0
    while shared < min(len(left), len(right)) and left[shared] == right[shared]:
        shared += 1
    left, right = left[shared:], right[shared:]
    while left and right and left[-1] == right[-1]:
        left, right = left[:-1], right[:-1]
    if max(len(left), len(right)) <= 1:
        return True
    return len(left) == 2 and left == right[::-1]
