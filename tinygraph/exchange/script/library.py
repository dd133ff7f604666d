"""The functions that a script needs: found by their calls, reduced to what those use, in order of use."""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from tinygraph.exchange.script.functions import activations, attention, convolution, dense, recurrent
from tinygraph.exchange.script.layout import wrapped
from tinygraph.exchange.script.reduced import Places, reduced

#: every function by its name
FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: function
    for module in (activations, convolution, recurrent, dense, attention)
    for name, function in vars(module).items()
    if isinstance(function, types.FunctionType)
}

#: what a call gives an argument: code, or None for something that is an array
Given = Mapping[str, str | None]


class Library:
    """The functions of one script, from all calls of them: ``(name, what each argument is given)``."""

    def __init__(self, calls: Sequence[tuple[str, Given]]):
        waiting: dict[str, list[Given]] = {}
        for name, given in calls:
            waiting.setdefault(name, []).append(given)
        #: the arguments that are put into a function's text, and so are not passed
        self.known: dict[str, dict[str, str]] = {}
        texts: dict[str, str] = {}
        for name in CALLERS_FIRST:
            if name in waiting:
                texts[name] = self._reduced(name, waiting[name])
                for called, given in calls_in(texts[name]):
                    waiting.setdefault(called, []).append(given)
        self.texts = {name: self._passed_on(text) for name, text in texts.items()}

    def needed(self, code: str) -> list[str]:
        """The texts of the functions that code mentions, in that order, each after those that it needs."""
        found: dict[str, str] = {}
        waiting = mentions(code)[::-1]
        while waiting:
            name = waiting.pop()
            before = [each for each in mentions(self.texts[name]) if each not in found and each != name]
            if before:
                waiting += [name, *before[::-1]]
            else:
                found[name] = self.texts[name]
        return list(found.values())

    def settled(self, name: str) -> Collection[tuple[str, str]]:
        """Return the options of a function that no call needs to pass: those put in, and the defaults."""
        defaults = defaults_of(inspect.getsource(FUNCTIONS[name])).items()
        return {*self.known[name].items(), *((n, constant(code) or code) for n, code in defaults)}

    def _reduced(self, name: str, uses: Sequence[Given]) -> str:
        parameters = inspect.signature(FUNCTIONS[name]).parameters
        source = inspect.getsource(FUNCTIONS[name])
        defaults = defaults_of(source)
        known, present = self.known.setdefault(name, {}), set()
        for parameter in parameters:
            given = {use.get(parameter, constant(defaults.get(parameter, "x"))) for use in uses}
            if given == {None}:
                present.add(parameter)
            elif len(given) == 1:
                known[parameter] = str(given.pop())
        body = reduced(source, known, present)
        required = [p for p in parameters if p in present]
        optional = [f"{p}={defaults[p]}" for p in parameters if p not in present and p not in known]
        head = wrapped(f"def {name}({', '.join([*required, *optional])}):")
        tree = ast.parse(body).body[0]
        assert isinstance(tree, ast.FunctionDef)
        return "\n".join([*head, *body.splitlines()[tree.body[0].lineno - 1 :]])

    def _passed_on(self, text: str) -> str:
        """The text of a function without the arguments that it passes on in vain."""
        while True:
            places = Places(text)
            for call in _calls(text):
                name = call.func.id  # type: ignore[attr-defined]
                kept = [k for k in call.keywords if k.arg not in self.known.get(name, {})]
                if len(kept) < len(call.keywords):
                    start, end = places.span(call)
                    arguments = ", ".join(places.text(each) for each in [*call.args, *kept])
                    text = f"{text[:start]}{name}({arguments}){text[end:]}"
                    break
            else:
                return text


def defaults_of(source: str) -> dict[str, str]:
    """Return the default values in a function's text, as code."""
    arguments = ast.parse(source).body[0].args  # type: ignore[attr-defined]
    names = [a.arg for a in arguments.args][len(arguments.args) - len(arguments.defaults) :]
    return {
        name: ast.get_source_segment(source, d) or ""
        for name, d in zip(names, arguments.defaults, strict=True)
    }


def calls_in(text: str) -> list[tuple[str, Given]]:
    """Return the calls, and the mentions without one, of written functions in the text of one."""
    places, found = Places(text), []
    for call in _calls(text):
        name = call.func.id  # type: ignore[attr-defined]
        parameters = list(inspect.signature(FUNCTIONS[name]).parameters)
        given: dict[str, str | None] = dict.fromkeys(parameters[: len(call.args)])
        given |= {k.arg: constant(places.text(k.value)) for k in call.keywords if k.arg}
        found.append((name, given))
    called = {name for name, _ in found}
    return found + [(name, in_general(name)) for name in mentions(text) if name not in called]


def mentions(code: str) -> list[str]:
    """Return the names of the written functions that code has, in order."""
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)]
    nodes.sort(key=lambda node: (node.lineno, node.col_offset))
    return list(dict.fromkeys(node.id for node in nodes if node.id in FUNCTIONS))


def in_general(name: str) -> Given:
    """What a function is given that is passed to another: its first argument."""
    return {next(iter(inspect.signature(FUNCTIONS[name]).parameters)): None}


def constant(code: str) -> str | None:
    """Return code that is a constant, or a function, as it is; None for anything else."""
    if code in FUNCTIONS or (code.startswith("np.") and code[3:].isidentifier()):
        return code
    try:
        return repr(ast.literal_eval(code))
    except ValueError:
        return None


def _calls(text: str) -> list[ast.Call]:
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    return [node for node in nodes if isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS]


def _depth(name: str) -> tuple[bool, int]:
    """How far above those that call none a function stands; above activations, which it may be given."""
    called = set(FUNCTIONS[name].__code__.co_names) & set(FUNCTIONS) - {name}
    depth = 1 + max((_depth(each)[1] for each in called), default=0)
    return FUNCTIONS[name].__module__ != activations.__name__, depth


CALLERS_FIRST = sorted(FUNCTIONS, key=_depth, reverse=True)
